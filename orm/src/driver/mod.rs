//! SQL → rows: the only module that names sqlx and rusqlite.
//!
//! A [`Conn`] is one connection. It is given [`Work`], which travels to the
//! database and comes back with what was read; a `Conn` that is dropped while
//! it is [`busy`](Conn::is_busy) is never used again as it is.

#![cfg_attr(
    not(all(feature = "sqlite", feature = "postgres", feature = "mysql")),
    allow(dead_code, unused_mut, unused_variables, irrefutable_let_patterns, reason = "what only another database needs")
)]

#[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
compile_error!("`orm` needs a database: turn on at least one of its features `sqlite`, `postgres` and `mysql`");

mod cancel;
mod detached;
mod errors;
mod lent;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
mod options;
mod pool;
mod rules;
mod said;
mod server;
mod sink;
#[cfg(feature = "sqlite")]
mod sqlite;
mod supervise;
mod target;
#[cfg(all(test, any(feature = "postgres", feature = "mysql")))]
mod tests;
mod work;

pub(crate) use self::detached::Detached;
pub(crate) use self::pool::{Ask, Intent, Lease, Opened, Pin, Pool, PoolHook, PoolHooks, Setup, Tags};
pub(crate) use self::target::{SqlHook, Target, Wanted};
#[cfg(feature = "breaker")]
pub(crate) use self::work::CENTURY;
pub(crate) use self::work::{Deadline, Done, Load, Want, Work};

pub use self::options::SqliteOptions;
pub use self::pool::{ConnectionInfo, Histogram, Leak, PoolOptions, PoolStats, Reload, Shutdown, Verdict};
pub use self::target::{ConnectOptions, Pooler};

use std::future::Future;
use std::ops::DerefMut;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[cfg(feature = "sqlite")]
use futures_util::{FutureExt as _, future::Either};

use self::cancel::{Cancel, Ending};
use self::lent::Lent;
use self::supervise::Supervised;
use crate::dialect::{Engine, Leaves};
use crate::error::{Error, Result};

/// How a transaction stands, in the words of the database itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransactionState {
    /// It goes on.
    Open,
    /// The database refuses all but a rollback.
    Aborted,
    /// It is gone: rolled back by the database, or the connection is lost.
    Ended,
}

