//! What columns hold.

use crate::value::Value;

/// What a column holds, in terms that every database has a type for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SqlType {
    /// A truth value.
    Boolean,
    /// An integer of 8 bits.
    TinyInt,
    /// An integer of 16 bits.
    SmallInt,
    /// An integer of 32 bits.
    Integer,
    /// An integer of 64 bits.
    BigInt,
    /// An integer from 0 to this number, in the next larger signed type.
    Unsigned(u64),
    /// A floating-point number of 32 bits.
    Real,
    /// A floating-point number of 64 bits.
    Double,
    /// Text of any length, compared by code points.
    Text,
    /// Text of at most so many characters, compared by code points.
    VarChar(u32),
    /// Bytes of any length.
    Bytes,
    /// At most so many bytes.
    VarBytes(u32),
    /// One of these texts, compared by code points.
    Enum(&'static [&'static str]),
    /// One of these integers.
    IntegerEnum(&'static [i64]),
    /// An instant, stored in UTC with microseconds.
    Timestamp,
    /// A date and time of day without a zone, with microseconds.
    DateTime,
    /// A calendar date.
    Date,
    /// A time of day, with microseconds.
    Time,
    /// An exact decimal number.
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// A universally unique identifier, in the order of its bytes.
    Uuid,
    /// A JSON document.
    Json,
    /// A list of values of another type.
    Array(&'static Self),
}

impl SqlType {
    /// Whether values of this type may be larger than a few hundred bytes.
    pub(crate) fn may_be_large(self) -> bool {
        match self {
            Self::Text | Self::Bytes | Self::Json | Self::Array(_) => true,
            Self::VarChar(most) | Self::VarBytes(most) => most > 255,
            _ => false,
        }
    }

    /// Whether a column of this type can be equal to the value. Databases that
    /// convert silently would find `0` for `'x'`.
    ///
    /// ```
    /// use orm::{SqlType, Value};
    /// assert!(SqlType::BigInt.takes(&Value::I16(7)));
    /// assert!(!SqlType::BigInt.takes(&Value::from("x")));
    /// ```
    #[must_use]
    pub fn takes(self, value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Bool(_) => self == Self::Boolean,
            Value::I16(_) | Value::I32(_) | Value::I64(_) | Value::U64(_) => self.is_integer(),
            Value::F32(_) => self == Self::Real,
            Value::F64(_) => self == Self::Double,
            Value::Text(_) => self.is_text(),
            Value::Bytes(_) => matches!(self, Self::Bytes | Self::VarBytes(_)),
            Value::Json(_) => self == Self::Json,
            Value::Refused(_) => false,
            Value::List(of, _) => matches!(self, Self::Array(it) if it == of),
            #[cfg(feature = "chrono")]
            Value::DateTime(_) => self == Self::Timestamp,
            #[cfg(feature = "chrono")]
            Value::NaiveDateTime(_) => self == Self::DateTime,
            #[cfg(feature = "chrono")]
            Value::Date(_) => self == Self::Date,
            #[cfg(feature = "chrono")]
            Value::Time(_) => self == Self::Time,
            #[cfg(feature = "uuid")]
            Value::Uuid(_) => self == Self::Uuid,
            #[cfg(feature = "rust_decimal")]
            Value::Decimal(_) => matches!(self, Self::Decimal { .. }),
        }
    }

    /// Whether it is one of the integers.
    #[must_use]
    pub const fn is_integer(self) -> bool {
        matches!(self, Self::TinyInt | Self::SmallInt | Self::Integer | Self::BigInt | Self::Unsigned(_) | Self::IntegerEnum(_))
    }

    /// Whether it is text that is compared by code points.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::VarChar(_) | Self::Enum(_))
    }

    /// The same type with room for at most so many characters or bytes; what
    /// has no length stays as it is.
    #[must_use]
    pub const fn sized(self, most: u32) -> Self {
        match self {
            Self::Text | Self::VarChar(_) => Self::VarChar(most),
            Self::Bytes | Self::VarBytes(_) => Self::VarBytes(most),
            other => other,
        }
    }
}
