//! What drivers report → [`Error`].

use std::io::ErrorKind;

use crate::dialect::Engine;
use crate::driver::Target;
use crate::driver::rules::{About, Broken};
use crate::driver::said::{self, source};
use crate::error::{Error, Result};
use crate::statement::Statement;

/// The connection broke, or the server said what cannot be understood.
pub(super) fn lost(doing: &str, error: sqlx::Error) -> Error {
    Error::ConnectionLost { doing: doing.to_owned(), source: source(error) }
}

/// What a connection was to be prepared with failed. Its text is not
/// repeated, nor what the server says of it: it may set a secret.
pub(super) fn hook(target: &Target, when: &str, name: &str, error: Error) -> Error {
    let (message, cause) = match error {
        Error::Database { code, .. } => {
            (format!("the database refused its statement (error {})", code.as_deref().unwrap_or("unknown")), None)
        }
        other => (other.to_string(), Some(other.into())),
    };
    Error::Connect { target: target.to_string(), reason: format!("the {when} hook `{name}` failed: {message}"), source: cause }
}

/// Refuses a message of about so many bytes where the server takes fewer: it
/// would close the connection in the middle of it, or read another length.
pub(super) fn message_fits(statement: &Statement, engine: Engine, bytes: usize, most: usize) -> Result<()> {
    if bytes < most {
        return Ok(());
    }
    let what = match (statement, statement.model()) {
        (Statement::Insert(it), Some(model)) if it.rows.len() == 1 => format!("a record of {}", model.name),
        (_, Some(model)) => format!("a statement about {}", model.name),
        (_, None) => "a statement".to_owned(),
    };
    let why = if engine.is_mysql_family() { "its `max_allowed_packet`" } else { "the most in one message" };
    let what = format!("{what} of about {bytes} bytes; {why} is {most}: store less in it");
    Err(Error::Unsupported { database: engine.name(), what })
}

/// What a server said, sorted into what a program can react to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Class {
    Unique(Broken),
    ForeignKey(Broken),
    Check(Broken),
    NotNull(Broken),
    MissingTable(String),
    MissingColumn,
    Serialization,
    Deadlock,
    Lock,
    ReadOnly,
    Aborted,
    Cancelled,
    Full,
    Lost,
    TooLarge,
    /// Anything else, in our words.
    Ours(&'static str),
    /// Anything else, in the server's words, which speak of the statement.
    Theirs,
}

/// What a server said about a statement.
pub(super) struct Refusal<'e> {
    pub(super) engine: Engine,
    pub(super) class: Class,
    pub(super) message: &'e str,
    pub(super) code: String,
}

impl Refusal<'_> {
    fn into_error(self, about: About<'_>) -> Error {
        let code_is = if self.engine == Engine::Postgres { "SQLSTATE" } else { "error" };
        let words = match self.class {
            Class::Theirs | Class::MissingColumn => said::about(self.engine, self.message, about.text),
            Class::Ours(words) => words.to_owned(),
            _ => "it was refused".to_owned(),
        };
        let words = format!("{words} ({code_is} {})", self.code);
        let cause = said::cause(words.as_str());
        let statement = || said::shown(self.engine, about.text);
        match self.class {
            Class::Unique(it) => it.unique(about, cause),
            Class::ForeignKey(it) => it.foreign_key(about, cause),
            Class::Check(it) => it.check(about, cause),
            Class::NotNull(it) => it.not_null(about, cause),
            Class::MissingTable(name) => Error::MissingTable { table: table(self.engine, name, about), source: cause },
            Class::Serialization => Error::SerializationFailure { source: cause },
            Class::Deadlock => Error::Deadlock { source: cause },
            Class::ReadOnly => Error::ReadOnly { what: format!("`{}`", statement()), source: Some(cause) },
            Class::Lock => Error::LockTimeout { source: cause },
            Class::Full => Error::DiskFull { source: cause },
            Class::Aborted => Error::TransactionAborted { cause: "its error was returned then".to_owned() },
            Class::Cancelled => Error::Cancelled,
            Class::Lost => Error::ConnectionLost { doing: "a statement ran".to_owned(), source: cause },
            Class::TooLarge => Error::ConnectionLost { doing: TOO_LARGE.to_owned(), source: cause },
            Class::MissingColumn => match missing_column(about, self.message) {
                Some((model, table, column)) => Error::MissingTableColumn { model, table, column, source: cause },
                None => Error::Database { statement: statement(), message: words, code: Some(self.code), source: cause },
            },
            Class::Ours(_) | Class::Theirs => {
                Error::Database { statement: statement(), message: words, code: Some(self.code), source: cause }
            }
        }
    }
}

