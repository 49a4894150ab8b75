//! The pool: deadpool underneath, what a service needs to know on top.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use deadpool::managed::{self, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult, TimeoutType, Timeouts};

use crate::dialect::Engine;
use crate::driver::{Conn, Role, Target, connect};
use crate::error::{Error, Result};

/// How many connections a [`Db`](crate::Db) may have, and for how long.
///
/// ```
/// use std::time::Duration;
/// use orm::PoolOptions;
///
/// let options = PoolOptions::new().max_size(20).wait_timeout(Duration::from_secs(2));
/// ```
#[derive(Debug, Clone)]
pub struct PoolOptions {
    max_size: usize,
    max_idle: Option<usize>,
    wait_timeout: Duration,
    connect_timeout: Duration,
    validate_timeout: Duration,
    validate_after: Duration,
    max_lifetime: Option<Duration>,
    idle_timeout: Option<Duration>,
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
            max_idle: None,
            wait_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            validate_timeout: Duration::from_secs(1),
            validate_after: Duration::from_secs(1),
            max_lifetime: Some(Duration::from_secs(30 * 60)),
            idle_timeout: Some(Duration::from_secs(10 * 60)),
        }
    }

    /// The most connections; at least one. Default 10.
    ///
    /// SQLite has one connection that writes, and up to this many that read; a
    /// database in memory has one for both.
    #[must_use]
    pub const fn max_size(mut self, connections: usize) -> Self {
        self.max_size = if connections == 0 { 1 } else { connections };
        self
    }

    /// The most connections that are kept while nobody uses them. Default: all.
    #[must_use]
    pub const fn max_idle(mut self, connections: usize) -> Self {
        self.max_idle = Some(connections);
        self
    }

    /// How long to wait for a connection that others use. Default 5 s.
    #[must_use]
    pub const fn wait_timeout(mut self, limit: Duration) -> Self {
        self.wait_timeout = limit;
        self
    }

    /// How long opening a connection may take. Default 5 s.
    #[must_use]
    pub const fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long an unused connection may take to answer before it is replaced. Default 1 s.
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

    /// How old a connection may get, less up to a quarter by chance, so that
    /// not all end at once. Default 30 min; `None` is for ever.
    #[must_use]
    pub const fn max_lifetime(mut self, limit: Option<Duration>) -> Self {
        self.max_lifetime = limit;
        self
    }

    /// How long a connection may be unused before it is replaced. Default
    /// 10 min; `None` is for ever.
    #[must_use]
    pub const fn idle_timeout(mut self, limit: Option<Duration>) -> Self {
        self.idle_timeout = limit;
        self
    }
}

/// What a pool has done, and does now. The names are those of Go's `sql.DBStats`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
    /// The most connections there may be.
    pub max_open: usize,
    /// Connections that are open.
    pub open: usize,
    /// Connections that are used now.
    pub in_use: usize,
    /// Connections that nobody uses.
    pub idle: usize,
    /// How often somebody had to wait for a connection.
    pub wait_count: u64,
    /// How long they waited, all in all.
    pub wait_duration: Duration,
    /// Connections closed because more than `max_idle` were unused.
    pub max_idle_closed: u64,
    /// Connections closed because they were unused for too long.
    pub idle_time_closed: u64,
    /// Connections closed because of their age.
    pub lifetime_closed: u64,
    /// Connections closed because they were broken, or left in the middle of a statement.
    pub broken_closed: u64,
    /// Connections opened, ever.
    pub opened: u64,
}

#[derive(Debug, Default)]
struct Counters {
    wait_count: AtomicU64,
    wait_micros: AtomicU64,
    max_idle_closed: AtomicU64,
    idle_time_closed: AtomicU64,
    lifetime_closed: AtomicU64,
    broken_closed: AtomicU64,
    opened: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// The connections of one database.
#[derive(Clone)]
pub(crate) struct Pool {
    /// All connections; on SQLite the one that writes.
    main: managed::Pool<Manager>,
    /// SQLite's connections that only read.
    readers: Option<managed::Pool<Manager>>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    target: Target,
    /// What the first connection found; a URL does not tell MariaDB from MySQL.
    engine: OnceLock<Engine>,
    options: PoolOptions,
    counters: Counters,
}

/// What a connection is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    Read,
    Write,
}

