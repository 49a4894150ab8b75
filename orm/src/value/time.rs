//! Dates and times of the crate `chrono`, in UTC with microseconds.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use crate::error::Result;
use crate::value::field::unexpected;
use crate::value::{Binder, Cells, Field, SqlType, Timestamp, Value};

macro_rules! times {
    ($($type:ty, $method:ident, $variant:ident, $sql:ident;)*) => {$(
        impl Field for $type {
            const TYPE: SqlType = SqlType::$sql;

            fn read(cells: &dyn Cells, at: usize) -> Result<Self> {
                cells.$method(at)
            }

            fn bind(&self, to: &mut dyn Binder) -> Result<()> {
                to.$method(*self)
            }

            fn to_value(&self) -> Value {
                Value::$variant(*self)
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

times! {
    DateTime<Utc>, date_time, DateTime, Timestamp;
    NaiveDateTime, naive_date_time, NaiveDateTime, DateTime;
    NaiveDate, date, Date, Date;
}

impl Timestamp for DateTime<Utc> {
    fn at(micros: i64) -> Value {
        Value::DateTime(Self::from_timestamp_micros(micros).unwrap_or_default())
    }
}

impl Timestamp for NaiveDateTime {
    fn at(micros: i64) -> Value {
        Value::NaiveDateTime(DateTime::from_timestamp_micros(micros).unwrap_or_default().naive_utc())
    }
}
