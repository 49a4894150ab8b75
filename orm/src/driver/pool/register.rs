//! Which connections are open, and who has them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::histogram::Histogram;
use super::slot::Slot;
use super::stats::{Counters, PoolStats, Why};
use crate::driver::Role;
use crate::driver::cancel::Ending;
use crate::error::{Error, Holder};

/// The connections that are open.
#[derive(Debug, Default)]
pub(super) struct Register {
    /// Figures are counted while this is locked, so that they agree.
    slots: Mutex<Slots>,
    pub(super) counters: Counters,
    /// Who waits for something else than a seat.
    pub(super) waiting: AtomicUsize,
    /// How many are being opened: that write, and that only read.
    opening: [AtomicUsize; 2],
    /// Why the last one that was to be opened could not be; nothing once one was.
    refused: Mutex<Option<Error>>,
    /// A connection was closed, or could not be opened.
    fewer: Notify,
}

#[derive(Debug, Default)]
struct Slots {
    open: Vec<Arc<Slot>>,
    /// How often those that are closed were lent, and how long each time.
    lent: u64,
    reused: u64,
    holds: Histogram,
}

/// Who has the connections of one kind.
#[derive(Debug, Default)]
pub(super) struct Usage {
    pub(super) in_use: usize,
    /// How many of them this task has.
    pub(super) own: usize,
    /// Who has had one for the longest time.
    pub(super) longest: Option<Holder>,
}

/// A connection that is being opened, until this is dropped.
pub(super) struct Opening<'r>(&'r Register, Role);

impl Register {
    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn opening(&self, role: Role) -> Opening<'_> {
        self.opening[role as usize].fetch_add(1, Ordering::SeqCst);
        Opening(self, role)
    }

    /// How many of this kind are being opened.
    pub(super) fn being_opened(&self, role: Role) -> usize {
        self.opening[role as usize].load(Ordering::SeqCst)
    }

    /// Notes that none could be opened, for those who wait.
    pub(super) fn refuses(&self, error: &Error) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(copy(error));
    }

    /// Notes that one could be opened.
    pub(super) fn opens(&self) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Why the last one that was to be opened could not be.
    pub(super) fn refused(&self) -> Option<Error> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(copy)
    }

    /// Enters a connection, and says how many there were before, ever.
    pub(super) fn enter(&self, role: Role, ending: Option<Ending>) -> (Arc<Slot>, u64) {
        let slot = Arc::new(Slot::new(role, ending));
        let mut slots = self.slots();
        slots.open.push(Arc::clone(&slot));
        (slot, self.counters.opened())
    }

    /// Strikes out a connection that is closed, and that nobody has any more.
    pub(super) fn leave(&self, slot: &Arc<Slot>, why: Why) {
        let mut slots = self.slots();
        if let Some(at) = slots.open.iter().position(|it| Arc::ptr_eq(it, slot)) {
            slots.open.swap_remove(at);
            let state = slot.state();
            slots.lent += state.lent;
            slots.reused += state.reused;
            slots.holds.add(&state.holds);
            self.counters.closed(why);
        }
        drop(slots);
        self.fewer.notify_waiters();
    }

    /// All connections there are.
    pub(super) fn all(&self) -> Vec<Arc<Slot>> {
        self.slots().open.clone()
    }

    /// Whether no connection is open, nor will be.
    pub(super) fn is_empty(&self) -> bool {
        self.opening.iter().all(|it| it.load(Ordering::SeqCst) == 0) && self.slots().open.is_empty()
    }

    /// Whether no connection of this kind is open.
    pub(super) fn has_none(&self, role: Role) -> bool {
        self.slots().open.iter().all(|it| it.role != role)
    }

    /// Whether a connection was ever opened.
    pub(super) fn was_used(&self) -> bool {
        self.counters.ever_opened()
    }

    /// Waits until no connection is open; for a pool that is closed.
    pub(super) async fn emptied(&self) {
        loop {
            let mut fewer = std::pin::pin!(self.fewer.notified());
            fewer.as_mut().enable();
            if self.is_empty() {
                return;
            }
            fewer.await;
        }
    }

    /// Who has the connections of this kind.
    pub(super) fn usage(&self, role: Role) -> Usage {
        let slots = self.slots();
        let mut usage = Usage::default();
        for slot in slots.open.iter().filter(|it| it.role == role) {
            let Some(holder) = slot.holder() else { continue };
            usage.in_use += 1;
            usage.own += usize::from(slot.is_ours());
            usage.longest = Some(usage.longest.filter(|it| it.held >= holder.held).unwrap_or(holder));
        }
        usage
    }

    /// How many of this kind this task has in variables.
    pub(super) fn kept(&self, role: Role) -> usize {
        self.slots().open.iter().filter(|it| it.role == role && it.is_kept()).count()
    }

    /// All figures, of the same moment.
    pub(super) fn fill(&self, stats: &mut PoolStats) {
        let slots = self.slots();
        (stats.acquired, stats.reused, stats.holds) = (slots.lent, slots.reused, slots.holds);
        for slot in &slots.open {
            // Those of one connection agree, and so does their sum.
            let state = slot.state();
            stats.acquired += state.lent;
            stats.reused += state.reused;
            stats.in_use += usize::from(state.loan.is_some());
            stats.holds.add(&state.holds);
        }
        stats.open = slots.open.len();
        stats.idle = stats.open - stats.in_use;
        self.counters.fill(stats);
    }
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        self.0.opening[self.1 as usize].fetch_sub(1, Ordering::SeqCst);
        self.0.fewer.notify_waiters();
    }
}

/// What is told to others: an error has one owner, and so has what the driver reported.
fn copy(error: &Error) -> Error {
    match error {
        Error::Connect { target, reason, .. } => Error::Connect { target: target.clone(), reason: reason.clone(), source: None },
        other => Error::other(other.to_string()),
    }
}
