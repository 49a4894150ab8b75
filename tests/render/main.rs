//! The SQL text of statements, for each kind of database.
#![allow(clippy::unwrap_used, reason = "tests")]

mod clauses;
mod conditions;
mod locks;
mod reads;
mod tables;
mod writes;

use orm::Engine;
use orm::prelude::*;
use orm::statement::Statement;
use rust_decimal::Decimal;

#[derive(Debug, Clone, Default, Model)]
struct User {
    #[orm(key, auto)]
    id: i64,
    name: String,
    age: u8,
    email: Option<String>,
    #[orm(column = "is_active")]
    active: bool,
}

#[derive(Debug, Clone, Default, Model)]
#[orm(schema = "trial", table = "site\"`visits")]
struct Visit {
    #[orm(key)]
    site: i32,
    #[orm(key)]
    number: i16,
    #[orm(precision = 10, scale = 2)]
    cost: Decimal,
    fee: Option<Decimal>,
}

/// A handle that statements are made with; none is sent.
async fn db() -> Db {
    Db::open("sqlite::memory:").await.unwrap()
}

/// The text on each kind of database, once where it is the same.
fn sql(statement: &Statement) -> String {
    let engines = [Engine::Sqlite, Engine::Postgres, Engine::MariaDb, Engine::MySql];
    let mut texts: Vec<(String, String)> = Vec::new();
    for engine in engines {
        let text = engine.to_sql(statement).unwrap_or_else(|error| format!("error: {error}"));
        match texts.iter_mut().find(|(_, known)| *known == text) {
            Some((names, _)) => *names = format!("{names}, {}", engine.name()),
            None => texts.push((engine.name().to_owned(), text)),
        }
    }
    texts.iter().map(|(names, text)| format!("{names}:\n  {text}")).collect::<Vec<_>>().join("\n")
}

/// Compares the text of a statement, or of what will run one.
macro_rules! renders {
    ($statement:expr, @$text:literal) => {
        insta::assert_snapshot!($crate::sql(&$statement), @$text)
    };
}
use renders;
