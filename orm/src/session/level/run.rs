//! Statements on a level, and what they do to the transaction.

use crate::driver::{self, Deadline, Done, TransactionState, Work};
use crate::error::{Error, Result};
use crate::session::level::Level;
use crate::session::refusals;
use crate::session::scope::{bounded, in_time};
use crate::session::slot::{Broken, Guard};

/// The savepoint around a text of which is not known what it does.
const MARK: &str = "orm_text";

const BEFORE_OPAQUE: &str = "what came before the statement";
const AFTER_OPAQUE: &str = "whether the statement had ended its transaction";

/// Whether the savepoint was not there any more: what MariaDB and MySQL call "does not exist".
fn is_gone(error: &Error) -> bool {
    matches!(error, Error::Database { code: Some(code), .. } if code == "1305")
}

impl Level {
    /// Runs a statement on this level.
    pub(crate) async fn run(&self, work: Work, deadline: Option<Deadline>) -> (Work, Result<driver::Done>) {
        let locked = bounded(deadline, "waiting for another statement of the transaction", self.lock()).await;
        let conn = match locked.and_then(|conn| self.check_unbroken(&conn).map(|()| conn)) {
            Ok(conn) => conn,
            Err(error) => return (work, Err(error)),
        };
        let opaque = refusals::may_commit(&work, conn.engine()).map(str::to_owned);
        let conn = match &opaque {
            None => conn,
            Some(_) => match bounded(deadline, BEFORE_OPAQUE, self.mark(conn)).await {
                Ok(conn) => conn,
                Err(error) => return (work, Err(error)),
            },
        };
        let flight = Flight::start(self);
        conn.lease().beat();
        let (conn, work, mut done) = driver::run(conn, work, deadline).await;
        // It goes on alone, and the transaction is over as if it had been dropped.
        let Some(mut conn) = conn else { return (work, done) };
        conn.lease().beat();
        flight.land();
        match (&done, opaque) {
            (_, Some(word)) if !conn.is_busy() => done = self.after_opaque(conn, &word, done, deadline).await,
            (Err(error), _) => self.after_error(&mut conn, error, deadline).await,
            (Ok(_), _) => {}
        }
        (work, done)
    }

    /// Sets a savepoint before a text that may end the transaction, and begin another.
    async fn mark(&self, conn: Guard) -> Result<Guard> {
        let (mut conn, marked) = self.control(conn, &format!("SAVEPOINT {MARK}")).await;
        if let Err(error) = marked {
            self.after_error(&mut conn, &error, None).await;
            return Err(error);
        }
        Ok(conn)
    }

    /// Releases the savepoint. If it is gone, so is the transaction in which it was set.
    async fn after_opaque(&self, conn: Guard, word: &str, done: Result<Done>, deadline: Option<Deadline>) -> Result<Done> {
        let Some((mut conn, released)) = in_time(deadline, self.control(conn, &format!("RELEASE SAVEPOINT {MARK}"))).await else {
            return done.and(deadline.map_or(Err(Error::Cancelled), |it| Err(Error::Timeout { phase: AFTER_OPAQUE, limit: it.limit })));
        };
        match (released, &done) {
            (Ok(()), Ok(_)) => done,
            (Ok(()), Err(error)) => {
                self.state().note(error);
                done
            }
            // These undo the transaction themselves, whichever one was open. What the text had committed
            // is not undone, so it is no reason to run all of it again.
            (Err(gone), Err(error)) if is_gone(&gone) && (error.is_conflict() || matches!(error, Error::LockTimeout { .. })) => {
                let cause = format!("{error}; it was met inside of `{word}`, and what that had committed before stays");
                self.state().broken = Some(Broken { cause, level: None });
                done
            }
            (Err(gone), _) if is_gone(&gone) => {
                self.state().ended_by = Some(word.to_owned());
                Err(Error::EndedByStatement { statement: word.to_owned() })
            }
            (Err(error), _) => {
                self.after_error(&mut conn, &error, deadline).await;
                done.and(Err(error))
            }
        }
    }

    /// Asks the database what became of the transaction.
    pub(super) async fn after_error(&self, conn: &mut Guard, error: &Error, deadline: Option<Deadline>) {
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
}

/// A statement under way; if it is dropped, nobody knows what it did.
pub(super) struct Flight<'l> {
    level: Option<&'l Level>,
}

impl<'l> Flight<'l> {
    pub(super) fn start(level: &'l Level) -> Self {
        Self { level: Some(level) }
    }

    pub(super) fn land(mut self) {
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
