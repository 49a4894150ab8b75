//! The cases, a module for each capability.

mod bad_input;
mod chains;
mod crud;
mod expressions;
mod fields;
mod gorm;
mod levels;
mod limits;
mod names;
mod pool;
mod raw;
mod semantics;
mod storm;
mod streams;
mod tables;
mod transactions;
mod web;

use crate::Case;

/// All cases of all modules.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    #[rustfmt::skip] // One a line, so that changes do not meet.
    let all = [
        bad_input::CASES,
        gorm::callbacks::CASES,
        chains::CASES,
        crud::CASES,
        expressions::CASES,
        fields::CASES,
        levels::CASES,
        limits::CASES,
        names::CASES,
        pool::CASES,
        raw::CASES,
        semantics::CASES,
        storm::CASES,
        streams::CASES,
        tables::CASES,
        transactions::CASES,
        web::CASES,
    ];
    all.into_iter().flatten().copied()
}
