//! What a pool has done, and does now.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::histogram::Histogram;

/// What a pool has done, and does now. The names are those of Go's `sql.DBStats`.
///
/// The figures are those of one moment, and agree at any: `open` is `in_use` and
/// `idle`; `opened` is `open` and all that were closed, for whatever reason;
/// `acquired` is `in_use` and the count of `holds`; `wait_count` is `waiting` and
/// the count of `waits`.
///
/// ```
/// # use orm::prelude::*;
/// # async fn f(db: Db) {
/// let stats = db.stats();
/// println!("{} of {} are used, {} wait", stats.in_use, stats.max_open, stats.waiting);
/// println!("99 of 100 waited at most {:?}", stats.waits.quantile(0.99));
/// # }
/// ```
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
    /// How many wait for a connection now.
    pub waiting: usize,
    /// How often a connection was lent.
    pub acquired: u64,
    /// How often it was one that somebody had had before; the first use of one that was
    /// [kept ready](crate::PoolOptions::min_idle) is none. All others are `acquired` less
    /// `reused`: the connections that were ever used.
    pub reused: u64,
    /// How often somebody waited in vain.
    pub timed_out: u64,
    /// How often somebody had to wait for a connection: for a place in the lane, for the
    /// connection, and until the pool is resumed, together.
    pub wait_count: u64,
    /// How long those waited who wait no more, all in all.
    pub wait_duration: Duration,
    /// How long each of them waited, also in vain.
    pub waits: Histogram,
    /// How long each connection was held that was given back.
    pub holds: Histogram,
    /// Connections closed because more than `max_idle` were unused.
    pub max_idle_closed: u64,
    /// Connections closed because they were unused for too long.
    pub idle_time_closed: u64,
    /// Connections closed because of their age.
    pub lifetime_closed: u64,
    /// Connections closed because they were broken, or left in the middle of a statement.
    pub broken_closed: u64,
    /// Connections closed because a session was [pinned](crate::Session::pinned) to them and ended.
    pub pinned_closed: u64,
    /// Connections closed because SQL text had changed what they are, as `SET` does, and it could not be undone.
    pub changed_closed: u64,
    /// Connections closed because they were opened before
    /// [`evict`](crate::PoolHandle::evict) or [`reload`](crate::PoolHandle::reload),
    /// or are more than there may be since [`resize`](crate::PoolHandle::resize).
    pub evicted_closed: u64,
    /// Connections closed because a hook of the pool said so, or panicked.
    pub refused_closed: u64,
    /// Connections closed because the pool was.
    pub closed: u64,
    /// How often a transaction was run again by [`retry`](crate::Session::retry).
    pub retries: u64,
    /// Connections opened, ever: those that are open, and those that were closed for one of these reasons.
    pub opened: u64,
}

/// Why a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    MaxIdle,
    IdleTime,
    Lifetime,
    Broken,
    Pinned,
    Changed,
    Evicted,
    Refused,
    Closed,
}

/// The numbers that are counted; the others are read from the pool.
#[derive(Debug, Default)]
pub(super) struct Counters {
    waits: Mutex<Waits>,
    closed: [AtomicU64; 9],
    opened: AtomicU64,
    pub(super) timed_out: AtomicU64,
    pub(super) retries: AtomicU64,
}

/// Who waits and has waited. Who does is slow anyway, so a lock does not matter.
#[derive(Debug, Default)]
struct Waits {
    begun: u64,
    ended: Histogram,
}

impl Counters {
    fn waits(&self) -> MutexGuard<'_, Waits> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a connection that was opened, and says how many there were before.
    pub(super) fn opened(&self) -> u64 {
        self.opened.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether a connection was ever opened.
    pub(super) fn ever_opened(&self) -> bool {
        self.opened.load(Ordering::Relaxed) > 0
    }

    /// Counts a connection that is closed.
    pub(super) fn closed(&self, why: Why) {
        self.closed[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Counts somebody who waits, until the result is dropped.
    pub(super) fn wait(&self) -> Wait<'_> {
        self.waits().begun += 1;
        Wait { counters: self, start: Instant::now() }
    }

    /// Puts the counted numbers to the others.
    pub(super) fn fill(&self, stats: &mut PoolStats) {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let closed = |why: Why| read(&self.closed[why as usize]);
        stats.timed_out = read(&self.timed_out);
        stats.retries = read(&self.retries);
        stats.max_idle_closed = closed(Why::MaxIdle);
        stats.idle_time_closed = closed(Why::IdleTime);
        stats.lifetime_closed = closed(Why::Lifetime);
        stats.broken_closed = closed(Why::Broken);
        stats.pinned_closed = closed(Why::Pinned);
        stats.changed_closed = closed(Why::Changed);
        stats.evicted_closed = closed(Why::Evicted);
        stats.refused_closed = closed(Why::Refused);
        stats.closed = closed(Why::Closed);
        stats.opened = read(&self.opened);
        let waits = self.waits();
        (stats.wait_count, stats.wait_duration, stats.waits) = (waits.begun, waits.ended.sum(), waits.ended);
        stats.waiting = usize::try_from(waits.begun - waits.ended.count()).unwrap_or(usize::MAX);
    }
}

/// Counts one more.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Somebody who waits for a connection, also if they give up.
#[derive(Debug)]
pub(super) struct Wait<'c> {
    counters: &'c Counters,
    start: Instant,
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        let took = self.start.elapsed();
        self.counters.waits().ended.note(took);
    }
}
