//! A value on its way between Rust and a database.
//!
//! Knows nothing of models, statements or drivers: drivers implement
//! [`Binder`] and [`Cells`], field types are written against them.

mod args;
mod field;
pub(crate) mod limits;
mod row;
mod sql_text;
#[cfg(feature = "chrono")]
mod time;
#[cfg(feature = "rust_decimal")]
mod decimal;

pub use self::args::{Args, Argument, Arguments, IntoArgument, List, ListItem, Named, list, named};
pub use self::field::{AutoKey, DecimalField, Field, Timestamp};
pub use self::row::{Cells, FromRow, RowRef, named as named_cell, positions_of};
pub use self::sql_text::{AssertSqlSafe, SqlText};

use crate::error::Result;

/// A value whose Rust type is not known to the code that carries it.
///
/// Conditions, callbacks and raw arguments use it; reading and writing models
/// does not.
///
/// ```
/// use orm::Value;
/// assert_eq!(Value::from(7), Value::I32(7));
/// assert_eq!(Value::from(None::<String>), Value::Null);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Value {
    /// No value.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A 16-bit integer.
    I16(i16),
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// A 64-bit floating-point number.
    F64(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// An instant, in UTC.
    #[cfg(feature = "chrono")]
    DateTime(chrono::DateTime<chrono::Utc>),
    /// A date and time of day without a zone.
    #[cfg(feature = "chrono")]
    NaiveDateTime(chrono::NaiveDateTime),
    /// A calendar date.
    #[cfg(feature = "chrono")]
    Date(chrono::NaiveDate),
    /// An exact decimal number.
    #[cfg(feature = "rust_decimal")]
    Decimal(rust_decimal::Decimal),
}

impl Value {
    /// The name of the kind of value, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Bool(_) => "a boolean",
            Self::I16(_) | Self::I32(_) | Self::I64(_) => "an integer",
            Self::F64(_) => "a floating-point number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            #[cfg(feature = "chrono")]
            Self::DateTime(_) | Self::NaiveDateTime(_) => "a date and time",
            #[cfg(feature = "chrono")]
            Self::Date(_) => "a date",
            #[cfg(feature = "rust_decimal")]
            Self::Decimal(_) => "a decimal",
        }
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Hands the value to a driver.
    pub(crate) fn bind(&self, to: &mut dyn Binder) -> Result<()> {
        match self {
            Self::Null => to.null(None),
            Self::Bool(it) => to.bool(*it),
            Self::I16(it) => to.i16(*it),
            Self::I32(it) => to.i32(*it),
            Self::I64(it) => to.i64(*it),
            Self::F64(it) => to.f64(*it),
            Self::Text(it) => to.text(it),
            Self::Bytes(it) => to.bytes(it),
            #[cfg(feature = "chrono")]
            Self::DateTime(it) => to.date_time(*it),
            #[cfg(feature = "chrono")]
            Self::NaiveDateTime(it) => to.naive_date_time(*it),
            #[cfg(feature = "chrono")]
            Self::Date(it) => to.date(*it),
            #[cfg(feature = "rust_decimal")]
            Self::Decimal(it) => to.decimal(*it),
        }
    }
}

impl<T: Field> From<T> for Value {
    fn from(it: T) -> Self {
        it.to_value()
    }
}

impl From<&str> for Value {
    fn from(it: &str) -> Self {
        Self::Text(it.to_owned())
    }
}

/// What a column holds, in terms that every database has a type for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SqlType {
    /// A truth value.
    Boolean,
    /// An integer of 16 bits.
    SmallInt,
    /// An integer of 32 bits.
    Integer,
    /// An integer of 64 bits.
    BigInt,
    /// An integer from 0 to this number, in the next larger signed type.
    Unsigned(u32),
    /// A floating-point number of 64 bits.
    Double,
    /// Text of any length, compared by code points.
    Text,
    /// Bytes of any length.
    Bytes,
    /// An instant, stored in UTC with microseconds.
    Timestamp,
    /// A date and time of day without a zone, with microseconds.
    DateTime,
    /// A calendar date.
    Date,
    /// An exact decimal number.
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
}

