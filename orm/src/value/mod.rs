//! A value on its way between Rust and a database.
//!
//! Knows nothing of models, statements or drivers: drivers implement
//! [`Binder`] and [`Cells`], field types are written against them.

mod any;
mod any_field;
mod array;
mod auto;
mod binder;
mod collect;
mod debug;
mod encoding;
pub(crate) mod enums;
mod field;
mod integer;
#[cfg(feature = "json")]
mod json;
pub(crate) mod limits;
mod row;
mod sql_text;
mod sql_type;
#[cfg_attr(not(all(feature = "postgres", feature = "mysql")), allow(dead_code, reason = "what only another database needs"))]
pub(crate) mod texts;
#[cfg(feature = "chrono")]
mod time;
#[cfg(feature = "time")]
mod time_crate;
#[cfg(feature = "uuid")]
mod uuid;
pub(crate) mod weight;
#[cfg(feature = "rust_decimal")]
mod decimal;

pub use self::any_field::AnyField;
pub use self::array::Element;
pub use self::auto::Auto;
pub use self::binder::Binder;
#[cfg(feature = "chrono")]
pub use self::encoding::unix::{UnixMicros, UnixMillis, UnixSeconds};
pub use self::encoding::{Encoding, With, encoded, encoded_option};
pub use self::field::{AutoKey, DecimalField, DefaultField, Field, SizedField, Timestamp};
#[cfg(feature = "json")]
pub use self::json::{AsJson, Document, Json};
pub use self::row::{Cells, FromRow, RowRef, named as named_cell, positions_of};
pub use self::sql_text::{AssertSqlSafe, SqlText};
pub use self::sql_type::SqlType;

pub(crate) use self::array::json as json_array;
pub(crate) use self::collect::Collect;
pub(crate) use self::row::position_of;

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
///
/// Printed with `{:?}`, it says what kind of value it is, and not which: values
/// must not get into logs with a statement that someone prints.
///
/// ```
/// # use orm::Value;
/// assert_eq!(format!("{:?}", Value::from("ann@example.org")), "Text(_)");
/// ```
#[derive(Clone, PartialEq, Default)]
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
    /// An integer that is larger than an `i64` can be.
    U64(u64),
    /// A 32-bit floating-point number.
    F32(f32),
    /// A 64-bit floating-point number.
    F64(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// The text of a JSON document.
    Json(String),
    /// A value that its encoding refused, and why; it is an error of every statement.
    Refused(String),
    /// A list of values that a column of this type could hold one by one.
    List(SqlType, Vec<Self>),
    /// An instant, in UTC.
    #[cfg(feature = "chrono")]
    DateTime(chrono::DateTime<chrono::Utc>),
    /// A date and time of day without a zone.
    #[cfg(feature = "chrono")]
    NaiveDateTime(chrono::NaiveDateTime),
    /// A calendar date.
    #[cfg(feature = "chrono")]
    Date(chrono::NaiveDate),
    /// A time of day.
    #[cfg(feature = "chrono")]
    Time(chrono::NaiveTime),
    /// A universally unique identifier.
    #[cfg(feature = "uuid")]
    Uuid(::uuid::Uuid),
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
            Self::I16(_) | Self::I32(_) | Self::I64(_) | Self::U64(_) => "an integer",
            Self::F32(_) | Self::F64(_) => "a floating-point number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Json(_) => "a JSON document",
            Self::Refused(_) => "a value that cannot be encoded",
            Self::List(..) => "a list",
            #[cfg(feature = "chrono")]
            Self::DateTime(_) | Self::NaiveDateTime(_) => "a date and time",
            #[cfg(feature = "chrono")]
            Self::Date(_) => "a date",
            #[cfg(feature = "chrono")]
            Self::Time(_) => "a time of day",
            #[cfg(feature = "uuid")]
            Self::Uuid(_) => "a UUID",
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
            Self::U64(it) => to.u64(*it),
            Self::F32(it) => to.f32(*it),
            Self::F64(it) => to.f64(*it),
            Self::Text(it) => to.text(it),
            Self::Bytes(it) => to.bytes(it),
            Self::Json(it) => to.json(limits::json(it)?),
            Self::Refused(reason) => Err(limits::unstorable(reason)),
            Self::List(ty, all) => to.array(*ty, all.len(), &mut |at, to| all[at].bind(to)),
            #[cfg(feature = "chrono")]
            Self::DateTime(it) => to.date_time(*it),
            #[cfg(feature = "chrono")]
            Self::NaiveDateTime(it) => to.naive_date_time(*it),
            #[cfg(feature = "chrono")]
            Self::Date(it) => to.date(*it),
            #[cfg(feature = "chrono")]
            Self::Time(it) => to.time(*it),
            #[cfg(feature = "uuid")]
            Self::Uuid(it) => to.uuid(it.as_bytes()),
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
