//! SQL text.

use std::borrow::Cow;
use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use crate::callback::{BoxFuture, Runner};
use crate::error::{Error, Result};
use crate::query::{Pending, settings, take_rows};
use crate::statement::{self, Rows, Statement};
use crate::value::{Arguments, FromRow};

/// SQL text with its arguments; say what is read from it, or execute it.
///
/// The text is one statement; its arguments are those of [`sql`](crate::sql).
#[must_use = "SQL text does nothing until it is fetched or executed"]
pub struct Raw<'s> {
    pending: Pending<'s>,
    text: Cow<'static, str>,
    args: Arguments,
}

impl<'s> Raw<'s> {
    pub(crate) fn new(runner: &'s dyn Runner, text: Cow<'static, str>, args: Arguments) -> Self {
        Self { pending: Pending::new(runner), text, args }
    }

    settings!(pending);

    /// All rows: as models or structs with [`derive(Row)`](macro@crate::Row), whose
    /// columns are found by name, or as tuples or single fields, by position.
    ///
    /// # Errors
    /// When awaited: [`Error::BindCount`], [`Error::MissingColumn`] and
    /// [`Error::Decode`] where the rows do not fit, and what the database says.
    pub fn fetch<T: FromRow>(self) -> Fetch<'s, T> {
        Fetch { raw: self, of: PhantomData }
    }

    /// The first row, if there is one.
    pub fn fetch_optional<T: FromRow>(self) -> FetchOptional<'s, T> {
        FetchOptional(self.fetch())
    }

    /// The first row; [`Error::NotFound`] if there is none.
    pub fn fetch_one<T: FromRow>(self) -> FetchOne<'s, T> {
        FetchOne(self.fetch())
    }

    /// Runs it and says how many rows it matched.
    pub fn execute(self) -> Execute<'s> {
        Execute(self)
    }

    async fn rows<T: FromRow>(self) -> Result<Vec<T>> {
        let raw = statement::Raw { text: self.text, args: self.args, returns_rows: true };
        let finished = self.pending.run(Statement::Raw(raw), Box::new(Rows::<T>(Vec::new()))).await;
        finished.result?;
        Ok(take_rows(finished.records))
    }

    async fn affected(self) -> Result<u64> {
        let raw = statement::Raw { text: self.text, args: self.args, returns_rows: false };
        let finished = self.pending.run(Statement::Raw(raw), Box::new(Rows::<i64>(Vec::new()))).await;
        finished.result?;
        Ok(finished.outcome.affected)
    }
}

impl fmt::Debug for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Raw({})", self.text)
    }
}

/// All rows of SQL text; awaited, it is a `Vec<T>`.
#[must_use = "SQL text does nothing until it is awaited"]
#[derive(Debug)]
pub struct Fetch<'s, T> {
    raw: Raw<'s>,
    of: PhantomData<fn() -> T>,
}

impl<'s, T: FromRow> IntoFuture for Fetch<'s, T> {
    type Output = Result<Vec<T>>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.raw.rows())
    }
}

/// The first row of SQL text; awaited, it is an `Option<T>`.
#[must_use = "SQL text does nothing until it is awaited"]
#[derive(Debug)]
pub struct FetchOptional<'s, T>(Fetch<'s, T>);

impl<'s, T: FromRow> IntoFuture for FetchOptional<'s, T> {
    type Output = Result<Option<T>>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.0.raw.rows().await?.into_iter().next()) })
    }
}

/// The first row of SQL text; awaited, it is a `T`.
#[must_use = "SQL text does nothing until it is awaited"]
#[derive(Debug)]
pub struct FetchOne<'s, T>(Fetch<'s, T>);

impl<'s, T: FromRow> IntoFuture for FetchOne<'s, T> {
    type Output = Result<T>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.0.raw.rows().await?.into_iter().next().ok_or(Error::NotFound { model: "row" }) })
    }
}

/// SQL text that returns no rows; awaited, it is the number of rows it matched.
#[must_use = "SQL text does nothing until it is awaited"]
#[derive(Debug)]
pub struct Execute<'s>(Raw<'s>);

impl<'s> IntoFuture for Execute<'s> {
    type Output = Result<u64>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.0.affected())
    }
}
