//! How large a pool may get, and how long things may take.

use std::time::Duration;

use crate::error::{Error, Result};

/// The most connections of a pool: more than any server takes, and no more than there is room for.
pub(super) const MOST: usize = 100_000;

/// How many connections a [`Db`](crate::Db) may have, and for how long.
///
/// | option | default | what it bounds |
/// |---|--:|---|
/// | [`max_size`](Self::max_size) | 10 | connections |
/// | [`min_idle`](Self::min_idle), [`max_idle`](Self::max_idle) | 0, all | connections that nobody uses |
/// | [`wait_timeout`](Self::wait_timeout) | 5 s | the wait for a connection that others use, or for a server that is away for a moment |
/// | [`connect_timeout`](Self::connect_timeout) | 5 s | opening one |
/// | [`validate_after`](Self::validate_after), [`validate_timeout`](Self::validate_timeout) | 1 s, 1 s | rest until one is asked for a sign of life before it is used, and its answer |
/// | [`release_timeout`](Self::release_timeout) | 5 s | stopping what runs on one that comes back, and cleaning it |
/// | [`keepalive`](Self::keepalive) | 2 min | rest until one is asked for a sign of life |
/// | [`max_lifetime`](Self::max_lifetime), [`idle_timeout`](Self::idle_timeout) | 30 min, 10 min | age, and rest until one is closed |
///
/// What it tells, as events (`tracing`):
///
/// | option | default | what is told |
/// |---|--:|---|
/// | [`leak_after`](Self::leak_after) | never | who holds a connection for so long |
/// | [`slow_transaction`](Self::slow_transaction) | never | whose transaction is open for so long |
/// | [`nearly_exhausted_at`](Self::nearly_exhausted_at) | 80 % | that so many connections are used for a second; of a single one, that it blocks others |
/// | [`stats_every`](Self::stats_every) | never | all figures |
///
/// Options that contradict each other are
/// [`Error::Configuration`](crate::Error::Configuration) when the
/// database is opened, which names the option.
///
/// ```
/// use std::time::Duration;
/// use orm::PoolOptions;
///
/// let options = PoolOptions::new().max_size(20).wait_timeout(Duration::from_secs(2));
/// ```
#[derive(Debug, Clone)]
pub struct PoolOptions {
    pub(crate) max_size: usize,
    pub(crate) min_idle: usize,
    pub(crate) max_idle: Option<usize>,
    pub(crate) wait_timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) validate_timeout: Duration,
    pub(crate) validate_after: Duration,
    pub(crate) release_timeout: Duration,
    pub(crate) keepalive: Option<Duration>,
    pub(crate) max_lifetime: Option<Duration>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) leak_after: Option<Duration>,
    pub(crate) slow_transaction: Option<Duration>,
    pub(crate) nearly_exhausted_at: Option<u8>,
    pub(crate) stats_every: Option<Duration>,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl PoolOptions {
    /// Ten connections at most, five seconds to wait for one, five to open one,
    /// closed after half an hour of life or ten minutes without use.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_size: 10,
            min_idle: 0,
            max_idle: None,
            wait_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            validate_timeout: Duration::from_secs(1),
            validate_after: Duration::from_secs(1),
            release_timeout: Duration::from_secs(5),
            keepalive: Some(Duration::from_secs(2 * 60)),
            max_lifetime: Some(Duration::from_secs(30 * 60)),
            idle_timeout: Some(Duration::from_secs(10 * 60)),
            leak_after: None,
            slow_transaction: None,
            nearly_exhausted_at: Some(80),
            stats_every: None,
        }
    }

    /// The most connections, from 1 to 100,000. Default 10.
    ///
    /// SQLite has one connection that writes, and up to this many that read; a
    /// database in memory has one for both.
    #[must_use]
    pub const fn max_size(mut self, connections: usize) -> Self {
        self.max_size = if connections == 0 { 1 } else { connections };
        self
    }

    /// How many connections are kept ready while nobody uses them. Default 0.
    ///
    /// `open` opens them at the same time and waits until they are there; later they are
    /// replaced in the background, at most half of [`max_size`](Self::max_size) at a time
    /// (at least one), and [`idle_timeout`](Self::idle_timeout) leaves them alone.
    /// `lazy` opens none before the first statement. On SQLite it is said of
    /// the connections that read.
    #[must_use]
    pub const fn min_idle(mut self, connections: usize) -> Self {
        self.min_idle = connections;
        self
    }

    /// The most connections that are kept while nobody uses them. Default: all.
    #[must_use]
    pub const fn max_idle(mut self, connections: usize) -> Self {
        self.max_idle = Some(connections);
        self
    }

    /// How long to wait for a connection that others use. Default 5 s.
    ///
    /// What the pool has itself, because it makes it ready or asks it for a sign of life,
    /// is used by nobody: whoever is next for it waits until it is back, beyond this time
    /// at most for [`connect_timeout`](Self::connect_timeout).
    ///
    /// Within this time, and the session's, a connection is tried again that is refused for a
    /// reason that passes: nobody listens, or hangs up at once, the server starts or shuts
    /// down, or has too many connections. The pauses are 20 to 40 ms at first and half a second at
    /// most; they are not counted as waits. A wrong password, database or host name is said at once. Neither `open` nor
    /// [`ping`](crate::Db::ping) tries again, nor what runs behind a circuit breaker.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use std::time::{Duration, Instant};
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// use orm::{Error, PoolOptions};
    ///
    /// let limit = Duration::from_millis(100);
    /// # #[cfg(feature = "postgres")] {
    /// // Nobody listens there; whoever comes within this time is found.
    /// let db = Db::builder("postgres://127.0.0.1:1/clinic").pool(PoolOptions::new().wait_timeout(limit)).lazy()?;
    /// let begun = Instant::now();
    /// assert!(matches!(db.find::<User>().await, Err(Error::Connect { .. })));
    /// assert!(begun.elapsed() >= limit);
    /// # }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub const fn wait_timeout(mut self, limit: Duration) -> Self {
        self.wait_timeout = limit;
        self
    }

    /// How long opening a connection may take, and then, in `open`, the answer of the
    /// database. Default 5 s.
    #[must_use]
    pub const fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long an unused connection may take to answer before it is replaced, and the
    /// database to answer [`ping`](crate::Db::ping). Default 1 s.
    #[must_use]
    pub const fn validate_timeout(mut self, limit: Duration) -> Self {
        self.validate_timeout = limit;
        self
    }

    /// How long a connection may be unused before it is asked whether it lives. Default 1 s.
    #[must_use]
    pub const fn validate_after(mut self, unused: Duration) -> Self {
        self.validate_after = unused;
        self
    }

    /// How long a connection that comes back may take to be clean, in all: a statement
    /// that nobody waits for is stopped, and what was begun is rolled back. Then it is
    /// closed. Default 5 s.
    ///
    /// ```
    /// use std::time::Duration;
    /// use orm::PoolOptions;
    ///
    /// // Whoever has hung up keeps no connection for longer than this.
    /// let options = PoolOptions::new().release_timeout(Duration::from_secs(2));
    /// ```
    #[must_use]
    pub const fn release_timeout(mut self, limit: Duration) -> Self {
        self.release_timeout = limit;
        self
    }

    /// How often connections that nobody uses are asked for a sign of life; those
    /// that are dead are replaced before somebody needs them, and firewalls see
    /// that they live. At most half of [`max_size`](Self::max_size) are asked at a time
    /// (at least one). It does not count as use. Default 2 min; `None` is never.
    #[must_use]
    pub const fn keepalive(mut self, every: Option<Duration>) -> Self {
        self.keepalive = every;
        self
    }

    /// How old a connection may get, less up to a quarter, so that not all end at once: of
    /// those that were opened together no more than a tenth are closed in the same second,
    /// if this is a minute or more. Default 30 min; `None` is for ever.
    #[must_use]
    pub const fn max_lifetime(mut self, limit: Option<Duration>) -> Self {
        self.max_lifetime = limit;
        self
    }

    /// How long a connection may be unused before it is closed. Default 10 min;
    /// `None` is for ever.
    #[must_use]
    pub const fn idle_timeout(mut self, limit: Option<Duration>) -> Self {
        self.idle_timeout = limit;
        self
    }

    /// Reports whoever holds a connection for so long, once, within a second: the
    /// event `pool.leak` (`tracing`) with the place in the program, the
    /// [tags](crate::Session::tag) of the session, and for how long. When the
    /// connection comes home after all, `pool.leak.returned` says so.
    /// [`DbBuilder::on_leak`](crate::DbBuilder::on_leak) hears of both. It costs
    /// statements nothing. Default: never.
    ///
    /// ```
    /// use std::time::Duration;
    /// use orm::PoolOptions;
    ///
    /// let options = PoolOptions::new().leak_after(Duration::from_secs(60)).slow_transaction(Duration::from_secs(10));
    /// ```
    #[must_use]
    pub const fn leak_after(mut self, held: Duration) -> Self {
        self.leak_after = Some(held);
        self
    }

    /// Reports each transaction that is open for so long, once, within a second:
    /// the event `pool.slow_transaction` (`tracing`) with the place in the
    /// program where its connection was taken, the [tags](crate::Session::tag) of
    /// the session, and for how long nothing was done in it, or that a statement
    /// runs. Where nothing is done in it for so long after that, it is reported once more.
    /// When it is over, `pool.slow_transaction.over` says so. Default: never.
    #[must_use]
    pub const fn slow_transaction(mut self, open: Duration) -> Self {
        self.slow_transaction = Some(open);
        self
    }

    /// Reports when so many percent of the connections are used for a second: the
    /// event `pool.nearly_exhausted` (`tracing`) with who has had one for the
    /// longest time. It is said again only after a quarter less was used for a
    /// second, which is `pool.nearly_exhausted.over`. Of a pool of one
    /// connection, and of SQLite's one that writes, it reports that somebody has had it for
    /// more than a second while others wait for it. Default 80; `None` is never.
    #[must_use]
    pub const fn nearly_exhausted_at(mut self, percent: Option<u8>) -> Self {
        self.nearly_exhausted_at = percent;
        self
    }

    /// Reports all figures so often, until the pool is closed: the event
    /// `pool.stats` (`tracing`). It begins with the first connection. Default: never.
    #[must_use]
    pub const fn stats_every(mut self, pause: Duration) -> Self {
        self.stats_every = Some(pause);
        self
    }

    /// Refuses what contradicts itself.
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |option: &str, reason: &str| {
            Err(Error::Configuration { setting: format!("the option `{option}` of the pool"), reason: reason.to_owned() })
        };
        if self.max_size == 0 {
            return wrong("max_size", "without a connection no statement ever runs: it is from 1 to 100,000");
        }
        if self.max_size > MOST {
            return wrong("max_size", "no server takes so many connections: it is from 1 to 100,000");
        }
        if self.min_idle > self.max_size {
            return wrong("min_idle", "more connections are to be kept ready than `max_size` allows");
        }
        if self.max_idle.is_some_and(|it| it < self.min_idle) {
            return wrong("max_idle", "fewer connections are to be kept than `min_idle` keeps ready");
        }
        let zeros = [
            ("connect_timeout", self.connect_timeout.is_zero(), "no connection is opened in no time"),
            ("validate_timeout", self.validate_timeout.is_zero(), "no connection answers in no time"),
            ("release_timeout", self.release_timeout.is_zero(), "no connection is cleaned in no time"),
            ("keepalive", self.keepalive.is_some_and(|it| it.is_zero()), "connections would be asked all the time; `None` is never"),
            ("max_lifetime", self.max_lifetime.is_some_and(|it| it.is_zero()), "no connection could be used; `None` is for ever"),
            ("idle_timeout", self.idle_timeout.is_some_and(|it| it.is_zero()), "no connection could be used again; `None` is for ever"),
            ("leak_after", self.leak_after.is_some_and(|it| it.is_zero()), "every connection would be reported"),
            ("slow_transaction", self.slow_transaction.is_some_and(|it| it.is_zero()), "every transaction would be reported"),
            ("stats_every", self.stats_every.is_some_and(|it| it.is_zero()), "figures would be reported all the time"),
        ];
        if self.nearly_exhausted_at.is_some_and(|it| it == 0 || it > 100) {
            return wrong("nearly_exhausted_at", "it is a number of percent from 1 to 100; `None` is never");
        }
        match zeros.iter().find(|it| it.1) {
            Some((option, _, reason)) => wrong(option, reason),
            None => Ok(()),
        }
    }
}
