//! Reads of records.

use std::fmt;
use std::future::IntoFuture;

use crate::callback::{BoxFuture, Runner};
use crate::error::{Error, Result};
use crate::expr::{ColumnRef, Expr, Order, OrderBy, Predicate, Selection};
use crate::query::{Known, Pending, RecordStream, Selected, clauses, settings, take_records, take_rows};
use crate::schema::{Keyed, Model, ModelMeta, TableName};
use crate::statement::{Project, Rows, Select, Statement};

/// A query for records of `M`; awaited, it is a `Vec<M>`.
///
/// What is asked twice is cloned, so that one question never changes another:
///
/// ```
/// # use orm::prelude::*;
/// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
/// # async fn f(db: &Session) -> orm::Result<()> {
/// let adults = db.find().where_(User::AGE.ge(18));
/// let all: u64 = adults.clone().count().await?;
/// let page: Vec<User> = adults.order(User::NAME.asc()).limit(20).await?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// When awaited: [`Error::Decode`] where a column holds something else than its
/// field, [`Error::MissingTable`], and whatever the connection or a callback says.
#[must_use = "a query does nothing until it is awaited"]
pub struct Find<'s, M> {
    pending: Pending<'s>,
    pub(super) select: Select,
    of: Known<M>,
}

impl<'s, M: Model> Find<'s, M> {
    #[track_caller]
    pub(crate) fn new(runner: &'s dyn Runner) -> Self {
        Self::with_select(runner, Select::of(M::META))
    }

    #[track_caller]
    pub(super) fn with_select(runner: &'s dyn Runner, select: Select) -> Self {
        Self { pending: Pending::new(runner), select, of: Known::new() }
    }
}

impl<'s, M: 'static> Find<'s, M> {
    settings!(pending);
    clauses!(select);

    /// Reads from another table that has the columns of the model; see
    /// [`TableName`].
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let minors = db.find().where_(User::AGE.lt(18)).table("users_2020").await?;
    /// # Ok(()) }
    /// ```
    pub fn table(mut self, name: impl Into<TableName>) -> Self {
        self.select.table = Some(name.into());
        self
    }

    /// Only records for which the condition holds, and every other one given.
    pub fn where_(mut self, condition: Predicate<M>) -> Self {
        self.select.filter.push(condition.into_expr());
        self
    }

    /// Only records for which the condition holds, if there is one.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// async fn search(db: &Session, name: Option<&str>, least: Option<u8>) -> orm::Result<Vec<User>> {
    ///     db.find().where_opt(name.map(|it| User::NAME.eq(it))).where_opt(least.map(|it| User::AGE.ge(it))).await
    /// }
    /// # let _ = search;
    /// ```
    pub fn where_opt(mut self, condition: Option<Predicate<M>>) -> Self {
        self.select.filter.extend(condition.map(Predicate::into_expr));
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

    /// So many records at most.
    pub fn limit(mut self, records: u64) -> Self {
        self.select.limit = Some(records);
        self
    }

    /// Leaves out so many records first.
    pub fn offset(mut self, records: u64) -> Self {
        self.select.offset = Some(records);
        self
    }

    /// Applies a part of a query that is written once and used often.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use orm::Find;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, age: u8 }
    /// fn adults(users: Find<'_, User>) -> Find<'_, User> {
    ///     users.where_(User::AGE.ge(18))
    /// }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let users = db.find().scope(adults).limit(10).await?;
    /// # Ok(()) }
    /// ```
    pub fn scope(self, scope: impl FnOnce(Self) -> Self) -> Self {
        scope(self)
    }

    /// The first record, if there is one; in the order of the key where no
    /// order is given.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let eldest: Option<User> = db.find().order(User::AGE.desc()).first().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited, those of [`Find`].
    pub fn first(mut self) -> First<'s, M> {
        if self.select.order.is_empty() {
            self.select.order.extend(key_order(self.of.model, self.of.model.key));
        }
        First(self.limit(1))
    }

    /// How many records there are; with a limit or an offset, how many of them are left.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let adults: u64 = db.find().where_(User::AGE.ge(18)).count().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited, those of [`Find`].
    pub fn count(mut self) -> Count<'s, M> {
        self.select.project = Project::Count;
        Count(self)
    }

    /// Whether there is a record.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let taken: bool = db.find().where_(User::NAME.eq("ann")).exists().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited, those of [`Find`].
    pub fn exists(mut self) -> Exists<'s, M> {
        self.select.project = Project::Exists;
        self.select.limit = Some(self.select.limit.unwrap_or(1).min(1));
        Exists(self)
    }

    /// Reads columns and expressions instead of records; see [`Selected`].
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let names: Vec<String> = db.find().where_(User::AGE.ge(18)).select(User::NAME).await?;
    /// let pairs: Vec<(i64, String)> = db.find::<User>().select((User::ID, User::NAME.lower())).await?;
    /// let oldest: Vec<Option<u8>> = db.find::<User>().select(User::AGE.max()).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited, those of [`Selected`].
    pub fn select<S: Selection<M>>(mut self, what: S) -> Selected<'s, M, S::Row> {
        self.select.project = Project::Exprs(what.into_exprs());
        Selected::new(self.pending, self.select)
    }

    /// Reads the records in batches, so that memory does not grow with their
    /// number; see [`RecordStream`]. They come in the order that was given, and
    /// within it, or without one, in that of the key.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let mut users = db.find::<User>().order(User::AGE.desc()).stream();
    /// while let Some(user) = users.next().await {
    ///     println!("{}", user?.name);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn stream(self) -> RecordStream<'s, M>
    where
        M: Keyed,
    {
        RecordStream::of_records(self.pending, self.select)
    }

    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        Statement::Select(self.select.clone())
    }

    pub(super) fn into_select(self) -> Select {
        self.select
    }

    pub(super) fn model(&self) -> &'static ModelMeta {
        self.of.model
    }

    pub(super) fn records(self) -> impl Future<Output = Result<Vec<M>>> + Send + use<'s, M> {
        let room = if self.select.limit == Some(1) { Vec::with_capacity(1) } else { Vec::new() };
        let running = self.pending.run(Statement::Select(self.select), (self.of.records)(room));
        async move {
            let finished = running.await;
            finished.result?;
            Ok(take_records(finished.records))
        }
    }

    fn figures(self) -> impl Future<Output = Result<Vec<i64>>> + Send + use<'s, M> {
        let running = self.pending.run(Statement::Select(self.select), Box::new(Rows::<i64>(Vec::new())));
        async move {
            let finished = running.await;
            finished.result?;
            Ok(take_rows(finished.records))
        }
    }
}

