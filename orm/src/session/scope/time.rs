//! What a session is bound to besides its place: its time.

use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};

use crate::driver::Deadline;
use crate::error::{Error, Result};
use crate::session::Session;

impl Session {
    /// Gives what this session does so much time from now on, all in all.
    ///
    /// At the end a running statement is stopped on the server, and what comes
    /// after it is refused: [`Error::Timeout`]. Who waits for a connection then
    /// is told why there was none: [`Error::PoolExhausted`]. A transaction whose time is up
    /// is undone instead of committed. A session that has less time already
    /// keeps it.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use std::time::Duration;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let request = db.session().timeout(Duration::from_secs(3));
    /// let users = request.find::<User>().await?;
    /// let count = request.find::<User>().count().await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn timeout(self, limit: Duration) -> Self {
        self.until(Deadline::after(limit))
    }

    /// Gives what this session does the time until then; see [`timeout`](Self::timeout).
    #[must_use]
    pub fn deadline(self, at: Instant) -> Self {
        self.until(Deadline::by(at))
    }

    /// How much time is left; `None` if it is not bounded.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        Some(self.deadline?.at.saturating_duration_since(Instant::now()))
    }

    /// Ends so much earlier than it would otherwise, so that whoever waits for
    /// this session has time to answer.
    ///
    /// A session whose time is not bounded keeps it. Where less time is left
    /// than is to be kept back, none is: statements are refused at once.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use std::time::Duration;
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let request = db.session().timeout(Duration::from_secs(3));
    /// let queries = request.child().reserve(Duration::from_millis(500));
    /// assert!(queries.time_left() <= Some(Duration::from_millis(2_500)));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn reserve(mut self, kept: Duration) -> Self {
        if let Some(it) = &mut self.deadline {
            // Before the clock began is before now, too.
            it.at = it.at.checked_sub(kept).unwrap_or_else(Instant::now);
            it.limit = it.limit.saturating_sub(kept);
        }
        self
    }

    fn until(mut self, deadline: Option<Deadline>) -> Self {
        self.deadline = [self.deadline, deadline].into_iter().flatten().min_by_key(|it| it.at);
        self
    }

    /// The time by which a transaction that begins now must be over, where the
    /// session does not say it.
    pub(crate) fn transaction_end(&self) -> Option<Deadline> {
        // What the outermost has is not lost in a nested one, whatever that says for itself.
        if let Some(ends) = self.ends {
            return Some(ends);
        }
        let limit = self.core.limits.transaction.get().filter(|_| self.deadline.is_none())?;
        Deadline::after(limit)
    }

    /// The time by which a transaction must be committed.
    pub(crate) fn commit_deadline(&self) -> Option<Deadline> {
        earlier(self.deadline, self.ends)
    }

    /// The time by which a statement that begins now must be over.
    pub(crate) fn statement_deadline(&self) -> Option<Deadline> {
        let own = self.deadline.or_else(|| Deadline::after(self.core.limits.statement.get()?));
        earlier(own, self.ends)
    }
}

fn earlier(one: Option<Deadline>, other: Option<Deadline>) -> Option<Deadline> {
    [one, other].into_iter().flatten().min_by_key(|it| it.at)
}

impl Deadline {
    /// Fails if the time is up.
    pub(crate) fn check(self, phase: &'static str) -> Result<()> {
        if Instant::now() < self.at { Ok(()) } else { Err(Error::Timeout { phase, limit: self.limit }) }
    }
}

/// Waits for something at most until the deadline, then drops it.
pub(crate) async fn bounded<T>(deadline: Option<Deadline>, phase: &'static str, work: impl Future<Output = Result<T>>) -> Result<T> {
    let Some(deadline) = deadline else { return work.await };
    match select(pin!(work), pin!(tokio::time::sleep_until(deadline.at.into()))).await {
        Either::Left((done, _)) => done,
        Either::Right(_) => Err(Error::Timeout { phase, limit: deadline.limit }),
    }
}

/// How long something is waited for that is begun when the time is up, such as a rollback.
const MOMENT: Duration = Duration::from_millis(15);

/// Waits for the database until whoever waits must be answered; what is begun when
/// the time is up has a moment.
pub(crate) async fn in_time<T>(deadline: Option<Deadline>, work: impl Future<Output = T>) -> Option<T> {
    let Some(deadline) = deadline else { return Some(work.await) };
    let end = deadline.answered_by().max(Instant::now() + MOMENT);
    tokio::time::timeout_at(end.into(), work).await.ok()
}
