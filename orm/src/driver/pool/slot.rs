//! A connection as others see it, and who has it.

use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task;

use super::Ask;
use super::histogram::Histogram;
use crate::driver::Role;
use crate::driver::cancel::Ending;
use crate::error::Holder;

/// What a session says of itself; kept by who has a connection.
pub(crate) type Tags = Option<Arc<Vec<(&'static str, String)>>>;

/// A connection, as others see it.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) role: Role,
    state: Mutex<State>,
    pub(super) ending: Option<Ending>,
    /// Counts the begin and the end of each statement of a transaction: odd
    /// while one runs.
    pulse: AtomicU64,
}

/// What is known of a connection; its figures agree while it is locked.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) loan: Option<Loan>,
    /// How often it was lent, how often of these again, and how long each time.
    pub(super) lent: u64,
    pub(super) reused: u64,
    pub(super) holds: Histogram,
}

/// Who has a connection.
#[derive(Debug)]
pub(super) struct Loan {
    at: &'static Location<'static>,
    since: Instant,
    pub(super) tags: Tags,
    task: Option<task::Id>,
    /// Whether it is kept in a variable.
    kept: bool,
    /// Whether it was said that it is held for long.
    pub(super) reported: bool,
    transaction: Option<Begun>,
}

/// A transaction that is open.
#[derive(Debug)]
struct Begun {
    since: Instant,
    reported: bool,
    /// Whether it was said that nothing is done in it for long.
    abandoned: bool,
    /// The pulse when it was looked at last, and since when it is the same.
    seen: (u64, Instant),
}

/// A transaction that is, or was, open for long.
#[derive(Debug)]
pub(super) struct Slow {
    pub(super) at: &'static Location<'static>,
    pub(super) open: Duration,
    /// How long nothing was done in it; `None` while a statement runs.
    pub(super) idle: Option<Duration>,
    pub(super) tags: Tags,
}

/// Tags, as they are logged: `route=/visits request=7`.
pub(super) struct Shown<'t>(pub(super) &'t Tags);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, value)) in self.0.iter().flat_map(|it| it.iter()).enumerate() {
            write!(f, "{}{name}={value}", if at == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl Loan {
    pub(super) fn holder(&self) -> Holder {
        Holder::new(self.at, self.since.elapsed())
    }

    /// The transaction, if it was reported; it is over.
    pub(super) fn over(&mut self) -> Option<Slow> {
        let begun = self.transaction.take().filter(|it| it.reported)?;
        Some(Slow { at: self.at, open: begun.since.elapsed(), idle: None, tags: self.tags.clone() })
    }
}

impl Slot {
    pub(super) fn new(role: Role, ending: Option<Ending>) -> Self {
        Self { role, state: Mutex::default(), ending, pulse: AtomicU64::new(0) }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that may panic runs while it is locked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes who has it from now on.
    pub(super) fn lend(&self, ask: Ask, again: bool) {
        let Ask { at, tags, kept, .. } = ask;
        let loan = Loan { at, since: Instant::now(), tags, task: task::try_id(), kept, reported: false, transaction: None };
        let mut state = self.state();
        state.lent += 1;
        state.reused += u64::from(again);
        state.loan = Some(loan);
    }

    /// Notes that it came home, or is closed; returns who had it.
    pub(super) fn come_home(&self) -> Option<Loan> {
        let mut state = self.state();
        let loan = state.loan.take()?;
        state.holds.note(loan.since.elapsed());
        Some(loan)
    }

    pub(super) fn holder(&self) -> Option<Holder> {
        self.state().loan.as_ref().map(Loan::holder)
    }

    /// Whether this task has it.
    pub(super) fn is_ours(&self) -> bool {
        task::try_id().is_some_and(|task| self.state().loan.as_ref().is_some_and(|it| it.task == Some(task)))
    }

    /// Whether this task has it in a variable.
    pub(super) fn is_kept(&self) -> bool {
        let is_kept = |it: &Loan| it.kept && it.task.is_some() && it.task == task::try_id();
        self.state().loan.as_ref().is_some_and(is_kept)
    }

    /// Notes that a transaction is begun.
    pub(super) fn begins(&self) {
        self.pulse.store(0, Ordering::Relaxed);
        if let Some(loan) = &mut self.state().loan {
            let now = Instant::now();
            loan.transaction = Some(Begun { since: now, reported: false, abandoned: false, seen: (0, now) });
        }
    }

    /// Notes that it is over; returns it if it was reported.
    pub(super) fn over(&self) -> Option<Slow> {
        self.state().loan.as_mut()?.over()
    }

    /// Notes that a statement of the transaction begins, or has ended.
    pub(super) fn beat(&self) {
        self.pulse.fetch_add(1, Ordering::Relaxed);
    }

    /// Who has had it for so long, if that was not said yet; it is from now on.
    pub(super) fn leaked(&self, limit: Duration) -> Option<(Holder, Tags)> {
        let mut state = self.state();
        let loan = state.loan.as_mut().filter(|it| !it.reported && it.since.elapsed() >= limit)?;
        loan.reported = true;
        Some((loan.holder(), loan.tags.clone()))
    }

    /// The transaction that has been open for so long, or in which nothing was done for so
    /// long, if that was not said yet; it is from now on.
    pub(super) fn slow(&self, limit: Duration) -> Option<Slow> {
        let mut state = self.state();
        let loan = state.loan.as_mut()?;
        let begun = loan.transaction.as_mut()?;
        let (now, pulse) = (Instant::now(), self.pulse.load(Ordering::Relaxed));
        if begun.seen.0 != pulse {
            begun.seen = (pulse, now);
        }
        let open = now.saturating_duration_since(begun.since);
        let idle = (pulse % 2 == 0).then(|| now.saturating_duration_since(begun.seen.1));
        let abandoned = idle.is_some_and(|it| it >= limit);
        if open < limit || begun.reported && (begun.abandoned || !abandoned) {
            return None;
        }
        (begun.reported, begun.abandoned) = (true, abandoned);
        Some(Slow { at: loan.at, open, idle, tags: loan.tags.clone() })
    }
}
