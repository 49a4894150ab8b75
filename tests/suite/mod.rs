//! The cases, a module for each capability.

mod answers;
mod chains;
mod context;
mod crud;
mod expressions;
mod fields;
mod gorm;
mod hooks;
mod links;
mod plugins;
mod streams;
mod timestamps;

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
        links::CASES,
        plugins::CASES,
        streams::CASES,
        timestamps::CASES,
    ];
    all.into_iter().flatten().copied()
}
