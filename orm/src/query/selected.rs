//! Reads of columns and expressions.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use crate::callback::BoxFuture;
use crate::error::{Error, Result};
use crate::expr::{Order, Predicate, Selection};
use crate::query::{Pending, RecordStream, clauses, settings, take_rows};
use crate::schema::Keyed;
use crate::statement::{Project, Rows, Select, Statement};
use crate::value::FromRow;

/// A query for columns and expressions over rows of `M`; awaited, it is a
/// `Vec<R>`, of single values or tuples.
///
/// ```
/// use orm::prelude::*;
/// # #[derive(Debug, Model)] struct Visit { #[orm(key, auto)] id: i64, site: String, minutes: i32 }
/// # async fn f(db: &Session) -> orm::Result<()> {
/// let busy: Vec<(String, i64, Option<i64>)> = db
///     .find::<Visit>()
///     .select((Visit::SITE, orm::count(), Visit::MINUTES.sum()))
///     .group_by(Visit::SITE)
///     .having(orm::count().gt(10))
///     .order(Visit::MINUTES.sum().desc())
///     .await?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// When awaited: [`Error::Invalid`] where a query with groups or aggregates
/// reads a column that it does not group by, or one with `distinct` is sorted
/// by what it does not read; otherwise those of [`Find`](crate::Find).
#[must_use = "a query does nothing until it is awaited"]
pub struct Selected<'s, M, R> {
    pending: Pending<'s>,
    select: Select,
    of: PhantomData<fn() -> (M, R)>,
}

impl<'s, M, R: FromRow> Selected<'s, M, R> {
    pub(super) fn new(pending: Pending<'s>, select: Select) -> Self {
        Self { pending, select, of: PhantomData }
    }

    settings!(pending);
    clauses!(select);

    /// Only rows for which the condition holds, and every other one given.
    pub fn where_(mut self, condition: Predicate<M>) -> Self {
        self.select.filter.push(condition.into_expr());
        self
    }

    /// Only rows for which the condition holds, if there is one.
    pub fn where_opt(mut self, condition: Option<Predicate<M>>) -> Self {
        self.select.filter.extend(condition.map(Predicate::into_expr));
        self
    }

    /// One row for all rows that have the same values of these columns or
    /// expressions, and of those given before.
    pub fn group_by(mut self, what: impl Selection<M>) -> Self {
        self.select.group.extend(what.into_exprs());
        self
    }

    /// Only groups for which the condition holds, and every other one given.
    pub fn having(mut self, condition: Predicate<M>) -> Self {
        self.select.having.push(condition.into_expr());
        self
    }

    /// Equal rows once.
    pub fn distinct(mut self) -> Self {
        self.select.distinct = true;
        self
    }

    /// Sorted by this, and within it by what is given next.
    pub fn order(mut self, by: Order<M>) -> Self {
        self.select.order.push(by.into_inner());
        self
    }

    /// Sorted by this, instead of by what was given before.
    pub fn reorder(mut self, by: Order<M>) -> Self {
        self.select.order.clear();
        self.order(by)
    }

    /// So many rows at most.
    pub fn limit(mut self, rows: u64) -> Self {
        self.select.limit = Some(rows);
        self
    }

    /// Leaves out so many rows first.
    pub fn offset(mut self, rows: u64) -> Self {
        self.select.offset = Some(rows);
        self
    }

    /// The first row, if there is one. Without an order, it is any of them.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let longest: Option<(String, i64)> =
    ///     db.find::<User>().select((User::NAME, User::NAME.length())).order(User::NAME.length().desc()).first().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited, those of [`Selected`].
    pub fn first(self) -> FirstSelected<'s, M, R> {
        FirstSelected(self.limit(1))
    }

    /// How many rows there are: with groups, how many groups; with `distinct`,
    /// how many different rows.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let names: u64 = db.find::<User>().select(User::NAME).distinct().count().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited, those of [`Selected`].
    pub fn count(mut self) -> CountSelected<'s, M> {
        if let Project::Exprs(exprs) = std::mem::replace(&mut self.select.project, Project::Count) {
            self.select.project = Project::CountOf(exprs);
        }
        self.select.order.clear();
        CountSelected(Selected::new(self.pending, self.select))
    }

    /// Reads the rows in batches, so that memory does not grow with their
    /// number; see [`RecordStream`]. They come in the order that was given, and
    /// within it, or without one, in that of the model's key.
    ///
    /// Groups, aggregates and `distinct` have no rows to go on from: those are
    /// read as a list.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let mut names = db.find::<User>().select((User::NAME, User::AGE)).stream();
    /// while let Some(row) = names.next().await {
    ///     let (name, age) = row?;
    ///     println!("{name} is {age}");
    /// }
    /// # Ok(()) }
    /// ```
    pub fn stream(self) -> RecordStream<'s, R>
    where
        M: Keyed,
    {
        RecordStream::of_rows(self.pending, self.select)
    }

    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        Statement::Select(self.select.clone())
    }

    pub(super) fn into_select(self) -> Select {
        self.select
    }

    async fn rows(self) -> Result<Vec<R>> {
        let finished = self.pending.run(Statement::Select(self.select), Box::new(Rows::<R>(Vec::new()))).await;
        finished.result?;
        Ok(take_rows(finished.records))
    }
}

impl<'s, M: 'static, R: FromRow> IntoFuture for Selected<'s, M, R> {
    type Output = Result<Vec<R>>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.rows())
    }
}

impl<M, R> Clone for Selected<'_, M, R> {
    fn clone(&self) -> Self {
        Self { pending: self.pending.clone(), select: self.select.clone(), of: PhantomData }
    }
}

impl<M, R> fmt::Debug for Selected<'_, M, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.select.fmt(f)
    }
}

/// A query for the first row; awaited, it is an `Option<R>`.
///
/// # Errors
/// When awaited, those of [`Selected`].
#[must_use = "a query does nothing until it is awaited"]
#[derive(Debug)]
pub struct FirstSelected<'s, M, R>(Selected<'s, M, R>);

impl<'s, M: 'static, R: FromRow> IntoFuture for FirstSelected<'s, M, R> {
    type Output = Result<Option<R>>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.0.rows().await?.into_iter().next()) })
    }
}

/// A query for the number of rows; awaited, it is a `u64`.
///
/// # Errors
/// When awaited, those of [`Selected`].
#[must_use = "a query does nothing until it is awaited"]
#[derive(Debug)]
pub struct CountSelected<'s, M>(pub(super) Selected<'s, M, i64>);

impl<'s, M: 'static> IntoFuture for CountSelected<'s, M> {
    type Output = Result<u64>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let count = self.0.rows().await?.into_iter().next();
            count.and_then(|it| u64::try_from(it).ok()).ok_or_else(|| Error::CallbackMisuse {
                chain: "query",
                what: "no number of rows: the link `orm:query` did not run".to_owned(),
            })
        })
    }
}
