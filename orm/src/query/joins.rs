//! Rows of other models beside those of a query.

use crate::expr::Predicate;
use crate::query::Find;
use crate::schema::Model;
use crate::statement::Join;

impl<M: 'static> Find<'_, M> {
    /// Puts the rows of another model beside each record for which the condition
    /// holds; a record with several stands there several times, and one with
    /// none is left out. Their columns are [`joined`](crate::joined).
    ///
    /// To find records by others that belong to them, without the others, ask
    /// [`exists`](crate::exists).
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use orm::joined;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # #[derive(Debug, Model)] struct Post { #[orm(key, auto)] id: i64, author: i64, title: String }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let posts: Vec<(String, String)> = db
    ///     .find::<User>()
    ///     .join(Post::AUTHOR.eq(joined(User::ID)))
    ///     .where_(joined(Post::TITLE).ne(""))
    ///     .select((User::NAME, joined(Post::TITLE)))
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn join<N: Model>(self, on: Predicate<N>) -> Self {
        self.beside(on, false)
    }

    /// As [`join`](Self::join), but a record with no row beside it stays, with
    /// NULL there: its columns are [`joined_opt`](crate::joined_opt).
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use orm::{joined, joined_opt};
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # #[derive(Debug, Model)] struct Post { #[orm(key, auto)] id: i64, author: i64, title: String }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let posts: Vec<(String, Option<String>)> = db
    ///     .find::<User>()
    ///     .left_join(Post::AUTHOR.eq(joined(User::ID)))
    ///     .select((User::NAME, joined_opt(Post::TITLE)))
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn left_join<N: Model>(self, on: Predicate<N>) -> Self {
        self.beside(on, true)
    }

    fn beside<N: Model>(mut self, on: Predicate<N>, left: bool) -> Self {
        self.select.joins.push(Join { model: N::META, on: on.into_expr(), left });
        self
    }
}
