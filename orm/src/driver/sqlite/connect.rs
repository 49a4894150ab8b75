//! Opening a database.

use std::path::Path;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};

use super::errors::Halt;
use super::handle::{Lite, STATEMENTS};
use super::run::{Limits, Turns};
use crate::driver::{Role, said};
use crate::error::{Error, Result};

/// Where a database is, and how it is opened.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    options: SqliteConnectOptions,
    memory: bool,
    read_only: bool,
    creates: bool,
    /// Whether writes of one record run where they are awaited.
    pub(crate) inline_writes: bool,
    /// How many prepared statements a connection keeps.
    pub(crate) statements: usize,
}

/// What a URL may say.
const PARAMETERS: [&str; 4] = ["mode", "cache", "immutable", "vfs"];

impl Place {
    /// Reads `sqlite://path`, `sqlite:path` or `sqlite::memory:`.
    ///
    /// The file is created if it is missing, unless the URL says otherwise by
    /// `?mode=ro`, `rw` or `rwc`.
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let Some(rest) = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) else {
            // What follows may be a password.
            let scheme = url.split(':').next().unwrap_or_default();
            return Err(Error::Connect {
                target: format!("a {scheme} URL"),
                reason: "a SQLite database is written as sqlite://path or sqlite::memory:".to_owned(),
                source: None,
            });
        };
        let refused =
            |reason: String| Error::Connect { target: url.split('?').next().unwrap_or_default().to_owned(), reason, source: None };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mode = query.split('&').find_map(|it| it.strip_prefix("mode="));
        let mut names = query.split('&').filter(|it| !it.is_empty()).map(|it| it.split_once('=').unwrap_or((it, "")).0);
        if let Some(name) = names.find(|it| !PARAMETERS.contains(it)) {
            // Without letters only, or without `=`, it may be a value.
            let is_name = name.bytes().all(|it| it.is_ascii_lowercase()) && query.contains(&format!("{name}="));
            let named = if is_name { format!("it has the parameter `{name}`") } else { "it has a parameter that is not known".to_owned() };
            return Err(refused(format!("the URL is not understood: {named}; there are {}", PARAMETERS.join(", "))));
        }
        let options = SqliteConnectOptions::from_str(url).map_err(|_| {
            // The driver's words quote the values of parameters.
            refused("the URL is not understood: its parameters are `mode` (ro, rw, rwc, memory), `cache`, `immutable` and `vfs`".to_owned())
        })?;
        if path.is_empty() {
            return Err(refused("the URL names no file; write sqlite://path, or sqlite::memory: for a database in memory".to_owned()));
        }
        if options.get_filename().as_os_str().as_encoded_bytes().contains(&0) {
            return Err(refused("the path of a file cannot contain the character NUL".to_owned()));
        }
        // One connection only, and so nothing to share: the shared cache has
        // locks that no wait helps against.
        if path == ":memory:" || mode == Some("memory") {
            let options = SqliteConnectOptions::new().filename(":memory:").in_memory(true);
            return Ok(Self { options, memory: true, read_only: false, creates: true, inline_writes: false, statements: STATEMENTS });
        }
        let creates = matches!(mode, None | Some("rwc"));
        Ok(Self {
            options: options.create_if_missing(creates),
            memory: false,
            read_only: mode == Some("ro"),
            creates,
            inline_writes: false,
            statements: STATEMENTS,
        })
    }

    /// Whether it is in memory: then there is one connection, for everything.
    pub(crate) fn is_memory(&self) -> bool {
        self.memory
    }

    /// How it is named in messages.
    pub(crate) fn name(&self) -> String {
        if self.memory { "sqlite::memory:".to_owned() } else { format!("sqlite://{}", self.path().display()) }
    }

    /// Whether its file is not there.
    pub(crate) fn is_missing(&self) -> bool {
        !self.memory && !self.path().exists()
    }

    fn path(&self) -> &Path {
        self.options.get_filename()
    }

    /// Each of our settings, and why.
    fn options(&self, role: Role) -> SqliteConnectOptions {
        let mut options = self
            .options
            .clone()
            // SQLite's own mutex is taken for every cell that is read. We never use a
            // handle from two threads at once (see `handle.rs`), but tests look through
            // sqlx as well, whose worker still cleans up when it has answered.
            .serialized(cfg!(test))
            // We wait for locks ourselves, where a wait can be given up.
            .busy_timeout(Duration::ZERO)
            .foreign_keys(true)
            // With a write-ahead log nothing can be damaged by this.
            .synchronous(SqliteSynchronous::Normal)
            // LIKE tells upper from lower case, as on PostgreSQL.
            .pragma("case_sensitive_like", "ON");
        // Readers find the log in place; setting it takes an exclusive lock.
        if role == Role::Writer && !self.memory && !self.read_only {
            options = options.journal_mode(SqliteJournalMode::Wal);
        }
        if role == Role::Reader {
            options = options.pragma("query_only", "ON");
        }
        options
    }

    /// The reason why it cannot be opened, for people.
    fn reason(&self, error: &sqlx::Error) -> String {
        let path = self.path();
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
        match code(error) {
            Some(rusqlite::ffi::SQLITE_NOTADB) => "the file is no SQLite database".to_owned(),
            Some(rusqlite::ffi::SQLITE_CANTOPEN) => match (folder, path.metadata()) {
                (_, Ok(it)) if it.is_dir() => "it is a folder, not a file".to_owned(),
                (Some(folder), Err(_)) if !folder.exists() => {
                    format!("no folder for the file: create the folder {}", folder.display())
                }
                (_, Err(it)) if it.kind() == std::io::ErrorKind::NotFound && !self.creates => {
                    "there is no such file, and the `mode` in the URL does not create it".to_owned()
                }
                _ => "the file cannot be opened: look at the permissions of the file and of its folder".to_owned(),
            },
            Some(rusqlite::ffi::SQLITE_READONLY) => {
                "the file cannot be written: look at its permissions, or open it with ?mode=ro".to_owned()
            }
            Some(rusqlite::ffi::SQLITE_BUSY) => "another process kept the database locked".to_owned(),
            _ => "the driver failed".to_owned(),
        }
    }
}

/// Opens a connection.
pub(crate) async fn open(place: &Place, role: Role) -> Result<Lite> {
    let options = place.options(role);
    let mut turns = Turns::new(Limits::default());
    loop {
        let error = match connect(&options).await {
            Ok(mut lite) => {
                lite.inline_writes(place.inline_writes);
                lite.statement_cache(place.statements);
                return Ok(lite);
            }
            Err(error) => error,
        };
        let busy = matches!(code(&error), Some(rusqlite::ffi::SQLITE_BUSY | rusqlite::ffi::SQLITE_LOCKED));
        let error = Error::Connect { target: place.name(), reason: place.reason(&error), source: Some(said::source(error)) };
        turns.after(if busy { Halt::Busy(error) } else { Halt::Failed(error) }).await?;
    }
}

async fn connect(options: &SqliteConnectOptions) -> Result<Lite, sqlx::Error> {
    let mut own: SqliteConnection = options.connect().await?;
    // SQLite looks into a file only when it is used.
    sqlx::query("PRAGMA schema_version").persistent(false).execute(&mut own).await?;
    Lite::wrap(own).await
}

/// The number that SQLite gives an error, without its details.
fn code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
