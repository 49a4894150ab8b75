//! PostgreSQL behind a pooler that gives another connection of the server for
//! each transaction.
//!
//! sqlx prepares a statement with one message and runs it with the next. In
//! between, such a pooler may go on with another connection, where the name of
//! the statement, or no name at all, stands for the statement of somebody else.
//! So all of it happens in one transaction, and nothing stays prepared.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use sqlx::postgres::PgDatabaseError;

use super::{Failed, Postgres, copy};
use crate::driver::errors::of;
use crate::driver::lent::Lent;
use crate::driver::rules::About;
use crate::driver::{Deadline, Done, Want, Work};
use crate::error::{Error, Result};

/// What triggers and functions note would be logged by sqlx, and may be values.
const QUIET: &str = "; SET LOCAL client_min_messages = error";

const UNLIMITED: &str = "SET LOCAL statement_timeout TO DEFAULT";

/// So much longer than wanted a time may be that is set already.
const NEAR: u64 = 50;

/// How the transaction stands on the connection that the pooler gave.
#[derive(Debug, Default)]
pub(super) struct Pooled {
    /// Whether one was begun, and its end was not heard of.
    open: bool,
    limit: Limit,
    /// Whether a time was set in this transaction, which going back to a savepoint may bring back.
    limited: bool,
}

/// How long the server lets a statement run.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Limit {
    /// As if nothing had been said.
    #[default]
    Default,
    /// So many milliseconds.
    Is(u64),
    Unsure,
}

impl Pooled {
    /// The text to send for one that begins, divides or ends a transaction.
    pub(super) fn control<'t>(&mut self, sql: &'t str) -> Cow<'t, str> {
        if sql.starts_with("BEGIN") {
            // Said first: what is dropped on its way may have begun one.
            *self = Self { open: true, ..Self::default() };
            return format!("{sql}{QUIET}").into();
        }
        if sql.starts_with("ROLLBACK") {
            if self.limited {
                self.limit = Limit::Unsure;
            }
            return sql.into();
        }
        if self.limit == Limit::Default {
            return sql.into();
        }
        // However long a commit takes, it is waited for.
        self.limit = Limit::Default;
        format!("{UNLIMITED}; {sql}").into()
    }

    /// Notes that a text was run.
    pub(super) fn ran(&mut self, sql: &str) {
        if matches!(sql, "COMMIT" | "ROLLBACK") {
            *self = Self::default();
        }
    }

    /// What must be sent so that the server stops the next statement in time.
    fn limit(&mut self, deadline: Option<Deadline>) -> Option<Cow<'static, str>> {
        let Some(left) = deadline.map(millis) else {
            let was = std::mem::take(&mut self.limit);
            return (was != Limit::Default).then_some(UNLIMITED.into());
        };
        if matches!(self.limit, Limit::Is(set) if (left..=left + NEAR).contains(&set)) {
            return None;
        }
        (self.limit, self.limited) = (Limit::Is(left), true);
        Some(format!("SET LOCAL statement_timeout = {left}").into())
    }
}

/// The time that is left; never none, which would be without end.
fn millis(deadline: Deadline) -> u64 {
    let left = deadline.at.saturating_duration_since(Instant::now());
    let longest = Duration::from_millis(i32::MAX.unsigned_abs().into());
    left.min(longest).as_millis().try_into().unwrap_or(u64::MAX).saturating_add(1).min(i32::MAX.unsigned_abs().into())
}

impl Postgres {
    /// Runs a statement in the transaction that is open, or in one of its own.
    pub(super) async fn run_pooled(&mut self, work: &mut Lent, deadline: Option<Deadline>) -> Result<Done> {
        let Some(pooled) = &mut self.pooled else { return self.run(work).await };
        if pooled.open {
            if let Some(text) = pooled.limit(deadline) {
                work.wait(self.simple(&text)).await?.map_err(|error| of(error, About::text(&text)))?;
            }
            return self.once(work).await.map_err(|it| it.about(work));
        }
        // All that comes before the commit is sent.
        work.undone = true;
        let mut begin = String::from("BEGIN");
        if let Some(left) = deadline.map(millis) {
            begin = format!("BEGIN; SET LOCAL statement_timeout = {left}");
        }
        work.wait(self.control(&begin)).await?;
        if let (Some(pooled), true) = (&mut self.pooled, deadline.is_some()) {
            pooled.limit = Limit::Unsure;
        }
        let failed = match self.once(work).await {
            Ok(done) => {
                work.undone = false;
                match work.wait(self.commit()).await? {
                    Ok(()) => return Ok(done),
                    Err(error) => Failed::Theirs(error, 0),
                }
            }
            Err(failed) => failed,
        };
        let outside = belongs_outside(&failed);
        let error = failed.about(work);
        // A connection that is lost is closed, and all that was open on it.
        if !error.is_connection_lost() {
            work.wait(self.control("ROLLBACK")).await?;
            if outside {
                work.undone = false;
                return self.alone(work).await;
            }
        }
        Err(error)
    }

