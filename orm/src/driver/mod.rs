//! SQL → rows: the only module that names sqlx and rusqlite.
//!
//! A [`Conn`] is one connection. It is given [`Work`], which travels to the
//! database and comes back with what was read; a `Conn` that is dropped while
//! it is [`busy`](Conn::busy) is never used again as it is.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod target;

pub(crate) use self::target::Target;

use std::ops::DerefMut;
use std::sync::Arc;

use crate::error::Result;
use crate::statement::{RecordSet, Statement};
use crate::value::Binder;

/// The kinds of database, as far as they differ to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Engine {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    MariaDb,
    /// MySQL.
    MySql,
}

/// What travels to a database and back.
pub(crate) struct Work {
    /// The operation; placeholders are bound from it and from `records`.
    pub(crate) statement: Statement,
    /// What is written from, or read into.
    pub(crate) records: Box<dyn RecordSet>,
    /// The SQL, rendered from `statement` for this engine.
    pub(crate) text: Arc<str>,
    /// What is done with the rows that come back.
    pub(crate) want: Want,
    /// Binds the placeholders of `text`, in their order.
    pub(crate) bind: fn(&Statement, &dyn RecordSet, &mut dyn Binder) -> Result<()>,
}

/// What is done with the rows that come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    /// None are expected.
    Nothing,
    /// Each is pushed to the records; columns stand in our order.
    Rows,
    /// Each is pushed to the records; columns are looked up by name first.
    NamedRows,
    /// The n-th holds all columns of record `first + n` anew.
    Refill {
        /// The record the first row is for.
        first: usize,
    },
    /// The n-th holds, in its first column, the `auto` key of record `first + n`.
    Keys {
        /// The record the first row is for.
        first: usize,
        /// The position of the column in the model.
        at: usize,
    },
    /// No rows: the key that the database chose last goes to record `first`.
    LastKey {
        /// The record.
        first: usize,
        /// The position of the column in the model.
        at: usize,
    },
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Done {
    /// Rows that came back.
    pub(crate) rows: usize,
    /// Rows that were matched by a write.
    pub(crate) affected: u64,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Conn {
    link: Link,
    /// Set before the first byte may leave, cleared when the reply is read.
    busy: bool,
}

#[derive(Debug)]
enum Link {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::Lite),
    #[cfg(feature = "postgres")]
    Postgres(postgres::Postgres),
    #[cfg(feature = "mysql")]
    MySql(mysql::MySql),
}
