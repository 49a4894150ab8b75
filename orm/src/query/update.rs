//! Changes of records.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use crate::callback::{BoxFuture, Runner};
use crate::error::Result;
use crate::expr::{Assignment, Column, Operand, Predicate};
use crate::query::{Known, Pending, WriteError, clauses, matching, settings, take_records, this_record};
use crate::schema::{Model, TableName};
use crate::statement::{self, Rows, Statement};

/// Columns of a record that are about to be changed; awaited, it is the record: as
/// it is stored then where one of them is calculated by the database, otherwise
/// with the values that were set beside what it had.
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
    of: Known<M>,
}

impl<'s, M: Model> Update<'s, M> {
    #[track_caller]
    pub(crate) fn new(runner: &'s dyn Runner, record: M) -> Self {
        Self { pending: Pending::new(runner), record, set: Vec::new(), whole: false, of: Known::new() }
    }
}

impl<'s, M: Send + 'static> Update<'s, M> {
    settings!(pending);
    clauses!(pending);

    /// Changes the record in another table that has the columns of the model; see
    /// [`TableName`].
    pub fn table(mut self, name: impl Into<TableName>) -> Self {
        self.pending.table = Some(name.into());
        self
    }

    /// Sets a column to a value, or to an expression over the columns of the
    /// stored record; a column that is set twice gets the later one.
    pub fn set<T>(mut self, column: Column<M, T>, value: impl Operand<M, T>) -> Self
    where
        M: Model,
    {
        assign(&mut self.set, column, value);
        self
    }

    /// Gives the record back where the write fails.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session, user: User) -> orm::Result<()> {
    /// match db.update(user).set(User::AGE, 30).or_return().await {
    ///     Ok(_) => println!("done"),
    ///     Err(failed) => println!("not done: {:?}", failed.into_record()),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited, those of [`Update`], with the record.
    pub fn or_return(self) -> UpdateOrReturn<'s, M> {
        UpdateOrReturn(self)
    }

    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        let (model, table) = (self.of.model, self.pending.table.clone());
        Statement::Update(statement::Update {
            model,
            target: this_record(),
            set: self.set.clone(),
            whole: self.whole,
            table,
            clauses: self.pending.clauses.clone(),
            returning: None,
        })
    }

    async fn run(self) -> Result<M, WriteError<M>> {
        let statement = self.statement();
        let finished = self.pending.run(statement, (self.of.records)(vec![self.record])).await;
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

impl<'s, M: Send + 'static> IntoFuture for Update<'s, M> {
    type Output = Result<M>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.run().await?) })
    }
}

impl<M> fmt::Debug for Update<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Update({} {:?})", self.of.model.name, self.set)
    }
}

/// An [`Update`] that gives its record back where the write fails.
///
/// # Errors
/// When awaited, those of [`Update`], with the record.
#[must_use = "nothing is changed until this is awaited"]
#[derive(Debug)]
pub struct UpdateOrReturn<'s, M>(Update<'s, M>);

impl<'s, M: Send + 'static> IntoFuture for UpdateOrReturn<'s, M> {
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
pub struct Save<'s, M>(Update<'s, M>);

impl<'s, M: Model> Save<'s, M> {
    #[track_caller]
    pub(crate) fn new(runner: &'s dyn Runner, record: M) -> Self {
        Self(Update { whole: true, ..Update::new(runner, record) })
    }
}

impl<'s, M: Send + 'static> Save<'s, M> {
    /// Gives a value to the callbacks of this statement.
    pub fn with<V: std::any::Any + Send + Sync>(self, value: V) -> Self {
        Self(self.0.with(value))
    }

    /// Lets this statement change what callbacks otherwise hide; see
    /// [`Session::unscoped`](crate::Session::unscoped).
    pub fn unscoped(self) -> Self {
        Self(self.0.unscoped())
    }

    /// Puts SQL text of the program at a place for which there is no method; see
    /// [`Update::clause`].
    pub fn clause(self, at: crate::expr::ClauseAt, text: impl crate::value::SqlText, args: impl crate::expr::Args) -> Self {
        Self(self.0.clause(at, text, args))
    }

    /// Writes to another table that has the columns of the model; see
    /// [`TableName`].
    pub fn table(self, name: impl Into<TableName>) -> Self {
        Self(self.0.table(name))
    }

    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        self.0.statement()
    }

    /// Gives the record back where the write fails.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session, user: User) -> orm::Result<()> {
    /// match db.save(user).or_return().await {
    ///     Ok(_) => println!("done"),
    ///     Err(failed) => println!("not done: {:?}", failed.into_record()),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited, those of [`Update`], with the record.
    pub fn or_return(self) -> SaveOrReturn<'s, M> {
        SaveOrReturn(self.0)
    }
}

