//! Reads the scripts: whole, and the rows in them.

use std::path::PathBuf;
use std::sync::Once;

use chrono::{NaiveDate, NaiveDateTime};
use orm::Engine;
use rust_decimal::Decimal;

use super::models::Original;
use super::text::snake;
use crate::Plain;

/// The text of a script.
pub(super) struct Script(String);

/// A literal of a script: NULL, or its text without quotes.
pub(super) type Literals = std::vec::IntoIter<Option<String>>;

/// The folder of the scripts; if it is not named, that is said once, and is a
/// failure with `ORM_TEST_REQUIRE=chinook`.
pub(super) fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("ORM_TEST_CHINOOK").filter(|it| !it.is_empty()).map(PathBuf::from);
    if folder.is_none() {
        static SAID: Once = Once::new();
        let missing = "the questions to the Chinook data were not asked. Set ORM_TEST_CHINOOK to the folder of its scripts.";
        let required = std::env::var("ORM_TEST_REQUIRE").unwrap_or_default();
        assert!(!required.split(',').any(|it| it.trim() == "chinook"), "MISSING: {missing}");
        SAID.call_once(|| println!("\n*** SKIPPED: {missing} ***\n"));
    }
    folder
}

impl Script {
    /// The script for a database.
    pub(super) fn read(engine: Engine) -> Option<Self> {
        let name = match engine {
            Engine::Sqlite => "sqlite.sql",
            Engine::Postgres => "postgres.sql",
            _ => "mysql.sql",
        };
        let path = folder()?.join(name);
        Some(Self(std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))))
    }

    /// Runs the script as it is, in the database of the connection instead of
    /// one that it makes.
    pub(super) async fn run(&self, plain: &mut Plain) {
        let elsewhere = ["DROP DATABASE", "CREATE DATABASE", "USE ", "\\c "];
        let lines = self.0.lines().filter(|line| !elsewhere.iter().any(|it| line.starts_with(it)));
        let mut script = lines.collect::<Vec<_>>().join("\n");
        if matches!(plain, Plain::Postgres(_)) {
            // To PostgreSQL such a text is a CHAR, which loses the spaces at its end.
            script = script.replace("(N'", "('").replace(", N'", ", '");
        }
        if matches!(plain, Plain::MySql(_)) {
            // The script has backslashes in names, and means them.
            plain.execute("SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')").await;
        }
        // PostgreSQL and MariaDB read the script as one transaction, or are quick without.
        if matches!(plain, Plain::Sqlite(_)) {
            plain.execute(&format!("BEGIN;{script};COMMIT")).await;
        } else {
            plain.execute(&script).await;
        }
    }

    /// The rows of a table.
    pub(super) fn rows<M: Original>(&self) -> Vec<M> {
        let mut rows = Vec::new();
        let mut rest = self.0.as_str();
        while let Some(at) = rest.find("\nINSERT INTO ") {
            let mut reader = Reader(&rest[at + 13..]);
            let table = reader.until('(');
            let columns = reader.until(')');
            if snake(table) == M::TABLE {
                let columns: Vec<_> = columns.split(',').map(snake).collect();
                assert_eq!(columns, M::COLUMNS, "{table}");
                assert_eq!(reader.until('(').trim(), "VALUES");
                loop {
                    let mut literals = reader.tuple();
                    rows.push(M::of_literals(&mut literals));
                    assert_eq!(literals.next(), None, "{table} has more columns");
                    if reader.until_any(&['(', ';']) == ';' {
                        break;
                    }
                }
            }
            rest = reader.0;
        }
        assert!(!rows.is_empty(), "no rows of {} in the script", M::TABLE);
        rows
    }
}

/// The rest of a script.
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    /// What comes before `end`, which is read too.
    fn until(&mut self, end: char) -> &'a str {
        let (before, after) = self.0.split_once(end).unwrap_or_else(|| panic!("no {end} in the script"));
        self.0 = after;
        before
    }

    fn until_any(&mut self, ends: &[char]) -> char {
        let at = self.0.find(ends).expect("an end of the statement");
        let found = char::from(self.0.as_bytes()[at]);
        self.0 = &self.0[at + 1..];
        found
    }

    /// Literals up to `)`.
    fn tuple(&mut self) -> Literals {
        let mut all = Vec::new();
        loop {
            self.0 = self.0.trim_start();
            if self.0.starts_with("N'") {
                self.0 = &self.0[1..];
            }
            all.push(match self.0.strip_prefix('\'') {
                Some(text) => {
                    self.0 = text;
                    Some(self.quoted())
                }
                None => {
                    let end = self.0.find([',', ')']).expect("an end of the literal");
                    let (bare, rest) = self.0.split_at(end);
                    self.0 = rest;
                    (bare.trim() != "NULL").then(|| bare.trim().to_owned())
                }
            });
            if self.until_any(&[',', ')']) == ')' {
                return all.into_iter();
            }
        }
    }

    /// Text up to its quote; two of them are one in the text.
    fn quoted(&mut self) -> String {
        let mut text = String::new();
        loop {
            text.push_str(self.until('\''));
            match self.0.strip_prefix('\'') {
                Some(rest) => self.0 = rest,
                None => return text,
            }
            text.push('\'');
        }
    }
}

/// What a literal means to a field.
pub(super) trait Literal: Sized {
    fn read(it: Option<String>) -> Self;
}

macro_rules! parsed {
    ($($type:ty)*) => {$(
        impl Literal for $type {
            fn read(it: Option<String>) -> Self {
                it.expect("not NULL").parse().expect("a literal of the field's type")
            }
        }
    )*};
}

parsed! { i32 i64 u8 u32 String Decimal }

/// `2021-01-31 00:00:00` or `2021/1/31`.
impl Literal for NaiveDateTime {
    fn read(it: Option<String>) -> Self {
        let text = it.expect("not NULL");
        if text.contains('-') {
            return Self::parse_from_str(&text, "%Y-%m-%d %H:%M:%S").expect("a time");
        }
        NaiveDate::parse_from_str(&text, "%Y/%m/%d").expect("a date").into()
    }
}

impl<T: Literal> Literal for Option<T> {
    fn read(it: Option<String>) -> Self {
        it.map(|it| T::read(Some(it)))
    }
}
