//! Changes of records.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use crate::callback::{BoxFuture, Runner};
use crate::error::Result;
use crate::expr::{Assignment, Column, Operand, Predicate};
use crate::query::{Pending, WriteError, matching, settings, take_records, this_record};
use crate::schema::Model;
use crate::statement::{self, Records, Rows, Statement};
use crate::value::FromRow;

/// Columns of a record that are about to be changed; awaited, it is the record
/// as it is stored then.
///
/// Only the columns that are `set` are sent; zero, `false` and `None` are
/// values like all others.
///
/// # Errors
/// When awaited: [`Error::NotFound`](crate::Error::NotFound) if the record is
/// gone, [`Error::NoKey`](crate::Error::NoKey), and the errors of
/// [`Create`](crate::query::Create).
#[must_use = "nothing is changed until this is awaited"]
pub struct Update<'s, M> {
    pending: Pending<'s>,
    record: M,
    set: Vec<Assignment>,
    whole: bool,
}

impl<'s, M: Model + FromRow> Update<'s, M> {
    pub(crate) fn new(runner: &'s dyn Runner, record: M) -> Self {
        Self { pending: Pending::new(runner), record, set: Vec::new(), whole: false }
    }

    settings!(pending);

    /// Sets a column to a value, or to an expression over the columns of the
    /// stored record; a column that is set twice gets the later one.
    pub fn set<T>(mut self, column: Column<M, T>, value: impl Operand<M, T>) -> Self {
        assign(&mut self.set, column, value);
        self
    }

    /// Gives the record back where the write fails.
    pub fn or_return(self) -> UpdateOrReturn<'s, M> {
        UpdateOrReturn(self)
    }

    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        Statement::Update(statement::Update { model: M::META, target: this_record(), set: self.set.clone(), whole: self.whole })
    }

    async fn run(self) -> Result<M, WriteError<M>> {
        let statement = self.statement();
        let finished = self.pending.run(statement, Box::new(Records(vec![self.record]))).await;
        let record = take_records(finished.records).pop().expect("callbacks cannot take a record away");
        match finished.result {
            Ok(()) => Ok(record),
            Err(error) => Err(WriteError::new(error, record)),
        }
    }
}

fn assign<M: Model, T>(set: &mut Vec<Assignment>, column: Column<M, T>, value: impl Operand<M, T>) {
    let column = column.column_ref();
    set.retain(|it| it.column != column);
    set.push(Assignment { column, value: value.into_expr(Some(column)) });
}

impl<'s, M: Model + FromRow> IntoFuture for Update<'s, M> {
    type Output = Result<M>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.run().await?) })
    }
}

impl<M: Model> fmt::Debug for Update<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Update({} {:?})", M::META.name, self.set)
    }
}

/// An [`Update`] that gives its record back where the write fails.
#[must_use = "nothing is changed until this is awaited"]
#[derive(Debug)]
pub struct UpdateOrReturn<'s, M: Model>(Update<'s, M>);

impl<'s, M: Model + FromRow> IntoFuture for UpdateOrReturn<'s, M> {
    type Output = Result<M, WriteError<M>>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.0.run())
    }
}

/// A record of which every column is about to be written; awaited, it is the record.
///
/// # Errors
/// As [`Update`].
#[must_use = "nothing is saved until this is awaited"]
#[derive(Debug)]
pub struct Save<'s, M: Model>(Update<'s, M>);

impl<'s, M: Model + FromRow> Save<'s, M> {
    pub(crate) fn new(runner: &'s dyn Runner, record: M) -> Self {
        Self(Update { whole: true, ..Update::new(runner, record) })
    }

    /// Gives a value to the callbacks of this statement.
    pub fn with<V: std::any::Any + Send + Sync>(self, value: V) -> Self {
        Self(self.0.with(value))
    }

    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        self.0.statement()
    }

    /// Gives the record back where the write fails.
    pub fn or_return(self) -> SaveOrReturn<'s, M> {
        SaveOrReturn(self.0)
    }
}

impl<'s, M: Model + FromRow> IntoFuture for Save<'s, M> {
    type Output = Result<M>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.0.into_future()
    }
}

/// A [`Save`] that gives its record back where the write fails.
#[must_use = "nothing is saved until this is awaited"]
#[derive(Debug)]
pub struct SaveOrReturn<'s, M: Model>(Update<'s, M>);

impl<'s, M: Model + FromRow> IntoFuture for SaveOrReturn<'s, M> {
    type Output = Result<M, WriteError<M>>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.0.run())
    }
}

/// Columns of all records for which a condition holds; awaited, it is the
/// number of records that were matched, also those that had the value already.
///
/// # Errors
/// When awaited: the violations of [`Create`](crate::query::Create), and
/// whatever a callback says. Without a `set` nothing is sent.
#[must_use = "nothing is changed until this is awaited"]
pub struct UpdateAll<'s, M> {
    pending: Pending<'s>,
    condition: Predicate<M>,
    set: Vec<Assignment>,
    of: PhantomData<fn() -> M>,
}

impl<'s, M: Model> UpdateAll<'s, M> {
    pub(crate) fn new(runner: &'s dyn Runner, condition: Predicate<M>) -> Self {
        Self { pending: Pending::new(runner), condition, set: Vec::new(), of: PhantomData }
    }

    settings!(pending);

    /// Sets a column to a value, or to an expression over the columns of each record.
    pub fn set<T>(mut self, column: Column<M, T>, value: impl Operand<M, T>) -> Self {
        assign(&mut self.set, column, value);
        self
    }

    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        let target = matching(self.condition.clone().into_expr());
        Statement::Update(statement::Update { model: M::META, target, set: self.set.clone(), whole: false })
    }
}

impl<'s, M: Model> IntoFuture for UpdateAll<'s, M> {
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

impl<M> fmt::Debug for UpdateAll<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UpdateAll({:?} {:?})", self.condition, self.set)
    }
}
