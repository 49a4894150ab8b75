//! Times as numbers.

use chrono::{DateTime, FixedOffset, Local, Utc};

use crate::error::{Error, Result};
use crate::value::Encoding;
use crate::value::field::unexpected;

macro_rules! in_zone {
    ($name:ident $($zone:ident)*) => {$(
        #[diagnostic::do_not_recommend]
        impl Encoding<DateTime<$zone>> for $name {
            type Stored = i64;

            fn encode(it: &DateTime<$zone>) -> Result<i64> {
                Self::encode(&it.to_utc())
            }

            fn decode(stored: i64) -> Result<DateTime<$zone>> {
                <Self as Encoding<DateTime<Utc>>>::decode(stored).map(Into::into)
            }
        }
    )*};
}

macro_rules! unix {
    ($($(#[$documentation:meta])* $name:ident $to:ident $from:expr;)*) => {$(
        $(#[$documentation])*
        #[derive(Debug, Clone, Copy)]
        pub enum $name {}

        #[diagnostic::do_not_recommend]
        impl Encoding<DateTime<Utc>> for $name {
            type Stored = i64;

            fn encode(it: &DateTime<Utc>) -> Result<i64> {
                Ok(it.$to())
            }

            fn decode(stored: i64) -> Result<DateTime<Utc>> {
                let from: fn(i64) -> Option<DateTime<Utc>> = $from;
                from(stored).ok_or_else(out_of_range)
            }
        }

        in_zone! { $name FixedOffset Local }

        #[cfg(feature = "time")]
        #[diagnostic::do_not_recommend]
        impl Encoding<::time::OffsetDateTime> for $name {
            type Stored = i64;

            fn encode(it: &::time::OffsetDateTime) -> Result<i64> {
                let chrono = DateTime::from_timestamp(it.unix_timestamp(), it.nanosecond());
                <Self as Encoding<DateTime<Utc>>>::encode(&chrono.ok_or_else(out_of_range)?)
            }

            fn decode(stored: i64) -> Result<::time::OffsetDateTime> {
                let chrono = <Self as Encoding<DateTime<Utc>>>::decode(stored)?;
                let nanos = i128::from(chrono.timestamp()) * 1_000_000_000 + i128::from(chrono.timestamp_subsec_nanos());
                ::time::OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| out_of_range())
            }
        }

        #[cfg(feature = "time")]
        #[diagnostic::do_not_recommend]
        impl Encoding<::time::UtcDateTime> for $name {
            type Stored = i64;

            fn encode(it: &::time::UtcDateTime) -> Result<i64> {
                <Self as Encoding<::time::OffsetDateTime>>::encode(&(*it).into())
            }

            fn decode(stored: i64) -> Result<::time::UtcDateTime> {
                <Self as Encoding<::time::OffsetDateTime>>::decode(stored).map(Into::into)
            }
        }
    )*};
}

unix! {
    /// An instant as the seconds since 1970-01-01 in UTC; what is finer is cut off.
    ///
    /// ```
    /// use chrono::{DateTime, Utc};
    /// use orm::{UnixSeconds, prelude::*};
    ///
    /// #[derive(Debug, Default, Model)]
    /// struct Visit {
    ///     #[orm(key, auto)]
    ///     id: i64,
    ///     #[orm(with = UnixSeconds)]
    ///     at: DateTime<Utc>,
    /// }
    ///
    /// let later = Visit::AT.gt(DateTime::UNIX_EPOCH);
    /// # let _ = later;
    /// ```
    UnixSeconds timestamp |it| DateTime::from_timestamp(it, 0);
    /// An instant as the milliseconds since 1970-01-01 in UTC; what is finer is cut off.
    UnixMillis timestamp_millis DateTime::from_timestamp_millis;
    /// An instant as the microseconds since 1970-01-01 in UTC; what is finer is cut off.
    UnixMicros timestamp_micros DateTime::from_timestamp_micros;
}

fn out_of_range() -> Error {
    unexpected("an instant", "a number that is out of range")
}