/// What a connection is for. Only SQLite tells them apart: there one
/// connection writes, and many read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Reads and writes.
    Writer,
    /// Reads only.
    Reader,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Conn {
    link: Link,
    /// Set before the first byte may leave for a server, cleared when the reply
    /// is read. SQLite comes back only when it is done, so never busy.
    busy: bool,
    /// How its statements are stopped from outside.
    cancel: Option<Arc<Cancel>>,
    /// What its statements left behind, which must not reach another user.
    leaves: Leaves,
    /// How long it may take to be clean again when it is given up.
    patience: Duration,
    /// Since when the statement that ran last was given up.
    given_up: Option<Instant>,
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

/// Opens a connection.
pub(crate) async fn connect(target: &Target, role: Role) -> Result<Conn> {
    let link: Result<Link, sqlx::Error> = match target.options() {
        #[cfg(feature = "sqlite")]
        target::Options::Sqlite(place) => Ok(Link::Sqlite(sqlite::open(place, role).await?)),
        #[cfg(feature = "postgres")]
        target::Options::Postgres(options) => postgres::Postgres::connect(options, target.is_pooled()).await.map(Link::Postgres),
        #[cfg(feature = "mysql")]
        target::Options::MySql(options) => mysql::MySql::connect(options).await.map(Link::MySql),
    };
    let mut conn = Conn::new(link.map_err(|error| errors::connecting(target, error))?);
    conn.cancel = Cancel::of(&conn.link, target).map(Arc::new);
    Ok(conn)
}

/// Runs what every new connection of a pool is prepared with.
pub(crate) async fn prepare(conn: Conn, target: &Target) -> Result<Conn> {
    let mut conn = Box::new(conn);
    for hook in target.hooks() {
        let done;
        (conn, done) = control(conn, &hook.text, None).await;
        done.map_err(|error| errors::hook(target, "connect", hook.name, error))?;
    }
    Ok(*conn)
}

/// Runs a statement on a connection that is handed in and back.
///
/// At the deadline it is stopped. Where this future is dropped, it is stopped,
/// too, and the connection is dropped when it has come to rest. So it is where the
/// server does not say in time that it has stopped it: then no connection comes
/// back, and nobody knows what a write did.
///
/// No `async fn`, and so those below: each would have a place for the connection, and one more
/// for that which it hands it to.
pub(crate) fn run<G>(
    mut conn: G,
    work: Work,
    deadline: Option<Deadline>,
) -> impl Future<Output = (Option<G>, Work, Result<Done>)> + Send + 'static
where
    G: DerefMut<Target = Conn> + Send + 'static,
{
    // Said first: also what is dropped on its way may have come to the database.
    if work.leaves != Leaves::Nothing {
        conn.leaves = conn.leaves.max(work.leaves);
    }
    #[cfg(feature = "sqlite")]
    if let Link::Sqlite(_) = conn.link {
        let running = sqlite::run(conn, work, sqlite::Limits { deadline, lock_wait: None });
        Either::Left(running.map(|(conn, work, done)| (Some(conn), work, done)))
    } else {
        Either::Right(server::run(conn, work, deadline))
    }
    #[cfg(not(feature = "sqlite"))]
    server::run(conn, work, deadline)
}

/// Runs SQL that has no arguments and no rows: `BEGIN`, `SAVEPOINT`, `COMMIT`.
pub(crate) async fn control<G>(mut conn: G, sql: &str, deadline: Option<Deadline>) -> (G, Result<()>)
where
    G: DerefMut<Target = Conn> + Send + 'static,
{
    #[cfg(feature = "sqlite")]
    if let Link::Sqlite(_) = conn.link {
        return sqlite::control(conn, sql, sqlite::Limits { deadline, lock_wait: None }).await;
    }
    let (sql, patience) = (sql.to_owned(), conn.patience);
    // Not stopped: it is short, and a commit that is stopped halfway has no known outcome.
    Supervised::new(
        async move {
            let result = conn.control(&sql).await;
            (conn, result)
        },
        None,
        patience,
    )
    .await
}

/// What cannot be where each transaction gets another connection.
pub(crate) fn pooled(what: &str) -> Error {
    Error::Unsupported { database: "a database behind a pooler of transactions", what: what.to_owned() }
}

/// SQLite's statements move to another thread, and the connection with them.
#[cfg(feature = "sqlite")]
fn moves() -> Error {
    Error::Invalid("a statement for SQLite was sent the way of servers".to_owned())
}

impl Link {
    /// Runs a statement on a server.
    async fn run(&mut self, work: &mut Lent, deadline: Option<Deadline>) -> Result<Done> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Err(moves()),
            #[cfg(feature = "postgres")]
            Self::Postgres(it) => it.run_until(work, deadline).await,
            #[cfg(feature = "mysql")]
            Self::MySql(it) => it.run(work).await,
        }
    }
}

impl Conn {
    fn new(link: Link) -> Self {
        let patience = PoolOptions::new().release_timeout;
        Self { link, busy: false, cancel: None, leaves: Leaves::Nothing, patience, given_up: None }
    }

    /// The kind of database.
    pub(crate) fn engine(&self) -> Engine {
        match &self.link {
            #[cfg(feature = "sqlite")]
            Link::Sqlite(_) => Engine::Sqlite,
            #[cfg(feature = "postgres")]
            Link::Postgres(_) => Engine::Postgres,
            #[cfg(feature = "mysql")]
            Link::MySql(it) => it.engine(),
        }
    }

    /// The largest message that the server takes, in bytes.
    pub(crate) fn max_message(&self) -> usize {
        match &self.link {
            #[cfg(feature = "mysql")]
            Link::MySql(it) => it.max_message(),
            #[allow(unreachable_patterns, reason = "reachable where other databases are compiled in")]
            _ => self.engine().max_message(),
        }
    }

    /// Whether a reply was not read to its end, so that nothing more can be said here.
    pub(crate) fn is_busy(&self) -> bool {
        self.busy
    }

    /// How much of its time to be clean again is left; all of it, unless a statement was given up.
    fn patience_left(&self) -> Duration {
        self.patience.saturating_sub(self.given_up.map_or(Duration::ZERO, |it| it.elapsed()))
    }

    /// What its statements left behind.
    pub(crate) fn leaves(&self) -> Leaves {
        self.leaves
    }

    /// Whether [`renew`](Self::renew) undoes what its statements left behind.
    pub(crate) fn is_renewable(&self) -> bool {
        self.engine() == Engine::Postgres && self.leaves <= Leaves::Settings
    }

