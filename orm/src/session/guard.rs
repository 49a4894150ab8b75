//! Transactions as values.

use std::future::Future;
use std::ops::Deref;
use std::panic::Location;

use crate::driver::Intent;
use crate::error::Result;
use crate::session::{Place, Session, held};

/// A transaction that is ended by hand; see [`Session::begin`].
///
/// It is a [`Session`]. Dropped without [`commit`](Self::commit), it is rolled
/// back.
#[must_use = "a transaction that is dropped is rolled back"]
#[derive(Debug)]
pub struct Transaction {
    session: Session,
    _end: Option<End>,
}

/// Ends a transaction at its deadline.
#[derive(Debug)]
struct End(tokio::task::JoinHandle<()>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Session {
    /// Begins a transaction that is ended by hand, for one that does not fit into
    /// a closure. Where it does, [`transaction`](Self::transaction) is better: it
    /// cannot be forgotten.
    ///
    /// It is rolled back if it is dropped, in a panic, too. That the task asks the pool for
    /// another connection meanwhile is not seen, for it may be kept elsewhere: where it has the
    /// last one, that waits out its time, with a warning in debug builds, and is
    /// [`Error::WouldDeadlock`](crate::Error::WouldDeadlock) at once in a [`strict`](Self::strict) session. With a [`deadline`](Self::deadline) or a [`timeout`](Self::timeout)
    /// it is rolled back then, wherever it is kept, and so with a
    /// [`transaction_timeout`](crate::DbBuilder::transaction_timeout); without one, it holds its
    /// connection as long as it lives. On a session in a transaction it is a
    /// nested one, and ends before that one: the commit of the outer one fails
    /// otherwise, and all is rolled back.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let tx = db.begin().await?;
    /// let ann = tx.create(User { id: 0, name: "ann".into() }).await?;
    /// tx.commit().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`transaction`](Self::transaction) before its closure is called.
    #[track_caller]
    pub fn begin(&self) -> impl Future<Output = Result<Transaction>> {
        self.begin_at(Location::caller())
    }

    /// As [`begin`](Self::begin), at a place that is known.
    pub(crate) async fn begin_at(&self, at: &'static Location<'static>) -> Result<Transaction> {
        self.check_place(self.intent(false), at)?;
        let session = self.enter_as(at, true).await?;
        let end = match &session.place {
            Place::Transaction(level) if !self.in_transaction() => session.commit_deadline().map(|it| End(level.end_at(it))),
            _ => None,
        };
        Ok(Transaction { session, _end: end })
    }

    /// Warns of a statement on the pool inside a transaction of the same task.
    pub(super) fn check_place(&self, intent: Intent, at: &'static Location<'static>) -> Result<()> {
        match &self.place {
            Place::Pool if !self.is_dry_run() => held::check(&self.core.pool, intent, self.scope.strict || self.core.strict, at),
            _ => Ok(()),
        }
    }
}

impl Transaction {
    /// Commits it; a nested one into the one around it.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let tx = db.begin().await?;
    /// tx.raw("DELETE FROM drafts", ()).execute().await?;
    /// tx.commit().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`Session::transaction`] where its commit fails. Nothing is committed then, except
    /// that it is not known after [`Error::OutcomeUnknown`](crate::Error::OutcomeUnknown).
    pub async fn commit(self) -> Result<()> {
        self.session.commit().await
    }

    /// Rolls it back, with those inside it, and waits until that is done, though not beyond the
    /// deadline of its session: then the database does the rest in the background. What a procedure of
    /// MariaDB had committed stays, with a warning
    /// ([`EndedByStatement`](crate::Error::EndedByStatement)).
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let tx = db.begin().await?;
    /// let gone = tx.raw("DELETE FROM drafts", ()).execute().await?;
    /// if gone > 100 { tx.rollback().await } else { tx.commit().await? }
    /// # Ok(()) }
    /// ```
    pub async fn rollback(self) {
        if let Some(error) = self.session.ended_by() {
            tracing::warn!(%error, "a transaction was not rolled back as a whole");
        }
        self.session.rollback().await;
    }
}

impl Deref for Transaction {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}