impl<'s, M: Send + 'static> IntoFuture for Save<'s, M> {
    type Output = Result<M>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.0.into_future()
    }
}

/// A [`Save`] that gives its record back where the write fails.
///
/// # Errors
/// When awaited, those of [`Update`], with the record.
#[must_use = "nothing is saved until this is awaited"]
#[derive(Debug)]
pub struct SaveOrReturn<'s, M>(Update<'s, M>);

impl<'s, M: Send + 'static> IntoFuture for SaveOrReturn<'s, M> {
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
/// whatever a callback says. [`Error::Invalid`](crate::Error::Invalid) for a condition of which
/// nothing is left, where [`every`](crate::every) is not said. Without a `set` nothing is sent.
#[must_use = "nothing is changed until this is awaited"]
pub struct UpdateAll<'s, M> {
    pending: Pending<'s>,
    condition: Predicate<M>,
    set: Vec<Assignment>,
    of: PhantomData<fn() -> M>,
}

impl<'s, M: Model> UpdateAll<'s, M> {
    pub(super) fn into_parts(self) -> (Pending<'s>, Statement) {
        let statement = self.statement();
        (Pending { unbounded: self.condition.is_empty(), ..self.pending }, statement)
    }

    #[track_caller]
    pub(crate) fn new(runner: &'s dyn Runner, condition: Predicate<M>) -> Self {
        Self { pending: Pending::new(runner), condition, set: Vec::new(), of: PhantomData }
    }

    settings!(pending);
    clauses!(pending);

    /// Changes records in another table that has the columns of the model; see
    /// [`TableName`].
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let changed = db.update_all(User::AGE.lt(18)).table("users_2020").set(User::NAME, "a minor").await?;
    /// # Ok(()) }
    /// ```
    pub fn table(mut self, name: impl Into<TableName>) -> Self {
        self.pending.table = Some(name.into());
        self
    }

    /// Applies a part of a change that is written once and used often.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use orm::UpdateAll;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// fn anonymous(users: UpdateAll<'_, User>) -> UpdateAll<'_, User> {
    ///     users.set(User::NAME, "").set(User::AGE, 0)
    /// }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let changed = db.update_all(User::AGE.lt(18)).scope(anonymous).await?;
    /// # Ok(()) }
    /// ```
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
    /// async fn adults(db: &Session, name: Option<&str>) -> orm::Result<u64> {
    ///     db.update_all(User::AGE.lt(18)).where_opt(name.map(|it| User::NAME.eq(it))).set(User::AGE, 18).await
    /// }
    /// # let _ = adults;
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

    /// Sets a column to a value, or to an expression over the columns of each record.
    pub fn set<T>(mut self, column: Column<M, T>, value: impl Operand<M, T>) -> Self {
        assign(&mut self.set, column, value);
        self
    }

    /// What will run, to look at; [`Engine::to_sql`](crate::Engine::to_sql) shows it as SQL.
    #[must_use]
    pub fn statement(&self) -> Statement {
        let target = matching(&self.condition);
        Statement::Update(statement::Update {
            model: M::META,
            target,
            set: self.set.clone(),
            whole: false,
            table: self.pending.table.clone(),
            clauses: self.pending.clauses.clone(),
            returning: None,
        })
    }
}

impl<'s, M: Model> IntoFuture for UpdateAll<'s, M> {
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

impl<M> fmt::Debug for UpdateAll<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UpdateAll({:?} {:?})", self.condition, self.set)
    }
}
