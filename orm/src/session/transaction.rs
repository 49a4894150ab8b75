//! Transactions as closures.

use std::panic::{AssertUnwindSafe, resume_unwind};

use futures_util::FutureExt;

use crate::driver::{self, Intent};
use crate::error::{Error, Result};
use crate::session::scope::bounded;
use crate::session::slot::Level;
use crate::session::{Place, Session};

impl Session {
    /// Runs `work` in a transaction: commits what it did if it returns `Ok`,
    /// and undoes it if it returns an error, panics, or is dropped before it ends.
    ///
    /// In a transaction this is a nested one (a savepoint): its error undoes
    /// only its own part. The outer session cannot be used meanwhile
    /// ([`Error::SessionBusy`]). A statement that failed leaves PostgreSQL's
    /// transaction unusable until it, or the nested one it was made in, is
    /// rolled back; then further statements are refused here
    /// ([`Error::TransactionAborted`]), and a commit is an error.
    ///
    /// The future is `Send` and runs in spawned tasks and web handlers.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let (ann, bob) = db.transaction(async |tx| {
    ///     let ann = tx.create(User { id: 0, name: "ann".into() }).await?;
    ///     let bob = tx.transaction(async |tx| tx.create(User { id: 0, name: "bob".into() }).await).await?;
    ///     Ok((ann, bob))
    /// }).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The error of `work`, after what it did was undone. Where the commit fails:
    /// [`Error::RolledBack`] if nothing was committed, [`Error::OutcomeUnknown`]
    /// if the connection broke while the commit was under way, or what the
    /// database said, such as [`Error::SerializationFailure`].
    pub async fn transaction<T>(&self, work: impl AsyncFnOnce(&Self) -> Result<T>) -> Result<T> {
        self.try_transaction(work).await
    }

    /// Runs `work` in a transaction, as [`transaction`](Self::transaction)
    /// does, with an error type of the program.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// enum Failure { Full, Database(orm::Error) }
    /// impl From<orm::Error> for Failure {
    ///     fn from(error: orm::Error) -> Self { Failure::Database(error) }
    /// }
    ///
    /// # async fn f(db: &Session) -> Result<(), Failure> {
    /// db.try_transaction(async |tx| {
    ///     if tx.find::<User>().count().await? > 1_000 {
    ///         return Err(Failure::Full);
    ///     }
    ///     tx.create(User { id: 0, name: "ann".into() }).await?;
    ///     Ok(())
    /// }).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`transaction`](Self::transaction).
    pub async fn try_transaction<T, E: From<Error>>(&self, work: impl AsyncFnOnce(&Self) -> Result<T, E>) -> Result<T, E> {
        let tx = self.begin().await?;
        // Called within the future, where its panic is caught, too.
        let result = AssertUnwindSafe(Box::pin(async { work(&tx).await })).catch_unwind().await;
        match result {
            Ok(Ok(value)) => {
                tx.commit().await?;
                Ok(value)
            }
            Ok(Err(error)) => {
                tx.rollback().await;
                Err(error)
            }
            Err(panic) => {
                tx.rollback().await;
                resume_unwind(panic)
            }
        }
    }

    /// Begins a transaction, or a nested one. Its drop undoes it.
    pub(crate) async fn begin(&self) -> Result<Self> {
        let level = match &self.place {
            Place::Transaction(level) => level.begin().await?,
            Place::Pool => {
                let deadline = self.statement_deadline();
                let mut lease = bounded(deadline, "waiting for a connection", self.core.pool.acquire(Intent::Write)).await?;
                // Said first: if this is dropped while `BEGIN` is under way, it is undone all the same.
                lease.begins();
                let begin = lease.begin_text();
                let begun = async {
                    let (lease, begun) = driver::control(lease, begin, deadline).await;
                    begun.map(|()| lease)
                };
                Level::outermost(bounded(deadline, "the begin of the transaction", begun).await?)
            }
        };
        Ok(Self { place: Place::Transaction(level), ..self.share() })
    }

    pub(crate) async fn commit(self) -> Result<()> {
        match self.place {
            Place::Transaction(level) => level.commit(self.deadline).await,
            Place::Pool => Ok(()),
        }
    }

    pub(crate) async fn rollback(self) {
        if let Place::Transaction(level) = self.place {
            level.rollback().await;
        }
    }
}
