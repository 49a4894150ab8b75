//! Removals of records.

use std::fmt;
use std::future::IntoFuture;

use crate::callback::{BoxFuture, Runner};
use crate::error::Result;
use crate::expr::Predicate;
use crate::query::{Pending, WriteError, matching, settings, take_records, this_record};
use crate::schema::Model;
use crate::statement::{self, Records, Rows, Statement};
use crate::value::FromRow;

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
}

impl<'s, M: Model + FromRow> Delete<'s, M> {
    pub(crate) fn new(runner: &'s dyn Runner, record: M) -> Self {
        Self { pending: Pending::new(runner), record }
    }

    settings!(pending);

    /// Gives the record back where the removal fails.
    pub fn or_return(self) -> DeleteOrReturn<'s, M> {
        DeleteOrReturn(self)
    }

    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        Statement::Delete(statement::Delete { model: M::META, target: this_record() })
    }

    async fn run(self) -> Result<(), WriteError<M>> {
        let statement = self.statement();
        let finished = self.pending.run(statement, Box::new(Records(vec![self.record]))).await;
        finished.result.map_err(|error| {
            let record = take_records(finished.records).pop().expect("callbacks cannot take a record away");
            WriteError::new(error, record)
        })
    }
}

impl<'s, M: Model + FromRow> IntoFuture for Delete<'s, M> {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.run().await?) })
    }
}

impl<M: Model> fmt::Debug for Delete<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delete({})", M::META.name)
    }
}

/// A [`Delete`] that gives its record back where the removal fails.
#[must_use = "nothing is deleted until this is awaited"]
#[derive(Debug)]
pub struct DeleteOrReturn<'s, M: Model>(Delete<'s, M>);

impl<'s, M: Model + FromRow> IntoFuture for DeleteOrReturn<'s, M> {
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
/// As [`Delete`], without the first two.
#[must_use = "nothing is deleted until this is awaited"]
pub struct DeleteAll<'s, M> {
    pending: Pending<'s>,
    condition: Predicate<M>,
}

impl<'s, M: Model> DeleteAll<'s, M> {
    pub(crate) fn new(runner: &'s dyn Runner, condition: Predicate<M>) -> Self {
        Self { pending: Pending::new(runner), condition }
    }

    settings!(pending);

    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        Statement::Delete(statement::Delete { model: M::META, target: matching(self.condition.clone().into_expr()) })
    }
}

impl<'s, M: Model> IntoFuture for DeleteAll<'s, M> {
    type Output = Result<u64>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let statement = self.statement();
        Box::pin(async move {
            let finished = self.pending.run(statement, Box::new(Rows::<i64>(Vec::new()))).await;
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
