//! A session's place in a transaction.
//!
//! The outermost level is the transaction, the others are savepoints. Only the
//! innermost may be used; one that was dropped is unwound before the next
//! statement. What a failed statement did to the transaction is asked of the
//! database, not guessed.

use std::sync::{Arc, MutexGuard as ShortGuard};

use crate::dialect::{Begin, SqliteMode};
use crate::driver::{self, Conn, Deadline, Lease, TransactionState, Work};
use crate::error::{Error, Result};
use crate::session::after::{self, Fate, Thunk, When};
use crate::session::refusals;
use crate::session::scope::{bounded, in_time};
use crate::session::slot::{Broken, Guard, OUTERMOST, Slot, State};

/// A session's place in a transaction.
#[derive(Debug)]
pub(crate) struct Level {
    slot: Arc<Slot>,
    id: u64,
    /// Whether dropping this handle ends the level: sessions of callbacks share it.
    owner: bool,
}

/// What was being done when there was no more time to commit.
const LATE: &str = "what came before the commit";

impl Level {
    /// The outermost level, on a connection on which it was begun.
    pub(super) fn outermost(lease: Lease, begin: Begin) -> Self {
        Self { slot: Arc::new(Slot::new(lease, begin)), id: OUTERMOST, owner: true }
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
        match (&state.ended_by, &state.broken) {
            (Some(it), _) => Err(Error::EndedByStatement { statement: it.clone() }),
            (None, Some(it)) => Err(Error::TransactionAborted { cause: it.cause.clone() }),
            (None, None) => Ok(()),
        }
    }

    /// Whether SQLite's lock for writing was taken when the transaction began.
    pub(super) fn locks_at_once(&self) -> bool {
        self.slot.begin.sqlite != Some(SqliteMode::Deferred)
    }

    /// Waits for the connection. Statements made at the same time queue here.
    async fn lock(&self) -> Result<Guard> {
        self.check()?;
        let conn = Guard::lock(&self.slot).await;
        // While this waited, a nested level may have begun, or this one ended.
        self.check()?;
        if conn.is_empty() {
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
        conn.lease().beat();
        let (conn, work, mut done) = driver::run(conn, work, deadline).await;
        // It goes on alone, and the transaction is over as if it had been dropped.
        let Some(mut conn) = conn else { return (work, done) };
        conn.lease().beat();
        flight.land();
        match &done {
            Err(error) => self.after_error(&mut conn, error, deadline).await,
            Ok(_) => {
                if let Some(word) = refusals::may_commit(&work, conn.engine()) {
                    done = self.after_call(&mut conn, word).await.and(done);
                }
            }
        }
        (work, done)
    }

    /// Asks whether the transaction is still there, after what may have committed it.
    async fn after_call(&self, conn: &mut Guard, word: &str) -> Result<()> {
        if conn.transaction_state().await != TransactionState::Ended {
            return Ok(());
        }
        self.state().ended_by = Some(word.to_owned());
        Err(Error::EndedByStatement { statement: word.to_owned() })
    }

    /// Asks the database what became of the transaction.
    async fn after_error(&self, conn: &mut Guard, error: &Error, deadline: Option<Deadline>) {
        self.state().note(error);
        // One that is not answered is busy from now on, and the transaction lost with it.
        let state = if conn.is_busy() { None } else { in_time(deadline, conn.transaction_state()).await };
        let state = state.unwrap_or(TransactionState::Ended);
        let level = match state {
            TransactionState::Open => return,
            TransactionState::Aborted => Some(self.id),
            TransactionState::Ended => None,
        };
        self.state().broken = Some(Broken { cause: error.to_string(), level });
    }

    /// Begins a nested level; it cannot have other options than the outermost.
    pub(super) async fn begin(&self, begin: Begin) -> Result<Self> {
        begin.check_nested(self.slot.begin)?;
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
            self.after_error(&mut conn, &error, None).await;
            return Err(error);
        }
        Ok(level)
    }

    /// Commits; on a nested level into the one around it. Then does what was to
    /// be done after that.
    pub(super) async fn commit(self, deadline: Option<Deadline>) -> Result<()> {
        let result = self.release(deadline).await;
        let fate = match &result {
            Ok(()) => Fate::Committed,
            Err(Error::OutcomeUnknown { .. }) => Fate::Unknown,
            Err(_) => Fate::RolledBack,
        };
        self.ended(fate).await;
        result
    }

