//! The cases, a module for each capability.

mod crud;
mod expressions;
mod fields;
mod limits;
mod names;
mod raw;
mod semantics;
mod streams;
mod tables;

use crate::Case;

/// All cases of all modules.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    #[rustfmt::skip] // One a line, so that changes do not meet.
    let modules = [
        crud::CASES,
        expressions::CASES,
        fields::CASES,
        limits::CASES,
        names::CASES,
        raw::CASES,
        semantics::CASES,
        streams::CASES,
        tables::CASES,
    ];
    modules.into_iter().flatten().copied()
}
