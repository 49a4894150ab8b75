//! A place in the pool, and the connection in it.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::runtime;
use tokio::sync::OwnedSemaphorePermit;

use super::hooks::ConnectionInfo;
use super::manager::{Shared, runtime_now};
use super::seats::Seat;
use super::slot::Slot;
use super::stats::Why;
use super::tell;
use crate::dialect::{Engine, Leaves};
use crate::driver::{Conn, Role};
use crate::error::Result;

/// A place in the pool; its connection is put there when it is lent first.
#[derive(Debug, Default)]
pub(super) struct Berth {
    /// Falls first: whoever gets the seat next finds the connection closed.
    pooled: Option<Box<Pooled>>,
    pub(super) stay: Option<Stay>,
}

/// What somebody needs to have a connection.
#[derive(Debug)]
pub(super) struct Stay {
    pub(super) seat: Seat,
    /// Held for its drop.
    pub(super) _lane: Option<OwnedSemaphorePermit>,
}

/// A connection and its dates.
#[derive(Debug)]
pub(super) struct Pooled {
    pub(super) conn: Conn,
    pub(super) used: Instant,
    /// When it last gave a sign of life.
    pub(super) seen: Instant,
    pub(super) uses: u64,
    opened: Instant,
    generation: u64,
    /// Whether a transaction may be open on it.
    pub(super) in_transaction: bool,
    /// When it is too old.
    end: Option<Instant>,
    /// The runtime it was opened on; with that, the network of it ends.
    runtime: Option<runtime::Handle>,
    /// Why it will be closed, as things stand.
    pub(super) why: Why,
    pub(super) slot: Arc<Slot>,
    pub(super) shared: Arc<Shared>,
}

impl Berth {
    pub(super) fn pooled(&mut self) -> Option<&mut Pooled> {
        self.pooled.as_deref_mut()
    }

    pub(super) fn seen(&self) -> Option<&Pooled> {
        self.pooled.as_deref()
    }

    /// Whether no connection was opened yet.
    pub(super) fn is_vacant(&self) -> bool {
        self.pooled.is_none()
    }

    pub(super) fn fill(&mut self, pooled: Pooled) {
        self.pooled = Some(Box::new(pooled));
    }
}

const FILLED: &str = "a place is lent with a connection in it";

impl Deref for Berth {
    type Target = Pooled;

    fn deref(&self) -> &Pooled {
        self.pooled.as_ref().expect(FILLED)
    }
}

impl DerefMut for Berth {
    fn deref_mut(&mut self) -> &mut Pooled {
        self.pooled.as_mut().expect(FILLED)
    }
}

impl Pooled {
    pub(super) fn new(conn: Conn, role: Role, generation: u64, shared: Arc<Shared>) -> Self {
        let (slot, before) = shared.register.enter(role, conn.ending());
        let now = Instant::now();
        let end = shared.option(|it| it.max_lifetime).and_then(|it| now.checked_add(jitter(it, shared.first + before)));
        let (runtime, why) = (runtime_now(), Why::Broken);
        Self { conn, used: now, seen: now, uses: 0, opened: now, generation, in_transaction: false, end, runtime, why, slot, shared }
    }

    /// Why it is to be closed though it works.
    pub(super) fn expired(&self, now: Instant) -> Option<Why> {
        if self.is_evicted() {
            return Some(Why::Evicted);
        }
        if self.end.is_some_and(|end| now >= end) {
            return Some(Why::Lifetime);
        }
        // Those that are kept ready may rest; only the watch knows which.
        let limit = self.shared.option(|it| if it.min_idle == 0 { it.idle_timeout } else { None })?;
        self.is_unused(now, limit).then_some(Why::IdleTime)
    }

    pub(super) fn is_unused(&self, now: Instant, limit: Duration) -> bool {
        now.saturating_duration_since(self.used) >= limit
    }

    /// Whether it was opened before all connections were to be renewed.
    pub(super) fn is_evicted(&self) -> bool {
        self.generation < self.shared.generation()
    }

    /// Whether it is the only connection of a database in memory.
    pub(super) fn is_memory(&self) -> bool {
        self.shared.live().target.is_memory()
    }

    /// Whether something was left behind on it that the next one must not find.
    /// That of a database in memory is part of the database.
    pub(super) fn is_changed(&self) -> bool {
        self.conn.leaves() != Leaves::Nothing && !self.is_memory()
    }

    /// Notes that no transaction is open on it any more.
    pub(super) fn over(&mut self) {
        self.in_transaction = false;
        if let Some(slow) = self.slot.over() {
            tell::over(&self.shared, &slow);
        }
    }

    /// Notes that nobody has it any more; says whether anybody had it.
    pub(super) fn come_home(&self) -> bool {
        let loan = self.slot.come_home();
        loan.map(|mut it| tell::returned(&self.shared, &mut it)).is_some()
    }

    /// Makes it fit for the next one.
    pub(super) async fn clean(&mut self) -> Result<()> {
        if self.in_transaction || self.conn.engine() == Engine::Sqlite {
            self.conn.control("ROLLBACK").await?;
        }
        if self.is_changed() { self.conn.renew(&self.shared.live().target).await } else { Ok(()) }
    }

    pub(super) fn info(&self) -> ConnectionInfo {
        ConnectionInfo {
            age: self.opened.elapsed(),
            idle_for: self.used.elapsed(),
            uses: self.uses,
            engine: self.conn.engine(),
            server_id: self.conn.server_id(),
        }
    }

    /// Whether it can send, but will never hear the answer. A ping does not
    /// tell: an answer that comes at once is read without the runtime.
    pub(super) fn is_deaf(&self) -> bool {
        let Some(home) = &self.runtime else { return false };
        let is_here = runtime_now().is_some_and(|it| it.id() == home.id());
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
        self.come_home();
        let closed = self.why == Why::Broken && !self.conn.is_busy() && self.shared.closed.load(Ordering::SeqCst);
        self.shared.register.leave(&self.slot, if closed { Why::Closed } else { self.why });
    }
}

/// The lifetime less up to a quarter, by the golden ratio: evenly spread, wherever it begins.
pub(super) fn jitter(lifetime: Duration, nth: u64) -> Duration {
    #[expect(clippy::cast_precision_loss, reason = "any fraction will do")]
    let fraction = ((nth % 1_000_000) as f64 * 0.618_033_988_749_895).fract();
    // Taken away, not multiplied: the longest one would be rounded up, and panic.
    lifetime.saturating_sub(lifetime.mul_f64(fraction / 4.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seen failing for the longest one, with a panic.
    #[test]
    fn lifetimes_are_spread_over_their_last_quarter() {
        for lifetime in [Duration::from_secs(30 * 60), Duration::from_millis(4), Duration::MAX] {
            let all: Vec<_> = (0..1_000).map(|nth| jitter(lifetime, nth)).collect();
            let least = lifetime / 4 * 3;
            assert!(all.iter().all(|it| *it >= least && *it <= lifetime), "{lifetime:?}");
            let different: std::collections::BTreeSet<_> = all.iter().collect();
            assert!(different.len() > 990, "{lifetime:?}: {}", different.len());
            // As many in each tenth of the quarter.
            let tenth = (lifetime - least) / 10;
            for part in 0..10 {
                let from = least + tenth * part;
                let count = all.iter().filter(|it| **it >= from && **it - from <= tenth).count();
                assert!((80..=120).contains(&count), "{lifetime:?}: {count} in part {part}");
            }
        }
    }
}
