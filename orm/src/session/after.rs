//! What is done when a transaction has ended.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use crate::callback::{BoxFuture, panic_message};
use crate::error::{Error, Result};
use crate::session::{Place, Session};

impl Session {
    /// Does something when the transaction is committed, and not otherwise: to
    /// empty a cache, to tell others, to send what was written to an outbox.
    ///
    /// It runs when the outermost transaction has been committed and its
    /// connection is back, one after the other in the order in which they were
    /// given; the transaction returns when all are done. It gets a session of
    /// its own outside the transaction, with the settings of this one and
    /// without its deadline. What a nested transaction gave is forgotten if that is rolled
    /// back. Where the outcome is not known ([`Error::OutcomeUnknown`]), none runs.
    ///
    /// The transaction is done already: an error or a panic in here changes
    /// nothing, and is only reported as a warning (`tracing`). It runs also if
    /// the caller stops waiting once the commit is under way. In a [dry run](Self::dry_run)
    /// it does not. But a process can
    /// end between the commit and this: what must happen is written in the
    /// transaction, as a row of an outbox, and only hurried on here.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # async fn f(db: &Session, cache: std::sync::Arc<std::sync::Mutex<Vec<User>>>) -> orm::Result<()> {
    /// db.transaction(async |tx| {
    ///     tx.create(User { id: 0, name: "ann".into() }).await?;
    ///     tx.after_commit(async move |db| {
    ///         let users = db.find::<User>().await?;
    ///         *cache.lock().expect("nothing panics while it is locked") = users;
    ///         Ok(())
    ///     })
    /// }).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NoTransaction`] outside of one; [`Error::TransactionClosed`] if it has ended.
    pub fn after_commit<F, Fut>(&self, work: F) -> Result<()>
    where
        F: FnOnce(Self) -> Fut + Send + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.after("after_commit", When::Commit, work)
    }

    /// Does something when this transaction, or this nested one, was rolled
    /// back: to remove a file that was written for it, for example.
    ///
    /// Everything else is as with [`after_commit`](Self::after_commit): it runs when the
    /// outermost transaction has ended, however that ended. If the future of the
    /// transaction is dropped, it runs in a task of its own.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct Scan { #[orm(key, auto)] id: i64, file: String }
    /// # async fn f(db: &Session, file: &'static str) -> orm::Result<Scan> {
    /// db.transaction(async |tx| {
    ///     tx.after_rollback(async move |_| std::fs::remove_file(file).map_err(orm::Error::other))?;
    ///     std::fs::write(file, "…").map_err(orm::Error::other)?;
    ///     tx.create(Scan { id: 0, file: file.into() }).await
    /// }).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`after_commit`](Self::after_commit).
    pub fn after_rollback<F, Fut>(&self, work: F) -> Result<()>
    where
        F: FnOnce(Self) -> Fut + Send + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.after("after_rollback", When::Rollback, work)
    }

    fn after<F, Fut>(&self, name: &'static str, when: When, work: F) -> Result<()>
    where
        F: FnOnce(Self) -> Fut + Send + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        if self.is_dry_run() {
            return Ok(());
        }
        let Place::Transaction(level) = &self.place else { return Err(Error::NoTransaction { operation: name }) };
        let home = self.outside();
        level.add_after(when, Box::new(move || Box::pin(async move { work(home).await })))
    }
}

/// What is to be done.
pub(super) type Thunk = Box<dyn FnOnce() -> BoxFuture<'static, Result<()>> + Send>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Commit,
    Rollback,
}

/// How a level ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Committed,
    RolledBack,
    Unknown,
}

/// Something to do when the outermost level has ended.
pub(super) struct After {
    /// The level on whose end it depends; `None` if that was rolled back.
    level: Option<u64>,
    when: When,
    work: Thunk,
}

impl fmt::Debug for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.when.fmt(f)
    }
}

/// What is to be done when a transaction has ended, in the order in which it was given.
#[derive(Debug, Default)]
pub(super) struct Afters(Vec<After>);

impl Afters {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, level: u64, when: When, work: Thunk) {
        self.0.push(After { level: Some(level), when, work });
    }

    /// A nested level was committed into the one around it.
    pub(super) fn released(&mut self, level: u64, outer: u64) {
        for it in self.0.iter_mut().filter(|it| it.level.is_some_and(|at| at >= level)) {
            it.level = Some(outer);
        }
    }

    /// A level was rolled back, and those inside it.
    pub(super) fn undone(&mut self, level: u64) {
        self.0.retain_mut(|it| {
            let undone = it.level.is_some_and(|at| at >= level);
            if undone {
                it.level = None;
            }
            !undone || it.when == When::Rollback
        });
    }

    /// What is to be done now that the outermost level has ended.
    pub(super) fn take(&mut self, fate: Fate) -> Vec<After> {
        let mut all = std::mem::take(&mut self.0);
        all.retain(|it| match (it.level, fate) {
            (None, _) => true,
            (Some(_), Fate::Committed) => it.when == When::Commit,
            (Some(_), Fate::RolledBack) => it.when == When::Rollback,
            (Some(_), Fate::Unknown) => false,
        });
        all
    }
}

/// Does it all, one after the other, whatever becomes of the others.
pub(super) async fn run(all: Vec<After>) {
    for After { when, work, .. } in all {
        let name = if when == When::Commit { "after_commit" } else { "after_rollback" };
        match AssertUnwindSafe(async { work().await }).catch_unwind().await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "what was to be done by `{name}` failed; the transaction stays as it ended"),
            Err(panic) => {
                let message = panic_message(&*panic);
                tracing::warn!(message, "what was to be done by `{name}` panicked; the transaction stays as it ended");
            }
        }
    }
}

/// Does it in a task of its own; without a runtime nothing can be done.
pub(super) fn spawn(all: Vec<After>) {
    if all.is_empty() {
        return;
    }
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(run(all));
    }
}
