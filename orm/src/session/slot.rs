//! The state of a transaction: one connection, and a stack of levels on it.
//!
//! The outermost level is the transaction, the others are savepoints. Only the
//! innermost may be used; one that was dropped is unwound before the next
//! statement. What a failed statement did to the transaction is asked of the
//! database, not guessed.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex as Short, MutexGuard as ShortGuard};

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::driver::{self, Conn, Deadline, Lease, TransactionState, Work};
use crate::error::{Error, Result};
use crate::session::scope::bounded;

/// One transaction.
#[derive(Debug)]
pub(crate) struct Slot {
    /// The connection; it goes home as soon as the outermost level has ended,
    /// though handles to the transaction may still be about.
    conn: Arc<Mutex<Option<Lease>>>,
    state: Short<State>,
}

impl Slot {
    fn state(&self) -> ShortGuard<'_, State> {
        // Nothing that may panic runs while it is locked.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Sends the connection home once the transaction is over. Called after each
    /// change to either, so that one of the callers finds both in place.
    fn release_if_over(&self) {
        if !self.state().levels.is_empty() {
            return;
        }
        let lease = self.conn.try_lock().ok().and_then(|mut it| it.take());
        drop(lease);
    }
}

#[derive(Debug)]
struct State {
    /// The open levels, outermost first.
    levels: Vec<u64>,
    next: u64,
    /// Levels that were dropped before they ended, innermost first.
    dropped: Vec<u64>,
    /// Why no further statement may run, and on which level it happened.
    broken: Option<Broken>,
}

#[derive(Debug, Clone)]
struct Broken {
    cause: String,
    /// The level that must be rolled back to go on; `None` if that does not help.
    level: Option<u64>,
}

/// A session's place in a transaction.
#[derive(Debug)]
pub(crate) struct Level {
    slot: Arc<Slot>,
    id: u64,
    /// Whether dropping this handle ends the level: sessions of callbacks share it.
    owner: bool,
}

/// The connection while a statement has it; moves with it to another thread.
#[derive(Debug)]
struct Guard {
    held: Option<OwnedMutexGuard<Option<Lease>>>,
    slot: Arc<Slot>,
}

impl Guard {
    fn lease(&self) -> &Lease {
        self.held.as_ref().and_then(|it| it.as_ref()).expect("a guard is made for a slot that has its connection, and keeps it")
    }

