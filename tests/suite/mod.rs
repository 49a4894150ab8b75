//! The cases, a module for each capability.

mod bad_input;
mod chains;
mod crud;
mod expressions;
mod fields;
mod levels;
mod pool;
mod storm;
mod limits;
mod names;
mod raw;
mod semantics;
mod streams;
mod tables;
mod gorm;
mod streams;
mod transactions;
mod web;

use crate::Case;

/// All cases of all modules.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    let modules = [
    [crud::CASES, levels::CASES, transactions::CASES].into_iter().flatten().copied()
    #[rustfmt::skip] // One a line, so that changes do not meet.
    let all = [
        bad_input::CASES,
        crud::CASES,
        expressions::CASES,
        fields::CASES,
        levels::CASES,
        pool::CASES,
        storm::CASES,
        limits::CASES,
        names::CASES,
        raw::CASES,
        semantics::CASES,
        streams::CASES,
        tables::CASES,
    ];
    modules.into_iter().flatten().copied()
    #[rustfmt::skip] // One a line, so that changes do not meet.
    let all = [
        chains::CASES,
        crud::CASES,
        expressions::CASES,
        fields::CASES,
        gorm::callbacks::CASES,
        streams::CASES,
        transactions::CASES,
        web::CASES,
    ];
    all.into_iter().flatten().copied()
}
