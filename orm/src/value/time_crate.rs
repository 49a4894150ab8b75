//! Dates and times of the crate `time`, in the same columns as chrono's.

use ::time::{Date, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime, UtcOffset};
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _, Utc};

use crate::error::Result;
use crate::value::field::unexpected;
use crate::value::limits::unstorable;
use crate::value::{Binder, Cells, Field, SqlType, Timestamp, Value};

/// Fields that are stored as one of chrono's. What chrono has no room for is
/// far outside of the years that any database of ours stores.
macro_rules! times {
    ($($type:ident as $chrono:ty, $variant:ident, $sql:ident, $to:ident, $from:ident;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl Field for $type {
            const TYPE: SqlType = SqlType::$sql;

            fn read(cells: &dyn Cells, at: usize) -> Result<Self> {
                $from(<$chrono>::read(cells, at)?).ok_or_else(|| unexpected(stringify!($type), "a date or time that is out of range"))
            }

            fn bind(&self, to: &mut dyn Binder) -> Result<()> {
                $to(*self).ok_or_else(|| unstorable("the year is outside of 1 to 9999"))?.bind(to)
            }

            fn to_value(&self) -> Value {
                // The largest is refused when it is bound.
                Value::$variant($to(*self).unwrap_or(<$chrono as Last>::LAST))
            }

            fn from_value(value: Value) -> Result<Self> {
                $from(<$chrono>::from_value(value)?).ok_or_else(|| unexpected(stringify!($type), "a date or time that is out of range"))
            }
        }
    )*};
}

/// A value that stands for one that chrono has no room for.
trait Last {
    const LAST: Self;
}

impl Last for DateTime<Utc> {
    const LAST: Self = Self::MAX_UTC;
}

impl Last for NaiveDateTime {
    const LAST: Self = Self::MAX;
}

impl Last for NaiveDate {
    const LAST: Self = Self::MAX;
}

/// Every time of day has room, so this is never asked for.
impl Last for NaiveTime {
    const LAST: Self = Self::MIN;
}

times! {
    OffsetDateTime as DateTime<Utc>, DateTime, Timestamp, to_instant, from_instant;
    UtcDateTime as DateTime<Utc>, DateTime, Timestamp, utc_to_instant, utc_from_instant;
    PrimitiveDateTime as NaiveDateTime, NaiveDateTime, DateTime, to_date_time, from_date_time;
    Date as NaiveDate, Date, Date, to_date, from_date;
    Time as NaiveTime, Time, Time, to_time, from_time;
}

#[diagnostic::do_not_recommend]
impl Timestamp for OffsetDateTime {
    fn at(micros: i64) -> Value {
        DateTime::<Utc>::at(micros)
    }
}

#[diagnostic::do_not_recommend]
impl Timestamp for UtcDateTime {
    fn at(micros: i64) -> Value {
        DateTime::<Utc>::at(micros)
    }
}

#[diagnostic::do_not_recommend]
impl Timestamp for PrimitiveDateTime {
    fn at(micros: i64) -> Value {
        NaiveDateTime::at(micros)
    }
}

fn to_date(it: Date) -> Option<NaiveDate> {
    NaiveDate::from_yo_opt(it.year(), it.ordinal().into())
}

fn from_date(it: NaiveDate) -> Option<Date> {
    Date::from_ordinal_date(it.year(), u16::try_from(it.ordinal()).ok()?).ok()
}

fn to_time(it: Time) -> Option<NaiveTime> {
    let (hour, minute, second, nanos) = it.as_hms_nano();
    NaiveTime::from_hms_nano_opt(hour.into(), minute.into(), second.into(), nanos)
}

fn from_time(it: NaiveTime) -> Option<Time> {
    let small = |it: u32| u8::try_from(it).ok();
    Time::from_hms_nano(small(it.hour())?, small(it.minute())?, small(it.second())?, it.nanosecond().min(999_999_999)).ok()
}

fn to_date_time(it: PrimitiveDateTime) -> Option<NaiveDateTime> {
    Some(to_date(it.date())?.and_time(to_time(it.time())?))
}

fn from_date_time(it: NaiveDateTime) -> Option<PrimitiveDateTime> {
    Some(PrimitiveDateTime::new(from_date(it.date())?, from_time(it.time())?))
}

fn to_instant(it: OffsetDateTime) -> Option<DateTime<Utc>> {
    let it = it.checked_to_offset(UtcOffset::UTC)?;
    Some(to_date_time(PrimitiveDateTime::new(it.date(), it.time()))?.and_utc())
}

fn from_instant(it: DateTime<Utc>) -> Option<OffsetDateTime> {
    Some(from_date_time(it.naive_utc())?.assume_utc())
}

fn utc_to_instant(it: UtcDateTime) -> Option<DateTime<Utc>> {
    Some(to_date_time(PrimitiveDateTime::new(it.date(), it.time()))?.and_utc())
}

fn utc_from_instant(it: DateTime<Utc>) -> Option<UtcDateTime> {
    let it = from_date_time(it.naive_utc())?;
    Some(UtcDateTime::new(it.date(), it.time()))
}
