//! Rows of MariaDB and MySQL, in their binary format.

use sqlx::mysql::{MySqlRow, MySqlTypeInfo};
use sqlx::{Column as _, Decode, MySql, Row as _, Type, TypeInfo as _};

use crate::driver::sink::decode;
use crate::error::Result;
use crate::value::Cells;

/// What a column holds, as far as it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Signed,
    Unsigned,
    F32,
    F64,
    Text,
    Bytes,
    DateTime,
    Date,
    Time,
    Decimal,
    Other,
}

/// One row, with the kinds of its columns.
pub(super) struct MySqlCells<'r> {
    pub(super) row: &'r MySqlRow,
    pub(super) kinds: &'r [Kind],
}

/// The kinds of the columns; the same for all rows of a result.
pub(super) fn kinds(row: &MySqlRow) -> Vec<Kind> {
    row.columns().iter().map(|it| kind(it.type_info())).collect()
}

fn kind(ty: &MySqlTypeInfo) -> Kind {
    match ty.name() {
        "FLOAT" => Kind::F32,
        "DOUBLE" => Kind::F64,
        "DATETIME" | "TIMESTAMP" => Kind::DateTime,
        "DATE" => Kind::Date,
        "TIME" => Kind::Time,
        // MySQL's own type; MariaDB has text of this name.
        "JSON" => Kind::Text,
        "DECIMAL" => Kind::Decimal,
        "YEAR" => Kind::Unsigned,
        // The names cannot be relied on: a text column with a binary collation
        // is called VARBINARY or BLOB, and each TINYINT(1) BOOLEAN. What sqlx
        // asks here is the character set and the flag of the sign.
        _ if <str as Type<MySql>>::compatible(ty) => Kind::Text,
        _ if <[u8] as Type<MySql>>::compatible(ty) => Kind::Bytes,
        _ if <u64 as Type<MySql>>::compatible(ty) => Kind::Unsigned,
        _ if <i64 as Type<MySql>>::compatible(ty) => Kind::Signed,
        _ => Kind::Other,
    }
}

impl<'r> MySqlCells<'r> {
    fn raw(&self, at: usize) -> Result<Option<&'r [u8]>> {
        let cell = self.row.try_get_raw(at).map_err(|_| decode("a column", format!("no column {}", at + 1)))?;
        // Only NULL has no bytes. (sqlx's `is_null` says so of the zero date, too.)
        Ok(<&[u8] as Decode<MySql>>::decode(cell).ok())
    }

    /// The bytes of a cell that holds one of these kinds.
    fn get(&self, at: usize, expected: &'static str, kinds: &[Kind]) -> Result<(Kind, &'r [u8])> {
        let kind = self.kinds[at];
        if !kinds.contains(&kind) {
            let found = match kind {
                Kind::Text => "TEXT",
                _ => self.row.column(at).type_info().name(),
            };
            let hint = if kind == Kind::Decimal { "; read it as a Decimal, or cast it" } else { "" };
            return Err(decode(expected, format!("a column of type {found}{hint}")));
        }
        match self.raw(at)? {
            Some(bytes) => Ok((kind, bytes)),
            None => Err(decode(expected, "NULL")),
        }
    }
}

fn sized<const N: usize>(expected: &'static str, bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| decode(expected, format!("{} bytes instead of {N}", bytes.len())))
}

/// An integer of one to eight bytes, the last one first.
fn unsigned(expected: &'static str, bytes: &[u8]) -> Result<u64> {
    let mut all = [0; 8];
    match all.get_mut(..bytes.len()) {
        Some(part) => part.copy_from_slice(bytes),
        None => return Err(decode(expected, format!("{} bytes instead of 8", bytes.len()))),
    }
    Ok(u64::from_le_bytes(all))
}

fn integer(expected: &'static str, kind: Kind, bytes: &[u8]) -> Result<i64> {
    let it = unsigned(expected, bytes)?;
    if kind == Kind::Signed {
        // The sign is the first bit of the last byte.
        let unused = u32::try_from(64 - 8 * bytes.len().clamp(1, 8)).unwrap_or_default();
        return Ok((it << unused).cast_signed() >> unused);
    }
    i64::try_from(it).map_err(|_| decode(expected, "an integer that is out of range"))
}

