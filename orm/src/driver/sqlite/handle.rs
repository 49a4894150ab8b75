//! One open database, seen through rusqlite and through sqlx.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use rusqlite::ErrorCode;
use rusqlite::config::DbConfig;
#[cfg(test)]
use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;

use super::errors;
use super::stop::{INSTRUCTIONS, Stop};
use crate::driver::cancel::Ending;
#[cfg(test)]
use crate::driver::said;
#[cfg(test)]
use crate::error::Error;
use crate::error::Result;

/// How many prepared statements a connection keeps, unless it is said.
pub(super) const STATEMENTS: usize = 128;

/// One connection to SQLite.
///
/// The order of the fields is the order in which they fall: rusqlite's
/// statements are finalised before sqlx closes the database. In the other
/// order sqlx's worker panics on the statements that are still there.
pub(crate) struct Lite {
    pub(super) fast: rusqlite::Connection,
    /// Keeps the database open. Never handed out by `&mut`: swapped for another
    /// connection, it would close the handle under `fast`.
    #[cfg_attr(not(test), expect(dead_code, reason = "held until it is dropped"))]
    own: SqliteConnection,
    pub(super) stop: Arc<Stop>,
    inline_writes: bool,
    /// Whether something was written since the transaction began.
    wrote: Cell<bool>,
}

impl fmt::Debug for Lite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lite").field("in_transaction", &self.in_transaction()).finish_non_exhaustive()
    }
}

impl Lite {
    /// Puts rusqlite on a connection of sqlx.
    pub(super) async fn wrap(mut own: SqliteConnection) -> Result<Self, sqlx::Error> {
        let stop = Arc::new(Stop::new());
        let fast = {
            let mut handle = own.lock_handle().await?;
            let seen = Arc::clone(&stop);
            handle.set_progress_handler(INSTRUCTIONS, move || seen.may_go_on());
            borrow(&mut handle).map_err(|it| sqlx::Error::Configuration(it.into()))?
        };
        fast.set_prepared_statement_cache_capacity(STATEMENTS);
        // Otherwise SQLite prepares a statement anew for every other value of a
        // `LIMIT ?`, and of what it has statistics for.
        fast.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(|it| sqlx::Error::Configuration(it.into()))?;
        // The table that long lists are given as.
        rusqlite::vtab::array::load_module(&fast).map_err(|it| sqlx::Error::Configuration(it.into()))?;
        Ok(Self { fast, own, stop, inline_writes: false, wrote: Cell::new(false) })
    }

    /// How its statements are ended by others than who has it.
    pub(in crate::driver) fn ending(&self) -> Ending {
        Ending::Sqlite(Arc::clone(&self.stop))
    }

    /// Whether a transaction is open.
    pub(crate) fn in_transaction(&self) -> bool {
        !self.fast.is_autocommit()
    }

    /// Whether writes of one record run where they are awaited, which is faster
    /// and may keep a thread of the runtime waiting for the disk.
    pub(crate) fn inline_writes(&mut self, on: bool) {
        self.inline_writes = on;
    }

    /// How many prepared statements are kept.
    pub(super) fn statement_cache(&mut self, most: usize) {
        self.fast.set_prepared_statement_cache_capacity(most);
    }

    pub(super) fn writes_inline(&self) -> bool {
        self.inline_writes
    }

    /// Notes that a transaction begins, which has written nothing, or that it writes.
    pub(super) fn note_writes(&self, some: bool) {
        self.wrote.set(some);
    }

    /// Whether a transaction is ended where that is awaited: nothing was written,
    /// or the disk may be waited for there.
    pub(super) fn ends_inline(&self) -> bool {
        self.inline_writes || !self.wrote.get()
    }

    /// Ends the open transaction, if there is one, and undoes it.
    ///
    /// For a connection that comes back from somebody who did not end it.
    pub(crate) fn rollback_now(&mut self) -> Result<()> {
        if !self.in_transaction() {
            return Ok(());
        }
        self.stop.begin(None, None);
        self.fast.execute_batch("ROLLBACK").map_err(|it| errors::plain(it, "ROLLBACK"))
    }

    /// Whether the database answers; it is looked at, which `SELECT 1` does not do.
    pub(crate) fn ping(&mut self) -> Result<()> {
        const LOOK: &str = "PRAGMA schema_version";
        self.stop.begin(None, None);
        let one = self.fast.prepare_cached(LOOK).and_then(|mut it| it.query_row([], |row| row.get::<_, i64>(0)));
        match one {
            // Another process has it, so it is there.
            Err(it) if matches!(it.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)) => Ok(()),
            one => one.map(drop).map_err(|it| errors::plain(it, LOOK)),
        }
    }

    /// Closes the database and waits until it is.
    #[cfg(test)]
    pub(crate) async fn close(self) -> Result<()> {
        let Self { fast, own, .. } = self;
        drop(fast);
        own.close().await.map_err(|it| Error::ConnectionLost { doing: "closing the database".to_owned(), source: said::source(it) })
    }

    /// The same database through sqlx, for tests. Whatever is asked of it must
    /// be awaited to its end.
    #[cfg(test)]
    pub(super) fn sqlx(&mut self) -> &mut SqliteConnection {
        self.stop.begin(None, None);
        &mut self.own
    }
}

/// The handle of an open connection of sqlx, for rusqlite to use as well.
///
/// The one `unsafe` line of the project. `from_handle` asks that the pointer is
/// an open database, that it stays one while the result is used, and that the
/// uses do not disturb each other:
///
/// - It is open: `handle` borrows it from a live `SqliteConnection`.
/// - It stays open: the only caller puts the result into a [`Lite`] beside that
///   connection. The fields are private, none is replaced or lent by `&mut`
///   outside of tests, and `fast` falls first (declared first; [`Lite::close`]
///   does so by hand). sqlx closes its handle only when `own` is dropped.
///   Nothing that borrows from `fast` leaves a function of this module.
/// - It is closed once: a borrowed handle is not closed by rusqlite.
/// - Threads: SQLite may be called from any thread, but from one at a time
///   (without its own mutex, as rusqlite opens databases itself). rusqlite's side
///   is not `Sync` and used through `&mut Lite` only. sqlx's worker has let go of
///   the handle before `lock_handle` returned it: it drops what an earlier
///   command left before it takes the next one. From then on it waits for
///   commands that only `own` can send, and outside of tests, where the mutex is
///   on, `own` sends none but to close.
/// - Hooks: rusqlite sets none on a borrowed handle; the progress handler is
///   sqlx's and lives as long as its handle. It touches no database.
/// - Types: both crates use the same `libsqlite3-sys` (a test compares them), so
///   the cast changes nothing.
fn borrow(handle: &mut sqlx::sqlite::LockedSqliteHandle<'_>) -> rusqlite::Result<rusqlite::Connection> {
    let raw = handle.as_raw_handle().as_ptr().cast();
    #[allow(unsafe_code, reason = "the proof is above")]
    unsafe {
        rusqlite::Connection::from_handle(raw)
    }
}