impl Pool {
    pub(crate) fn new(target: Target, options: PoolOptions) -> Result<Self> {
        let single = target.is_memory();
        let readers = target.engine() == Some(Engine::Sqlite) && !single;
        let main_size = if target.engine() == Some(Engine::Sqlite) { 1 } else { options.max_size };
        let reader_size = options.max_size;
        let shared = Arc::new(Shared { target, engine: OnceLock::new(), options, counters: Counters::default() });
        let build = |role, size| {
            managed::Pool::builder(Manager { role, shared: Arc::clone(&shared) })
                .max_size(size)
                .queue_mode(QueueMode::Lifo)
                .runtime(deadpool::Runtime::Tokio1)
                .build()
                .map_err(|error| Error::Configuration { setting: "the pool".to_owned(), reason: error.to_string() })
        };
        Ok(Self {
            main: build(Role::Writer, main_size)?,
            readers: if readers { Some(build(Role::Reader, reader_size)?) } else { None },
            shared,
        })
    }

    pub(crate) fn target(&self) -> &Target {
        &self.shared.target
    }

    /// The kind of database, where the URL says it or a connection was opened.
    pub(crate) fn engine(&self) -> Option<Engine> {
        self.shared.target.engine().or_else(|| self.shared.engine.get().copied())
    }

    /// Waits for a connection, or opens one.
    pub(crate) async fn acquire(&self, intent: Intent) -> Result<Lease> {
        let pool = match (intent, &self.readers) {
            (Intent::Read, Some(readers)) => readers,
            _ => &self.main,
        };
        let options = &self.shared.options;
        let timeouts = |wait| Timeouts { wait: Some(wait), create: Some(options.connect_timeout), recycle: None };
        let got = match pool.timeout_get(&timeouts(Duration::ZERO)).await {
            Err(PoolError::Timeout(TimeoutType::Wait)) => {
                let counters = &self.shared.counters;
                count(&counters.wait_count);
                let start = Instant::now();
                let got = pool.timeout_get(&timeouts(options.wait_timeout)).await;
                let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
                counters.wait_micros.fetch_add(micros, Ordering::Relaxed);
                got
            }
            got => got,
        };
        match got {
            Ok(object) => Ok(Lease { object: Some(object), in_transaction: false }),
            Err(error) => Err(self.explain(pool, error)),
        }
    }

    fn explain(&self, pool: &managed::Pool<Manager>, error: PoolError<Error>) -> Error {
        let options = &self.shared.options;
        match error {
            PoolError::Timeout(TimeoutType::Wait) => {
                let status = pool.status();
                Error::PoolExhausted {
                    waited: options.wait_timeout,
                    in_use: status.size.saturating_sub(status.available),
                    max: status.max_size,
                    waiting: status.waiting,
                }
            }
            PoolError::Timeout(TimeoutType::Create) => Error::Connect {
                target: self.shared.target.to_string(),
                reason: format!("no answer within {:?}", options.connect_timeout),
                source: None,
            },
            PoolError::Backend(error) => error,
            PoolError::Closed => Error::Closed,
            other => Error::Configuration { setting: "the pool".to_owned(), reason: other.to_string() },
        }
    }

    pub(crate) fn stats(&self) -> PoolStats {
        let mut stats = PoolStats::default();
        for pool in std::iter::once(&self.main).chain(&self.readers) {
            let status = pool.status();
            stats.max_open += status.max_size;
            stats.open += status.size;
            stats.idle += status.available.min(status.size);
        }
        stats.in_use = stats.open - stats.idle;
        let Counters { wait_count, wait_micros, max_idle_closed, idle_time_closed, lifetime_closed, broken_closed, opened } =
            &self.shared.counters;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        PoolStats {
            wait_count: read(wait_count),
            wait_duration: Duration::from_micros(read(wait_micros)),
            max_idle_closed: read(max_idle_closed),
            idle_time_closed: read(idle_time_closed),
            lifetime_closed: read(lifetime_closed),
            broken_closed: read(broken_closed),
            opened: read(opened),
            ..stats
        }
    }

