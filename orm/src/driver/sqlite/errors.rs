//! What SQLite reports, in the words of this crate.

use rusqlite::ffi;

use super::stop::Why;
use crate::dialect::Engine;
use crate::driver::Deadline;
use crate::driver::errors::missing_column;
use crate::driver::rules::{About as Of, Broken};
use crate::driver::said;
use crate::error::Error;

/// Why an attempt did not end well.
#[derive(Debug)]
pub(super) enum Halt {
    /// Another connection holds the lock; the same again may work.
    Busy(Error),
    /// It took longer than a statement may that runs where it is awaited.
    TooLong,
    /// It failed.
    Failed(Error),
}

impl From<Error> for Halt {
    fn from(it: Error) -> Self {
        Self::Failed(it)
    }
}

impl Halt {
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Busy(it) | Self::Failed(it) => it,
            Self::TooLong => Error::Cancelled,
        }
    }
}

/// What is known of the statement that failed, and of why it was stopped.
#[derive(Debug, Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) of: Of<'a>,
    pub(super) why: Why,
    pub(super) deadline: Option<Deadline>,
}

/// An error of a statement that nobody can interrupt.
pub(super) fn plain(error: rusqlite::Error, text: &str) -> Error {
    halt(error, About { of: Of::text(text), why: Why::Unknown, deadline: None }).into_error()
}

/// The error for a statement that must not run on.
pub(super) fn interrupted(why: Why, deadline: Option<Deadline>) -> Halt {
    match (why, deadline) {
        (Why::TooLong, _) => Halt::TooLong,
        (Why::Deadline, Some(it)) => Error::Timeout { phase: "the statement", limit: it.limit }.into(),
        _ => Error::Cancelled.into(),
    }
}

pub(super) fn halt(error: rusqlite::Error, about: About<'_>) -> Halt {
    let text = || said::shown(Engine::Sqlite, about.of.text);
    let (code, message) = match error {
        rusqlite::Error::SqliteFailure(code, message) => (code.extended_code, message.unwrap_or_default()),
        rusqlite::Error::MultipleStatement => {
            return Error::Invalid(format!("`{}` is more than one statement: run them one by one", text())).into();
        }
        _ => {
            let message = "the driver cannot run it".to_owned();
            return Error::Database { statement: text(), source: said::cause(message.as_str()), message, code: None }.into();
        }
    };
    match code & 0xff {
        ffi::SQLITE_INTERRUPT => interrupted(about.why, about.deadline),
        ffi::SQLITE_BUSY if code == ffi::SQLITE_BUSY_SNAPSHOT => Error::SerializationFailure { source: refused(code) }.into(),
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => Halt::Busy(Error::LockTimeout { source: refused(code) }),
        ffi::SQLITE_READONLY if code == ffi::SQLITE_READONLY => {
            Error::ReadOnly { what: format!("`{}`", text()), source: Some(refused(code)) }.into()
        }
        ffi::SQLITE_CONSTRAINT => constraint(code, &message, about.of).into(),
        ffi::SQLITE_FULL => Error::DiskFull { source: refused(code) }.into(),
        // What SQLite says where a limit or quota of the system stands against the write, or the disk fails.
        ffi::SQLITE_IOERR if code == ffi::SQLITE_IOERR_WRITE => Error::DiskFull { source: refused(code) }.into(),
        _ => other(code, &message, about.of).into(),
    }
}

fn refused(code: i32) -> crate::error::Cause {
    said::cause(format!("{} (SQLite {code})", ffi::code_to_str(code)))
}

fn constraint(code: i32, message: &str, about: Of<'_>) -> Error {
    let which = message.split_once(" constraint failed: ").map_or("", |it| it.1);
    let name = Some(which.to_owned()).filter(|it| !it.is_empty());
    match code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            columns(which, about).unique(about, refused(code))
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Broken::default().foreign_key(about, refused(code)),
        ffi::SQLITE_CONSTRAINT_CHECK => {
            // A check without a name is called by its condition.
            let is_named = |column: &str| said::stands_in(Engine::Sqlite, column, which);
            let fields = about.model.map_or(&[][..], |it| it.fields);
            let columns = fields.iter().filter(|it| is_named(it.column)).map(|it| it.column.to_owned()).collect();
            Broken { constraint: name, table: None, columns }.check(about, refused(code))
        }
        ffi::SQLITE_CONSTRAINT_NOTNULL => columns(which, about).not_null(about, refused(code)),
        // What a trigger says may be made of the values of the row.
        ffi::SQLITE_CONSTRAINT_TRIGGER => database(code, "a trigger refused it, in words that may quote values", about),
        _ => other(code, message, about),
    }
}

/// SQLite names columns as `table.column, table.column`, and an index over
/// expressions as `index 'name'`.
fn columns(which: &str, about: Of<'_>) -> Broken {
    if let Some(index) = which.strip_prefix("index '").and_then(|it| it.strip_suffix('\'')) {
        return Broken { constraint: Some(index.to_owned()), ..Broken::default() };
    }
    let of_model = about.table().filter(|it| which.strip_prefix(it).is_some_and(|it| it.starts_with('.')));
    let Some(table) = of_model.or_else(|| Some(which.split_once('.')?.0)) else { return Broken::default() };
    let columns = which[table.len() + 1..].split(&format!(", {table}.")).map(str::to_owned).collect();
    Broken { table: Some(table.to_owned()), columns, constraint: None }
}

fn other(code: i32, message: &str, about: Of<'_>) -> Error {
    if let Some(table) = message.strip_prefix("no such table: ") {
        let table = table.strip_prefix("main.").unwrap_or(table).to_owned();
        return Error::MissingTable { table, source: refused(code) };
    }
    let lacks = message.starts_with("no such column: ") || message.contains(" has no column named ");
    if let (true, Some((model, table, column))) = (lacks, missing_column(about, message)) {
        return Error::MissingTableColumn { model, table, column, source: refused(code) };
    }
    let words = said::about(Engine::Sqlite, message, about.text);
    database(
        code,
        match code & 0xff {
            ffi::SQLITE_CORRUPT => "the file is damaged; restore a backup",
            ffi::SQLITE_NOTADB => "the file is no SQLite database",
            ffi::SQLITE_READONLY => "the database is open for reading only",
            ffi::SQLITE_TOOBIG => "the text, or a value, is too long for SQLite",
            _ if words.is_empty() => ffi::code_to_str(code),
            _ => &words,
        },
        about,
    )
}

fn database(code: i32, words: &str, about: Of<'_>) -> Error {
    let message = format!("{words} (SQLite {code})");
    Error::Database {
        statement: said::shown(Engine::Sqlite, about.text),
        source: said::cause(message.as_str()),
        message,
        code: Some(code.to_string()),
    }
}
