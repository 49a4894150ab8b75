//! The pool: deadpool underneath, what a service needs to know on top.

mod berth;
mod beside;
mod control;
mod histogram;
mod hooks;
mod idle;
mod lanes;
mod lease;
mod life;
mod manager;
mod open;
mod options;
mod pin;
mod probe;
mod register;
mod seats;
mod shutdown;
mod slot;
mod stats;
mod tell;
mod tries;
mod wait;
mod watch;
mod welcome;

pub(crate) use self::beside::Opened;
pub(crate) use self::hooks::{PoolHook, PoolHooks};
pub(crate) use self::lease::Lease;
pub(crate) use self::pin::Pin;
pub(crate) use self::slot::Tags;

pub use self::control::Reload;
pub use self::histogram::Histogram;
pub use self::hooks::{ConnectionInfo, Leak, Verdict};
pub use self::options::PoolOptions;
pub use self::shutdown::Shutdown;
pub use self::stats::PoolStats;

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use deadpool::managed::{self, Object, PoolError, QueueMode, Timeouts};
use futures_util::FutureExt;

use self::berth::Stay;
use self::lanes::Lanes;
use self::manager::{Live, Manager, Shared};
use self::seats::Seats;
use self::wait::Patience;
use self::watch::Watch;
use crate::dialect::Engine;
use crate::driver::{Deadline, Pooler, Role, SqliteOptions, Target, Wanted};
use crate::error::{Error, Result};

/// The connections of one database.
#[derive(Clone)]
pub(crate) struct Pool {
    /// All connections; on SQLite the one that writes.
    main: Half,
    /// SQLite's connections that only read.
    readers: Option<Half>,
    shared: Arc<Shared>,
    /// Ends with the last handle to the pool.
    watch: Arc<Watch>,
    /// What other addresses are read with.
    setup: Arc<(Wanted, SqliteOptions)>,
}

/// Connections of one kind.
#[derive(Clone)]
struct Half {
    role: Role,
    pool: managed::Pool<Manager>,
    seats: Arc<Seats>,
}

/// What a pool is made of.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) target: Target,
    pub(crate) wanted: Wanted,
    pub(crate) sqlite: SqliteOptions,
    pub(crate) options: PoolOptions,
    pub(crate) lanes: Vec<(Cow<'static, str>, usize)>,
    pub(crate) hooks: PoolHooks,
    pub(crate) opened: Opened,
}

/// What a connection is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    Read,
    Write,
}

/// Who wants a connection.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) intent: Intent,
    /// Where in the program.
    pub(crate) at: &'static Location<'static>,
    /// In which lane they wait, if in any.
    pub(crate) lane: Option<&'static str>,
    /// What it is for.
    pub(crate) tags: Tags,
    /// By when they must have it.
    pub(crate) until: Option<Deadline>,
    /// Whether they wait for a database that is away for a moment.
    pub(crate) persists: bool,
    /// Whether it is kept in a variable, by a pinned session or a transaction begun by hand.
    pub(crate) kept: bool,
    /// Whether a task that has all connections itself is not to wait for one more.
    pub(crate) strict: bool,
}

impl Ask {
    pub(crate) fn new(intent: Intent, at: &'static Location<'static>) -> Self {
        Self { intent, at, lane: None, tags: None, until: None, persists: true, kept: false, strict: false }
    }

    /// Wants to know at once where the database is away.
    pub(crate) fn at_once(self) -> Self {
        Self { persists: false, ..self }
    }
}

impl Half {
    fn new(role: Role, size: usize, shared: &Arc<Shared>) -> Result<Self> {
        let seats = Seats::new(size);
        let pool = managed::Pool::builder(Manager { shared: Arc::clone(shared), seats: Arc::clone(&seats) })
            .max_size(size)
            .queue_mode(QueueMode::Lifo)
            .build()
            .map_err(|error| Error::Configuration { setting: "the pool".to_owned(), reason: error.to_string() })?;
        Ok(Self { role, pool, seats })
    }

    /// The connection that came home last, or the place of a new one; who has a
    /// seat does not wait for it.
    fn get(&self) -> Result<Object<Manager>> {
        let timeouts = Timeouts { wait: Some(Duration::ZERO), create: None, recycle: None };
        match self.pool.timeout_get(&timeouts).now_or_never() {
            Some(Ok(object)) => Ok(object),
            Some(Err(PoolError::Closed)) => Err(Error::Closed),
            other => Err(Error::Configuration {
                setting: "the pool".to_owned(),
                reason: format!("it has fewer places than seats: {:?}", other.and_then(Result::err)),
            }),
        }
    }
}

impl Pool {
    pub(crate) fn new(setup: Setup) -> Result<Self> {
        let Setup { target, wanted, sqlite, options, lanes, hooks, opened } = setup;
        options.check()?;
        let is_sqlite = target.engine() == Some(Engine::Sqlite);
        let is_memory = target.is_memory();
        let readers = is_sqlite && !is_memory;
        let size = options.max_size;
        let shared = Arc::new(Shared::new(Live::new(target, options), Lanes::new(lanes)?, hooks));
        let main = Half::new(Role::Writer, if is_sqlite { 1 } else { size }, &shared)?;
        let readers = if readers { Some(Half::new(Role::Reader, size, &shared)?) } else { None };
        if !is_memory {
            beside::enter(&shared, opened);
        }
        Ok(Self { main, readers, shared, watch: Arc::default(), setup: Arc::new((wanted, sqlite)) })
    }

