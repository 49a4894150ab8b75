//! What ends a statement before it is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

use crate::driver::Deadline;

/// How many of SQLite's instructions run between two looks at [`Stop`].
pub(super) const INSTRUCTIONS: i32 = 1000;

/// Why SQLite was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Not by us.
    Unknown = 0,
    /// Nobody waits for the statement any more.
    Stopped = 1,
    /// The deadline has passed.
    Deadline = 2,
    /// It used up what a statement may cost that runs where it is awaited.
    TooLong = 3,
}

/// One run of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

/// Shared by the connection, SQLite's progress handler and the futures that
/// wait for a statement.
///
/// A request to stop names the run it is for, so that a late one cannot hit
/// the statement that came after. A plain flag that is cleared before each
/// statement is not enough: raised between the clearing and the start of the
/// next statement, it interrupts the wrong one.
///
/// All orderings are relaxed: the numbers say all there is, no other memory is
/// published with them, and whoever begins a run on another thread hands the
/// connection over with it, which orders them.
#[derive(Debug)]
pub(crate) struct Stop {
    /// What the deadline is counted from.
    epoch: Instant,
    /// The run under way.
    running: AtomicU64,
    /// The last run that was to be stopped.
    stopped: AtomicU64,
    /// Nanoseconds after `epoch`.
    deadline: AtomicU64,
    /// How many more looks the statement may live for.
    looks: AtomicU32,
    why: AtomicU8,
}

const NEVER: u64 = u64::MAX;
const UNLIMITED: u32 = u32::MAX;

impl Stop {
    pub(super) fn new() -> Self {
        Self {
            epoch: Instant::now(),
            running: AtomicU64::new(1),
            stopped: AtomicU64::new(0),
            deadline: AtomicU64::new(NEVER),
            looks: AtomicU32::new(UNLIMITED),
            why: AtomicU8::new(0),
        }
    }

    /// Begins a run; what was said about earlier ones is void.
    pub(super) fn begin(&self, deadline: Option<Deadline>, looks: Option<u32>) -> Ticket {
        self.deadline.store(deadline.map_or(NEVER, |it| self.nanos(it.at)), Ordering::Relaxed);
        self.looks.store(looks.unwrap_or(UNLIMITED), Ordering::Relaxed);
        self.why.store(Why::Unknown as u8, Ordering::Relaxed);
        Ticket(self.running.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Stops a run, if it is still under way.
    pub(super) fn raise(&self, ticket: Ticket) {
        self.stopped.fetch_max(ticket.0, Ordering::Relaxed);
    }

    /// Stops the run under way, and every later one.
    pub(crate) fn end(&self) {
        self.stopped.store(NEVER, Ordering::Relaxed);
    }

    /// Whether the run under way must end, before it starts.
    pub(super) fn asked(&self) -> Option<Why> {
        if self.stopped.load(Ordering::Relaxed) >= self.running.load(Ordering::Relaxed) {
            return Some(Why::Stopped);
        }
        let deadline = self.deadline.load(Ordering::Relaxed);
        (deadline != NEVER && self.nanos(Instant::now()) >= deadline).then_some(Why::Deadline)
    }

    /// Called by SQLite every now and then; `false` interrupts the statement.
    pub(super) fn may_go_on(&self) -> bool {
        let why = self.asked().or_else(|| {
            let looks = self.looks.load(Ordering::Relaxed);
            if looks == UNLIMITED {
                return None;
            }
            self.looks.store(looks.saturating_sub(1), Ordering::Relaxed);
            (looks == 0).then_some(Why::TooLong)
        });
        if let Some(why) = why {
            self.why.store(why as u8, Ordering::Relaxed);
        }
        why.is_none()
    }

    /// Why the last statement was interrupted.
    pub(super) fn why(&self) -> Why {
        match self.why.load(Ordering::Relaxed) {
            1 => Why::Stopped,
            2 => Why::Deadline,
            3 => Why::TooLong,
            _ => Why::Unknown,
        }
    }

    fn nanos(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.epoch).as_nanos()).unwrap_or(NEVER - 1)
    }
}

/// Stops a run when it is dropped, unless the run ended before.
#[derive(Debug)]
pub(super) struct StopOnDrop {
    stop: Arc<Stop>,
    ticket: Option<Ticket>,
}

impl StopOnDrop {
    pub(super) fn new(stop: Arc<Stop>, ticket: Ticket) -> Self {
        Self { stop, ticket: Some(ticket) }
    }

    pub(super) fn disarm(mut self) {
        self.ticket = None;
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.stop.raise(ticket);
        }
    }
}
