//! Rust types that a column can hold.

use crate::error::{Error, Result};
use crate::value::{Binder, Cells, SqlType, Value};

/// A Rust type that a column can hold.
///
/// Reading and writing are exact: what a database has no room for is an error,
/// never a rounded value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a model",
    label = "no column can hold this",
    note = "integers, `f64`, `bool`, `String`, `Vec<u8>`, and `Option` of these can",
    note = "dates need the feature `chrono`, `Decimal` the feature `rust_decimal`"
)]
pub trait Field: Clone + Send + Sync + 'static {
    /// What the column holds.
    const TYPE: SqlType;
    /// Whether the column may be NULL.
    const NULLABLE: bool = false;

    /// Reads the cell at a position.
    ///
    /// # Errors
    /// [`Error::Decode`] where the cell holds something else.
    fn read(cells: &dyn Cells, at: usize) -> Result<Self>;

    /// Hands the value to a driver.
    ///
    /// # Errors
    /// [`Error::Unstorable`] where the column has no room for it.
    fn bind(&self, to: &mut dyn Binder) -> Result<()>;

    /// The value without its type.
    fn to_value(&self) -> Value;

    /// The value with its type again.
    ///
    /// # Errors
    /// [`Error::Decode`] where it is of another kind, or out of range.
    fn from_value(value: Value) -> Result<Self>;
}

/// A field that can hold the time of a change: `created_at`, `updated_at`.
///
/// An `i64` holds the seconds since 1970-01-01 in UTC.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold the time of a change",
    label = "expected `DateTime<Utc>`, `NaiveDateTime`, `i64` (seconds), or an `Option` of these"
)]
pub trait Timestamp: Field {
    /// The value for a number of microseconds since 1970-01-01 in UTC.
    fn at(micros: i64) -> Value;
}

impl Timestamp for i64 {
    fn at(micros: i64) -> Value {
        Value::I64(micros.div_euclid(1_000_000))
    }
}

impl<T: Timestamp> Timestamp for Option<T> {
    fn at(micros: i64) -> Value {
        T::at(micros)
    }
}

/// An integer that the database can count up: `#[orm(key, auto)]`.
#[diagnostic::on_unimplemented(
    message = "the database cannot number a key of type `{Self}`",
    label = "expected an integer, such as `i64`",
    note = "without `auto`, the program gives each record its key"
)]
pub trait AutoKey: Field {
    /// For generated code: what the column holds.
    #[doc(hidden)]
    const COLUMN: SqlType = Self::TYPE;
}

/// A field whose digits can be chosen: `#[orm(precision = 10, scale = 2)]`.
#[diagnostic::on_unimplemented(
    message = "`precision` and `scale` are for decimals, not for `{Self}`",
    label = "expected `Decimal` or `Option<Decimal>`"
)]
pub trait DecimalField: Field {
    /// For generated code: whether the column may be NULL.
    #[doc(hidden)]
    const OPTIONAL: bool = Self::NULLABLE;
}

impl<T: DecimalField> DecimalField for Option<T> {}

/// The error for a value of another kind.
pub(crate) fn unexpected(expected: &'static str, found: impl Into<String>) -> Error {
    Error::Decode { column: "a value".to_owned(), expected, found: found.into() }
}

macro_rules! integers {
    ($($type:ident $wire:ident $variant:ident $sql:expr;)*) => {$(
        impl Field for $type {
            const TYPE: SqlType = $sql;

            fn read(cells: &dyn Cells, at: usize) -> Result<Self> {
                let it = cells.i64(at)?;
                Self::try_from(it).map_err(|_| unexpected(stringify!($type), format!("the integer {it}, which is out of range")))
            }

            fn bind(&self, to: &mut dyn Binder) -> Result<()> {
                to.$wire($wire::from(*self))
            }

            fn to_value(&self) -> Value {
                Value::$variant((*self).into())
            }

            fn from_value(value: Value) -> Result<Self> {
                let it = match value {
                    Value::I16(it) => i64::from(it),
                    Value::I32(it) => i64::from(it),
                    Value::I64(it) => it,
                    other => return Err(unexpected(stringify!($type), other.kind())),
                };
                Self::try_from(it).map_err(|_| unexpected(stringify!($type), format!("the integer {it}, which is out of range")))
            }
        }
    )*};
}

integers! {
    i16 i16 I16 SqlType::SmallInt;
    i32 i32 I32 SqlType::Integer;
    i64 i64 I64 SqlType::BigInt;
    u8 i16 I16 SqlType::Unsigned(u8::MAX as u32);
    u16 i32 I32 SqlType::Unsigned(u16::MAX as u32);
    u32 i64 I64 SqlType::Unsigned(u32::MAX);
}

macro_rules! auto_keys {
    ($($type:ident)*) => {$(impl AutoKey for $type {})*};
}

auto_keys! { i16 i32 i64 u8 u16 u32 }

macro_rules! plain {
    ($($type:ty, $read:ident, $variant:ident, $sql:expr, |$it:ident| $bind:expr, |$cell:ident| $own:expr;)*) => {$(
        impl Field for $type {
            const TYPE: SqlType = $sql;

            fn read(cells: &dyn Cells, at: usize) -> Result<Self> {
                let $cell = cells.$read(at)?;
                Ok($own)
            }

            fn bind(&self, to: &mut dyn Binder) -> Result<()> {
                let $it = self;
                to.$read($bind)
            }

            fn to_value(&self) -> Value {
                Value::$variant(self.clone())
            }

            fn from_value(value: Value) -> Result<Self> {
                match value {
                    Value::$variant(it) => Ok(it),
                    other => Err(unexpected(stringify!($type), other.kind())),
                }
            }
        }
    )*};
}

plain! {
    bool, bool, Bool, SqlType::Boolean, |it| *it, |it| it;
    f64, f64, F64, SqlType::Double, |it| *it, |it| it;
    String, text, Text, SqlType::Text, |it| it, |it| it.to_owned();
    Vec<u8>, bytes, Bytes, SqlType::Bytes, |it| it, |it| it.to_owned();
}

impl<T: Field> Field for Option<T> {
    const TYPE: SqlType = T::TYPE;
    const NULLABLE: bool = true;

    fn read(cells: &dyn Cells, at: usize) -> Result<Self> {
        if cells.is_null(at)? { Ok(None) } else { T::read(cells, at).map(Some) }
    }

    fn bind(&self, to: &mut dyn Binder) -> Result<()> {
        match self {
            Some(it) => it.bind(to),
            None => to.null(Some(T::TYPE)),
        }
    }

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, Field::to_value)
    }

    fn from_value(value: Value) -> Result<Self> {
        if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
    }
}