    /// Scheme, host, port and database.
    pub(crate) fn target(&self) -> Target {
        self.shared.live().target.clone()
    }

    /// Whether the other is a handle to the same connections.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Whether each transaction may get another connection of the server.
    pub(crate) fn is_pooled(&self) -> bool {
        self.setup.0.pooler == Pooler::Transaction
    }

    /// Whether connections for the one are taken from those for the other.
    pub(crate) fn shares(&self, one: Intent, other: Intent) -> bool {
        self.readers.is_none() || one == other
    }

    fn half(&self, intent: Intent) -> &Half {
        match (intent, &self.readers) {
            (Intent::Read, Some(readers)) => readers,
            _ => &self.main,
        }
    }

    fn halves(&self) -> impl Iterator<Item = &Half> {
        std::iter::once(&self.main).chain(&self.readers)
    }

    /// Whether all connections for this are held by who holds so many; not
    /// where the pool is closed, which is said otherwise.
    pub(crate) fn is_all(&self, intent: Intent, held: usize) -> bool {
        !self.shared.is_closed() && held >= self.half(intent).seats.most()
    }

    /// The kind of database, where it is known: the URL says it, or the first connection did.
    pub(crate) fn engine(&self) -> Option<Engine> {
        self.shared.engine.get().copied()
    }

    /// The most bytes in one message, as far as connections were opened.
    pub(crate) fn max_message(&self) -> usize {
        self.shared.max_message.load(Ordering::Relaxed)
    }

    /// A connection that can be had at once; nothing is asked, and nobody waits. Gives
    /// back what [`acquire`](Self::acquire) needs where there is none.
    pub(crate) fn acquire_now(&self, ask: Ask) -> Result<Lease, Ask> {
        let half = self.half(ask.intent);
        let is_plain = ask.lane.is_none() && !self.shared.gate.is_shut() && self.setup.0.on_acquire.is_empty();
        if !is_plain || !self.shared.hooks.before_acquire.is_empty() {
            return Err(ask);
        }
        let Ok(Some(seat)) = half.seats.take_now() else { return Err(ask) };
        let Ok(object) = half.get() else { return Err(ask) };
        let mut lease = Lease::new(object, Stay { seat, _lane: None });
        // What was taken goes home, and is the first to be taken again.
        if lease.is_vacant() || lease.pooled().is_unused(Instant::now(), self.shared.option(|it| it.validate_after)) {
            return Err(ask);
        }
        lease.lend(ask);
        Ok(lease)
    }

    /// Waits for a connection, or opens one.
    ///
    /// Dropped on its way, it loses none: one that is being opened is opened to
    /// the end, and waits for somebody else.
    ///
    /// # Errors
    /// [`Error::PoolExhausted`] where the time is up; [`Error::Connect`].
    pub(crate) async fn acquire(&self, ask: Ask) -> Result<Lease> {
        let mut lease = self.lease(&ask).await?;
        lease.lend(ask);
        Ok(lease)
    }

    async fn lease(&self, ask: &Ask) -> Result<Lease> {
        let mut patience = Patience::begin(self, ask)?;
        let mut stay = patience.stay().await?;
        loop {
            patience.pass().await?;
            let lease = Lease::new(patience.half.get()?, stay);
            let again = !lease.is_vacant();
            let mut fit = match again {
                true => self.admit(lease, &patience).await?,
                // Rare ways are boxed: every statement would carry them along.
                false => Box::pin(self.open_patiently(lease, &mut patience)).await?,
            };
            if !self.setup.0.on_acquire.is_empty()
                && let Ok(lease) = fit
            {
                fit = Box::pin(patience.in_time("its hooks", self.welcome(lease, again))).await?;
            }
            match fit {
                Ok(lease) => return Ok(lease),
                Err(refused) => stay = refused.ok_or(Error::Closed)?,
            }
        }
    }

    pub(crate) fn stats(&self) -> PoolStats {
        let mut stats = PoolStats { max_open: self.halves().map(|it| it.seats.most()).sum(), ..PoolStats::default() };
        self.shared.register.fill(&mut stats);
        stats
    }

    /// Counts a transaction that is run again.
    pub(crate) fn retried(&self) {
        stats::count(&self.shared.register.counters.retries);
    }

    /// Waits until it is closed.
    #[cfg(feature = "config")]
    pub(crate) async fn closed(&self) {
        let mut ended = std::pin::pin!(self.shared.ended.notified());
        // Heard from here on, or seen below.
        ended.as_mut().enable();
        if !self.shared.is_closed() {
            ended.await;
        }
    }

    /// Closes what is unused and lets no new statement start.
    pub(crate) fn close(&self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        self.shared.lanes.close();
        for half in self.halves() {
            half.seats.close();
            half.pool.close();
        }
        self.shared.gate.shut(false);
        self.shared.probe.tidy(&self.shared);
        self.shared.ended.notify_waiters();
        self.watch.look();
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("target", &self.shared.live().target).field("stats", &self.stats()).finish()
    }
}
