//! Rows of PostgreSQL, in its binary format.

use sqlx::postgres::PgRow;
use sqlx::{Column as _, Row as _};

use crate::driver::sink::decode;
use crate::error::Result;
use crate::value::Cells;

/// What a column holds, as far as it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    I16,
    I32,
    I64,
    Oid,
    F32,
    F64,
    Text,
    Bytes,
    TimestampTz,
    Timestamp,
    Date,
    Time,
    Uuid,
    Json,
    Jsonb,
    Array,
    Numeric,
    Other,
}

/// Where cells are.
#[derive(Clone, Copy)]
enum Source<'r> {
    Row(&'r PgRow, &'r [Kind]),
    /// The elements of an array, all of one kind.
    Array(&'r [Option<&'r [u8]>], Kind),
}

/// One row, with the kinds of its columns; or one array.
pub(super) struct PgCells<'r>(Source<'r>);

/// The kinds of the columns; the same for all rows of a result.
pub(super) fn kinds(row: &PgRow) -> Vec<Kind> {
    row.columns().iter().map(|it| kind(it.type_info().oid().map_or(0, |it| it.0))).collect()
}

fn kind(oid: u32) -> Kind {
    match oid {
        16 => Kind::Bool,
        21 => Kind::I16,
        23 => Kind::I32,
        20 => Kind::I64,
        26 => Kind::Oid,
        700 => Kind::F32,
        701 => Kind::F64,
        // text, varchar, char(n), name, and the literals that have no other type
        25 | 1043 | 1042 | 19 | 705 => Kind::Text,
        17 => Kind::Bytes,
        1184 => Kind::TimestampTz,
        1114 => Kind::Timestamp,
        1082 => Kind::Date,
        1083 => Kind::Time,
        2950 => Kind::Uuid,
        114 => Kind::Json,
        3802 => Kind::Jsonb,
        1000 | 1005 | 1007 | 1016 | 1021 | 1022 | 1009 | 1015 | 1115 | 1182 | 1183 | 1185 | 1231 | 2951 => Kind::Array,
        1700 => Kind::Numeric,
        _ => Kind::Other,
    }
}

impl<'r> PgCells<'r> {
    pub(super) fn new(row: &'r PgRow, kinds: &'r [Kind]) -> Self {
        Self(Source::Row(row, kinds))
    }

    fn raw(&self, at: usize) -> Result<Option<&'r [u8]>> {
        let row = match self.0 {
            Source::Row(row, _) => row,
            Source::Array(all, _) => return Ok(all[at]),
        };
        let cell = row.try_get_raw(at).map_err(|_| decode("a column", format!("no column {}", at + 1)))?;
        // Only NULL has no bytes.
        Ok(cell.as_bytes().ok())
    }

    /// The bytes of a cell that holds one of these kinds.
    fn get(&self, at: usize, expected: &'static str, kinds: &[Kind]) -> Result<(Kind, &'r [u8])> {
        let kind = match self.0 {
            Source::Row(_, kinds) => kinds[at],
            Source::Array(_, kind) => kind,
        };
        if !kinds.contains(&kind) {
            return Err(decode(expected, self.found(at, kind)));
        }
        match self.raw(at)? {
            Some(bytes) => Ok((kind, bytes)),
            None => Err(decode(expected, "NULL")),
        }
    }
}

impl PgCells<'_> {
    fn found(&self, at: usize, kind: Kind) -> String {
        let hint = if kind == Kind::Numeric { "; read it as a Decimal, or cast it" } else { "" };
        match self.0 {
            Source::Row(row, _) => format!("a column of type {}{hint}", row.column(at).type_info()),
            Source::Array(..) => "an array of another type".to_owned(),
        }
    }
}

/// The bytes of a number; their count is the server's promise.
fn sized<const N: usize>(expected: &'static str, bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| decode(expected, format!("{} bytes instead of {N}", bytes.len())))
}

fn integer(expected: &'static str, kind: Kind, bytes: &[u8]) -> Result<i64> {
    Ok(match kind {
        Kind::I16 => i64::from(i16::from_be_bytes(sized(expected, bytes)?)),
        Kind::I32 => i64::from(i32::from_be_bytes(sized(expected, bytes)?)),
        Kind::Oid => i64::from(u32::from_be_bytes(sized(expected, bytes)?)),
        _ => i64::from_be_bytes(sized(expected, bytes)?),
    })
}

