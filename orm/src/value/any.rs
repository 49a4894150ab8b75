//! Cells whose type only the column knows.

use crate::error::{Error, Result};
use crate::value::{Cells, SqlType, Value};

impl SqlType {
    /// Reads what a cell of a column of this type is sorted by.
    ///
    /// # Errors
    /// [`Error::Decode`] where it holds something else; [`Error::Invalid`] for
    /// the types that have no order.
    pub(crate) fn read(self, cells: &dyn Cells, at: usize) -> Result<Value> {
        if cells.is_null(at)? {
            return Ok(Value::Null);
        }
        if let Some(finer) = cells.finer(self, at)? {
            return Ok(finer);
        }
        Ok(match self {
            Self::Boolean => Value::Bool(cells.bool(at)?),
            Self::TinyInt | Self::SmallInt | Self::Integer | Self::BigInt | Self::IntegerEnum(_) => Value::I64(cells.i64(at)?),
            Self::Unsigned(_) => {
                let it = cells.u64(at)?;
                i64::try_from(it).map_or(Value::U64(it), Value::I64)
            }
            Self::Real => Value::F32(cells.f32(at)?),
            Self::Double => Value::F64(cells.f64(at)?),
            Self::Text | Self::VarChar(_) | Self::Enum(_) => Value::Text(cells.text(at)?.to_owned()),
            Self::Bytes | Self::VarBytes(_) => Value::Bytes(cells.bytes(at)?.to_owned()),
            #[cfg(feature = "chrono")]
            Self::Timestamp => Value::DateTime(cells.date_time(at)?),
            #[cfg(feature = "chrono")]
            Self::DateTime => Value::NaiveDateTime(cells.naive_date_time(at)?),
            #[cfg(feature = "chrono")]
            Self::Date => Value::Date(cells.date(at)?),
            #[cfg(feature = "chrono")]
            Self::Time => Value::Time(cells.time(at)?),
            #[cfg(feature = "rust_decimal")]
            Self::Decimal { .. } => Value::Decimal(cells.decimal(at)?),
            #[cfg(feature = "uuid")]
            Self::Uuid => Value::Uuid(::uuid::Uuid::from_bytes(cells.uuid(at)?)),
            _ => return Err(Error::Invalid("rows cannot be streamed in the order of a column of this type".to_owned())),
        })
    }
}