impl Cells for MySqlCells<'_> {
    fn bytes_in(&self, at: usize) -> usize {
        self.raw(at).ok().flatten().map_or(0, <[u8]>::len)
    }

    fn len(&self) -> usize {
        self.kinds.len()
    }

    fn name(&self, at: usize) -> &str {
        self.row.column(at).name()
    }

    fn is_null(&self, at: usize) -> Result<bool> {
        Ok(self.raw(at)?.is_none())
    }

    fn bool(&self, at: usize) -> Result<bool> {
        let (kind, bytes) = self.get(at, "a boolean", &[Kind::Signed, Kind::Unsigned])?;
        match integer("a boolean", kind, bytes)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(decode("a boolean", "an integer that is neither 0 nor 1")),
        }
    }

    fn i64(&self, at: usize) -> Result<i64> {
        let (kind, bytes) = self.get(at, "an integer", &[Kind::Signed, Kind::Unsigned])?;
        integer("an integer", kind, bytes)
    }

    fn u64(&self, at: usize) -> Result<u64> {
        match self.get(at, "u64", &[Kind::Signed, Kind::Unsigned])? {
            (Kind::Unsigned, bytes) => unsigned("u64", bytes),
            (kind, bytes) => {
                let it = integer("u64", kind, bytes)?;
                u64::try_from(it).map_err(|_| decode("u64", "an integer that is out of range"))
            }
        }
    }

    fn f64(&self, at: usize) -> Result<f64> {
        let expected = "a floating-point number";
        match self.get(at, expected, &[Kind::F64, Kind::F32])? {
            (Kind::F32, bytes) => Ok(f64::from(f32::from_le_bytes(sized(expected, bytes)?))),
            (_, bytes) => Ok(f64::from_le_bytes(sized(expected, bytes)?)),
        }
    }

    fn text(&self, at: usize) -> Result<&str> {
        let (_, bytes) = self.get(at, "text", &[Kind::Text])?;
        std::str::from_utf8(bytes).map_err(|_| decode("text", "bytes that are not UTF-8"))
    }

    fn bytes(&self, at: usize) -> Result<&[u8]> {
        Ok(self.get(at, "bytes", &[Kind::Bytes])?.1)
    }

    #[cfg(feature = "chrono")]
    fn date_time(&self, at: usize) -> Result<chrono::DateTime<chrono::Utc>> {
        self.naive_date_time(at).map(|it| it.and_utc())
    }

    #[cfg(feature = "chrono")]
    fn naive_date_time(&self, at: usize) -> Result<chrono::NaiveDateTime> {
        let expected = "a date and time";
        let (_, bytes) = self.get(at, expected, &[Kind::DateTime])?;
        time::date_time(bytes).ok_or_else(|| decode(expected, "a date that does not exist, such as 0000-00-00"))
    }

    #[cfg(feature = "chrono")]
    fn date(&self, at: usize) -> Result<chrono::NaiveDate> {
        let (_, bytes) = self.get(at, "a date", &[Kind::Date])?;
        time::date(bytes).ok_or_else(|| decode("a date", "a date that does not exist, such as 0000-00-00"))
    }

    #[cfg(feature = "chrono")]
    fn time(&self, at: usize) -> Result<chrono::NaiveTime> {
        let (_, bytes) = self.get(at, "a time of day", &[Kind::Time])?;
        time::time(bytes).ok_or_else(|| decode("a time of day", "a span of time that is negative or a day at least"))
    }

    #[cfg(feature = "rust_decimal")]
    fn decimal(&self, at: usize) -> Result<rust_decimal::Decimal> {
        let expected = "a decimal";
        let (kind, bytes) = self.get(at, expected, &[Kind::Decimal, Kind::Signed, Kind::Unsigned])?;
        if kind != Kind::Decimal {
            return integer(expected, kind, bytes).map(Into::into);
        }
        // Text. The usual way to parse it would round what is too long.
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let exact = rust_decimal::Decimal::from_str_exact;
        let found = exact(text).or_else(|error| match text.contains('.') {
            // The column may show more zeros than a Decimal can.
            true => exact(text.trim_end_matches('0').trim_end_matches('.')),
            false => Err(error),
        });
        found.map_err(|_| decode(expected, "a number with more digits than a Decimal has"))
    }
}

/// Read here and not by sqlx, which takes the zero date for NULL.
#[cfg(feature = "chrono")]
mod time {
    use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

    /// A length; then year, month, day, hour, minute, second, microsecond,
    /// without the zeros at the end.
    pub(super) fn date_time(bytes: &[u8]) -> Option<NaiveDateTime> {
        let day = date(bytes)?;
        let time = match *bytes.get(5..)? {
            [] => NaiveTime::MIN,
            [h, m, s] => NaiveTime::from_hms_opt(h.into(), m.into(), s.into())?,
            [h, m, s, a, b, c, d] => NaiveTime::from_hms_micro_opt(h.into(), m.into(), s.into(), u32::from_le_bytes([a, b, c, d]))?,
            _ => return None,
        };
        Some(day.and_time(time))
    }

    /// A length; then a sign, days, hour, minute, second, microsecond, without
    /// the zeros at the end.
    pub(super) fn time(bytes: &[u8]) -> Option<NaiveTime> {
        match *bytes.get(1..)? {
            [] => Some(NaiveTime::MIN),
            [0, 0, 0, 0, 0, h, m, s] => NaiveTime::from_hms_opt(h.into(), m.into(), s.into()),
            [0, 0, 0, 0, 0, h, m, s, a, b, c, d] => {
                NaiveTime::from_hms_micro_opt(h.into(), m.into(), s.into(), u32::from_le_bytes([a, b, c, d]))
            }
            _ => None,
        }
    }

    pub(super) fn date(bytes: &[u8]) -> Option<NaiveDate> {
        let [_, a, b, month, day, ..] = *bytes else { return None };
        NaiveDate::from_ymd_opt(u16::from_le_bytes([a, b]).into(), month.into(), day.into())
    }
}
