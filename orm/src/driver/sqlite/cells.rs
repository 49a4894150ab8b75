//! The cells of a row into Rust values.

use std::cell::OnceCell;

use rusqlite::types::ValueRef;

use crate::error::{Error, Result};
use crate::value::{Cells, SqlType, Value};

/// What holds for all rows of a result, found out when it is first needed.
#[derive(Debug, Default)]
pub(super) struct Columns {
    #[cfg_attr(not(feature = "rust_decimal"), allow(dead_code, reason = "only decimals need it"))]
    declared: OnceCell<Vec<Declared>>,
}

/// The type a column was declared with.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "rust_decimal"), allow(dead_code, reason = "only decimals need it"))]
enum Declared {
    /// It is an expression.
    Nothing,
    /// Our decimals.
    Scaled(u8),
    /// Anything else.
    Other,
}

/// One row of rusqlite's.
pub(super) struct RowCells<'r> {
    row: &'r rusqlite::Row<'r>,
    #[cfg_attr(not(feature = "rust_decimal"), expect(dead_code, reason = "only decimals ask how a column is declared"))]
    columns: &'r Columns,
    len: usize,
}

impl<'r> RowCells<'r> {
    pub(super) fn new(row: &'r rusqlite::Row<'r>, columns: &'r Columns, len: usize) -> Self {
        Self { row, columns, len }
    }

    fn value(&self, at: usize) -> Result<ValueRef<'_>> {
        self.row.get_ref(at).map_err(|_| decode("a column", format!("{} columns only", self.len)))
    }

    #[cfg(feature = "rust_decimal")]
    fn declared(&self, at: usize) -> Declared {
        let all = self.columns.declared.get_or_init(|| {
            let statement: &rusqlite::Statement<'_> = self.row.as_ref();
            let declared = |it: &rusqlite::Column<'_>| match it.decl_type() {
                None => Declared::Nothing,
                Some(it) => super::decimal::scale_of(it).map_or(Declared::Other, Declared::Scaled),
            };
            statement.columns().iter().map(declared).collect()
        });
        all.get(at).copied().unwrap_or(Declared::Nothing)
    }

    #[cfg(feature = "chrono")]
    fn parsed<T>(&self, at: usize, expected: &'static str, parse: fn(&str) -> Option<T>) -> Result<T> {
        match self.value(at)? {
            ValueRef::Text(it) => {
                let it = std::str::from_utf8(it).ok().and_then(parse);
                it.ok_or_else(|| decode(expected, "text that does not look like it"))
            }
            other => Err(unexpected(expected, other)),
        }
    }
}

/// The caller knows the name of the column and puts it in.
fn decode(expected: &'static str, found: impl Into<String>) -> Error {
    Error::Decode { column: "a column".to_owned(), expected, found: found.into() }
}

fn unexpected(expected: &'static str, found: ValueRef<'_>) -> Error {
    let found = match found {
        ValueRef::Null => "NULL",
        ValueRef::Integer(_) => "an integer",
        ValueRef::Real(_) => "a floating-point number",
        ValueRef::Text(_) => "text",
        ValueRef::Blob(_) => "bytes",
    };
    decode(expected, found)
}