    /// After the deadline nothing is committed any more. A commit that was begun before it
    /// is not waited for beyond it: then nobody knows whether it took place.
    async fn release(&self, deadline: Option<Deadline>) -> Result<()> {
        let late = |it: Deadline| Error::Timeout { phase: LATE, limit: it.limit };
        let conn = match (in_time(deadline, self.lock()).await, deadline) {
            (Some(Ok(conn)), _) => conn,
            // A guard's transaction is ended at the deadline, whoever has it.
            (Some(Err(error)), _) => return deadline.map_or(Ok(()), |it| it.check(LATE)).and(Err(error)),
            // A statement of it has the connection, and is not heard of.
            (None, deadline) => return Err(deadline.map_or(Error::SessionBusy, late)),
        };
        if let Some(Err(error)) = deadline.map(|it| it.check(LATE)) {
            self.undo(conn, deadline).await;
            return Err(error);
        }
        if let Err(error) = self.check_unbroken(&conn) {
            self.undo(conn, deadline).await;
            return Err(match error {
                Error::TransactionAborted { cause } => Error::RolledBack { cause },
                other => other,
            });
        }
        let text = if self.id == OUTERMOST { "COMMIT".to_owned() } else { format!("RELEASE SAVEPOINT orm_{}", self.id) };
        let Some((mut conn, done)) = in_time(deadline, self.control(conn, &text)).await else {
            self.end();
            return Err(match deadline.filter(|_| self.id != OUTERMOST) {
                Some(it) => late(it),
                None => Error::OutcomeUnknown { source: "the time of the session was over before the commit was answered".into() },
            });
        };
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
                self.undo(conn, deadline).await;
                Err(error)
            }
        }
    }

    /// Undoes what was done on this level. Then does what was to be done after that.
    /// What is not answered in time goes on without whoever waited.
    pub(super) async fn rollback(self, deadline: Option<Deadline>) {
        if let Some(Ok(conn)) = in_time(deadline, self.lock()).await {
            self.undo(conn, deadline).await;
        }
        self.ended(Fate::RolledBack).await;
    }

    /// Does what waited for the end of the transaction, if this was its end.
    async fn ended(self, fate: Fate) {
        let all = self.state().ended(self.id, fate);
        // Whatever it has left of the transaction goes first.
        drop(self);
        after::run(all).await;
    }

    /// What is to be done when this level, and those around it, have ended.
    pub(super) fn add_after(&self, when: When, work: Thunk) -> Result<()> {
        let mut state = self.state();
        if !state.levels.contains(&self.id) {
            return Err(Error::TransactionClosed);
        }
        state.afters.add(self.id, when, work);
        Ok(())
    }

    pub(super) fn has_afters(&self) -> bool {
        !self.state().afters.is_empty()
    }

    /// The conflict with another transaction that was met.
    pub(super) fn conflict(&self) -> Option<String> {
        self.state().conflict()
    }

    /// Ends the whole transaction, as soon as no statement of it is under way,
    /// and whoever has it.
    pub(super) fn end_at(&self, deadline: Deadline) -> tokio::task::JoinHandle<()> {
        let slot = Arc::downgrade(&self.slot);
        tokio::spawn(async move {
            tokio::time::sleep_until(deadline.at.into()).await;
            let Some(slot) = slot.upgrade() else { return };
            let conn = Guard::lock(&slot).await;
            let all = slot.state().end_all();
            drop(conn);
            // In a task of its own: this one ends with the value of the transaction.
            after::spawn(all);
        })
    }

    async fn undo(&self, conn: Guard, deadline: Option<Deadline>) {
        let conn = in_time(deadline, self.undo_on(conn)).await;
        self.end();
        drop(conn);
        self.slot.release_if_over();
    }

    async fn undo_on(&self, mut conn: Guard) -> Guard {
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
        conn
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

impl Drop for Level {
    fn drop(&mut self) {
        if !self.owner {
            return;
        }
        let mut state = self.state();
        let Some(at) = state.levels.iter().position(|it| *it == self.id) else { return };
        let gone = state.levels.split_off(at);
        let all = state.ended(self.id, Fate::RolledBack);
        if self.id != OUTERMOST {
            state.dropped.extend(gone.into_iter().rev());
            return;
        }
        drop(state);
        // The transaction is undone by the connection itself, when it goes home.
        self.slot.release_if_over();
        after::spawn(all);
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
