//! How a database is, for the platform that runs the program.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::db::Db;
use crate::driver::Pool;
use crate::error::{Error, Result};

/// Says how a database is: whether the program is to be started anew
/// ([`live`](Self::live)), whether it can answer requests
/// ([`ready`](Self::ready)), and what is wrong though it can
/// ([`degraded`](Self::degraded)).
///
/// The sign of life is asked for over a connection of its own, so that the
/// answer is right also when the pool has none left. It is opened in the background when this is
/// made of a database that is open, so that it is there when the server has no connection left
/// either; or else when it is needed first. It is kept, one for all handles of the database, beside
/// [`max_size`](crate::PoolOptions::max_size). Of SQLite, the file is opened
/// anew each time: one that was moved away is still read by those who have it
/// open. A database in memory is there as long as its handle.
///
/// ```
/// # use orm::prelude::*;
/// use orm::Health;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> orm::Result<()> {
/// let db = Db::open("sqlite::memory:").await?;
/// let health = Health::of(&db);
/// assert!(health.live() && health.ready().await && health.degraded().is_empty());
///
/// db.close();
/// assert!(!health.live() && !health.ready().await);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Health {
    pool: Pool,
    slow: Duration,
}

/// Who has not heard of the database by then is told so within a second.
const LIMIT: Duration = Duration::from_millis(900);

/// What is wrong with a database that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "json", serde(tag = "reason", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Degraded {
    /// All connections of the pool are lent: more of them, or statements that
    /// take less time, would help. On SQLite it is said of those that read, and of the one that
    /// writes (`max` is 1) where somebody has had it for more than a second and others wait for it.
    Exhausted {
        /// How many are lent.
        in_use: usize,
        /// The most there may be.
        max: usize,
    },
    /// The pool lends none until [`resume`](crate::PoolHandle::resume).
    Suspended,
    /// Somebody waits for a connection.
    Waiting {
        /// How many.
        callers: usize,
    },
    /// The last sign of life took long.
    Slow {
        /// How long. In JSON it is `took_ms`.
        #[cfg_attr(feature = "json", serde(rename = "took_ms", serialize_with = "millis"))]
        took: Duration,
        /// From when on it is long. In JSON it is `limit_ms`.
        #[cfg_attr(feature = "json", serde(rename = "limit_ms", serialize_with = "millis"))]
        limit: Duration,
    },
}

/// How a database was when it was asked; with the feature `json` it can be
/// serialized. For those who run the program, not for its users: the cause
/// names the server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[non_exhaustive]
pub struct HealthReport {
    /// See [`Health::live`].
    pub live: bool,
    /// See [`Health::ready`].
    pub ready: bool,
    /// Why it is not ready.
    pub cause: Option<String>,
    /// How long the sign of life took, or was waited for. In JSON it is `took_ms`.
    #[cfg_attr(feature = "json", serde(rename = "took_ms", serialize_with = "millis"))]
    pub took: Duration,
    /// See [`Health::degraded`].
    pub degraded: Vec<Degraded>,
}

impl Health {
    /// How this database is. Make it when the database is opened: it opens the connection of the
    /// sign of life, without waiting for it.
    #[must_use]
    pub fn of(db: &Db) -> Self {
        let pool = db.core().pool.clone();
        pool.reserve();
        Self { pool, slow: Duration::from_millis(250) }
    }

    /// From when on a sign of life counts as [`Slow`](Degraded::Slow). Default: 250 ms.
    #[must_use]
    pub fn slow_after(mut self, limit: Duration) -> Self {
        self.slow = limit;
        self
    }

    /// Whether it is no use to start the program anew. Never asks the database:
    /// one that is away does not come back by that.
    ///
    /// True until the pool is closed for good, by [`Db::shutdown`] or
    /// [`Db::close`]: such a handle never works again.
    #[must_use]
    pub fn live(&self) -> bool {
        !self.pool.is_closed()
    }

    /// Whether the database gives a sign of life. Takes at most a second; who
    /// asks while others do gets the same answer.
    ///
    /// It says nothing of the pool: one that has no connection left is busy, and
    /// a platform that takes away its requests sends them to others that are busy,
    /// too. That is [`degraded`](Self::degraded).
    pub async fn ready(&self) -> bool {
        self.probe(LIMIT).await.is_ok()
    }

    /// What is wrong now though the database answers; nothing where all is well.
    /// Looks at the pool and at the last sign of life, and asks for none.
    #[must_use]
    pub fn degraded(&self) -> Vec<Degraded> {
        let condition = self.pool.condition();
        let exhausted = condition.exhausted.into_iter().map(|(in_use, max)| Degraded::Exhausted { in_use, max });
        let suspended = condition.suspended.then_some(Degraded::Suspended);
        let waiting = (condition.waiting > 0).then_some(Degraded::Waiting { callers: condition.waiting });
        let took = self.pool.last_probe().filter(|it| it.error.is_none()).map(|it| it.took);
        let slow = took.filter(|it| *it >= self.slow).map(|took| Degraded::Slow { took, limit: self.slow });
        if self.live() { exhausted.chain([suspended, waiting, slow].into_iter().flatten()).collect() } else { Vec::new() }
    }

    /// All of it, for a page or a log.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use orm::Health;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// let db = Db::open("sqlite::memory:").await?;
    /// db.pool().suspend();
    /// let report = Health::of(&db).report().await;
    /// assert_eq!(report.to_string(), "ready, but the pool is suspended");
    /// # Ok(()) }
    /// ```
    pub async fn report(&self) -> HealthReport {
        let begun = Instant::now();
        let (took, cause) = match self.probe(LIMIT).await {
            Ok(took) => (took, None),
            Err(error) => (begun.elapsed(), Some(error.to_string())),
        };
        HealthReport { live: self.live(), ready: cause.is_none(), cause, took, degraded: self.degraded() }
    }

    /// How long the sign of life took, for which at most so long is waited.
    pub(super) async fn probe(&self, limit: Duration) -> Result<Duration, Arc<Error>> {
        let limit = limit.min(LIMIT);
        match tokio::time::timeout(limit, self.pool.probe()).await {
            Ok(probed) => probed.error.map_or(Ok(probed.took), Err),
            Err(_) => Err(Arc::new(Error::Timeout { phase: "the sign of life", limit })),
        }
    }
}

impl fmt::Display for Degraded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exhausted { in_use, max } => write!(f, "all connections are lent ({in_use} of {max})"),
            Self::Suspended => f.write_str("the pool is suspended"),
            Self::Waiting { callers } => write!(f, "{callers} wait for a connection"),
            Self::Slow { took, limit } => write!(f, "the sign of life took {took:?}, which is more than {limit:?}"),
        }
    }
}

impl fmt::Display for HealthReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            None => f.write_str("ready")?,
            Some(cause) => write!(f, "not ready: {cause}")?,
        }
        self.degraded.iter().enumerate().try_for_each(|(at, it)| write!(f, "{} {it}", if at == 0 { ", but" } else { ";" }))
    }
}

#[cfg(feature = "json")]
fn millis<S: serde::Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