impl Cells for RowCells<'_> {
    fn bytes_in(&self, at: usize) -> usize {
        match self.value(at) {
            Ok(ValueRef::Text(it) | ValueRef::Blob(it)) => it.len(),
            _ => 0,
        }
    }

    fn len(&self) -> usize {
        self.len
    }

    fn name(&self, at: usize) -> &str {
        let statement: &rusqlite::Statement<'_> = self.row.as_ref();
        statement.column_name(at).unwrap_or("?")
    }

    fn is_null(&self, at: usize) -> Result<bool> {
        Ok(matches!(self.value(at)?, ValueRef::Null))
    }

    fn bool(&self, at: usize) -> Result<bool> {
        match self.value(at)? {
            ValueRef::Integer(0) => Ok(false),
            ValueRef::Integer(1) => Ok(true),
            ValueRef::Integer(_) => Err(decode("bool", "an integer that is neither 0 nor 1")),
            other => Err(unexpected("bool", other)),
        }
    }

    fn i64(&self, at: usize) -> Result<i64> {
        match self.value(at)? {
            ValueRef::Integer(it) => Ok(it),
            other => Err(unexpected("an integer", other)),
        }
    }

    fn f64(&self, at: usize) -> Result<f64> {
        match self.value(at)? {
            ValueRef::Real(it) => Ok(it),
            // SQLite keeps 2.0 as the integer 2 in a column of type NUMERIC.
            ValueRef::Integer(it) => exact(it).ok_or_else(|| decode("f64", "an integer that no f64 holds exactly")),
            other => Err(unexpected("f64", other)),
        }
    }

    fn f32(&self, at: usize) -> Result<f32> {
        // SQLite computes with 64 bits, also in columns for which 32 would do.
        #[allow(clippy::cast_possible_truncation, reason = "rounded, and not to infinity")]
        let it = self.f64(at)? as f32;
        if it.is_finite() { Ok(it) } else { Err(decode("f32", "a number that is out of range")) }
    }

    /// Fractions have 64 bits in every column, and times are sorted by how they
    /// are written, which other programs do in their own ways.
    fn finer(&self, ty: SqlType, at: usize) -> Result<Option<Value>> {
        Ok(match (ty, self.value(at)?) {
            (SqlType::Real, ValueRef::Real(it)) => Some(Value::F64(it)),
            (SqlType::Timestamp | SqlType::DateTime | SqlType::Time, ValueRef::Text(_)) => Some(Value::Text(self.text(at)?.to_owned())),
            _ => None,
        })
    }

    fn text(&self, at: usize) -> Result<&str> {
        match self.value(at)? {
            ValueRef::Text(it) => std::str::from_utf8(it).map_err(|_| decode("text", "text that is not UTF-8")),
            other => Err(unexpected("text", other)),
        }
    }

    fn bytes(&self, at: usize) -> Result<&[u8]> {
        match self.value(at)? {
            ValueRef::Blob(it) => Ok(it),
            other => Err(unexpected("bytes", other)),
        }
    }

    #[cfg(feature = "chrono")]
    fn date_time(&self, at: usize) -> Result<chrono::DateTime<chrono::Utc>> {
        self.parsed(at, "DateTime<Utc>", super::time::to_date_time).map(|it| it.and_utc())
    }

    #[cfg(feature = "chrono")]
    fn naive_date_time(&self, at: usize) -> Result<chrono::NaiveDateTime> {
        self.parsed(at, "NaiveDateTime", super::time::to_date_time)
    }

    #[cfg(feature = "chrono")]
    fn date(&self, at: usize) -> Result<chrono::NaiveDate> {
        self.parsed(at, "NaiveDate", super::time::to_date)
    }

    #[cfg(feature = "chrono")]
    fn time(&self, at: usize) -> Result<chrono::NaiveTime> {
        self.parsed(at, "NaiveTime", super::time::to_time)
    }

    #[cfg(feature = "rust_decimal")]
    fn decimal(&self, at: usize) -> Result<rust_decimal::Decimal> {
        let none = || decode("Decimal", "a number that no Decimal holds");
        match self.value(at)? {
            ValueRef::Integer(it) => match self.declared(at) {
                Declared::Scaled(scale) => super::decimal::unscaled(it, scale).ok_or_else(none),
                Declared::Other => Ok(it.into()),
                Declared::Nothing => Err(decode(
                    "Decimal",
                    "an integer of an expression, which may be a scaled one: \
                    read it as i64 and divide it by the scale, or CAST the expression to TEXT or REAL",
                )),
            },
            ValueRef::Real(it) => super::decimal::of_real(it).ok_or_else(none),
            ValueRef::Text(it) => {
                let it = std::str::from_utf8(it).ok().and_then(super::decimal::of_text);
                it.ok_or_else(|| decode("Decimal", "text that no Decimal is written as"))
            }
            other => Err(unexpected("Decimal", other)),
        }
    }
}

/// The floating-point number for an integer, if it is not rounded.
fn exact(it: i64) -> Option<f64> {
    const LARGEST: u64 = 1 << f64::MANTISSA_DIGITS;
    #[allow(clippy::cast_precision_loss, reason = "exact up to the largest")]
    (it.unsigned_abs() <= LARGEST).then_some(it as f64)
}
