//! Answers as text, to compare them; and the names of each database in plain SQL.

use chrono::NaiveDateTime;
use orm::Engine;
use rust_decimal::Decimal;

/// A value as [`Plain::rows`](crate::Plain::rows) shows it.
pub(super) trait Show {
    fn show(&self) -> String;
}

macro_rules! shown {
    ($($type:ty)*) => {$(
        impl Show for $type {
            fn show(&self) -> String {
                self.to_string()
            }
        }

        impl Cells for $type {
            fn cells(&self) -> Vec<String> {
                vec![self.show()]
            }
        }
    )*};
}

shown! { i32 i64 u8 u32 u64 String NaiveDateTime }

impl Show for Decimal {
    fn show(&self) -> String {
        self.normalize().to_string()
    }
}

impl<T: Show> Show for Option<T> {
    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "NULL".to_owned(), Show::show)
    }
}

/// A row as [`Plain::rows`](crate::Plain::rows) shows it.
pub(super) trait Cells {
    fn cells(&self) -> Vec<String>;
}

impl Cells for Decimal {
    fn cells(&self) -> Vec<String> {
        vec![self.show()]
    }
}

impl<T: Show> Cells for Option<T> {
    fn cells(&self) -> Vec<String> {
        vec![self.show()]
    }
}

macro_rules! tuples {
    ($(($($name:ident $at:tt)+))+) => {$(
        impl<$($name: Show),+> Cells for ($($name,)+) {
            fn cells(&self) -> Vec<String> {
                vec![$(self.$at.show()),+]
            }
        }
    )+};
}

tuples! {
    (A 0 B 1)
    (A 0 B 1 C 2)
    (A 0 B 1 C 2 D 3)
    (A 0 B 1 C 2 D 3 E 4)
}

const TABLES: [&str; 11] =
    ["album", "artist", "customer", "employee", "genre", "invoice", "invoice_line", "media_type", "playlist", "playlist_track", "track"];

/// Plain SQL over the tables of the scripts, for one database.
///
/// Names are written as PostgreSQL has them; SQLite and MariaDB call
/// `playlist_track` `PlaylistTrack`. The word `BYTEWISE` after a text says that
/// case, accents and the language of the server do not count in what is done
/// with it; `instr` and `length` find and count characters everywhere.
pub(super) fn localized(sql: &str, engine: Engine) -> String {
    let mut out = String::new();
    // Every second piece is inside quotes.
    for (at, piece) in sql.split('\'').enumerate() {
        if at > 0 {
            out.push('\'');
        }
        if at % 2 == 0 { words(piece, engine, &mut out) } else { out.push_str(piece) }
    }
    out
}

fn words(sql: &str, engine: Engine, out: &mut String) {
    let is_word = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|it| is_word(it) != is_word(first)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        match (word, engine) {
            ("BYTEWISE", Engine::Sqlite) => out.push_str("COLLATE BINARY"),
            ("BYTEWISE", Engine::Postgres) => out.push_str("COLLATE \"C\""),
            ("BYTEWISE", _) => out.push_str("COLLATE utf8mb3_bin"),
            ("instr", Engine::Postgres) => out.push_str("strpos"),
            ("length", Engine::MariaDb | Engine::MySql) => out.push_str("char_length"),
            (_, Engine::Postgres) => out.push_str(word),
            _ if TABLES.contains(&word) || word.contains('_') && is_word(first) && !rest.starts_with('(') => out.push_str(&camel(word)),
            _ => out.push_str(word),
        }
    }
}

/// `PlaylistTrack` for `playlist_track`.
fn camel(word: &str) -> String {
    let capital = |part: &str| part[..1].to_uppercase() + &part[1..];
    word.split('_').filter(|it| !it.is_empty()).map(capital).collect()
}

/// `playlist_track` for `PlaylistTrack`, with or without quotes around it.
pub(super) fn snake(name: &str) -> String {
    let mut out = String::new();
    for it in name.chars().filter(|it| it.is_ascii_alphanumeric() || *it == '_') {
        if it.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(it.to_ascii_lowercase());
    }
    out
}
