//! The cases, a module for each capability.

mod answers;
mod arguments;
mod bad_input;
mod calculations;
mod chains;
mod chinook;
mod composite_keys;
mod context;
mod crud;
mod deadlines;
mod expressions;
mod fields;
mod gorm;
mod hooks;
mod levels;
mod limits;
mod links;
mod names;
mod panics;
mod plugins;
mod pool;
mod raw;
mod selections;
mod semantics;
mod storm;
mod streams;
mod tables;
mod texts;
mod timestamps;
mod transactions;
mod types;
mod web;

use crate::Case;

/// All cases of all modules.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    #[rustfmt::skip] // One a line, so that changes do not meet.
    let all = [
        answers::CASES,
        arguments::CASES,
        bad_input::CASES,
        calculations::CASES,
        chains::CASES,
        chinook::questions_music::CASES,
        chinook::questions_playlists::CASES,
        chinook::questions_sales::CASES,
        chinook::questions_text::CASES,
        chinook::writes::CASES,
        composite_keys::CASES,
        context::CASES,
        crud::CASES,
        deadlines::CASES,
        expressions::CASES,
        fields::CASES,
        gorm::callbacks::CASES,
        gorm::hooks::CASES,
        hooks::CASES,
        levels::CASES,
        limits::CASES,
        links::CASES,
        names::CASES,
        panics::CASES,
        plugins::CASES,
        pool::CASES,
        raw::CASES,
        selections::CASES,
        semantics::CASES,
        storm::CASES,
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
        web::CASES,
    ];
    all.into_iter().flatten().copied()
}
