//! Dates and times as text that sorts like them.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

/// `YYYY-MM-DD HH:MM:SS.ffffff`; of a fixed width for the years 1 to 9999.
pub(super) fn of_date_time(it: NaiveDateTime) -> String {
    it.format("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

/// `YYYY-MM-DD`.
pub(super) fn of_date(it: NaiveDate) -> String {
    it.format("%Y-%m-%d").to_string()
}

/// `HH:MM:SS.ffffff`.
pub(super) fn of_time(it: NaiveTime) -> String {
    it.format("%H:%M:%S%.6f").to_string()
}

/// Reads what [`of_date_time`] writes, and what other programs do: `T` between
/// date and time, no seconds or fraction, `Z` or an offset at the end.
/// The result is in UTC.
pub(super) fn to_date_time(text: &str) -> Option<NaiveDateTime> {
    let date = to_date(text.get(..10)?)?;
    let rest = text.get(10..)?.strip_prefix([' ', 'T', 't'])?;
    let (time, offset) = match rest.find(['Z', 'z', '+', '-']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let time = to_time(time.trim_end())?;
    date.and_time(time).checked_sub_signed(to_offset(offset)?)
}

pub(super) fn to_date(text: &str) -> Option<NaiveDate> {
    let it = text.as_bytes();
    if it.len() != 10 || it[4] != b'-' || it[7] != b'-' {
        return None;
    }
    NaiveDate::from_ymd_opt(i32::try_from(number(&it[..4])?).ok()?, number(&it[5..7])?, number(&it[8..])?)
}

/// Reads what [`of_time`] writes, and times without seconds or fraction.
pub(super) fn to_time(text: &str) -> Option<NaiveTime> {
    let it = text.as_bytes();
    let (hour, minute) = (number(it.get(..2)?)?, number(it.get(3..5)?)?);
    if it[2] != b':' {
        return None;
    }
    match it.get(5..)? {
        [] => NaiveTime::from_hms_opt(hour, minute, 0),
        [b':', second @ ..] => {
            let nanos = match second.get(2..)? {
                [] => 0,
                [b'.', fraction @ ..] if (1..=9).contains(&fraction.len()) => {
                    number(fraction)? * 10_u32.pow(9 - u32::try_from(fraction.len()).ok()?)
                }
                _ => return None,
            };
            NaiveTime::from_hms_nano_opt(hour, minute, number(&second[..2])?, nanos)
        }
        _ => None,
    }
}

/// What a local time is ahead of UTC: nothing, `Z`, `+02`, `+0200` or `+02:00`.
fn to_offset(text: &str) -> Option<TimeDelta> {
    let (sign, digits) = match text.as_bytes() {
        [] | [b'Z' | b'z'] => return Some(TimeDelta::zero()),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match digits {
        [_, _] => (digits, "0".as_bytes()),
        [_, _, b':', _, _] => (&digits[..2], &digits[3..]),
        [_, _, _, _] => digits.split_at(2),
        _ => return None,
    };
    TimeDelta::try_minutes(sign * (i64::from(number(hours)?) * 60 + i64::from(number(minutes)?)))
}

/// Digits and nothing else.
fn number(it: &[u8]) -> Option<u32> {
    it.iter().try_fold(0_u32, |sum, digit| {
        let digit = digit.is_ascii_digit().then(|| u32::from(digit - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::{of_date_time, to_date, to_date_time};

    #[test]
    fn times_are_read_in_every_usual_spelling() {
        let noon = to_date_time("2024-02-29 12:00:00.000000").unwrap();
        for it in [
            "2024-02-29T12:00:00Z",
            "2024-02-29 12:00",
            "2024-02-29 12:00:00.0",
            "2024-02-29T14:00:00+02:00",
            "2024-02-29 14:00:00.000 +0200",
            "2024-02-29 07:00:00-05",
        ] {
            assert_eq!(to_date_time(it), Some(noon), "{it}");
        }
        for it in ["", "2024-02-30 12:00:00", "2024-02-29", "2024-02-29 12", "2024-02-29 12:00:00.", "2024-02-29 12:00:00 x", "12:00"] {
            assert_eq!(to_date_time(it), None, "{it}");
        }
        assert_eq!(to_date("2024-02-29 12:00:00"), None);
    }

    #[test]
    fn what_is_finer_than_a_microsecond_is_cut_off() {
        let it = to_date_time("1969-12-31 23:59:59.999999999").unwrap();
        assert_eq!(of_date_time(it), "1969-12-31 23:59:59.999999");
    }
}
