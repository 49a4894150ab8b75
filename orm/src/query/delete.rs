//! Removals of records.

use std::fmt;
use std::future::IntoFuture;

use crate::callback::{BoxFuture, Runner};
use crate::error::Result;
use crate::expr::Predicate;
use crate::query::{Known, Pending, WriteError, clauses, matching, settings, take_records, this_record};
use crate::schema::{Model, TableName};
use crate::statement::{self, Rows, Statement};

/// A record that is about to be removed.
///
/// # Errors
/// When awaited: [`Error::NotFound`](crate::Error::NotFound) if it is gone
/// already, [`Error::NoKey`](crate::Error::NoKey),
/// [`Error::ForeignKeyViolation`](crate::Error::ForeignKeyViolation) if others
/// point to it, and whatever a hook or callback says.
#[must_use = "nothing is deleted until this is awaited"]
pub struct Delete<'s, M> {
    pending: Pending<'s>,
    record: M,
    of: Known<M>,
}

impl<'s, M: Model> Delete<'s, M> {
    #[track_caller]
    pub(crate) fn new(runner: &'s dyn Runner, record: M) -> Self {
        Self { pending: Pending::new(runner), record, of: Known::new() }
    }
}

impl<'s, M: Send + 'static> Delete<'s, M> {
    settings!(pending);
    clauses!(pending);

    /// Removes the record from another table that has the columns of the model; see
    /// [`TableName`].
    pub fn table(mut self, name: impl Into<TableName>) -> Self {
        self.pending.table = Some(name.into());
        self
    }

    /// Gives the record back where the removal fails.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session, user: User) -> orm::Result<()> {
    /// match db.delete(user).or_return().await {
    ///     Ok(()) => println!("done"),
    ///     Err(failed) => println!("not done: {:?}", failed.into_record()),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited, those of [`Delete`], with the record.
    pub fn or_return(self) -> DeleteOrReturn<'s, M> {
        DeleteOrReturn(self)
    }

    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        Statement::Delete(statement::Delete {
            model: self.of.model,
            target: this_record(),
            table: self.pending.table.clone(),
            clauses: self.pending.clauses.clone(),
            returning: None,
        })
    }

    async fn run(self) -> Result<(), WriteError<M>> {
        let statement = self.statement();
        let finished = self.pending.run(statement, (self.of.records)(vec![self.record])).await;
        finished.result.map_err(|error| {
            let record = take_records(finished.records).pop().expect("callbacks cannot take a record away");
            WriteError::new(error, record)
        })
    }
}

impl<'s, M: Send + 'static> IntoFuture for Delete<'s, M> {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.run().await?) })
    }
}

impl<M> fmt::Debug for Delete<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delete({})", self.of.model.name)
    }
}

/// A [`Delete`] that gives its record back where the removal fails.
///
/// # Errors
/// When awaited, those of [`Delete`], with the record.
#[must_use = "nothing is deleted until this is awaited"]
#[derive(Debug)]
pub struct DeleteOrReturn<'s, M>(Delete<'s, M>);

impl<'s, M: Send + 'static> IntoFuture for DeleteOrReturn<'s, M> {
    type Output = Result<(), WriteError<M>>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.0.run())
    }
}

/// All records for which a condition holds, about to be removed; awaited, it is
/// how many there were.
///
/// # Errors
/// As [`Delete`], without the first two; [`Error::Invalid`](crate::Error::Invalid) for a condition
/// of which nothing is left, where [`every`](crate::every) is not said.
#[must_use = "nothing is deleted until this is awaited"]
pub struct DeleteAll<'s, M> {
    pending: Pending<'s>,
    condition: Predicate<M>,
}

impl<'s, M: Model> DeleteAll<'s, M> {
    pub(super) fn into_parts(self) -> (Pending<'s>, Statement) {
        let statement = self.statement();
        (Pending { unbounded: self.condition.is_empty(), ..self.pending }, statement)
    }

    #[track_caller]
    pub(crate) fn new(runner: &'s dyn Runner, condition: Predicate<M>) -> Self {
        Self { pending: Pending::new(runner), condition }
    }

    settings!(pending);
    clauses!(pending);

    /// Removes records from another table that has the columns of the model; see
    /// [`TableName`].
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let gone = db.delete_all(User::AGE.lt(18)).table("users_2020").await?;
    /// # Ok(()) }
    /// ```
    pub fn table(mut self, name: impl Into<TableName>) -> Self {
        self.pending.table = Some(name.into());
        self
    }

    /// Applies a part of a removal that is written once and used often; as
    /// [`Find::scope`](crate::Find::scope).
    pub fn scope(self, scope: impl FnOnce(Self) -> Self) -> Self {
        scope(self)
    }

    /// Only records for which this holds, too.
    pub fn where_(mut self, condition: Predicate<M>) -> Self {
        self.condition = self.condition.and(condition);
        self
    }

    /// Only records for which this holds, too, if it is there.
    ///
    /// A condition that is left out never makes the statement one for every record:
    /// beside [`every`](crate::every) and nothing else, it is refused.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// async fn forget(db: &Session, name: Option<&str>) -> orm::Result<u64> {
    ///     db.delete_all(User::AGE.lt(18)).where_opt(name.map(|it| User::NAME.eq(it))).await
    /// }
    /// # let _ = forget;
    /// ```
    ///
    /// # Errors
    /// When awaited, [`Error::Invalid`](crate::Error::Invalid) where nothing is left of the conditions.
    pub fn where_opt(mut self, condition: Option<Predicate<M>>) -> Self {
        self.condition = match condition {
            Some(it) => self.condition.and(it),
            None => self.condition.without_every(),
        };
        self
    }

    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        let (target, table) = (matching(&self.condition), self.pending.table.clone());
        let clauses = self.pending.clauses.clone();
        Statement::Delete(statement::Delete { model: M::META, target, table, clauses, returning: None })
    }
}

impl<'s, M: Model> IntoFuture for DeleteAll<'s, M> {
    type Output = Result<u64>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let (pending, statement) = self.into_parts();
        Box::pin(async move {
            let finished = pending.run(statement, Box::new(Rows::<i64>(Vec::new()))).await;
            finished.result?;
            Ok(finished.outcome.affected)
        })
    }
}

impl<M> fmt::Debug for DeleteAll<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeleteAll({:?})", self.condition)
    }
}
