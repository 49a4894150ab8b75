//! Writes that read what they wrote.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use crate::callback::BoxFuture;
use crate::error::Result;
use crate::expr::{Project, Selection};
use crate::query::{DeleteAll, Pending, UpdateAll, take_rows};
use crate::schema::Model;
use crate::statement::{Rows, Statement};
use crate::value::FromRow;

/// Records that are written by a condition, and read at the same time;
/// awaited, it is a `Vec<R>` of them, in no order.
///
/// # Errors
/// When awaited: [`Error::Unsupported`](crate::Error::Unsupported) where the
/// database cannot do so, before anything is sent: MariaDB returns what it
/// deletes, but not what it changes, and MySQL neither; read the records first
/// there, in a transaction and `for_update`. Otherwise those of the write.
#[must_use = "nothing is written until this is awaited"]
pub struct Returning<'s, M, R> {
    pending: Pending<'s>,
    statement: Statement,
    of: PhantomData<fn() -> (M, R)>,
}

impl<'s, M: Model, R> Returning<'s, M, R> {
    fn new((pending, mut statement): (Pending<'s>, Statement), what: Project) -> Self {
        if let Statement::Update(crate::statement::Update { returning, .. })
        | Statement::Delete(crate::statement::Delete { returning, .. }) = &mut statement
        {
            *returning = Some(what);
        }
        Self { pending, statement, of: PhantomData }
    }

    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        self.statement.clone()
    }
}

impl<'s, M: Model + FromRow> UpdateAll<'s, M> {
    /// Reads the records as they are after the change, instead of counting them.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let older: Vec<User> = db.update_all(User::AGE.lt(18)).set(User::AGE, User::AGE.plus(1)).returning().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited, those of [`Returning`].
    pub fn returning(self) -> Returning<'s, M, M> {
        Returning::new(self.into_parts(), Project::Columns)
    }

    /// Reads columns and expressions of the records as they are after the change.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let ids: Vec<i64> = db.update_all(User::AGE.lt(18)).set(User::AGE, 18).returning_only(User::ID).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited, those of [`Returning`].
    pub fn returning_only<S: Selection<M>>(self, what: S) -> Returning<'s, M, S::Row> {
        Returning::new(self.into_parts(), Project::Exprs(what.into_exprs()))
    }
}

impl<'s, M: Model + FromRow> DeleteAll<'s, M> {
    /// Reads the records that are removed, instead of counting them.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let gone: Vec<User> = db.delete_all(User::AGE.lt(18)).returning().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited, those of [`Returning`].
    pub fn returning(self) -> Returning<'s, M, M> {
        Returning::new(self.into_parts(), Project::Columns)
    }

    /// Reads columns and expressions of the records that are removed.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let ids: Vec<i64> = db.delete_all(User::AGE.lt(18)).returning_only(User::ID).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited, those of [`Returning`].
    pub fn returning_only<S: Selection<M>>(self, what: S) -> Returning<'s, M, S::Row> {
        Returning::new(self.into_parts(), Project::Exprs(what.into_exprs()))
    }
}

impl<'s, M: Model, R: FromRow> IntoFuture for Returning<'s, M, R> {
    type Output = Result<Vec<R>>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let finished = self.pending.run(self.statement, Box::new(Rows::<R>(Vec::new()))).await;
            finished.result?;
            Ok(take_rows(finished.records))
        })
    }
}

impl<M, R> fmt::Debug for Returning<'_, M, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.statement.fmt(f)
    }
}