    async fn once(&mut self, work: &mut Lent) -> Result<Done, Failed> {
        if work.want == Want::Copied {
            return Box::pin(copy::run(&mut self.conn, work)).await.map_err(Failed::Ours);
        }
        let done = self.attempt(work).await;
        if let Err(Failed::Theirs(error, _)) = &done {
            self.finish(error).await.map_err(Failed::Ours)?;
        }
        done
    }

    /// The outer result fails where the connection is lost.
    async fn commit(&mut self) -> Result<Result<(), sqlx::Error>> {
        let text = self.pooled.as_mut().map_or("COMMIT".into(), |it| it.control("COMMIT"));
        let done = self.simple(&text).await?;
        if let (Ok(()), Some(pooled)) = (&done, &mut self.pooled) {
            pooled.ran("COMMIT");
        }
        Ok(done)
    }

    /// Runs a statement that cannot be in a transaction, in one message. It was
    /// prepared, so it is one statement; it has neither arguments nor rows.
    async fn alone(&mut self, work: &Work) -> Result<Done> {
        if work.want != Want::Nothing || work.text.contains('$') {
            return Err(crate::driver::pooled(
                "a statement that cannot be in a transaction, and is sent with arguments or read for rows: send it by `execute`, \
                 without arguments",
            ));
        }
        self.simple(&work.text).await?.map(|()| Done::default()).map_err(|error| of(error, About::of(work)))
    }
}

impl Failed {
    fn about(self, work: &Work) -> Error {
        match self {
            Self::Ours(error) => error,
            Self::Theirs(error, _) => of(error, About::of(work)),
        }
    }
}

/// Whether a statement was refused only because it is in a transaction, such as
/// `VACUUM`.
fn belongs_outside(failed: &Failed) -> bool {
    let Failed::Theirs(error, 0) = failed else { return false };
    let error = error.as_database_error().and_then(|it| it.try_downcast_ref::<PgDatabaseError>());
    error.is_some_and(|it| it.code() == "25001")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deadline(millis: u64) -> Option<Deadline> {
        let limit = Duration::from_millis(millis);
        Some(Deadline { at: Instant::now() + limit, limit })
    }

    #[test]
    fn a_time_is_set_where_it_is_another_and_taken_back_before_the_commit() {
        let mut it = Pooled::default();
        assert_eq!(it.control("BEGIN"), "BEGIN; SET LOCAL client_min_messages = error");
        assert!(it.open);
        assert_eq!(it.limit(None), None);
        assert!(it.limit(deadline(60_000)).is_some());
        assert_eq!(it.limit(deadline(60_000)), None);
        assert!(it.limit(deadline(1_000)).is_some());
        assert_eq!(it.limit(None).unwrap(), UNLIMITED);
        assert_eq!(it.control("SAVEPOINT orm_1"), "SAVEPOINT orm_1");
        // What was set before the savepoint may be back.
        assert_eq!(it.control("ROLLBACK TO SAVEPOINT orm_1"), "ROLLBACK TO SAVEPOINT orm_1");
        assert_eq!(it.limit(None).unwrap(), UNLIMITED);
        assert!(it.limit(deadline(1_000)).is_some());
        assert_eq!(it.control("COMMIT"), format!("{UNLIMITED}; COMMIT"));
        it.ran("COMMIT");
        assert!(!it.open && !it.limited);
    }

    #[test]
    fn what_is_over_has_a_last_millisecond() {
        let past = Deadline { at: Instant::now(), limit: Duration::ZERO };
        assert_eq!(millis(past), 1);
        assert_eq!(millis(deadline(u64::MAX / 4_000_000).unwrap()), 2_147_483_647);
    }
}
