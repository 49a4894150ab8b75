//! What no database of ours can hold; checked before anything is sent, so that
//! all of them refuse the same values.

use crate::error::{Error, Result};
use crate::value::SqlType;

/// The error for a value that a column cannot hold; the column is named above.
pub(crate) fn unstorable(reason: impl Into<String>) -> Error {
    Error::Unstorable { column: String::new(), reason: reason.into() }
}

/// Refuses NaN and infinities: MariaDB and SQLite have none.
pub(crate) fn finite(it: f64) -> Result<f64> {
    if it.is_finite() { Ok(it) } else { Err(unstorable("NaN and infinities cannot be stored on every database")) }
}

/// Refuses text with NUL: PostgreSQL has no room for it, SQLite's functions stop there.
pub(crate) fn no_nul(it: &str) -> Result<&str> {
    if it.as_bytes().contains(&0) {
        return Err(unstorable("text must not contain the character NUL; store it as bytes"));
    }
    Ok(it)
}

/// Refuses text that is longer than its column; databases would cut off what
/// is too long, or only the spaces of it.
pub(crate) fn length(it: &str, column: Option<SqlType>) -> Result<&str> {
    match column {
        Some(SqlType::VarChar(most)) => short(it.chars().count(), most, "characters").map(|()| it),
        _ => Ok(it),
    }
}

/// Refuses bytes that are more than their column holds.
pub(crate) fn bytes(it: &[u8], column: Option<SqlType>) -> Result<&[u8]> {
    match column {
        Some(SqlType::VarBytes(most)) => short(it.len(), most, "bytes").map(|()| it),
        _ => Ok(it),
    }
}

fn short(len: usize, most: u32, unit: &str) -> Result<()> {
    if u32::try_from(len).is_ok_and(|it| it <= most) {
        return Ok(());
    }
    Err(unstorable(format!("it has {len} {unit}, and the column keeps {most}")))
}

/// Refuses a document with the character NUL, for which PostgreSQL has no room.
pub(crate) fn json(it: &str) -> Result<&str> {
    if it.is_empty() {
        return Err(unstorable("it cannot be written as JSON"));
    }
    // A backslash that is escaped itself escapes nothing.
    if it.contains("\\u0000") && it.replace("\\\\", "").contains("\\u0000") {
        return Err(unstorable("a document must not contain the character NUL"));
    }
    Ok(it)
}

/// Refuses years that not every database can write.
#[cfg(feature = "chrono")]
pub(crate) fn year(date: &impl chrono::Datelike) -> Result<()> {
    match date.year() {
        1..=9999 => Ok(()),
        other => Err(unstorable(format!("the year {other} is outside of 1 to 9999"))),
    }
}

/// Cuts a time to the microseconds that the databases keep. A leap second
/// becomes the last microsecond before it, for no database knows them.
#[cfg(feature = "chrono")]
pub(crate) fn micros<T: chrono::Timelike>(it: T) -> T {
    let nanos = it.nanosecond().min(999_999_999);
    let cut = it.with_nanosecond(nanos - nanos % 1_000);
    // Always there: the number is smaller than a second has nanoseconds.
    cut.unwrap_or(it)
}

/// Refuses decimals with more digits than a column has; databases would round
/// those behind the point without a word.
#[cfg(feature = "rust_decimal")]
pub(crate) fn decimal_fits(it: rust_decimal::Decimal, precision: u8, scale: u8) -> Result<rust_decimal::Decimal> {
    // Zeros at the end are not digits that could be lost.
    let plain = it.normalize();
    if plain.scale() > u32::from(scale) {
        return Err(unstorable(format!("it has {} digits behind the point, and the column keeps {scale}; round it first", plain.scale())));
    }
    let whole = plain.trunc().abs().mantissa();
    let digits = whole.checked_ilog10().map_or(0, |it| it + 1);
    let room = u32::from(precision.saturating_sub(scale));
    if digits > room {
        return Err(unstorable(format!("it has {digits} digits before the point, and the column keeps {room}")));
    }
    Ok(it)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_stored_is_refused() {
        for it in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(matches!(finite(it), Err(Error::Unstorable { .. })));
        }
        assert_eq!(finite(f64::MAX).unwrap(), f64::MAX);
        assert!(no_nul("a\0b").is_err());
        assert_eq!(no_nul("").unwrap(), "");
    }

    #[cfg(feature = "chrono")]
    #[test]
    fn years_and_microseconds() {
        use chrono::{NaiveDate, NaiveDateTime};
        let day = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        assert!(year(&day(0)).is_err() && year(&day(10_000)).is_err() && year(&day(-44)).is_err());
        assert!(year(&day(1)).is_ok() && year(&day(9999)).is_ok());
        let at = |nanos| day(1969).and_hms_nano_opt(23, 59, 59, nanos).unwrap();
        assert_eq!(micros::<NaiveDateTime>(at(1_999)), at(1_000));
        assert_eq!(micros::<NaiveDateTime>(at(1_500_000_000)), at(999_999_000));
    }

    #[cfg(feature = "rust_decimal")]
    #[test]
    fn digits_of_decimals() {
        use rust_decimal::Decimal;
        let fits = |text: &str| decimal_fits(text.parse::<Decimal>().unwrap(), 6, 2).is_ok();
        assert!(fits("0") && fits("9999.99") && fits("-9999.99") && fits("1.500000") && fits("0.01"));
        assert!(!fits("10000") && !fits("-10000.00") && !fits("0.001"));
        assert!(decimal_fits(Decimal::MAX, 18, 6).is_err());
    }
}
