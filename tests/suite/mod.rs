//! The cases, a module for each capability.

mod bad_input;
mod crud;
mod expressions;
mod fields;
mod levels;
mod pool;
mod storm;
mod streams;
mod transactions;
mod web;

use crate::Case;

/// All cases of all modules.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    #[rustfmt::skip] // One a line, so that changes do not meet.
    let all = [
        bad_input::CASES,
        crud::CASES,
        expressions::CASES,
        fields::CASES,
        levels::CASES,
        pool::CASES,
        storm::CASES,
        streams::CASES,
        transactions::CASES,
        web::CASES,
    ];
    all.into_iter().flatten().copied()
}
