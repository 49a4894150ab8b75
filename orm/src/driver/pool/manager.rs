//! Opens connections, and decides whether one can be used again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use tokio::runtime;

use super::options::PoolOptions;
use super::stats::{Counters, Why};
use super::watch::Watch;
use crate::dialect::Engine;
use crate::driver::{Conn, Role, Target, connect};
use crate::error::{Error, Result};

/// What the connections of a database have in common.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) target: Target,
    pub(super) options: PoolOptions,
    pub(super) counters: Counters,
    /// Which kind of database it is: `mysql://` leads to MariaDB, too.
    pub(super) engine: OnceLock<Engine>,
    pub(super) closed: AtomicBool,
    pub(super) watch: Watch,
    going_home: Mutex<()>,
}

impl Shared {
    pub(super) fn new(target: Target, mut options: PoolOptions) -> Self {
        if target.is_memory() {
            // The database would be gone with its only connection.
            options = options.max_lifetime(None).idle_timeout(None).validate_after(Duration::MAX);
            options.max_idle = None;
        }
        Self {
            engine: target.engine().map_or_else(OnceLock::new, OnceLock::from),
            target,
            options,
            counters: Counters::default(),
            closed: AtomicBool::new(false),
            watch: Watch::default(),
            going_home: Mutex::new(()),
        }
    }
}

/// Opens connections, and decides whether one can be used again.
#[derive(Debug)]
pub(super) struct Manager {
    pub(super) role: Role,
    pub(super) shared: Arc<Shared>,
}

impl Manager {
    pub(super) fn max_idle(&self) -> Option<usize> {
        self.shared.options.max_idle
    }

    /// Connections go home one after the other while this is held.
    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        self.shared.going_home.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection and its dates.
#[derive(Debug)]
pub(super) struct Pooled {
    pub(super) conn: Conn,
    pub(super) used: Instant,
    /// Whether a transaction may be open on it.
    pub(super) in_transaction: bool,
    /// When it is too old.
    end: Option<Instant>,
    /// The runtime it was opened on; with that, the network of it ends.
    runtime: Option<runtime::Handle>,
    /// Why it will be closed, as things stand.
    pub(super) why: Why,
    shared: Arc<Shared>,
}

impl Pooled {
    /// Why it is to be closed though it works.
    pub(super) fn expired(&self, now: Instant) -> Option<Why> {
        if self.end.is_some_and(|end| now >= end) {
            return Some(Why::Lifetime);
        }
        let limit = self.shared.options.idle_timeout?;
        (now.saturating_duration_since(self.used) >= limit).then_some(Why::IdleTime)
    }
}

impl Pooled {
    /// Whether it can send, but will never hear the answer. A ping does not
    /// tell: an answer that comes at once is read without the runtime.
    fn is_deaf(&self) -> bool {
        let Some(home) = &self.runtime else { return false };
        let is_here = runtime::Handle::try_current().is_ok_and(|it| it.id() == home.id());
        if is_here || self.conn.engine() == Engine::Sqlite {
            return false;
        }
        // A runtime that has ended ends what is given to it at once.
        let task = home.spawn(std::future::pending::<()>());
        let deaf = task.is_finished();
        task.abort();
        deaf
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let closed = self.why == Why::Broken && !self.conn.is_busy() && self.shared.closed.load(Ordering::Relaxed);
        self.shared.counters.closed(if closed { Why::Closed } else { self.why });
    }
}

impl managed::Manager for Manager {
    type Type = Pooled;
    type Error = Error;

    async fn create(&self) -> Result<Pooled> {
        // Boxed: it is large, and every statement would carry it along.
        let conn = Box::pin(connect(&self.shared.target, self.role)).await?;
        let Shared { options, counters, engine, watch, .. } = &*self.shared;
        let _ = engine.set(conn.engine());
        let (now, before) = (Instant::now(), counters.opened());
        let end = options.max_lifetime.and_then(|it| now.checked_add(jitter(it, before)));
        watch.start(options);
        Ok(Pooled {
            conn,
            used: now,
            in_transaction: false,
            end,
            runtime: runtime::Handle::try_current().ok(),
            why: Why::Broken,
            shared: Arc::clone(&self.shared),
        })
    }

    async fn recycle(&self, it: &mut Pooled, _: &Metrics) -> RecycleResult<Error> {
        let options = &self.shared.options;
        if it.conn.is_busy() {
            return Err(RecycleError::message("left in the middle of a statement"));
        }
        if it.in_transaction && !it.conn.rollback_now() {
            return Err(RecycleError::message("left in the middle of a transaction"));
        }
        it.in_transaction = false;
        if it.is_deaf() {
            return Err(RecycleError::message("its runtime has ended"));
        }
        let now = Instant::now();
        if let Some(why) = it.expired(now) {
            it.why = why;
            return Err(RecycleError::message("too old, or unused for too long"));
        }
        if now.saturating_duration_since(it.used) >= options.validate_after {
            // A time-out of ours, so that a silent server costs one connection, not the caller's turn.
            let answer = Box::pin(tokio::time::timeout(options.validate_timeout, it.conn.ping())).await;
            if !matches!(answer, Ok(Ok(()))) {
                return Err(RecycleError::message("does not answer"));
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
