//! New records.

use std::fmt;
use std::future::IntoFuture;

use crate::callback::{BoxFuture, Runner};
use crate::error::Result;
use crate::query::parts::{Parts, parts};
use crate::query::{Known, Pending, WriteError, clauses, settings, take_records};
use crate::schema::{Model, TableName};
use crate::statement::{Insert, InsertMode, Statement};

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
    parts: Parts,
    of: Known<M>,
}

impl<'s, M: Model> Create<'s, M> {
    #[track_caller]
    pub(crate) fn new(runner: &'s dyn Runner, record: M) -> Self {
        Self { pending: Pending::new(runner), records: vec![record], auto: true, parts: Parts::default(), of: Known::new() }
    }
}

impl<'s, M: Send + 'static> Create<'s, M> {
    settings!(pending);
    clauses!(pending);

    /// Stores in another table that has the columns of the model; see
    /// [`TableName`].
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// db.create(User { id: 0, name: "ann".into(), age: 20 }).table("users_2020").await?;
    /// # Ok(()) }
    /// ```
    pub fn table(mut self, name: impl Into<TableName>) -> Self {
        self.pending.table = Some(name.into());
        self
    }

    /// Sends the key also where it is zero, instead of letting the database number it.
    pub fn with_keys(mut self) -> Self {
        self.auto = false;
        self
    }

    /// Gives the record back where the write fails.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session, user: User) -> orm::Result<()> {
    /// match db.create(user).or_return().await {
    ///     Ok(_) => println!("done"),
    ///     Err(failed) => println!("not done: {:?}", failed.into_record()),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited, those of [`Create`], with the record.
    pub fn or_return(self) -> CreateOrReturn<'s, M> {
        CreateOrReturn(self)
    }

    /// What will run, to look at: for all records, though several statements may
    /// be sent; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        let (rows, mode) = (0..self.records.len(), InsertMode::Returning);
        let (table, clauses) = (self.pending.table.clone(), self.pending.clauses.clone());
        Statement::Insert(Insert { model: self.of.model, rows, auto: self.auto, left_out: Vec::new(), mode, table, clauses })
    }

    async fn run(mut self) -> Result<Vec<M>, WriteError<Vec<M>>> {
        if let Err(error) = self.parts.check() {
            return Err(WriteError::new(error, self.records));
        }
        if self.parts.is_said() {
            self.parts.total = Some(self.records.len());
            self.pending.settings.set(std::mem::take(&mut self.parts));
        }
        let statement = self.statement();
        let finished = self.pending.run(statement, (self.of.records)(self.records)).await;
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

impl<'s, M: Send + 'static> IntoFuture for Create<'s, M> {
    type Output = Result<M>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.run_one().await?) })
    }
}

impl<M> fmt::Debug for Create<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Create({} × {})", self.records.len(), self.of.model.name)
    }
}

/// A [`Create`] that gives its record back where the write fails.
///
/// # Errors
/// When awaited, those of [`Create`], with the record.
#[must_use = "nothing is created until this is awaited"]
#[derive(Debug)]
pub struct CreateOrReturn<'s, M>(Create<'s, M>);

impl<'s, M: Send + 'static> IntoFuture for CreateOrReturn<'s, M> {
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
pub struct CreateMany<'s, M>(Create<'s, M>);

impl<'s, M: Model> CreateMany<'s, M> {
    #[track_caller]
    pub(crate) fn new(runner: &'s dyn Runner, records: Vec<M>) -> Self {
        Self(Create { pending: Pending::new(runner), records, auto: true, parts: Parts::default(), of: Known::new() })
    }
}

impl<'s, M: Send + 'static> CreateMany<'s, M> {
    /// Gives a value to the callbacks of this statement.
    pub fn with<V: std::any::Any + Send + Sync>(self, value: V) -> Self {
        Self(self.0.with(value))
    }

    /// Lets callbacks that heed it do what they otherwise would not; see
    /// [`Session::unscoped`](crate::Session::unscoped).
    pub fn unscoped(self) -> Self {
        Self(self.0.unscoped())
    }

    /// Stores in another table that has the columns of the model; see
    /// [`TableName`].
    pub fn table(self, name: impl Into<TableName>) -> Self {
        Self(self.0.table(name))
    }

    /// Puts SQL text of the program at a place for which there is no method; see
    /// [`Create::clause`]. Where it leaves records out, all of them fail.
    pub fn clause(self, at: crate::expr::ClauseAt, text: impl crate::value::SqlText, args: impl crate::expr::Args) -> Self {
        Self(self.0.clause(at, text, args))
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

    parts!(0.parts);

    /// Gives the records back where the write fails.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session, users: Vec<User>) -> orm::Result<()> {
    /// match db.create_many(users).or_return().await {
    ///     Ok(_) => println!("done"),
    ///     Err(failed) => println!("not done: {:?}", failed.into_record()),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited, those of [`Create`], with all records.
    pub fn or_return(self) -> CreateManyOrReturn<'s, M> {
        CreateManyOrReturn(self.0)
    }
}

impl<'s, M: Send + 'static> IntoFuture for CreateMany<'s, M> {
    type Output = Result<Vec<M>>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.0.run().await?) })
    }
}

/// A [`CreateMany`] that gives its records back where the write fails.
///
/// # Errors
/// When awaited, those of [`Create`], with all records.
#[must_use = "nothing is created until this is awaited"]
#[derive(Debug)]
pub struct CreateManyOrReturn<'s, M>(Create<'s, M>);

impl<'s, M: Send + 'static> IntoFuture for CreateManyOrReturn<'s, M> {
    type Output = Result<Vec<M>, WriteError<Vec<M>>>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.0.run())
    }
}