    /// Makes it what it was when it was opened; prepared statements stay.
    pub(crate) async fn renew(&mut self, target: &Target) -> Result<()> {
        #[cfg(feature = "postgres")]
        self.control(postgres::RENEW).await?;
        for hook in target.hooks() {
            self.control(&hook.text).await?;
        }
        self.leaves = Leaves::Nothing;
        Ok(())
    }

    /// What the server calls this connection; another one can stop it by that.
    pub(crate) fn server_id(&self) -> Option<u64> {
        match &self.link {
            #[cfg(feature = "sqlite")]
            Link::Sqlite(_) => None,
            #[cfg(feature = "postgres")]
            Link::Postgres(it) => it.pid().map(u64::from),
            #[cfg(feature = "mysql")]
            Link::MySql(it) => Some(it.connection_id()),
        }
    }

    /// How it is ended by others than who has it.
    fn ending(&self) -> Option<Ending> {
        match (&self.link, &self.cancel) {
            #[cfg(feature = "sqlite")]
            (Link::Sqlite(it), _) => Some(it.ending()),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            (_, cancel) => cancel.clone().map(Ending::Server),
        }
    }

    /// Takes the signal of a cancel that came too late for its statement, so
    /// that it does not hit the next one.
    async fn absorb_cancel(&mut self) {
        if self.begin().is_err() {
            return;
        }
        let result = match &mut self.link {
            #[cfg(feature = "sqlite")]
            Link::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Link::Postgres(it) => it.absorb_cancel().await,
            #[cfg(feature = "mysql")]
            Link::MySql(it) => it.absorb_cancel().await,
        };
        // An answer is what counts, also if it is that it was cancelled.
        let _ = self.end(result);
    }

    /// Runs SQL that has no arguments and no rows on a server.
    pub(crate) async fn control(&mut self, sql: &str) -> Result<()> {
        self.begin()?;
        let result = match &mut self.link {
            #[cfg(feature = "sqlite")]
            Link::Sqlite(_) => Err(moves()),
            #[cfg(feature = "postgres")]
            Link::Postgres(it) => it.control(sql).await,
            #[cfg(feature = "mysql")]
            Link::MySql(it) => it.control(sql).await,
        };
        self.end(result)
    }

    /// Rolls back where that needs no waiting; says whether it is done.
    pub(crate) fn rollback_now(&mut self) -> bool {
        match &mut self.link {
            #[cfg(feature = "sqlite")]
            Link::Sqlite(it) => it.rollback_now().is_ok(),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => false,
        }
    }

    /// Asks for a sign of life.
    pub(crate) async fn ping(&mut self) -> Result<()> {
        self.begin()?;
        let result = match &mut self.link {
            #[cfg(feature = "sqlite")]
            Link::Sqlite(it) => it.ping(),
            #[cfg(feature = "postgres")]
            Link::Postgres(it) => it.ping().await,
            #[cfg(feature = "mysql")]
            Link::MySql(it) => it.ping().await,
        };
        self.end(result)
    }

    /// How the transaction stands that was begun here. Asks the database, so
    /// call it after an error, and only inside a transaction.
    pub(crate) async fn transaction_state(&mut self) -> TransactionState {
        if self.begin().is_err() {
            return TransactionState::Ended;
        }
        let result = match &mut self.link {
            #[cfg(feature = "sqlite")]
            Link::Sqlite(it) if it.in_transaction() => Ok(TransactionState::Open),
            #[cfg(feature = "sqlite")]
            Link::Sqlite(_) => Ok(TransactionState::Ended),
            #[cfg(feature = "postgres")]
            Link::Postgres(it) => it.transaction_state().await,
            #[cfg(feature = "mysql")]
            Link::MySql(it) => it.transaction_state().await,
        };
        // No answer: the connection is gone, and the transaction with it.
        self.end(result).unwrap_or(TransactionState::Ended)
    }

    fn begin(&mut self) -> Result<()> {
        if self.busy {
            return Err(Error::ConnectionLost {
                doing: "an earlier statement ran, which was not awaited to its end".to_owned(),
                source: "the connection still waits for the reply to it".into(),
            });
        }
        (self.busy, self.given_up) = (true, None);
        Ok(())
    }

    /// A reply that was read to its end frees the connection, also if it was
    /// an error; where the connection broke, nobody knows what comes next.
    fn end<T>(&mut self, result: Result<T>) -> Result<T> {
        self.busy = result.as_ref().is_err_and(Error::is_connection_lost);
        result
    }
}
