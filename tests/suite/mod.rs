//! The cases, a module for each capability.

mod answers;
mod chains;
mod context;
mod crud;
mod expressions;
mod fields;
mod gorm;
mod hooks;
mod levels;
mod limits;
mod links;
mod names;
mod plugins;
mod raw;
mod semantics;
mod streams;
mod tables;
mod texts;
mod timestamps;
mod transactions;
mod types;

use crate::Case;

/// All cases of all modules.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    #[rustfmt::skip] // One a line, so that changes do not meet.
    let all = [
        answers::CASES,
        chains::CASES,
        context::CASES,
        crud::CASES,
        expressions::CASES,
        fields::CASES,
        gorm::callbacks::CASES,
        gorm::hooks::CASES,
        hooks::CASES,
        levels::CASES,
        limits::CASES,
        links::CASES,
        names::CASES,
        plugins::CASES,
        raw::CASES,
        semantics::CASES,
        streams::CASES,
        tables::CASES,
        texts::CASES,
        timestamps::CASES,
        transactions::CASES,
        types::lists::CASES,
        types::named::CASES,
        types::numbers::CASES,
        types::options::CASES,
        types::times::CASES,
        types::unlike::CASES,
    ];
    all.into_iter().flatten().copied()
}
