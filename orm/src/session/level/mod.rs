//! A session's place in a transaction.
//!
//! The outermost level is the transaction, the others are savepoints. Only the
//! innermost may be used; one that was dropped is unwound before the next
//! statement. What a failed statement did to the transaction is asked of the
//! database, not guessed.

mod end;
mod run;

use std::sync::{Arc, MutexGuard as ShortGuard};

use crate::dialect::Begin;
use crate::driver::{self, Conn, Lease};
use crate::error::{Error, Result};
use crate::session::after::{self, Fate, Thunk, When};
use crate::session::level::run::Flight;
use crate::session::slot::{Guard, OUTERMOST, Slot, State};

/// A session's place in a transaction.
#[derive(Debug)]
pub(crate) struct Level {
    slot: Arc<Slot>,
    id: u64,
    /// Whether dropping this handle ends the level: sessions of callbacks share it.
    owner: bool,
}

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

    /// What the transaction was begun with.
    pub(super) fn begun_with(&self) -> Begin {
        self.slot.begin
    }

    pub(super) fn is_outermost(&self) -> bool {
        self.id == OUTERMOST
    }

    /// The error of a transaction that was ended by a statement of it.
    pub(super) fn ended_by(&self) -> Option<Error> {
        self.state().ended_by.clone().map(|statement| Error::EndedByStatement { statement })
    }

    /// The conflict with another transaction that was met.
    pub(super) fn conflict(&self) -> Option<String> {
        self.state().conflict()
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
        match Guard::try_lock(&self.slot) {
            Some(conn) => end::undo_then(Arc::clone(&self.slot), conn, all),
            // Whoever has the connection sends it home.
            None => after::spawn(all),
        }
    }
}