impl Cells for PgCells<'_> {
    fn bytes_in(&self, at: usize) -> usize {
        self.raw(at).ok().flatten().map_or(0, <[u8]>::len)
    }

    fn len(&self) -> usize {
        match self.0 {
            Source::Row(_, kinds) => kinds.len(),
            Source::Array(all, _) => all.len(),
        }
    }

    fn name(&self, at: usize) -> &str {
        match self.0 {
            Source::Row(row, _) => row.column(at).name(),
            Source::Array(..) => "an element",
        }
    }

    fn is_null(&self, at: usize) -> Result<bool> {
        Ok(self.raw(at)?.is_none())
    }

    fn bool(&self, at: usize) -> Result<bool> {
        let (_, bytes) = self.get(at, "a boolean", &[Kind::Bool])?;
        Ok(sized::<1>("a boolean", bytes)? != [0])
    }

    fn i64(&self, at: usize) -> Result<i64> {
        let expected = "an integer";
        let (kind, bytes) = self.get(at, expected, &[Kind::I64, Kind::I32, Kind::I16, Kind::Oid])?;
        integer(expected, kind, bytes)
    }

    fn f64(&self, at: usize) -> Result<f64> {
        let expected = "a floating-point number";
        match self.get(at, expected, &[Kind::F64, Kind::F32])? {
            (Kind::F32, bytes) => Ok(f64::from(f32::from_be_bytes(sized(expected, bytes)?))),
            (_, bytes) => Ok(f64::from_be_bytes(sized(expected, bytes)?)),
        }
    }

    fn text(&self, at: usize) -> Result<&str> {
        let (_, bytes) = self.get(at, "text", &[Kind::Text])?;
        std::str::from_utf8(bytes).map_err(|_| decode("text", "bytes that are not UTF-8"))
    }

    fn bytes(&self, at: usize) -> Result<&[u8]> {
        Ok(self.get(at, "bytes", &[Kind::Bytes])?.1)
    }

    fn uuid(&self, at: usize) -> Result<[u8; 16]> {
        sized("a UUID", self.get(at, "a UUID", &[Kind::Uuid])?.1)
    }

    fn json(&self, at: usize) -> Result<&str> {
        let text = match self.get(at, "JSON", &[Kind::Jsonb, Kind::Json, Kind::Text])? {
            (Kind::Jsonb, [1, text @ ..]) => text,
            (Kind::Jsonb, _) => return Err(decode("JSON", "a document of an unknown version")),
            (_, text) => text,
        };
        std::str::from_utf8(text).map_err(|_| decode("JSON", "bytes that are not UTF-8"))
    }

    fn array(&self, at: usize, each: &mut dyn FnMut(&dyn Cells, usize) -> Result<()>) -> Result<()> {
        let (_, bytes) = self.get(at, "a list", &[Kind::Array])?;
        let (of, all) = super::array::elements(bytes).ok_or_else(|| decode("a list", "an array of several dimensions"))?;
        let elements = PgCells(Source::Array(&all, kind(of)));
        (0..all.len()).try_for_each(|n| each(&elements, n))
    }

    #[cfg(feature = "chrono")]
    fn date_time(&self, at: usize) -> Result<chrono::DateTime<chrono::Utc>> {
        let (_, bytes) = self.get(at, "a date and time with a zone", &[Kind::TimestampTz])?;
        time::date_time(bytes).map(|it| it.and_utc())
    }

    #[cfg(feature = "chrono")]
    fn naive_date_time(&self, at: usize) -> Result<chrono::NaiveDateTime> {
        let (_, bytes) = self.get(at, "a date and time without a zone", &[Kind::Timestamp])?;
        time::date_time(bytes)
    }

    #[cfg(feature = "chrono")]
    fn date(&self, at: usize) -> Result<chrono::NaiveDate> {
        let (_, bytes) = self.get(at, "a date", &[Kind::Date])?;
        time::date(bytes)
    }

    #[cfg(feature = "chrono")]
    fn time(&self, at: usize) -> Result<chrono::NaiveTime> {
        let (_, bytes) = self.get(at, "a time of day", &[Kind::Time])?;
        time::time(bytes)
    }

    #[cfg(feature = "rust_decimal")]
    fn decimal(&self, at: usize) -> Result<rust_decimal::Decimal> {
        let expected = "a decimal";
        match self.get(at, expected, &[Kind::Numeric, Kind::I64, Kind::I32, Kind::I16])? {
            (Kind::Numeric, bytes) => super::numeric::read(bytes),
            (kind, bytes) => integer(expected, kind, bytes).map(Into::into),
        }
    }
}

/// Read here and not by sqlx, which panics on `infinity` and on years that
/// chrono does not know.
#[cfg(feature = "chrono")]
mod time {
    use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

    use super::sized;
    use crate::driver::sink::decode;
    use crate::error::{Error, Result};

    /// 2000-01-01, from which PostgreSQL counts.
    fn first_day() -> Result<NaiveDate> {
        NaiveDate::from_ymd_opt(2000, 1, 1).ok_or_else(|| outside(false))
    }

    fn outside(infinite: bool) -> Error {
        decode("a date", if infinite { "infinity" } else { "a year that is out of range" })
    }

    pub(super) fn date_time(bytes: &[u8]) -> Result<NaiveDateTime> {
        let micros = i64::from_be_bytes(sized("a date and time", bytes)?);
        let infinite = micros == i64::MAX || micros == i64::MIN;
        let start = first_day()?.and_time(chrono::NaiveTime::MIN);
        match start.checked_add_signed(TimeDelta::microseconds(micros)) {
            Some(it) if !infinite => Ok(it),
            _ => Err(outside(infinite)),
        }
    }

    pub(super) fn time(bytes: &[u8]) -> Result<NaiveTime> {
        let micros = i64::from_be_bytes(sized("a time of day", bytes)?);
        let parts = u32::try_from(micros / 1_000_000).ok().zip(u32::try_from(micros % 1_000_000 * 1_000).ok());
        let it = parts.and_then(|(seconds, nanos)| NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos));
        it.ok_or_else(|| decode("a time of day", "24:00"))
    }

    pub(super) fn date(bytes: &[u8]) -> Result<NaiveDate> {
        let days = i32::from_be_bytes(sized("a date", bytes)?);
        let count = Days::new(u64::from(days.unsigned_abs()));
        let start = first_day()?;
        let date = if days < 0 { start.checked_sub_days(count) } else { start.checked_add_days(count) };
        date.ok_or_else(|| outside(days == i32::MAX || days == i32::MIN))
    }
}
