//! What SQLite reports, in the words of this crate.

use rusqlite::ffi;

use super::stop::Why;
use crate::driver::Deadline;
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

/// What is known of the statement that failed.
#[derive(Debug, Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) text: &'a str,
    pub(super) model: Option<&'static str>,
    pub(super) why: Why,
    pub(super) deadline: Option<Deadline>,
}

/// An error of a statement that nobody can interrupt.
pub(super) fn plain(error: rusqlite::Error, text: &str) -> Error {
    halt(error, About { text, model: None, why: Why::Unknown, deadline: None }).into_error()
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
    let (code, message) = match &error {
        rusqlite::Error::SqliteFailure(code, message) => (*code, message.clone().unwrap_or_default()),
        rusqlite::Error::MultipleStatement => {
            return Error::Invalid(format!("`{}` is more than one statement: run them one by one", about.text)).into();
        }
        _ => {
            return Error::Database {
                statement: about.text.to_owned(),
                message: "the driver cannot run it".to_owned(),
                code: None,
                source: error.into(),
            }
            .into();
        }
    };
    match code.extended_code & 0xff {
        ffi::SQLITE_INTERRUPT => return interrupted(about.why, about.deadline),
        ffi::SQLITE_BUSY if code.extended_code == ffi::SQLITE_BUSY_SNAPSHOT => {
            return Error::SerializationFailure { source: error.into() }.into();
        }
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => return Halt::Busy(Error::LockTimeout { source: error.into() }),
        ffi::SQLITE_CONSTRAINT => return constraint(error, code.extended_code, &message, about).into(),
        _ => {}
    }
    if let Some(table) = message.strip_prefix("no such table: ") {
        let table = table.strip_prefix("main.").unwrap_or(table).to_owned();
        return Error::MissingTable { table, source: error.into() }.into();
    }
    database(error, code.extended_code, &message, about).into()
}

fn constraint(error: rusqlite::Error, code: i32, message: &str, about: About<'_>) -> Error {
    let which = message.split_once(" constraint failed: ").map_or("", |it| it.1);
    // SQLite names columns as `table.column`, indexes and checks by their name.
    let model = about.model.or_else(|| Some(which.split_once('.')?.0)).unwrap_or("the record").to_owned();
    let named = |unknown: &str| if which.is_empty() { unknown.to_owned() } else { which.to_owned() };
    let source = error.into();
    match code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            Error::UniqueViolation { model, constraint: named("of its key"), source }
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Error::ForeignKeyViolation { model, constraint: named("(SQLite does not say which)"), source },
        ffi::SQLITE_CONSTRAINT_CHECK => Error::CheckViolation { model, constraint: named("of its table"), source },
        ffi::SQLITE_CONSTRAINT_NOTNULL => Error::NotNullViolation { model, column: named("a column"), source },
        // What a trigger says may be made of the values of the row.
        ffi::SQLITE_CONSTRAINT_TRIGGER => Error::Database {
            statement: about.text.to_owned(),
            message: format!("a trigger refused it (SQLite {code}); the source of this error is what it said"),
            code: Some(code.to_string()),
            source,
        },
        _ => Error::Database {
            statement: about.text.to_owned(),
            message: format!("{message} (SQLite {code})"),
            code: Some(code.to_string()),
            source,
        },
    }
}

fn database(error: rusqlite::Error, code: i32, message: &str, about: About<'_>) -> Error {
    let said = match code & 0xff {
        ffi::SQLITE_FULL => "the disk is full, or the file has reached its largest size",
        ffi::SQLITE_CORRUPT => "the file is damaged; restore a backup",
        ffi::SQLITE_NOTADB => "the file is no SQLite database",
        ffi::SQLITE_READONLY => "the database is open for reading only",
        ffi::SQLITE_TOOBIG => "the text, or a value, is too long for SQLite",
        _ if message.is_empty() => ffi::code_to_str(code),
        _ => message,
    };
    Error::Database {
        statement: about.text.to_owned(),
        message: format!("{said} (SQLite {code})"),
        code: Some(code.to_string()),
        source: error.into(),
    }
}
