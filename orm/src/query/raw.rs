//! SQL text.

use std::borrow::Cow;
use std::fmt;
use std::future::IntoFuture;
use std::panic::Location;

use crate::callback::{BoxFuture, Runner};
use crate::error::{Error, Result};
use crate::expr::Arguments;
use crate::query::{Pending, settings, take_rows};
use crate::statement::{self, Reads, Rows, Statement};
use crate::value::FromRow;

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
    #[track_caller]
    pub(crate) fn new(runner: &'s dyn Runner, text: Cow<'static, str>, args: Arguments) -> Self {
        Self { pending: Pending::new(runner), text, args }
    }

    /// Says where the program made it, where that was elsewhere.
    pub(super) fn made_at(mut self, at: &'static Location<'static>) -> Self {
        self.pending.at = at;
        self
    }

    settings!(pending);

    /// All rows: as models or structs with [`derive(Row)`](macro@crate::Row), whose
    /// columns are found by name, or as tuples or single fields, by position.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let ages: Vec<(u8, i64)> = db.raw("SELECT age, count(*) FROM users GROUP BY age", ()).fetch().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited: [`Error::BindCount`], [`Error::MissingColumn`] and
    /// [`Error::Decode`] where the rows do not fit, and what the database says.
    pub fn fetch<T: FromRow>(self) -> Fetch<'s, T> {
        Fetch { raw: self, rows: |raw, reads| raw.rows(reads) }
    }

    /// The first row, if there is one. Of the others that the text asks for none is kept;
    /// servers send them all the same, so say `LIMIT` where there may be many.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let ann: Option<User> = db.raw("SELECT * FROM users WHERE name = ?", "ann").fetch_optional().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited, those of [`fetch`](Self::fetch).
    pub fn fetch_optional<T: FromRow>(self) -> FetchOptional<'s, T> {
        FetchOptional(self.fetch())
    }

    /// The first row, as with [`fetch_optional`](Self::fetch_optional); [`Error::NotFound`] if
    /// there is none.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let most: i64 = db.raw("SELECT max(id) FROM users", ()).fetch_one().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited: [`Error::NotFound`] if there is none, otherwise those of
    /// [`fetch`](Self::fetch).
    pub fn fetch_one<T: FromRow>(self) -> FetchOne<'s, T> {
        FetchOne(self.fetch())
    }

    /// Runs it and says how many rows it matched.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let changed: u64 = db.raw("UPDATE users SET age = age + 1 WHERE name = ?", "ann").execute().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited: [`Error::BindCount`], and what the database says.
    pub fn execute(self) -> Execute<'s> {
        Execute(self)
    }

    fn rows<T: FromRow>(self, reads: Reads) -> BoxFuture<'s, Result<Vec<T>>> {
        Box::pin(async move {
            let raw = statement::Raw { text: self.text, args: self.args, reads };
            let finished = self.pending.run(Statement::Raw(raw), Box::new(Rows::<T>(Vec::new()))).await;
            finished.result?;
            Ok(take_rows(finished.records))
        })
    }

    async fn affected(self) -> Result<u64> {
        let raw = statement::Raw { text: self.text, args: self.args, reads: Reads::Nothing };
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
///
/// # Errors
/// When awaited, those of [`Raw::fetch`].
#[must_use = "SQL text does nothing until it is awaited"]
pub struct Fetch<'s, T> {
    raw: Raw<'s>,
    /// Known from the start: what no row can be read into is one mistake, and
    /// awaiting it not another one.
    rows: fn(Raw<'_>, Reads) -> BoxFuture<'_, Result<Vec<T>>>,
}

impl<T> fmt::Debug for Fetch<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(f)
    }
}

impl<'s, T: 'static> IntoFuture for Fetch<'s, T> {
    type Output = Result<Vec<T>>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        (self.rows)(self.raw, Reads::All)
    }
}

/// The first row of SQL text; awaited, it is an `Option<T>`.
///
/// # Errors
/// When awaited, those of [`Raw::fetch`].
#[must_use = "SQL text does nothing until it is awaited"]
#[derive(Debug)]
pub struct FetchOptional<'s, T>(Fetch<'s, T>);

impl<'s, T: Send + 'static> IntoFuture for FetchOptional<'s, T> {
    type Output = Result<Option<T>>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok((self.0.rows)(self.0.raw, Reads::First).await?.into_iter().next()) })
    }
}

/// The first row of SQL text; awaited, it is a `T`.
///
/// # Errors
/// When awaited, those of [`Raw::fetch_one`].
#[must_use = "SQL text does nothing until it is awaited"]
#[derive(Debug)]
pub struct FetchOne<'s, T>(Fetch<'s, T>);

impl<'s, T: Send + 'static> IntoFuture for FetchOne<'s, T> {
    type Output = Result<T>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            (self.0.rows)(self.0.raw, Reads::First)
                .await?
                .into_iter()
                .next()
                .ok_or(Error::NotFound { model: "row", operation: "fetch_one" })
        })
    }
}

/// SQL text that returns no rows; awaited, it is the number of rows it matched.
///
/// # Errors
/// When awaited, those of [`Raw::execute`].
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