    fn lease_mut(&mut self) -> &mut Lease {
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

const OUTERMOST: u64 = 0;

impl Level {
    /// The outermost level, on a connection on which `BEGIN` was done.
    pub(crate) fn outermost(lease: Lease) -> Self {
        let state = State { levels: vec![OUTERMOST], next: OUTERMOST + 1, dropped: Vec::new(), broken: None };
        Self { slot: Arc::new(Slot { conn: Arc::new(Mutex::new(Some(lease))), state: Short::new(state) }), id: OUTERMOST, owner: true }
    }

    /// Another handle to the same level, which does not end it.
    pub(crate) fn share(&self) -> Self {
        Self { slot: Arc::clone(&self.slot), id: self.id, owner: false }
    }

    fn state(&self) -> ShortGuard<'_, State> {
        self.slot.state()
    }

    /// Whether this level may be used now.
    fn check(&self) -> Result<()> {
        let state = self.state();
        match state.levels.last() {
            Some(top) if *top == self.id => Ok(()),
            _ if state.levels.contains(&self.id) => Err(Error::SessionBusy),
            _ => Err(Error::TransactionClosed),
        }
    }

    /// Whether the database will take statements of this transaction.
    fn check_unbroken(&self, conn: &Conn) -> Result<()> {
        let mut state = self.state();
        if conn.is_busy() {
            state.lose("a statement of it was cancelled");
        }
        match &state.broken {
            Some(it) => Err(Error::TransactionAborted { cause: it.cause.clone() }),
            None => Ok(()),
        }
    }

    /// Waits for the connection. Statements made at the same time queue here.
    async fn lock(&self) -> Result<Guard> {
        self.check()?;
        let held = Arc::clone(&self.slot.conn).lock_owned().await;
        let ended = held.is_none();
        let conn = Guard { held: Some(held), slot: Arc::clone(&self.slot) };
        // While this waited, a nested level may have begun, or this one ended.
        self.check()?;
        if ended {
            return Err(Error::TransactionClosed);
        }
        Ok(self.unwind_dropped(conn).await)
    }

    /// Rolls back the levels that were dropped before they ended. Where that
    /// fails, or a statement of theirs is still under way, all is lost.
    async fn unwind_dropped(&self, mut conn: Guard) -> Guard {
        let outermost = self.state().dropped.last().copied();
        let Some(outermost) = outermost else { return conn };
        let mut undone = Ok(());
        let lost = self.is_lost(&conn);
        if !lost {
            (conn, undone) = self.undo_savepoint(conn, outermost).await;
        }
        let mut state = self.state();
        state.dropped.clear();
        match undone {
            Ok(()) if !lost => state.heal(outermost),
            Ok(()) => state.lose("a statement of it was cancelled"),
            Err(error) => state.lose(&error.to_string()),
        }
        drop(state);
        conn
    }

    /// Runs a statement on this level.
    pub(crate) async fn run(&self, work: Work, deadline: Option<Deadline>) -> (Work, Result<driver::Done>) {
        let locked = bounded(deadline, "waiting for another statement of the transaction", self.lock()).await;
        let conn = match locked.and_then(|conn| self.check_unbroken(&conn).map(|()| conn)) {
            Ok(conn) => conn,
            Err(error) => return (work, Err(error)),
        };
        let flight = Flight::start(self);
        let (mut conn, work, done) = driver::run(conn, work, deadline).await;
        flight.land();
        if let Err(error) = &done {
            self.after_error(&mut conn, error).await;
        }
        (work, done)
    }

    /// Asks the database what became of the transaction.
    async fn after_error(&self, conn: &mut Guard, error: &Error) {
        let state = if conn.is_busy() { TransactionState::Ended } else { conn.transaction_state().await };
        let level = match state {
            TransactionState::Open => return,
            TransactionState::Aborted => Some(self.id),
            TransactionState::Ended => None,
        };
        self.state().broken = Some(Broken { cause: error.to_string(), level });
    }

    /// Begins a nested level.
    pub(crate) async fn begin(&self) -> Result<Self> {
        let conn = self.lock().await?;
        self.check_unbroken(&conn)?;
        let id = {
            let mut state = self.state();
            let id = state.next;
            state.next += 1;
            state.levels.push(id);
            id
        };
        // From here on its drop undoes the savepoint, whether or not the database has made it yet.
        let level = Self { slot: Arc::clone(&self.slot), id, owner: true };
        let (mut conn, begun) = level.control(conn, &format!("SAVEPOINT orm_{id}")).await;
        if let Err(error) = begun {
            level.end();
            self.after_error(&mut conn, &error).await;
            return Err(error);
        }
        Ok(level)
    }

    /// Commits; on a nested level into the one around it.
    ///
    /// After the deadline nothing is committed any more; before it, the commit
    /// is waited for, however long it takes.
    pub(crate) async fn commit(self, deadline: Option<Deadline>) -> Result<()> {
        let conn = self.lock().await?;
        if let Some(Err(error)) = deadline.map(|it| it.check("what came before the commit")) {
            self.undo(conn).await;
            return Err(error);
        }
        if let Err(Error::TransactionAborted { cause }) = self.check_unbroken(&conn) {
            self.undo(conn).await;
            return Err(Error::RolledBack { cause });
        }
        let text = if self.id == OUTERMOST { "COMMIT".to_owned() } else { format!("RELEASE SAVEPOINT orm_{}", self.id) };
        let (mut conn, done) = self.control(conn, &text).await;
        match done {
            Ok(()) => {
                if self.id == OUTERMOST {
                    conn.lease_mut().settle();
                }
                self.end();
                Ok(())
            }
            // Nothing tells whether the server got it.
            Err(Error::ConnectionLost { source, .. }) if self.id == OUTERMOST => {
                self.end();
                Err(Error::OutcomeUnknown { source })
            }
            Err(error) => {
                self.undo(conn).await;
                Err(error)
            }
        }
    }

    /// Undoes what was done on this level.
    pub(crate) async fn rollback(self) {
        if let Ok(conn) = self.lock().await {
            self.undo(conn).await;
        }
    }

    async fn undo(&self, mut conn: Guard) {
        let done;
        if self.id == OUTERMOST {
            // Asked for in any case: what cannot be undone here is undone, or
            // the connection closed, when it goes home.
            if !conn.is_busy() {
                (conn, done) = self.control(conn, "ROLLBACK").await;
                if done.is_ok() {
                    conn.lease_mut().settle();
                }
            }
        } else if !self.is_lost(&conn) {
            (conn, done) = self.undo_savepoint(conn, self.id).await;
            match done {
                Ok(()) => self.state().heal(self.id),
                Err(error) => self.state().lose(&error.to_string()),
            }
        }
        self.end();
        drop(conn);
    }

    /// Whether there is nothing left to roll back.
    fn is_lost(&self, conn: &Conn) -> bool {
        conn.is_busy() || self.state().is_lost()
    }

    /// A savepoint that was rolled back to is still there, so it is released, too.
    async fn undo_savepoint(&self, conn: Guard, level: u64) -> (Guard, Result<()>) {
        let (conn, done) = self.control(conn, &format!("ROLLBACK TO SAVEPOINT orm_{level}")).await;
        if done.is_err() {
            return (conn, done);
        }
        self.control(conn, &format!("RELEASE SAVEPOINT orm_{level}")).await
    }

    async fn control(&self, conn: Guard, text: &str) -> (Guard, Result<()>) {
        let flight = Flight::start(self);
        let done = driver::control(conn, text, None).await;
        flight.land();
        done
    }

    /// Takes this level, and those inside it, off the stack.
    fn end(&self) {
        let mut state = self.state();
        if let Some(at) = state.levels.iter().position(|it| *it == self.id) {
            state.levels.truncate(at);
        }
    }
}

impl State {
    /// Whether nothing helps but to roll back the whole transaction.
    fn is_lost(&self) -> bool {
        self.broken.as_ref().is_some_and(|it| it.level.is_none())
    }

