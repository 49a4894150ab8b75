//! The cases, a module for each capability.

mod chains;
mod crud;
mod expressions;
mod fields;
mod gorm;
mod levels;
mod limits;
mod names;
mod raw;
mod semantics;
mod streams;
mod tables;
mod transactions;
mod types;

use crate::Case;

/// All cases of all modules.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    #[rustfmt::skip] // One a line, so that changes do not meet.
    let all = [
        chains::CASES,
        crud::CASES,
        expressions::CASES,
        fields::CASES,
        gorm::callbacks::CASES,
        levels::CASES,
        limits::CASES,
        names::CASES,
        raw::CASES,
        semantics::CASES,
        streams::CASES,
        tables::CASES,
        transactions::CASES,
        types::lists::CASES,
        types::numbers::CASES,
        types::times::CASES,
        types::unlike::CASES,
    ];
    all.into_iter().flatten().copied()
}
