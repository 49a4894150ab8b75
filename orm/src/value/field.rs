//! Rust types that a column can hold.

use crate::error::{Error, Result};
use crate::value::{AnyField, Binder, Cells, RowRef, SqlType, Value};

/// A Rust type that a column can hold.
///
/// Reading and writing are exact: what a database has no room for is an error,
/// never a rounded value.
///
/// | type | PostgreSQL | MariaDB, MySQL | SQLite | remarks |
/// |---|---|---|---|---|
/// | `bool` | `boolean` | `BOOLEAN` | `INTEGER` | |
/// | `i8` `i16` `i32` `i64` | `smallint` to `bigint` | `TINYINT` to `BIGINT` | `INTEGER` | with checks where the type is wider |
/// | `u8` `u16` `u32` | the next larger one | `… UNSIGNED` | `INTEGER` | with checks |
/// | `u64` | `bigint` | `BIGINT UNSIGNED` | `INTEGER` | beyond `i64::MAX` [`Error::Unstorable`], except on MariaDB and MySQL, which have room |
/// | `isize` `usize` | as `i64` and `u64` | as these | as these | what a machine of 32 bits has no room for is [`Error::Decode`] there |
/// | `f32` `f64` | `real`, `double precision` | `FLOAT`, `DOUBLE` | `REAL` | NaN and infinities are [`Error::Unstorable`]; SQLite computes with 64 bits, which an `f32` is rounded from |
/// | `String`, `Vec<u8>` | `text`, `bytea` | `LONGTEXT`, `LONGBLOB` | `TEXT`, `BLOB` | text by code points, without NUL |
/// | `Decimal` | `numeric` | `DECIMAL` | scaled integer | feature `rust_decimal` |
/// | `DateTime<Utc>`, `DateTime<FixedOffset>`, `OffsetDateTime`, `UtcDateTime` | `timestamptz` | `DATETIME(6)` | `TEXT` | features `chrono`, `time`; an instant, read in UTC |
/// | `DateTime<Local>` | `timestamptz` | `DATETIME(6)` | `TEXT` | the same instant, read in the zone of the process; no other field asks which that is |
/// | `NaiveDateTime`, `PrimitiveDateTime` | `timestamp` | `DATETIME(6)` | `TEXT` | cut to microseconds, as all times are |
/// | `NaiveDate`, `Date`; `NaiveTime`, `Time` | `date`; `time` | `DATE`; `TIME(6)` | `TEXT` | |
/// | `Uuid` | `uuid` | `BINARY(16)` | `BLOB` | feature `uuid`; ordered by its bytes |
/// | `Auto<T>` | as `T` | as `T` | as `T` | may be left to the database when a record is created |
/// | `Json<T>` | `jsonb` | `LONGTEXT` | `TEXT` | feature `json`; not to be compared or ordered |
/// | `Vec<T>` of an [`Element`](crate::Element) | `t[]` | `LONGTEXT` | `TEXT` | JSON where there are no arrays |
///
/// # Types of the program
///
/// Enums and structs around another field derive it, see
/// [`derive(Field)`](macro@crate::Field). Where that does not do, a type is
/// stored as another field and hands everything on to it:
///
/// ```
/// use orm::{Binder, Cells, Field, Result, SqlType, Value};
///
/// /// An amount in cents, which is never negative.
/// #[derive(Debug, Clone, Copy, PartialEq)]
/// struct Money(i64);
///
/// impl Money {
///     fn new(cents: i64) -> Result<Self> {
///         if cents >= 0 { Ok(Self(cents)) } else { Err(orm::Error::Invalid("an amount is not negative".into())) }
///     }
/// }
///
/// impl Field for Money {
///     const TYPE: SqlType = <i64 as Field>::TYPE;
///
///     fn read(cells: &dyn Cells, at: usize) -> Result<Self> {
///         Self::new(i64::read(cells, at)?)
///     }
///
///     fn bind(&self, to: &mut dyn Binder) -> Result<()> {
///         self.0.bind(to)
///     }
///
///     fn to_value(&self) -> Value {
///         self.0.to_value()
///     }
///
///     fn from_value(value: Value) -> Result<Self> {
///         Self::new(i64::from_value(value)?)
///     }
/// }
///
/// # use orm::prelude::*;
/// #[derive(Model)]
/// struct Invoice {
///     #[orm(key, auto)]
///     id: i64,
///     total: Money,
///     paid: Option<Money>,
/// }
///
/// let open = Invoice::PAID.is_none().and(Invoice::TOTAL.gt(Money(100_00)));
/// # let _ = open;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a model",
    label = "no column can hold this",
    note = "integers, floats, `bool`, `String`, `Vec<u8>` and `Option` of these can, and lists of all but `u8` and `Vec<u8>`",
    note = "dates need the feature `chrono` or `time`, `Decimal` the feature `rust_decimal`, `Uuid` and `Json` features of their names",
    note = "add `#[derive(Field)]` to an enum, or to a struct around another field",
    note = "a struct whose fields are columns is `#[orm(embedded)]`, what serde knows `#[orm(json)]`, and what is no column `#[orm(skip)]`"
)]
pub trait Field: Clone + Send + Sync + 'static {
    /// What the column holds.
    const TYPE: SqlType;
    /// Whether the column may be NULL.
    const NULLABLE: bool = false;
    /// For generated code: both.
    #[doc(hidden)]
    const STORED: (SqlType, bool) = (Self::TYPE, Self::NULLABLE);

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

    /// For generated code: reads a column of a row into a field that has a name.
    ///
    /// # Errors
    /// Those of [`read`](Self::read), with that name.
    #[doc(hidden)]
    fn read_named(row: &RowRef<'_>, at: usize, model: &'static str, name: &'static str) -> Result<Self> {
        row.field(at, model, name)
    }

    /// For generated code: the same field without its type.
    #[doc(hidden)]
    fn any_field(&self) -> &dyn AnyField {
        self
    }

    /// For generated code: the same field without its type, to change.
    #[doc(hidden)]
    fn any_field_mut(&mut self) -> &mut dyn AnyField {
        self
    }
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

