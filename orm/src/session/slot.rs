//! The state of a transaction: one connection, and a stack of levels on it.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex as Short, MutexGuard as ShortGuard, PoisonError};

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::dialect::Begin;
use crate::driver::{Conn, Lease};
use crate::error::Error;
use crate::session::after::{After, Afters, Fate};

/// One transaction.
#[derive(Debug)]
pub(crate) struct Slot {
    /// The connection; it goes home as soon as the outermost level has ended,
    /// though handles to the transaction may still be about.
    conn: Arc<Mutex<Option<Lease>>>,
    state: Short<State>,
    /// What it was begun with.
    pub(super) begin: Begin,
}

pub(super) const OUTERMOST: u64 = 0;

impl Slot {
    /// A connection on which the outermost level was begun.
    pub(super) fn new(lease: Lease, begin: Begin) -> Self {
        let state = State {
            levels: vec![OUTERMOST],
            next: OUTERMOST + 1,
            dropped: Vec::new(),
            broken: None,
            ended_by: None,
            conflict: None,
            afters: Afters::default(),
        };
        Self { conn: Arc::new(Mutex::new(Some(lease))), state: Short::new(state), begin }
    }

    pub(super) fn state(&self) -> ShortGuard<'_, State> {
        // Nothing that may panic runs while it is locked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the connection home once the transaction is over. Called after each
    /// change to either, so that one of the callers finds both in place.
    pub(super) fn release_if_over(&self) {
        if !self.state().levels.is_empty() {
            return;
        }
        let lease = self.conn.try_lock().ok().and_then(|mut it| it.take());
        drop(lease);
    }
}

#[derive(Debug)]
pub(super) struct State {
    /// The open levels, outermost first.
    pub(super) levels: Vec<u64>,
    pub(super) next: u64,
    /// Levels that were dropped before they ended, innermost first.
    pub(super) dropped: Vec<u64>,
    /// Why no further statement may run, and on which level it happened.
    pub(super) broken: Option<Broken>,
    /// The statement by which the transaction was ended unasked.
    pub(super) ended_by: Option<String>,
    /// The conflict with another transaction that was met first. It stays when
    /// its level is rolled back: what was not done for it may be why the rest fails.
    conflict: Option<String>,
    /// What is to be done when the outermost level has ended.
    pub(super) afters: Afters,
}

#[derive(Debug, Clone)]
pub(super) struct Broken {
    pub(super) cause: String,
    /// The level that must be rolled back to go on; `None` if that does not help.
    pub(super) level: Option<u64>,
}

/// The connection while a statement has it; moves with it to another thread.
#[derive(Debug)]
pub(super) struct Guard {
    held: Option<OwnedMutexGuard<Option<Lease>>>,
    slot: Arc<Slot>,
}

impl Guard {
    /// Waits for the connection; `None` inside if the transaction is over.
    pub(super) async fn lock(slot: &Arc<Slot>) -> Self {
        // Made before: whoever is dropped when it is its turn sends the connection home, too.
        let mut guard = Self { held: None, slot: Arc::clone(slot) };
        guard.held = Some(Arc::clone(&slot.conn).lock_owned().await);
        guard
    }

    /// The connection, unless somebody else has it.
    pub(super) fn try_lock(slot: &Arc<Slot>) -> Option<Self> {
        let held = Arc::clone(&slot.conn).try_lock_owned().ok()?;
        Some(Self { held: Some(held), slot: Arc::clone(slot) })
    }

    /// Whether the connection has gone home.
    pub(super) fn is_empty(&self) -> bool {
        self.held.as_ref().is_none_or(|it| it.is_none())
    }

    pub(super) fn lease(&self) -> &Lease {
        self.held.as_ref().and_then(|it| it.as_ref()).expect("a guard is made for a slot that has its connection, and keeps it")
    }

    pub(super) fn lease_mut(&mut self) -> &mut Lease {
        self.held.as_mut().and_then(|it| it.as_mut()).expect("a guard is made for a slot that has its connection, and keeps it")
    }
}

impl Deref for Guard {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        self.lease()
    }
}

impl DerefMut for Guard {
    fn deref_mut(&mut self) -> &mut Conn {
        self.lease_mut()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.held = None;
        self.slot.release_if_over();
    }
}

impl State {
    /// Remembers that another transaction was in the way; the first one stays.
    pub(super) fn note(&mut self, error: &Error) {
        if error.is_conflict() && self.conflict.is_none() {
            self.conflict = Some(error.to_string());
        }
    }

    /// The conflict that was met, if all can be done again for it.
    pub(super) fn conflict(&self) -> Option<String> {
        self.conflict.clone().filter(|_| self.ended_by.is_none())
    }

    /// Whether nothing helps but to roll back the whole transaction.
    pub(super) fn is_lost(&self) -> bool {
        self.ended_by.is_some() || self.broken.as_ref().is_some_and(|it| it.level.is_none())
    }

    /// What is to be done now that a level has ended; all of it waits for the outermost.
    pub(super) fn ended(&mut self, level: u64, fate: Fate) -> Vec<After> {
        if level == OUTERMOST {
            return self.afters.take(self.true_fate(fate));
        }
        if self.ended_by.is_some() {
            return Vec::new();
        }
        match (fate, self.levels.last()) {
            (Fate::Committed, Some(outer)) => self.afters.released(level, *outer),
            _ => self.afters.undone(level),
        }
        Vec::new()
    }

    /// Ends all levels; the connection undoes what they did when it goes home.
    pub(super) fn end_all(&mut self) -> Vec<After> {
        // Whoever has ended it a moment ago knows how.
        if self.levels.is_empty() {
            return Vec::new();
        }
        self.levels.clear();
        self.dropped.clear();
        self.afters.take(self.true_fate(Fate::RolledBack))
    }

    /// What a statement has split was neither committed nor rolled back.
    fn true_fate(&self, fate: Fate) -> Fate {
        if self.ended_by.is_some() { Fate::Unknown } else { fate }
    }

    /// Nothing helps any more but to roll back the whole transaction; the first cause stays.
    pub(super) fn lose(&mut self, cause: &str) {
        let cause = self.broken.take().map_or_else(|| cause.to_owned(), |it| it.cause);
        self.broken = Some(Broken { cause, level: None });
    }

    /// What failed on `level` or inside it is undone.
    pub(super) fn heal(&mut self, level: u64) {
        if self.broken.as_ref().is_some_and(|it| it.level.is_some_and(|at| at >= level)) {
            self.broken = None;
        }
    }
}