    /// Nothing helps any more but to roll back the whole transaction; the first cause stays.
    fn lose(&mut self, cause: &str) {
        let cause = self.broken.take().map_or_else(|| cause.to_owned(), |it| it.cause);
        self.broken = Some(Broken { cause, level: None });
    }

    /// What failed on `level` or inside it is undone.
    fn heal(&mut self, level: u64) {
        if self.broken.as_ref().is_some_and(|it| it.level.is_some_and(|at| at >= level)) {
            self.broken = None;
        }
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        if !self.owner {
            return;
        }
        let mut state = self.state();
        let Some(at) = state.levels.iter().position(|it| *it == self.id) else { return };
        let gone = state.levels.split_off(at);
        if self.id != OUTERMOST {
            state.dropped.extend(gone.into_iter().rev());
            return;
        }
        drop(state);
        // The transaction is undone by the connection itself, when it goes home.
        self.slot.release_if_over();
    }
}

/// A statement under way; if it is dropped, nobody knows what it did.
struct Flight<'l> {
    level: Option<&'l Level>,
}

impl<'l> Flight<'l> {
    fn start(level: &'l Level) -> Self {
        Self { level: Some(level) }
    }

    fn land(mut self) {
        self.level = None;
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        if let Some(level) = self.level {
            let mut state = level.state();
            if state.broken.is_none() {
                state.broken = Some(Broken { cause: "a statement of it was cancelled".to_owned(), level: Some(level.id) });
            }
        }
    }
}
