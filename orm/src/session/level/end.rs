//! How levels end.

use std::sync::Arc;
use std::time::Duration;

use crate::driver::Deadline;
use crate::error::{Error, Result};
use crate::session::after::{self, After, Fate};
use crate::session::level::Level;
use crate::session::scope::in_time;
use crate::session::slot::{Guard, OUTERMOST, Slot};

/// What was being done when there was no more time to commit.
const LATE: &str = "what came before the commit";

/// How long a rollback may take that nobody waits for; then the connection is closed.
const TO_UNDO: Duration = Duration::from_secs(5);

impl Level {
    /// Commits; on a nested level into the one around it. Then does what was to
    /// be done after that.
    pub(in crate::session) async fn commit(self, deadline: Option<Deadline>) -> Result<()> {
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
            (Some(Err(error)), _) => {
                self.abandon(deadline).await;
                return deadline.map_or(Ok(()), |it| it.check(LATE)).and(Err(error));
            }
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
    pub(in crate::session) async fn rollback(self, deadline: Option<Deadline>) {
        self.abandon(deadline).await;
        self.ended(Fate::RolledBack).await;
    }

    /// Undoes this level and those inside it, whoever has them.
    async fn abandon(&self, deadline: Option<Deadline>) {
        {
            let mut state = self.state();
            let Some(at) = state.levels.iter().position(|it| *it == self.id) else { return };
            state.levels.truncate(at + 1);
            // Savepoints inside go with the one around them.
            state.dropped.clear();
        }
        if let Some(Ok(conn)) = in_time(deadline, self.lock()).await {
            self.undo(conn, deadline).await;
        }
    }

    /// Does what waited for the end of the transaction, if this was its end.
    async fn ended(self, fate: Fate) {
        let all = self.state().ended(self.id, fate);
        // Whatever it has left of the transaction goes first.
        drop(self);
        after::run(all).await;
    }

    /// Ends the whole transaction, as soon as no statement of it is under way,
    /// and whoever has it.
    pub(in crate::session) fn end_at(&self, deadline: Deadline) -> tokio::task::JoinHandle<()> {
        let slot = Arc::downgrade(&self.slot);
        tokio::spawn(async move {
            tokio::time::sleep_until(deadline.at.into()).await;
            let Some(slot) = slot.upgrade() else { return };
            let conn = Guard::lock(&slot).await;
            let all = slot.state().end_all();
            // In a task of its own: this one ends with the value of the transaction.
            undo_then(slot, conn, all);
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
}

/// Undoes a transaction whose levels have ended, and does then, in a task of its own, what was
/// to be done after that.
pub(super) fn undo_then(slot: Arc<Slot>, conn: Guard, all: Vec<After>) {
    // What nobody waits for the connection does itself, when it goes home.
    if all.is_empty() || conn.is_empty() {
        drop(conn);
        return after::spawn(all);
    }
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    let level = Level { slot, id: OUTERMOST, owner: false };
    runtime.spawn(async move {
        drop(tokio::time::timeout(TO_UNDO, level.undo_on(conn)).await);
        drop(level);
        after::run(all).await;
    });
}
