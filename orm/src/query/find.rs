//! Reads of records.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use crate::callback::{BoxFuture, Runner};
use crate::error::{Error, Result};
use crate::expr::{ColumnRef, Expr, Order, Predicate};
use crate::query::{Pending, RecordStream, settings, take_records, take_rows};
use crate::schema::Model;
use crate::statement::{Project, Records, Rows, Select, Statement};
use crate::value::FromRow;

/// A query for records of `M`; awaited, it is a `Vec<M>`.
///
/// # Errors
/// When awaited: [`Error::Decode`] where a column holds something else than its
/// field, [`Error::MissingTable`], and whatever the connection or a callback says.
#[must_use = "a query does nothing until it is awaited"]
pub struct Find<'s, M> {
    pending: Pending<'s>,
    select: Select,
    of: PhantomData<fn() -> M>,
}

impl<'s, M: Model + FromRow> Find<'s, M> {
    pub(crate) fn new(runner: &'s dyn Runner) -> Self {
        let select = Select {
            model: M::META,
            project: Project::Columns,
            filter: Vec::new(),
            order: Vec::new(),
            limit: None,
            offset: None,
            streamed: false,
        };
        Self { pending: Pending::new(runner), select, of: PhantomData }
    }

    settings!(pending);

    /// Only records for which the condition holds, and every other one given.
    pub fn where_(mut self, condition: Predicate<M>) -> Self {
        self.select.filter.push(condition.into_expr());
        self
    }

    /// Sorted by this, and within it by what is given next.
    pub fn order(mut self, by: Order<M>) -> Self {
        self.select.order.push(by.into_parts());
        self
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
    pub fn first(mut self) -> First<'s, M> {
        if self.select.order.is_empty() {
            let column = |&at: &usize| (Expr::Column(ColumnRef { model: M::META, at }), Some(false));
            self.select.order.extend(M::META.key.iter().map(column));
        }
        First(self.limit(1))
    }

    /// How many records there are; with a limit or an offset, how many of them are left.
    pub fn count(mut self) -> Count<'s, M> {
        self.select.project = Project::Count;
        Count(self)
    }

    /// Whether there is a record.
    pub fn exists(mut self) -> Exists<'s, M> {
        self.select.project = Project::Exists;
        self.select.limit = Some(self.select.limit.unwrap_or(1).min(1));
        Exists(self)
    }

    /// Reads the records in batches, so that memory does not grow with their
    /// number; see [`RecordStream`]. They come in the order of the key.
    pub fn stream(self) -> RecordStream<'s, M> {
        RecordStream::new(self.pending.runner, self.select, self.pending.settings)
    }

    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        Statement::Select(self.select.clone())
    }

    async fn records(self) -> Result<Vec<M>> {
        let finished = self.pending.run(Statement::Select(self.select), Box::new(Records::<M>(Vec::new()))).await;
        finished.result?;
        Ok(take_records(finished.records))
    }

    async fn figures(self) -> Result<Vec<i64>> {
        let finished = self.pending.run(Statement::Select(self.select), Box::new(Rows::<i64>(Vec::new()))).await;
        finished.result?;
        Ok(take_rows(finished.records))
    }
}

impl<'s, M: Model + FromRow> IntoFuture for Find<'s, M> {
    type Output = Result<Vec<M>>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.records())
    }
}

impl<M> fmt::Debug for Find<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.select.fmt(f)
    }
}

/// A query for the first record; awaited, it is an `Option<M>`.
#[must_use = "a query does nothing until it is awaited"]
#[derive(Debug)]
pub struct First<'s, M>(Find<'s, M>);

impl<M: Model + FromRow> First<'_, M> {
    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        self.0.statement()
    }
}

impl<'s, M: Model + FromRow> IntoFuture for First<'s, M> {
    type Output = Result<Option<M>>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.0.records().await?.into_iter().next()) })
    }
}

/// A query for the number of records; awaited, it is a `u64`.
#[must_use = "a query does nothing until it is awaited"]
#[derive(Debug)]
pub struct Count<'s, M>(Find<'s, M>);

impl<M: Model + FromRow> Count<'_, M> {
    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        self.0.statement()
    }
}

impl<'s, M: Model + FromRow> IntoFuture for Count<'s, M> {
    type Output = Result<u64>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let count = self.0.figures().await?.into_iter().next();
            count.and_then(|it| u64::try_from(it).ok()).ok_or_else(|| Error::CallbackMisuse {
                chain: "query",
                what: "no number of records: the link `orm:query` did not run".to_owned(),
            })
        })
    }
}

/// A query for whether there is a record; awaited, it is a `bool`.
#[must_use = "a query does nothing until it is awaited"]
#[derive(Debug)]
pub struct Exists<'s, M>(Find<'s, M>);

impl<M: Model + FromRow> Exists<'_, M> {
    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        self.0.statement()
    }
}

impl<'s, M: Model + FromRow> IntoFuture for Exists<'s, M> {
    type Output = Result<bool>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(!self.0.figures().await?.is_empty()) })
    }
}
