//! Records that a transaction keeps to itself.

use crate::query::Find;
use crate::schema::Model;
use crate::statement::{Lock, LockWait};

impl<M: 'static> Find<'_, M> {
    /// Locks the records until the transaction ends: others can neither change
    /// nor lock them, and wait if they want to.
    ///
    /// Only in a transaction, and only records, or columns of them, without
    /// groups. SQLite locks the whole database for each transaction that
    /// writes, so there is nothing left to lock there.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct Job { #[orm(key, auto)] id: i64, done: bool }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// db.transaction(async |tx| {
    ///     // Workers that do the same at the same time get other jobs.
    ///     let next = tx.find().where_(Job::DONE.eq(false)).for_update().skip_locked().first().await?;
    ///     if let Some(job) = next {
    ///         tx.update(job).set(Job::DONE, true).await?;
    ///     }
    ///     Ok(())
    /// }).await
    /// # }
    /// ```
    pub fn for_update(self) -> Self {
        self.lock(|it| it.share = false)
    }

    /// Locks the records against changes until the transaction ends; others can
    /// lock them in this way, too. See [`for_update`](Self::for_update).
    pub fn for_share(self) -> Self {
        self.lock(|it| it.share = true)
    }

    /// Leaves out records that others have locked, instead of waiting for them;
    /// locks those it finds as [`for_update`](Self::for_update) unless
    /// [`for_share`](Self::for_share) is said.
    pub fn skip_locked(self) -> Self {
        self.lock(|it| it.wait = LockWait::Skip)
    }

    /// Fails with [`Error::LockTimeout`](crate::Error::LockTimeout) where others have locked one of the
    /// records, instead of waiting; otherwise as [`skip_locked`](Self::skip_locked).
    pub fn no_wait(self) -> Self {
        self.lock(|it| it.wait = LockWait::Fail)
    }

    /// Locks the rows of a model that the query is about or [joins](Self::join), and
    /// no others; said again, those of another model, too. Where it is not said,
    /// the records that are read are locked, and not what stands beside them.
    /// Otherwise as [`skip_locked`](Self::skip_locked).
    ///
    /// MariaDB locks all rows that a query with joins reads, and refuses to be told
    /// otherwise. On SQLite there is nothing left to lock, here as well.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use orm::joined;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # #[derive(Debug, Model)] struct Post { #[orm(key, auto)] id: i64, author: i64, title: String }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// db.transaction(async |tx| {
    ///     // Nobody takes the authors away meanwhile; the posts may be changed.
    ///     let posts = tx.find::<Post>().join(User::ID.eq(joined(Post::AUTHOR)));
    ///     let posts = posts.for_share().lock_of::<User>().await?;
    ///     println!("{} posts", posts.len());
    ///     Ok(())
    /// }).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// When awaited: [`Error::Invalid`](crate::Error::Invalid) for a model that the query
    /// neither is about nor joins, or that it joins by [`left_join`](Self::left_join): there may
    /// be no row to lock. [`Error::Unsupported`](crate::Error::Unsupported) on MariaDB, where the
    /// query reads more than the models that are named.
    pub fn lock_of<N: Model>(self) -> Self {
        self.lock(|it| {
            if !it.of.contains(&N::META) {
                it.of.push(N::META);
            }
        })
    }

    fn lock(mut self, change: impl FnOnce(&mut Lock)) -> Self {
        change(self.select.lock.get_or_insert(Lock { share: false, wait: LockWait::Wait, of: Vec::new() }));
        self
    }
}
