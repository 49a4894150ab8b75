//! What a session's transactions are begun with.

use crate::dialect::{Isolation, SqliteMode};
use crate::session::Session;

impl Session {
    /// How much the transactions of this session see of others; see [`Isolation`].
    ///
    /// It goes with the begin, in one message. A nested transaction has what the
    /// outermost was begun with, and may ask for nothing else
    /// ([`Error::Configuration`](crate::Error::Configuration)).
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use orm::Isolation;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let (users, count) = db.session().isolation(Isolation::RepeatableRead).transaction(async |tx| {
    ///     // Both see the same, whatever others do meanwhile.
    ///     Ok((tx.find::<User>().await?, tx.find::<User>().count().await?))
    /// }).await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn isolation(mut self, level: Isolation) -> Self {
        self.scope.begin.isolation = Some(level);
        self
    }

    /// What [`isolation`](Self::isolation) said; it holds for transactions, not for single statements.
    #[must_use]
    pub fn isolation_level(&self) -> Option<Isolation> {
        self.scope.begin.isolation
    }

    /// Lets a long report of PostgreSQL wait at its begin for a moment from which
    /// on it neither fails with a serialization failure nor causes one. For
    /// transactions that are serializable and read only.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use orm::Isolation;
    /// # fn f(db: &Session) {
    /// let report = db.session().isolation(Isolation::Serializable).deferrable();
    /// # }
    /// ```
    #[must_use]
    pub fn deferrable(mut self) -> Self {
        self.scope.begin.deferrable = true;
        self
    }

    /// When the transactions of this session take SQLite's lock for writing; see
    /// [`SqliteMode`]. Other databases have no such lock, and ignore it.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use orm::SqliteMode;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// // Others may write until this does.
    /// db.session().sqlite_mode(SqliteMode::Deferred).retry(3).transaction(async |tx| {
    ///     if tx.find::<User>().count().await? == 0 {
    ///         tx.create(User { id: 0, name: "root".into() }).await?;
    ///     }
    ///     Ok(())
    /// }).await
    /// # }
    /// ```
    #[must_use]
    pub fn sqlite_mode(mut self, mode: SqliteMode) -> Self {
        self.scope.begin.sqlite = Some(mode);
        self
    }

    /// Makes a mistake an error that is a warning otherwise: a statement on the
    /// pool inside a transaction of the same task, which would be no part of it
    /// ([`Error::OutsideTransaction`](crate::Error::OutsideTransaction)).
    ///
    /// [`DbBuilder::strict`](crate::DbBuilder::strict) says it for all sessions.
    /// It is an error in any case where it would wait for ever: where the
    /// transaction has the only connection.
    ///
    /// What is kept in variables, a [`begin`](Self::begin) or a [`pinned`](Self::pinned)
    /// session, another part of the task may end, so a task that has all connections of the pool
    /// in them waits for one more as others do, with a warning in debug builds. A strict session
    /// does not: it is [`Error::WouldDeadlock`](crate::Error::WouldDeadlock) at once.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// # let db = Db::open("sqlite::memory:").await?;
    /// # db.create_tables::<User>().await?;
    /// let strict = db.session().strict();
    /// let mistaken = strict.transaction(async |_tx| strict.find::<User>().count().await).await;
    /// assert!(matches!(mistaken, Err(orm::Error::OutsideTransaction { .. })));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.scope.strict = true;
        self
    }

    /// Whether [`strict`](Self::strict) was said.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.scope.strict
    }
}
