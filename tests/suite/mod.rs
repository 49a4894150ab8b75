//! The cases, a module for each capability.

mod afterwards;
mod alter;
mod answers;
mod arguments;
mod auto;
mod bad_input;
mod breaker;
mod breaker_verdicts;
mod bulk;
mod bulk_faults;
mod bulk_values;
mod calculations;
mod chains;
mod chinook;
mod composite_keys;
mod configuration;
mod connecting;
mod context;
mod counting;
mod crud;
mod databases;
mod deadlines;
mod encodings;
mod errors;
mod expressions;
mod fields;
mod gorm;
mod guards;
mod hooks;
mod implicit;
mod inline_writes;
mod isolation;
mod joins;
mod late_cancels;
mod large_rows;
mod levels;
mod limits;
mod links;
mod locks;
mod names;
mod operands;
mod other_tables;
mod outside;
mod panics;
mod parts;
mod plugins;
mod pool;
mod pooled;
mod raw;
mod requests;
mod requests_in_transactions;
mod retries;
mod returning;
mod rotations;
mod selections;
mod semantics;
mod server_side;
mod sessions;
mod streams;
mod subqueries;
mod tables;
mod texts;
mod timestamps;
mod transaction_text;
mod transactions;
mod types;
mod web;

use crate::Case;

pub(crate) use self::pool::health::Away;

/// All cases of all modules.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    #[rustfmt::skip] // One a line, so that changes do not meet.
    let all = [
        afterwards::CASES,
        alter::places::CASES,
        alter::rules::CASES,
        alter::sqlite::CASES,
        alter::values::CASES,
        answers::CASES,
        arguments::CASES,
        auto::CASES,
        bad_input::CASES,
        breaker::CASES,
        breaker_verdicts::CASES,
        bulk::CASES,
        bulk_faults::CASES,
        bulk_values::CASES,
        calculations::CASES,
        chains::CASES,
        chinook::questions_music::CASES,
        chinook::questions_playlists::CASES,
        chinook::questions_sales::CASES,
        chinook::questions_text::CASES,
        chinook::writes::CASES,
        composite_keys::CASES,
        configuration::CASES,
        connecting::CASES,
        context::CASES,
        counting::CASES,
        crud::CASES,
        databases::CASES,
        deadlines::CASES,
        encodings::CASES,
        errors::CASES,
        expressions::CASES,
        fields::CASES,
        gorm::altering::CASES,
        gorm::call_sites::CASES,
        gorm::callbacks::CASES,
        gorm::chainable_api::CASES,
        gorm::clauses::CASES,
        gorm::count::CASES,
        gorm::customize_field::CASES,
        gorm::default_value::CASES,
        gorm::embedded_struct::CASES,
        gorm::errors::CASES,
        gorm::explain::CASES,
        gorm::hooks::CASES,
        gorm::main::CASES,
        gorm::naming::CASES,
        gorm::opening::CASES,
        gorm::prepared::CASES,
        gorm::query::CASES,
        gorm::records::CASES,
        gorm::scan::CASES,
        gorm::scanner_valuer::CASES,
        gorm::scopes::CASES,
        gorm::serializer::CASES,
        gorm::session::CASES,
        gorm::sql_builder::CASES,
        gorm::transactions::CASES,
        gorm::values_as_sql::CASES,
        gorm::writes::CASES,
        guards::CASES,
        hooks::CASES,
        implicit::CASES,
        inline_writes::CASES,
        isolation::CASES,
        joins::CASES,
        late_cancels::CASES,
        large_rows::CASES,
        levels::CASES,
        limits::CASES,
        links::CASES,
        locks::CASES,
        names::CASES,
        operands::CASES,
        other_tables::CASES,
        outside::CASES,
        panics::CASES,
        parts::embedded::CASES,
        parts::optional::CASES,
        plugins::CASES,
        pool::CASES,
        pool::bounds::CASES,
        pool::causes::CASES,
        pool::cell::CASES,
        pool::changes::CASES,
        pool::figures::CASES,
        pool::crowds::CASES,
        pool::health::CASES,
        pool::hooks::CASES,
        pool::lanes::CASES,
        pool::options::CASES,
        pool::ready::CASES,
        pool::shutdown::CASES,
        pool::tells::CASES,
        pooled::CASES,
        raw::CASES,
        requests::CASES,
        requests_in_transactions::CASES,
        retries::CASES,
        returning::CASES,
        rotations::CASES,
        selections::CASES,
        semantics::CASES,
        server_side::CASES,
        sessions::changed::CASES,
        sessions::dry_run::CASES,
        sessions::parallel::CASES,
        sessions::pinned::CASES,
        sessions::read_only::CASES,
        sessions::scope::CASES,
        streams::CASES,
        subqueries::CASES,
        tables::CASES,
        texts::CASES,
        timestamps::CASES,
        transaction_text::CASES,
        transactions::CASES,
        types::lists::CASES,
        types::named::CASES,
        types::numbers::CASES,
        types::options::CASES,
        types::times::CASES,
        types::unlike::CASES,
        web::CASES,
        crate::faults::CASES,
        crate::faults::ground::CASES,
    ];
    all.into_iter().flatten().copied()
}
