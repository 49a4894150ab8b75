//! What drivers report → [`Error`].
//!
//! Servers quote values in what they say, so their own words are kept in the
//! `source` of an error and printed nowhere else.

use std::fmt;
use std::io::ErrorKind;

use crate::driver::Target;
use crate::error::{Cause, Error};

/// What sqlx reported. `Debug` is what ends up in logs by accident (`{:?}` of
/// an [`Error`]), so it does not repeat what the server said; `Display` does.
pub(super) struct Reported(sqlx::Error);

impl fmt::Debug for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.0.as_database_error().and_then(|it| it.code()).unwrap_or_else(|| "?".into());
        match &self.0 {
            sqlx::Error::Database(_) => write!(f, "Database({code})"),
            sqlx::Error::Io(error) => write!(f, "Io({:?})", error.kind()),
            _ => f.write_str("Driver"),
        }
    }
}

impl fmt::Display for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Reported {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // Above the one below stands the same text already.
        std::error::Error::source(&self.0).and_then(std::error::Error::source)
    }
}

/// Keeps an error of sqlx as the source of one of ours.
pub(super) fn source(error: sqlx::Error) -> Cause {
    Box::new(Reported(error))
}

/// The connection broke, or the server said what cannot be understood.
pub(super) fn lost(doing: &str, error: sqlx::Error) -> Error {
    Error::ConnectionLost { doing: doing.to_owned(), source: source(error) }
}

/// What a server said, sorted into what a program can react to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Class {
    Unique {
        table: Option<String>,
        constraint: String,
    },
    ForeignKey {
        table: Option<String>,
        constraint: String,
    },
    Check {
        table: Option<String>,
        constraint: String,
    },
    NotNull {
        table: Option<String>,
        column: String,
    },
    MissingTable(String),
    Serialization,
    Deadlock,
    Lock,
    Aborted,
    Cancelled,
    Lost,
    /// Anything else, in words that quote no value.
    Other(String),
}

/// The error for what a server said about a statement.
pub(super) fn refused(class: Class, statement: &str, code: String, error: sqlx::Error) -> Error {
    let model = |table: Option<String>| table.unwrap_or_else(|| "the record".to_owned());
    let cause = source(error);
    match class {
        Class::Unique { table, constraint } => Error::UniqueViolation { model: model(table), constraint, source: cause },
        Class::ForeignKey { table, constraint } => Error::ForeignKeyViolation { model: model(table), constraint, source: cause },
        Class::Check { table, constraint } => Error::CheckViolation { model: model(table), constraint, source: cause },
        Class::NotNull { table, column } => Error::NotNullViolation { model: model(table), column, source: cause },
        Class::MissingTable(table) => Error::MissingTable { table, source: cause },
        Class::Serialization => Error::SerializationFailure { source: cause },
        Class::Deadlock => Error::Deadlock { source: cause },
        Class::Lock => Error::LockTimeout { source: cause },
        Class::Aborted => Error::TransactionAborted { cause: "its error was returned then".to_owned() },
        Class::Cancelled => Error::Cancelled,
        Class::Lost => Error::ConnectionLost { doing: "a statement ran".to_owned(), source: cause },
        Class::Other(message) => Error::Database { statement: statement.to_owned(), message, code: Some(code), source: cause },
    }
}

/// The error for what sqlx reported about a statement.
pub(super) fn of(error: sqlx::Error, statement: &str) -> Error {
    let sqlx::Error::Database(reported) = &error else {
        return lost("a statement ran", error);
    };
    #[cfg(feature = "postgres")]
    if let Some(it) = reported.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        let code = it.code().to_owned();
        return refused(super::postgres::errors::classify(it), statement, code, error);
    }
    #[cfg(feature = "mysql")]
    if let Some(it) = reported.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        let code = it.number().to_string();
        return refused(super::mysql::errors::classify(it.number(), it.code(), it.message()), statement, code, error);
    }
    let code = reported.code().map(|it| it.into_owned()).unwrap_or_default();
    let message = format!("the error {code}");
    refused(Class::Other(message), statement, code, error)
}

/// The error for a connection that could not be opened.
pub(super) fn connecting(target: &Target, error: sqlx::Error) -> Error {
    let reason = match &error {
        sqlx::Error::Io(it) => unreachable_because(it),
        sqlx::Error::Tls(_) => "no encrypted connection could be agreed on; encryption is not compiled in, and the URL or the server asks \
             for it"
            .to_owned(),
        sqlx::Error::Database(it) => turned_away(target, it.as_ref()),
        sqlx::Error::Protocol(_) => "what answers there does not speak this database's protocol".to_owned(),
        sqlx::Error::Configuration(_) => "the settings in the URL cannot be used together".to_owned(),
        _ => "the driver failed".to_owned(),
    };
    Error::Connect { target: target.to_string(), reason, source: Some(source(error)) }
}

fn unreachable_because(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => "nothing listens there: is the server running?".to_owned(),
        ErrorKind::NotFound => "there is no such file or socket".to_owned(),
        ErrorKind::TimedOut => "nothing answers there: is the address right, and no firewall between?".to_owned(),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
            "the server closed the connection at once".to_owned()
        }
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "there is no way to this host".to_owned(),
        ErrorKind::PermissionDenied => "the operating system does not permit it".to_owned(),
        // The standard library has no kind for it.
        _ if error.to_string().contains("lookup address") => "the host name is not known".to_owned(),
        _ => "the network failed".to_owned(),
    }
}

fn turned_away(target: &Target, error: &dyn sqlx::error::DatabaseError) -> String {
    let user = target.user();
    let code = error.code().unwrap_or_default().into_owned();
    #[cfg(feature = "mysql")]
    let code = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().map_or(code, |it| it.number().to_string());
    match code.as_str() {
        "28P01" | "28000" | "1045" | "1698" => {
            format!("the password for user {user} was refused, or the user may not connect")
        }
        "1044" | "42501" => format!("user {user} has no rights in this database"),
        "3D000" | "1049" => "the server has no such database".to_owned(),
        "53300" | "1040" | "1203" => "the server has too many connections".to_owned(),
        "57P03" | "1053" => "the server is starting up or shutting down".to_owned(),
        other => format!("the server refused with the code {other}"),
    }
}
