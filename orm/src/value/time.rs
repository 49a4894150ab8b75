//! Dates and times of the crate `chrono`, in UTC with microseconds.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use crate::error::Result;
use crate::value::field::unexpected;
use crate::value::{Binder, Cells, Field, SqlType, Timestamp, Value};

macro_rules! times {
    ($($type:ty, $method:ident, $variant:ident, $sql:ident;)*) => {$(
        #[diagnostic::do_not_recommend]
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
    NaiveTime, time, Time, Time;
}

/// Stored as the instant that it is; what is read has the offset zero, and is
/// equal to what was written.
#[diagnostic::do_not_recommend]
impl Field for DateTime<FixedOffset> {
    const TYPE: SqlType = SqlType::Timestamp;

    fn read(cells: &dyn Cells, at: usize) -> Result<Self> {
        cells.date_time(at).map(Into::into)
    }

    fn bind(&self, to: &mut dyn Binder) -> Result<()> {
        to.date_time(self.to_utc())
    }

    fn to_value(&self) -> Value {
        Value::DateTime(self.to_utc())
    }

    fn from_value(value: Value) -> Result<Self> {
        DateTime::<Utc>::from_value(value).map(Into::into)
    }
}

#[diagnostic::do_not_recommend]
impl Timestamp for DateTime<FixedOffset> {
    fn at(micros: i64) -> Value {
        DateTime::<Utc>::at(micros)
    }
}

#[diagnostic::do_not_recommend]
impl Timestamp for DateTime<Utc> {
    fn at(micros: i64) -> Value {
        Value::DateTime(Self::from_timestamp_micros(micros).unwrap_or_default())
    }
}

#[diagnostic::do_not_recommend]
impl Timestamp for NaiveDateTime {
    fn at(micros: i64) -> Value {
        Value::NaiveDateTime(DateTime::from_timestamp_micros(micros).unwrap_or_default().naive_utc())
    }
}
