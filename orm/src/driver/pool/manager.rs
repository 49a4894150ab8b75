//! What the connections of a database have in common, and which can be used again.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use tokio::runtime;
use tokio::sync::Notify;

use super::berth::Berth;
use super::hooks::PoolHooks;
use super::lanes::{Gate, Lanes};
use super::options::PoolOptions;
use super::probe::Probe;
use super::register::Register;
use super::seats::Seats;
use crate::dialect::Engine;
use crate::driver::Target;
use crate::error::Error;

/// What the connections of a database have in common.
#[derive(Debug)]
pub(super) struct Shared {
    live: RwLock<Arc<Live>>,
    /// Connections of an earlier one are closed as soon as nobody uses them.
    generation: AtomicU64,
    pub(super) register: Register,
    pub(super) probe: Probe,
    /// Which kind of database it is: `mysql://` leads to MariaDB, too.
    pub(super) engine: OnceLock<Engine>,
    /// The least that the servers of all connections so far take in one message.
    pub(super) max_message: AtomicUsize,
    pub(super) closed: AtomicBool,
    /// Told when it is closed.
    pub(super) ended: Notify,
    pub(super) gate: Gate,
    pub(super) lanes: Lanes,
    pub(super) hooks: PoolHooks,
    /// Where the lifetimes of this pool begin to be spread: those of programs that were started
    /// together do not end together.
    pub(super) first: u64,
    going_home: Mutex<()>,
    /// One change of options and address after the other.
    pub(super) reloading: tokio::sync::Mutex<()>,
}

/// What can be changed while the pool is used.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) target: Target,
    pub(super) options: PoolOptions,
}

impl Live {
    pub(super) fn new(target: Target, mut options: PoolOptions) -> Self {
        if target.is_memory() {
            // The database would be gone with its only connection.
            options = options.max_lifetime(None).idle_timeout(None).keepalive(None).validate_after(Duration::MAX);
            (options.min_idle, options.max_idle) = (0, None);
        }
        Self { target, options }
    }
}

impl Shared {
    pub(super) fn new(live: Live, lanes: Lanes, hooks: PoolHooks) -> Self {
        Self {
            engine: live.target.engine().map_or_else(OnceLock::new, OnceLock::from),
            max_message: AtomicUsize::new(usize::MAX),
            live: RwLock::new(Arc::new(live)),
            generation: AtomicU64::new(0),
            register: Register::default(),
            probe: Probe::default(),
            closed: AtomicBool::new(false),
            ended: Notify::new(),
            gate: Gate::default(),
            lanes,
            hooks,
            first: chance(),
            going_home: Mutex::new(()),
            reloading: tokio::sync::Mutex::new(()),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Arc<Live>> {
        self.live.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn live(&self) -> Arc<Live> {
        Arc::clone(&self.read())
    }

    /// Something of the options, as they are now.
    pub(super) fn option<T>(&self, of: impl FnOnce(&PoolOptions) -> T) -> T {
        of(&self.read().options)
    }

    /// Puts what is made of what holds now in its place; nothing else changes in between.
    pub(super) fn change(&self, new: impl FnOnce(&Live) -> Live) {
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        *live = Arc::new(new(&live));
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    pub(super) fn next_generation(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Connections go home one after the other while this is held.
    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        self.going_home.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Decides whether a connection can be used again. It opens none: what it makes
/// is a place for one.
#[derive(Debug)]
pub(super) struct Manager {
    pub(super) shared: Arc<Shared>,
    pub(super) seats: Arc<Seats>,
}

impl managed::Manager for Manager {
    type Type = Berth;
    type Error = Error;

    async fn create(&self) -> Result<Berth, Error> {
        Ok(Berth::default())
    }

    /// Without waiting: whoever is dropped here would take the connection along.
    async fn recycle(&self, berth: &mut Berth, _: &Metrics) -> RecycleResult<Error> {
        let Some(it) = berth.pooled() else { return Err(RecycleError::message("never opened")) };
        if it.conn.is_busy() {
            return Err(RecycleError::message("left in the middle of a statement"));
        }
        if it.in_transaction && !it.conn.rollback_now() {
            return Err(RecycleError::message("left in the middle of a transaction"));
        }
        it.in_transaction = false;
        if it.is_changed() {
            return Err(RecycleError::message("left as the next one must not find it"));
        }
        if it.is_deaf() {
            return Err(RecycleError::message("its runtime has ended"));
        }
        if let Some(why) = it.expired(Instant::now()) {
            it.why = why;
            return Err(RecycleError::message("too old, or unused for too long"));
        }
        Ok(())
    }
}

/// A number that another pool, in this program or another, hardly has.
fn chance() -> u64 {
    u64::from(u32::MAX) & RandomState::new().hash_one(0)
}

/// The runtime that a connection belongs to, if there is one.
pub(super) fn runtime_now() -> Option<runtime::Handle> {
    runtime::Handle::try_current().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seen failing: lifetimes were spread alike in each program, so those that were started
    /// together renewed their connections together.
    #[test]
    fn lifetimes_of_each_pool_begin_elsewhere() {
        let all: std::collections::BTreeSet<_> = (0..100).map(|_| chance() % 1_000_000).collect();
        assert!(all.len() > 90, "{all:?}");
    }
}
