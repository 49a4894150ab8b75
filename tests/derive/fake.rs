//! A row and a statement that are lists of values.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use orm::{Binder, Cells, Error, Result, SqlType, Value};
use rust_decimal::Decimal;

/// A row with named columns.
pub(crate) struct Row(pub(crate) Vec<(&'static str, Value)>);

macro_rules! cells {
    ($($method:ident -> $type:ty, $pattern:pat => $it:expr;)*) => {$(
        fn $method(&self, at: usize) -> Result<$type> {
            match &self.0[at].1 {
                $pattern => Ok($it),
                other => Err(Error::Decode { column: String::new(), expected: stringify!($type), found: other.kind().to_owned() }),
            }
        }
    )*};
}

impl Cells for Row {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn name(&self, at: usize) -> &str {
        self.0[at].0
    }

    fn is_null(&self, at: usize) -> Result<bool> {
        Ok(self.0[at].1.is_null())
    }

    cells! {
        bool -> bool, Value::Bool(it) => *it;
        i64 -> i64, Value::I64(it) => *it;
        f32 -> f32, Value::F32(it) => *it;
        f64 -> f64, Value::F64(it) => *it;
        text -> &str, Value::Text(it) => it;
        bytes -> &[u8], Value::Bytes(it) => it;
        date_time -> DateTime<Utc>, Value::DateTime(it) => *it;
        naive_date_time -> NaiveDateTime, Value::NaiveDateTime(it) => *it;
        date -> NaiveDate, Value::Date(it) => *it;
        time -> NaiveTime, Value::Time(it) => *it;
        decimal -> Decimal, Value::Decimal(it) => *it;
    }
}

/// The values that were bound.
#[derive(Default)]
pub(crate) struct Bound(pub(crate) Vec<Value>);

macro_rules! binder {
    ($($method:ident($it:ident: $type:ty) => $value:expr;)*) => {$(
        fn $method(&mut self, $it: $type) -> Result<()> {
            self.0.push($value);
            Ok(())
        }
    )*};
}

impl Binder for Bound {
    fn column(&mut self, _: SqlType) {}

    binder! {
        null(_it: Option<SqlType>) => Value::Null;
        bool(it: bool) => Value::Bool(it);
        i16(it: i16) => Value::I16(it);
        i32(it: i32) => Value::I32(it);
        i64(it: i64) => Value::I64(it);
        f32(it: f32) => Value::F32(it);
        f64(it: f64) => Value::F64(it);
        text(it: &str) => Value::Text(it.to_owned());
        bytes(it: &[u8]) => Value::Bytes(it.to_owned());
        date_time(it: DateTime<Utc>) => Value::DateTime(it);
        naive_date_time(it: NaiveDateTime) => Value::NaiveDateTime(it);
        date(it: NaiveDate) => Value::Date(it);
        time(it: NaiveTime) => Value::Time(it);
        decimal(it: Decimal) => Value::Decimal(it);
    }

    fn array(&mut self, _: SqlType, len: usize, each: &mut dyn FnMut(usize, &mut dyn Binder) -> Result<()>) -> Result<()> {
        (0..len).try_for_each(|at| each(at, self))
    }
}
