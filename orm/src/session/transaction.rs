//! Transactions as closures.

use std::future::Future;
use std::panic::{AssertUnwindSafe, Location, resume_unwind};

use futures_util::FutureExt;

use crate::dialect::Begin;
use crate::driver::{self, Detached};
use crate::error::{Error, Result};
use crate::session::level::Level;
use crate::session::scope::bounded;
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
    #[track_caller]
    pub fn transaction<T>(&self, work: impl AsyncFnOnce(&Self) -> Result<T>) -> impl Future<Output = Result<T>> {
        self.try_transaction(work)
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
    #[track_caller]
    pub fn try_transaction<T, E: From<Error>>(&self, work: impl AsyncFnOnce(&Self) -> Result<T, E>) -> impl Future<Output = Result<T, E>> {
        let at = Location::caller();
        async move { self.run_once(work, at).await.0 }
    }

    /// Runs `work` in a transaction once. If it had to give way to another one
    /// and was rolled back, says in which words.
    pub(super) async fn run_once<T, E: From<Error>>(
        &self,
        work: impl AsyncFnOnce(&Self) -> Result<T, E>,
        at: &'static Location<'static>,
    ) -> (Result<T, E>, Option<String>) {
        let begun = match self.check_place(self.intent(false), at) {
            Ok(()) => self.enter(at).await,
            Err(error) => Err(error),
        };
        let tx = match begun {
            Ok(tx) => tx,
            Err(error) => return (Err(error.into()), None),
        };
        // Called within the future, where its panic is caught, too.
        let work = AssertUnwindSafe(Box::pin(async { work(&tx).await })).catch_unwind();
        let result = tx.within(at, work).await;
        let conflict = tx.conflict();
        match result {
            Ok(Ok(value)) => match tx.commit().await {
                Ok(()) => (Ok(value), None),
                // The commit itself was refused, or there was nothing left to commit.
                Err(error) if error.is_conflict() => {
                    let cause = error.to_string();
                    (Err(error.into()), Some(cause))
                }
                Err(error @ Error::RolledBack { .. }) => (Err(error.into()), conflict),
                Err(error) => (Err(error.into()), None),
            },
            Ok(Err(error)) => (Err(tx.undo(error).await), conflict),
            Err(panic) => {
                tx.rollback().await;
                resume_unwind(panic)
            }
        }
    }

    /// Begins a transaction, or a nested one. Its drop undoes it.
    pub(crate) async fn enter(&self, at: &'static Location<'static>) -> Result<Self> {
        self.enter_as(at, false).await
    }

    /// As [`enter`](Self::enter), and says whether it is kept in a variable.
    pub(super) async fn enter_as(&self, at: &'static Location<'static>, kept: bool) -> Result<Self> {
        if self.is_dry_run() {
            return self.pretend_to_begin().await;
        }
        let ends = self.transaction_end();
        let mut scope = self.scope.clone();
        // A nested transaction says for itself what it wants.
        let begin = Begin { read_only: self.is_read_only(), ..std::mem::take(&mut scope.begin) };
        let level = match &self.place {
            Place::Transaction(level) => bounded(self.statement_deadline(), "the begin of the transaction", level.begin(begin)).await?,
            Place::Pool | Place::Pinned(_) => {
                scope.begun_read_only = begin.read_only;
                let guarded = self.core.chains.guard.as_ref().map(|it| it.admit(&self.settings)).transpose()?;
                let level = self.begin_outermost(begin, at, kept).await;
                if let Some(begun) = guarded {
                    begun(level.as_ref().err());
                }
                level?
            }
        };
        Ok(Self { place: Place::Transaction(level), ends, scope, ..self.share() })
    }

    async fn begin_outermost(&self, begin: Begin, at: &'static Location<'static>, kept: bool) -> Result<Level> {
        let deadline = self.statement_deadline();
        let mut lease = self.lease_for_transaction(at, kept).await?;
        let text = begin.text(lease.engine())?;
        // Said first: if this is dropped while it is under way, it is undone all the same.
        lease.begins();
        let begun = async {
            let (lease, begun) = driver::control(lease, &text, deadline).await;
            begun.map(|()| lease)
        };
        Ok(Level::outermost(bounded(deadline, "the begin of the transaction", begun).await?, begin))
    }

    /// Commits what [`enter`](Self::enter) began.
    pub(crate) async fn commit(self) -> Result<()> {
        let deadline = self.commit_deadline();
        match self.place {
            // What is to be done after the commit is done also if nobody waits for it.
            Place::Transaction(level) if level.has_afters() => Detached::new(level.commit(deadline)).await,
            Place::Transaction(level) => level.commit(deadline).await,
            Place::Pool | Place::Pinned(_) => Ok(()),
        }
    }

    /// Undoes what was done since [`enter`](Self::enter).
    pub(crate) async fn rollback(self) {
        let deadline = self.commit_deadline();
        match self.place {
            Place::Transaction(level) if level.has_afters() => Detached::new(level.rollback(deadline)).await,
            Place::Transaction(level) => level.rollback(deadline).await,
            Place::Pool | Place::Pinned(_) => {}
        }
    }

    /// Undoes what was done since [`enter`](Self::enter), because of an error. If a statement of
    /// it had committed a part, that is the error.
    pub(crate) async fn undo<E: From<Error>>(self, error: E) -> E {
        let split = self.ended_by();
        self.rollback().await;
        split.map_or(error, E::from)
    }

    /// The error of a transaction that a statement of it has ended.
    pub(super) fn ended_by(&self) -> Option<Error> {
        match &self.place {
            Place::Transaction(level) => level.ended_by(),
            Place::Pool | Place::Pinned(_) => None,
        }
    }

    /// The conflict with another transaction that this one met.
    fn conflict(&self) -> Option<String> {
        match &self.place {
            Place::Transaction(level) => level.conflict(),
            Place::Pool | Place::Pinned(_) => None,
        }
    }
}
