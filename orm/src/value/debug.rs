//! Values as they are printed: which kind, and not which.

use std::fmt;

use crate::value::Value;

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Bool(_) => "Bool(_)",
            Self::I16(_) => "I16(_)",
            Self::I32(_) => "I32(_)",
            Self::I64(_) => "I64(_)",
            Self::U64(_) => "U64(_)",
            Self::F32(_) => "F32(_)",
            Self::F64(_) => "F64(_)",
            Self::Text(_) => "Text(_)",
            Self::Bytes(_) => "Bytes(_)",
            Self::Json(_) => "Json(_)",
            Self::Refused(_) => "Refused(_)",
            Self::List(..) => "List(_)",
            #[cfg(feature = "chrono")]
            Self::DateTime(_) => "DateTime(_)",
            #[cfg(feature = "chrono")]
            Self::NaiveDateTime(_) => "NaiveDateTime(_)",
            #[cfg(feature = "chrono")]
            Self::Date(_) => "Date(_)",
            #[cfg(feature = "chrono")]
            Self::Time(_) => "Time(_)",
            #[cfg(feature = "uuid")]
            Self::Uuid(_) => "Uuid(_)",
            #[cfg(feature = "rust_decimal")]
            Self::Decimal(_) => "Decimal(_)",
        })
    }
}