#[diagnostic::do_not_recommend]
impl Timestamp for i64 {
    fn at(micros: i64) -> Value {
        Value::I64(micros.div_euclid(1_000_000))
    }
}

#[diagnostic::do_not_recommend]
impl Timestamp for isize {
    fn at(micros: i64) -> Value {
        i64::at(micros)
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
    /// For generated code: whether the database numbers a key that is zero.
    #[doc(hidden)]
    const ZERO_IS_UNSET: bool = true;
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

/// A field that can be without a value, which the database then gives it:
/// `#[orm(default = 0)]`.
#[diagnostic::on_unimplemented(
    message = "`default` is for fields that can be without a value, and a `{Self}` always has one",
    label = "expected an `Option` or an `Auto`",
    note = "`None` and `Auto::Unset` are left to the database; zero and empty text are values like all others"
)]
pub trait DefaultField: Field {
    /// For generated code.
    #[doc(hidden)]
    const LEFT_OUT: () = ();
}

impl<T: Field> DefaultField for Option<T> {}

/// A field whose length can be bounded: `#[orm(size = 40)]`.
#[diagnostic::on_unimplemented(
    message = "`size` is for text and bytes, not for `{Self}`",
    label = "expected `String`, `Vec<u8>`, or an `Option` of these"
)]
pub trait SizedField: Field {
    /// For generated code: what the column holds.
    #[doc(hidden)]
    const COLUMN: SqlType = Self::TYPE;
    /// For generated code: whether the column may be NULL.
    #[doc(hidden)]
    const OPTIONAL: bool = Self::NULLABLE;
}

#[diagnostic::do_not_recommend]
impl SizedField for String {}
#[diagnostic::do_not_recommend]
impl SizedField for Vec<u8> {}
impl<T: SizedField> SizedField for Option<T> {}

/// The error for a value of another kind.
pub(crate) fn unexpected(expected: &'static str, found: impl Into<String>) -> Error {
    Error::Decode { column: "a value".to_owned(), expected, found: found.into() }
}

macro_rules! plain {
    ($($type:ty, $read:ident, $variant:ident, $sql:expr, |$it:ident| $bind:expr, |$cell:ident| $own:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
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
    f32, f32, F32, SqlType::Real, |it| *it, |it| it;
    f64, f64, F64, SqlType::Double, |it| *it, |it| it;
    String, text, Text, SqlType::Text, |it| it, |it| it.to_owned();
    Vec<u8>, bytes, Bytes, SqlType::Bytes, |it| it, |it| it.to_owned();
}

#[diagnostic::do_not_recommend]
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
