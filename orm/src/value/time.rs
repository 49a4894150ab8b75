//! Dates and times of the crate `chrono`, in UTC with microseconds.

use chrono::{DateTime, FixedOffset, Local, NaiveDate, NaiveDateTime, NaiveTime, Utc};

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

/// Fields that are stored as the instant that they are; what is read is equal to
/// what was written.
macro_rules! instants {
    ($($(#[$documentation:meta])* $zone:ident;)*) => {$(
        $(#[$documentation])*
        #[diagnostic::do_not_recommend]
        impl Field for DateTime<$zone> {
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
        impl Timestamp for DateTime<$zone> {
            fn at(micros: i64) -> Value {
                DateTime::<Utc>::at(micros)
            }
        }
    )*};
}

instants! {
    /// Read with the offset zero.
    FixedOffset;
    /// Read in the zone of the process (`TZ`, or that of the machine), for which
    /// only fields of this type ask.
    Local;
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use std::process::Command;

    use super::*;

    /// Runs itself again in another zone: that of a process cannot be changed safely.
    #[test]
    fn an_instant_is_read_in_the_zone_of_the_process() {
        let zone = "XXX-05:30";
        if std::env::var("TZ").is_ok_and(|it| it == zone) {
            let stored = DateTime::<Utc>::UNIX_EPOCH.to_value();
            let read = DateTime::<Local>::from_value(stored.clone()).unwrap();
            assert_eq!(read.to_rfc3339(), "1970-01-01T05:30:00+05:30");
            assert_eq!(read.to_value(), stored);
            return;
        }
        let itself = std::env::current_exe().unwrap();
        let name = "value::time::tests::an_instant_is_read_in_the_zone_of_the_process";
        let again = Command::new(itself).env("TZ", zone).args([name, "--exact"]).output().unwrap();
        let said = String::from_utf8_lossy(&again.stdout);
        assert!(again.status.success() && said.contains("1 passed"), "{said}");
    }
}