/// The server closes the connection behind it.
const TOO_LARGE: &str = "a statement was sent that is larger than the server's max_allowed_packet: send fewer or smaller records at \
                         once, or raise it there";

/// The name of a table, unless a value named it, as in `'people'::regclass`.
fn table(engine: Engine, name: String, about: About<'_>) -> String {
    if said::stands_in(engine, &name, about.text) { name } else { "that a value names".to_owned() }
}

/// The column of the model that a message says is missing. In other words than
/// the model's it is a mistake in SQL text.
pub(super) fn missing_column(about: About<'_>, message: &str) -> Option<(&'static str, &'static str, &'static str)> {
    let model = about.model?;
    let quoted = message.split(said::is_quote).nth(1).map_or("", str::trim);
    let is_named = |column: &str| {
        quoted == column
            || quoted.strip_suffix(column).is_some_and(|it| it.ends_with('.'))
            || message.contains(&format!(".{column} "))
            || message.ends_with(&format!(".{column}"))
            || message.ends_with(&format!(" {column}"))
    };
    // The longest, as names may end alike.
    let column = model.fields.iter().map(|it| it.column).filter(|it| is_named(it)).max_by_key(|it| it.len())?;
    Some((model.name, model.table, column))
}

/// The error for what sqlx reported about a statement.
pub(super) fn of(error: sqlx::Error, about: About<'_>) -> Error {
    let sqlx::Error::Database(reported) = &error else {
        return lost("a statement ran", error);
    };
    #[cfg(feature = "postgres")]
    if let Some(it) = reported.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        let class = super::postgres::errors::classify(it);
        return Refusal { engine: Engine::Postgres, class, message: it.message(), code: it.code().to_owned() }.into_error(about);
    }
    #[cfg(feature = "mysql")]
    if let Some(it) = reported.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        let class = super::mysql::errors::classify(it.number(), it.code(), it.message());
        return Refusal { engine: Engine::MySql, class, message: it.message(), code: it.number().to_string() }.into_error(about);
    }
    let code = reported.code().map(|it| it.into_owned()).unwrap_or_default();
    Refusal { engine: Engine::Sqlite, class: Class::Ours("the database refused it"), message: "", code }.into_error(about)
}

/// The error for a connection that could not be opened.
pub(super) fn connecting(target: &Target, error: sqlx::Error) -> Error {
    let reason = match &error {
        sqlx::Error::Io(it) => unreachable_because(it),
        sqlx::Error::Tls(cause) if cfg!(feature = "tls") => format!("no encrypted connection could be agreed on: {cause}"),
        sqlx::Error::Tls(_) => "no encrypted connection could be agreed on: encryption is not compiled in, and the server or the settings \
             ask for it; turn on the feature `tls` of `orm`"
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
        // What rustls makes of a certificate.
        ErrorKind::InvalidData => format!("no encrypted connection could be agreed on: {error}"),
        // The standard library has no kind for it.
        _ if error.to_string().contains("lookup address") => "the host name is not known".to_owned(),
        _ => "the network failed".to_owned(),
    }
}

/// What the server calls the error: for MariaDB its number.
pub(super) fn code(error: &dyn sqlx::error::DatabaseError) -> String {
    let code = error.code().unwrap_or_default().into_owned();
    #[cfg(feature = "mysql")]
    let code = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().map_or(code, |it| it.number().to_string());
    code
}

fn turned_away(target: &Target, error: &dyn sqlx::error::DatabaseError) -> String {
    let user = target.user();
    match code(error).as_str() {
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
