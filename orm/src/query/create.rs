//! New records.

use std::fmt;
use std::future::IntoFuture;

use crate::callback::{BoxFuture, Runner};
use crate::error::Result;
use crate::query::{Pending, WriteError, settings, take_records};
use crate::schema::Model;
use crate::statement::{Insert, Records, Statement};
use crate::value::FromRow;

/// A record that is about to be stored; awaited, it is the record as stored.
///
/// # Errors
/// When awaited: [`Error::UniqueViolation`](crate::Error::UniqueViolation) and
/// the other violations, [`Error::Unstorable`](crate::Error::Unstorable) for a
/// value that no column can hold, and whatever a hook or callback says.
#[must_use = "nothing is created until this is awaited"]
pub struct Create<'s, M> {
    pending: Pending<'s>,
    records: Vec<M>,
    auto: bool,
}

impl<'s, M: Model + FromRow> Create<'s, M> {
    pub(crate) fn new(runner: &'s dyn Runner, record: M) -> Self {
        Self { pending: Pending::new(runner), records: vec![record], auto: true }
    }

    settings!(pending);

    /// Sends the key also where it is zero, instead of letting the database number it.
    pub fn with_keys(mut self) -> Self {
        self.auto = false;
        self
    }

    /// Gives the record back where the write fails.
    pub fn or_return(self) -> CreateOrReturn<'s, M> {
        CreateOrReturn(self)
    }

    /// What will run, to look at: for all records, though several statements may
    /// be sent; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        Statement::Insert(Insert { model: M::META, rows: 0..self.records.len(), auto: self.auto, left_out: Vec::new() })
    }

    async fn run(self) -> Result<Vec<M>, WriteError<Vec<M>>> {
        let statement = self.statement();
        let finished = self.pending.run(statement, Box::new(Records(self.records))).await;
        let records = take_records(finished.records);
        match finished.result {
            Ok(()) => Ok(records),
            Err(error) => Err(WriteError::new(error, records)),
        }
    }

    async fn run_one(self) -> Result<M, WriteError<M>> {
        let one = |mut records: Vec<M>| records.pop().expect("callbacks cannot take a record away");
        match self.run().await {
            Ok(records) => Ok(one(records)),
            Err(failed) => {
                let (error, records) = failed.into_parts();
                Err(WriteError::new(error, one(records)))
            }
        }
    }
}

impl<'s, M: Model + FromRow> IntoFuture for Create<'s, M> {
    type Output = Result<M>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.run_one().await?) })
    }
}

impl<M: Model> fmt::Debug for Create<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Create({} × {})", self.records.len(), M::META.name)
    }
}

/// A [`Create`] that gives its record back where the write fails.
#[must_use = "nothing is created until this is awaited"]
#[derive(Debug)]
pub struct CreateOrReturn<'s, M: Model>(Create<'s, M>);

impl<'s, M: Model + FromRow> IntoFuture for CreateOrReturn<'s, M> {
    type Output = Result<M, WriteError<M>>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.0.run_one())
    }
}

/// Records that are about to be stored, all or none; awaited, it is the records
/// with their keys, in the same order. Of an empty list, nothing is sent.
///
/// # Errors
/// As [`Create`].
#[must_use = "nothing is created until this is awaited"]
#[derive(Debug)]
pub struct CreateMany<'s, M: Model>(Create<'s, M>);

impl<'s, M: Model + FromRow> CreateMany<'s, M> {
    pub(crate) fn new(runner: &'s dyn Runner, records: Vec<M>) -> Self {
        Self(Create { pending: Pending::new(runner), records, auto: true })
    }

    /// Gives a value to the callbacks of this statement.
    pub fn with<V: std::any::Any + Send + Sync>(self, value: V) -> Self {
        Self(self.0.with(value))
    }

    /// Sends the keys also where they are zero, instead of letting the database number them.
    pub fn with_keys(self) -> Self {
        Self(self.0.with_keys())
    }

    /// What will run, to look at: for all records, though several statements may
    /// be sent; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        self.0.statement()
    }

    /// Gives the records back where the write fails.
    pub fn or_return(self) -> CreateManyOrReturn<'s, M> {
        CreateManyOrReturn(self.0)
    }
}

impl<'s, M: Model + FromRow> IntoFuture for CreateMany<'s, M> {
    type Output = Result<Vec<M>>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.0.run().await?) })
    }
}

/// A [`CreateMany`] that gives its records back where the write fails.
#[must_use = "nothing is created until this is awaited"]
#[derive(Debug)]
pub struct CreateManyOrReturn<'s, M: Model>(Create<'s, M>);

impl<'s, M: Model + FromRow> IntoFuture for CreateManyOrReturn<'s, M> {
    type Output = Result<Vec<M>, WriteError<Vec<M>>>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.0.run())
    }
}