    /// Closes what is unused and lets no new statement start.
    pub(crate) fn close(&self) {
        self.main.close();
        self.readers.iter().for_each(managed::Pool::close);
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("target", &self.shared.target).field("stats", &self.stats()).finish()
    }
}

/// Opens connections, and decides whether one can be used again.
#[derive(Debug)]
struct Manager {
    role: Role,
    shared: Arc<Shared>,
}

/// A connection and its dates.
#[derive(Debug)]
struct Pooled {
    conn: Conn,
    used: Instant,
    /// When it is too old.
    end: Option<Instant>,
}

impl managed::Manager for Manager {
    type Type = Pooled;
    type Error = Error;

    async fn create(&self) -> Result<Pooled> {
        let conn = connect(&self.shared.target, self.role).await?;
        let _ = self.shared.engine.set(conn.engine());
        let opened = self.shared.counters.opened.fetch_add(1, Ordering::Relaxed);
        let now = Instant::now();
        Ok(Pooled { conn, used: now, end: self.shared.options.max_lifetime.map(|it| now + jitter(it, opened)) })
    }

    async fn recycle(&self, it: &mut Pooled, _: &Metrics) -> RecycleResult<Error> {
        let Shared { options, counters, .. } = &*self.shared;
        let give_up = |counter, why: &'static str| {
            count(counter);
            Err(RecycleError::message(why))
        };
        if it.conn.is_busy() {
            return give_up(&counters.broken_closed, "left in the middle of a statement");
        }
        let now = Instant::now();
        if it.end.is_some_and(|end| now >= end) {
            return give_up(&counters.lifetime_closed, "too old");
        }
        let unused = now.saturating_duration_since(it.used);
        if options.idle_timeout.is_some_and(|limit| unused >= limit) {
            return give_up(&counters.idle_time_closed, "unused for too long");
        }
        if unused >= options.validate_after {
            // A time-out of ours, so that a silent server costs one connection, not the caller's turn.
            let answer = tokio::time::timeout(options.validate_timeout, it.conn.ping()).await;
            if !matches!(answer, Ok(Ok(()))) {
                return give_up(&counters.broken_closed, "does not answer");
            }
        }
        Ok(())
    }
}

/// The lifetime less up to a quarter, by the golden ratio: evenly spread, and
/// without a source of chance.
fn jitter(lifetime: Duration, nth: u64) -> Duration {
    #[expect(clippy::cast_precision_loss, reason = "any fraction will do")]
    let fraction = ((nth % 1_000_000) as f64 * 0.618_033_988_749_895).fract();
    lifetime.mul_f64(1.0 - fraction / 4.0)
}

/// A connection that is lent. It goes home when this is dropped, in a state in
/// which the next one can use it, or not at all.
#[derive(Debug)]
pub(crate) struct Lease {
    object: Option<Object<Manager>>,
    /// Whether a transaction may be open on it.
    pub(crate) in_transaction: bool,
}

/// How long a connection may take to come back clean.
const CLEANING_LIMIT: Duration = Duration::from_secs(5);

impl Lease {
    fn object(&self) -> &Object<Manager> {
        self.object.as_ref().expect("a lease has its connection until it is dropped")
    }
}

impl Deref for Lease {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.object().conn
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.object.as_mut().expect("a lease has its connection until it is dropped").conn
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut object) = self.object.take() else { return };
        if object.conn.is_busy() {
            discard(object);
        } else if !self.in_transaction || object.conn.rollback_now() {
            go_home(object);
        } else if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let rollback = tokio::time::timeout(CLEANING_LIMIT, object.conn.control("ROLLBACK")).await;
                if matches!(rollback, Ok(Ok(()))) { go_home(object) } else { discard(object) }
            });
        } else {
            discard(object);
        }
    }
}

fn go_home(mut object: Object<Manager>) {
    object.used = Instant::now();
    if let Some(pool) = Object::pool(&object) {
        let Shared { options, counters, .. } = &*pool.manager().shared;
        if options.max_idle.is_some_and(|most| pool.status().available >= most) {
            count(&counters.max_idle_closed);
            drop(Object::take(object));
        }
    }
}

fn discard(object: Object<Manager>) {
    if let Some(pool) = Object::pool(&object) {
        count(&pool.manager().shared.counters.broken_closed);
    }
    drop(Object::take(object));
}