impl SqlType {
    /// Whether a column of this type can be equal to the value. Databases that
    /// convert silently would find `0` for `'x'`.
    #[must_use]
    pub fn takes(self, value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Bool(_) => self == Self::Boolean,
            Value::I16(_) | Value::I32(_) | Value::I64(_) => self.is_integer(),
            Value::F64(_) => self == Self::Double,
            Value::Text(_) => self == Self::Text,
            Value::Bytes(_) => self == Self::Bytes,
            #[cfg(feature = "chrono")]
            Value::DateTime(_) => self == Self::Timestamp,
            #[cfg(feature = "chrono")]
            Value::NaiveDateTime(_) => self == Self::DateTime,
            #[cfg(feature = "chrono")]
            Value::Date(_) => self == Self::Date,
            #[cfg(feature = "rust_decimal")]
            Value::Decimal(_) => matches!(self, Self::Decimal { .. }),
        }
    }

    /// Whether it is one of the integers.
    #[must_use]
    pub const fn is_integer(self) -> bool {
        matches!(self, Self::SmallInt | Self::Integer | Self::BigInt | Self::Unsigned(_))
    }
}

/// Takes the values of a statement, in the order of its placeholders.
///
/// Drivers implement it; fields call the one method that fits them.
pub trait Binder {
    /// Says which column the next value is for, so that a driver can choose
    /// the column's own representation and name it in an error.
    fn column(&mut self, ty: SqlType);
    /// Binds NULL, of a type if it is known.
    ///
    /// # Errors
    /// None of the drivers fails here.
    fn null(&mut self, ty: Option<SqlType>) -> Result<()>;
    /// Binds a truth value.
    ///
    /// # Errors
    /// None of the drivers fails here.
    fn bool(&mut self, it: bool) -> Result<()>;
    /// Binds a 16-bit integer.
    ///
    /// # Errors
    /// None of the drivers fails here.
    fn i16(&mut self, it: i16) -> Result<()>;
    /// Binds a 32-bit integer.
    ///
    /// # Errors
    /// None of the drivers fails here.
    fn i32(&mut self, it: i32) -> Result<()>;
    /// Binds a 64-bit integer.
    ///
    /// # Errors
    /// None of the drivers fails here.
    fn i64(&mut self, it: i64) -> Result<()>;
    /// Binds a floating-point number.
    ///
    /// # Errors
    /// [`Error::Unstorable`](crate::Error::Unstorable) for NaN and infinities.
    fn f64(&mut self, it: f64) -> Result<()>;
    /// Binds text.
    ///
    /// # Errors
    /// [`Error::Unstorable`](crate::Error::Unstorable) if it contains NUL.
    fn text(&mut self, it: &str) -> Result<()>;
    /// Binds bytes.
    ///
    /// # Errors
    /// None of the drivers fails here.
    fn bytes(&mut self, it: &[u8]) -> Result<()>;
    /// Binds an instant.
    ///
    /// # Errors
    /// [`Error::Unstorable`](crate::Error::Unstorable) outside the years 1 to 9999.
    #[cfg(feature = "chrono")]
    fn date_time(&mut self, it: chrono::DateTime<chrono::Utc>) -> Result<()>;
    /// Binds a date and time without a zone.
    ///
    /// # Errors
    /// [`Error::Unstorable`](crate::Error::Unstorable) outside the years 1 to 9999.
    #[cfg(feature = "chrono")]
    fn naive_date_time(&mut self, it: chrono::NaiveDateTime) -> Result<()>;
    /// Binds a date.
    ///
    /// # Errors
    /// [`Error::Unstorable`](crate::Error::Unstorable) outside the years 1 to 9999.
    #[cfg(feature = "chrono")]
    fn date(&mut self, it: chrono::NaiveDate) -> Result<()>;
    /// Binds a decimal.
    ///
    /// # Errors
    /// [`Error::Unstorable`](crate::Error::Unstorable) where the column has no room for it.
    #[cfg(feature = "rust_decimal")]
    fn decimal(&mut self, it: rust_decimal::Decimal) -> Result<()>;
    /// Binds all values of a list as one array; only PostgreSQL is asked to.
    ///
    /// # Errors
    /// [`Error::Unsupported`](crate::Error::Unsupported) where there are no arrays.
    fn array(&mut self, ty: SqlType, len: usize, each: &mut dyn FnMut(usize, &mut dyn Binder) -> Result<()>) -> Result<()>;
}