impl<'s, M: 'static> IntoFuture for Find<'s, M> {
    type Output = Result<Vec<M>>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.records())
    }
}

impl<M> Clone for Find<'_, M> {
    fn clone(&self) -> Self {
        Self { pending: self.pending.clone(), select: self.select.clone(), of: self.of }
    }
}

impl<M> fmt::Debug for Find<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.select.fmt(f)
    }
}

/// The order of the columns of a key.
pub(super) fn key_order(model: &'static ModelMeta, key: &'static [usize]) -> impl Iterator<Item = OrderBy> {
    let column = move |&at| Expr::Column(ColumnRef { model, at });
    key.iter().map(move |at| OrderBy { expr: column(at), descending: Some(false), nulls_first: None })
}

/// A query for the first record; awaited, it is an `Option<M>`.
///
/// # Errors
/// When awaited, those of [`Find`].
#[must_use = "a query does nothing until it is awaited"]
#[derive(Debug)]
pub struct First<'s, M>(Find<'s, M>);

impl<M: 'static> First<'_, M> {
    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        self.0.statement()
    }
}

impl<'s, M: 'static> IntoFuture for First<'s, M> {
    type Output = Result<Option<M>>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let records = self.0.records();
        Box::pin(async move { Ok(records.await?.into_iter().next()) })
    }
}

/// A query for the number of records; awaited, it is a `u64`.
///
/// # Errors
/// When awaited, those of [`Find`].
#[must_use = "a query does nothing until it is awaited"]
#[derive(Debug)]
pub struct Count<'s, M>(pub(super) Find<'s, M>);

impl<M: 'static> Count<'_, M> {
    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        self.0.statement()
    }
}

impl<'s, M: 'static> IntoFuture for Count<'s, M> {
    type Output = Result<u64>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let figures = self.0.figures();
        Box::pin(async move {
            let count = figures.await?.into_iter().next();
            count.and_then(|it| u64::try_from(it).ok()).ok_or_else(|| Error::CallbackMisuse {
                chain: "query",
                what: "no number of records: the link `orm:query` did not run".to_owned(),
            })
        })
    }
}

/// A query for whether there is a record; awaited, it is a `bool`.
///
/// # Errors
/// When awaited, those of [`Find`].
#[must_use = "a query does nothing until it is awaited"]
#[derive(Debug)]
pub struct Exists<'s, M>(Find<'s, M>);

impl<M: 'static> Exists<'_, M> {
    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        self.0.statement()
    }
}

impl<'s, M: 'static> IntoFuture for Exists<'s, M> {
    type Output = Result<bool>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let figures = self.0.figures();
        Box::pin(async move { Ok(!figures.await?.is_empty()) })
    }
}
