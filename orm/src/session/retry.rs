//! Transactions that are run again.

use std::future::Future;
use std::panic::Location;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBuilder};

use crate::error::{Error, Result};
use crate::session::Session;

impl Session {
    /// Runs the transaction again, up to so many times, when it had to give way
    /// to another: on a serialization failure, a deadlock, or a conflict of
    /// certification on a cluster ([`Error::is_conflict`]); also if it returned
    /// an error of its own, or swallowed that one, and was not committed.
    ///
    /// The whole closure is run again, on a new transaction, after a pause that
    /// grows from 5 ms to 500 ms and has some chance in it. It is cloned for each
    /// attempt, so it cannot change what it captures; what it does besides the
    /// database, it does again. [`attempt`](Self::attempt) says which one it is.
    /// At the session's deadline, the last error is returned.
    ///
    /// Nothing is run again once a commit was sent, unless the database says
    /// that it was rolled back; so nothing is done twice. Nor is it when the conflict
    /// was met inside SQL text that may commit, such as a procedure of MariaDB. A lock
    /// that was not to be had in time was waited for already, and is not tried again.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use orm::Isolation;
    /// # #[derive(Debug, Model)] struct Account { #[orm(key)] name: String, cents: i64 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// db.session().isolation(Isolation::Serializable).retry(3).transaction(async |tx| {
    ///     let ann: Account = tx.get("ann").await?;
    ///     let cents = ann.cents - 300;
    ///     tx.update(ann).set(Account::CENTS, cents).await
    /// }).await?;
    /// # Ok(()) }
    /// ```
    pub fn retry(self, times: u32) -> Retry {
        Retry { session: self, times }
    }

    /// Which attempt of a transaction this is: 1 at first, and outside of one.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.scope.retries.saturating_add(1)
    }
}

/// A session whose transaction is run again when it had to give way to another;
/// see [`Session::retry`].
#[must_use = "nothing runs until `transaction` is awaited"]
#[derive(Debug)]
pub struct Retry {
    session: Session,
    times: u32,
}

/// What can be run more than once: it can be cloned, and is, for each attempt.
///
/// A closure can if it captures nothing by `&mut`, and nothing that cannot be
/// cloned itself. What an attempt makes is returned by it.
///
/// ```
/// # use orm::prelude::*;
/// # #[derive(Debug, Model)] struct Draft { #[orm(key, auto)] id: i64, title: String }
/// # async fn f(db: &Session) -> orm::Result<()> {
/// let (drafts, attempt) = db.session().retry(3).transaction(async |tx| {
///     Ok((tx.find::<Draft>().await?, tx.attempt()))
/// }).await?;
/// # Ok(()) }
/// ```
#[diagnostic::on_unimplemented(
    message = "what may be run again changes nothing outside of it",
    label = "captures a `&mut`, or what cannot be cloned",
    note = "each attempt runs a clone of the closure: return what an attempt makes, with `Ok(…)`, and clone inside what it uses up"
)]
pub trait Again: Clone {}

#[diagnostic::do_not_recommend]
impl<T: Clone> Again for T {}

impl Retry {
    /// As [`Session::transaction`], with as many attempts as it takes.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let changed = db.session().retry(3).transaction(async |tx| {
    ///     tx.update_all(User::AGE.lt(18)).set(User::AGE, User::AGE.plus(1)).await
    /// }).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of the last attempt; [`Error::Configuration`] inside a transaction:
    /// only the outermost can be run again.
    #[track_caller]
    pub fn transaction<T>(self, work: impl AsyncFnOnce(&Session) -> Result<T> + Again) -> impl Future<Output = Result<T>> {
        self.run(work, Location::caller())
    }

    /// As [`transaction`](Self::transaction), with an error type of the program.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, age: u8 }
    /// # #[derive(Debug)] struct Failure;
    /// # impl From<orm::Error> for Failure { fn from(_: orm::Error) -> Self { Self } }
    /// # async fn f(db: &Session) -> Result<(), Failure> {
    /// db.session().retry(3).try_transaction(async |tx| {
    ///     tx.delete_all(User::AGE.gt(200)).await?;
    ///     Ok(())
    /// }).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`transaction`](Self::transaction).
    #[track_caller]
    pub fn try_transaction<T, E: From<Error>>(
        self,
        work: impl AsyncFnOnce(&Session) -> Result<T, E> + Again,
    ) -> impl Future<Output = Result<T, E>> {
        self.run(work, Location::caller())
    }

    async fn run<T, E: From<Error>>(
        self,
        work: impl AsyncFnOnce(&Session) -> Result<T, E> + Again,
        at: &'static Location<'static>,
    ) -> Result<T, E> {
        let Self { mut session, times } = self;
        if session.in_transaction() {
            return Err(Error::Configuration {
                setting: "retry".to_owned(),
                reason: "a nested transaction cannot be run again by itself; say it before the outermost".to_owned(),
            }
            .into());
        }
        let mut pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(5))
            .with_max_delay(Duration::from_millis(500))
            .with_jitter()
            .with_max_times(usize::try_from(times).unwrap_or(usize::MAX))
            .build();
        loop {
            let (result, conflict) = session.run_once(work.clone(), at).await;
            let Some(cause) = conflict else { return result };
            let Some(pause) = pauses.next().filter(|it| session.has_time(*it)) else { return result };
            // The error is gone with this attempt; the next one has its own.
            drop(result);
            tracing::info!(name: "tx.retry", attempt = session.attempt(), ?pause, cause, transaction = %at, "a transaction is run again");
            session.core.pool.retried();
            tokio::time::sleep(pause).await;
            session.scope.retries = session.scope.retries.saturating_add(1);
        }
    }
}

impl Session {
    /// Whether there is more time left than that.
    fn has_time(&self, pause: Duration) -> bool {
        self.deadline.is_none_or(|it| Instant::now() + pause < it.at)
    }
}
