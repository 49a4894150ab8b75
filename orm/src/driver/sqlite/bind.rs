//! Rust values into the parameters of a statement.

use std::rc::Rc;

use rusqlite::ToSql;
use rusqlite::types::ToSqlOutput;

use super::errors;
use crate::dialect::Engine;
use crate::driver::said;
use crate::error::{Error, Result};
use crate::value::texts::Each;
use crate::value::{Binder, SqlType, limits};

/// Binds the parameters of a statement, first to last.
pub(super) struct Parameters<'a, 'c> {
    statement: &'a mut rusqlite::Statement<'c>,
    text: &'a str,
    /// How many are bound.
    bound: usize,
}

impl<'a, 'c> Parameters<'a, 'c> {
    pub(super) fn new(statement: &'a mut rusqlite::Statement<'c>, text: &'a str) -> Self {
        Self { statement, text, bound: 0 }
    }

    /// Fails unless every parameter has got its value.
    pub(super) fn finish(self) -> Result<()> {
        if self.bound == self.statement.parameter_count() {
            return Ok(());
        }
        Err(self.miscounted())
    }

    fn miscounted(&self) -> Error {
        Error::BindCount {
            text: said::shown(Engine::Sqlite, self.text),
            placeholders: self.statement.parameter_count(),
            arguments: self.bound,
        }
    }
}

/// Where the values go.
pub(super) trait Take {
    fn take(&mut self, it: impl ToSql) -> Result<()>;
}

impl Take for Parameters<'_, '_> {
    fn take(&mut self, it: impl ToSql) -> Result<()> {
        self.bound += 1;
        if self.bound > self.statement.parameter_count() {
            return Err(self.miscounted());
        }
        self.statement.raw_bind_parameter(self.bound, it).map_err(|it| errors::plain(it, self.text))
    }
}

/// The values of a list, of which SQLite makes a table.
impl Take for Vec<rusqlite::types::Value> {
    fn take(&mut self, it: impl ToSql) -> Result<()> {
        let value = match it.to_sql() {
            Ok(ToSqlOutput::Owned(it)) => it,
            Ok(ToSqlOutput::Borrowed(it)) => it.try_into().map_err(Error::other)?,
            Ok(_) => return Err(Error::Invalid("a list holds only plain values".to_owned())),
            Err(error) => return Err(Error::other(error)),
        };
        self.push(value);
        Ok(())
    }
}

/// Turns values into those that SQLite stores.
pub(super) struct Values<T> {
    to: T,
    /// The column that the next value is for.
    column: Option<SqlType>,
}

impl<T: Take> Values<T> {
    pub(super) fn new(to: T) -> Self {
        Self { to, column: None }
    }

    pub(super) fn into_inner(self) -> T {
        self.to
    }

    fn put(&mut self, it: impl ToSql) -> Result<()> {
        self.column = None;
        self.to.take(it)
    }
}

impl<T: Take> Binder for Values<T> {
    fn column(&mut self, ty: SqlType) {
        self.column = Some(ty);
    }

    fn null(&mut self, _: Option<SqlType>) -> Result<()> {
        self.put(rusqlite::types::Null)
    }

    fn bool(&mut self, it: bool) -> Result<()> {
        self.put(it)
    }

    fn i16(&mut self, it: i16) -> Result<()> {
        self.put(it)
    }

    fn i32(&mut self, it: i32) -> Result<()> {
        self.put(it)
    }

    fn i64(&mut self, it: i64) -> Result<()> {
        self.put(it)
    }

    fn f64(&mut self, it: f64) -> Result<()> {
        self.put(limits::finite(it)?)
    }

    fn text(&mut self, it: &str) -> Result<()> {
        self.put(limits::length(limits::no_nul(it)?, self.column)?)
    }

    fn bytes(&mut self, it: &[u8]) -> Result<()> {
        self.put(limits::bytes(it, self.column)?)
    }

    #[cfg(feature = "chrono")]
    fn date_time(&mut self, it: chrono::DateTime<chrono::Utc>) -> Result<()> {
        self.naive_date_time(it.naive_utc())
    }

    #[cfg(feature = "chrono")]
    fn naive_date_time(&mut self, it: chrono::NaiveDateTime) -> Result<()> {
        limits::year(&it)?;
        self.put(super::time::of_date_time(limits::micros(it)))
    }

    #[cfg(feature = "chrono")]
    fn date(&mut self, it: chrono::NaiveDate) -> Result<()> {
        limits::year(&it)?;
        self.put(super::time::of_date(it))
    }

    #[cfg(feature = "chrono")]
    fn time(&mut self, it: chrono::NaiveTime) -> Result<()> {
        self.put(super::time::of_time(limits::micros(it)))
    }

    #[cfg(feature = "rust_decimal")]
    fn decimal(&mut self, it: rust_decimal::Decimal) -> Result<()> {
        let Some(SqlType::Decimal { precision, scale }) = self.column else {
            return Err(limits::unstorable(
                "SQLite has no decimals: columns hold them as scaled integers, and no column says the scale here; \
                compare with a column of the model, or give the argument as an integer, `f64` or text",
            ));
        };
        let scaled = super::decimal::scaled(limits::decimal_fits(it, precision, scale)?, scale);
        let scaled = scaled.ok_or_else(|| limits::unstorable("SQLite's integers end at 18 digits"))?;
        self.put(scaled)
    }

    fn any_of(&mut self, _: SqlType, len: usize, each: Each<'_>) -> Result<()> {
        let mut all = Values::new(Vec::with_capacity(len));
        for at in 0..len {
            each(at, &mut all)?;
        }
        // Bound and let go within one run of the statement, on one thread.
        self.put(Rc::new(all.into_inner()))
    }
}
