//! What a pool has done, and does now.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

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
    /// Connections closed because the pool was.
    pub closed: u64,
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
    Closed,
}

/// The numbers that are counted; the others are read from the pool.
#[derive(Debug, Default)]
pub(super) struct Counters {
    wait_count: AtomicU64,
    wait_micros: AtomicU64,
    closed: [AtomicU64; 5],
    opened: AtomicU64,
}

impl Counters {
    /// Counts a connection that was opened, and says how many there were before.
    pub(super) fn opened(&self) -> u64 {
        self.opened.fetch_add(1, Ordering::Relaxed)
    }

    /// Counts a connection that is closed.
    pub(super) fn closed(&self, why: Why) {
        self.closed[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Counts somebody who waits, until the result is dropped.
    pub(super) fn wait(&self) -> Wait<'_> {
        self.wait_count.fetch_add(1, Ordering::Relaxed);
        Wait { counters: self, start: Instant::now() }
    }

    /// Puts the counted numbers to the others.
    pub(super) fn fill(&self, stats: PoolStats) -> PoolStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let closed = |why: Why| read(&self.closed[why as usize]);
        PoolStats {
            wait_count: read(&self.wait_count),
            wait_duration: Duration::from_micros(read(&self.wait_micros)),
            max_idle_closed: closed(Why::MaxIdle),
            idle_time_closed: closed(Why::IdleTime),
            lifetime_closed: closed(Why::Lifetime),
            broken_closed: closed(Why::Broken),
            closed: closed(Why::Closed),
            opened: read(&self.opened),
            ..stats
        }
    }
}

/// Somebody who waits for a connection, also if they give up.
#[derive(Debug)]
pub(super) struct Wait<'c> {
    counters: &'c Counters,
    start: Instant,
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        let micros = u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.counters.wait_micros.fetch_add(micros, Ordering::Relaxed);
    }
}
