//! Values for people to look at.

use crate::error::Result;
use crate::value::{Binder, SqlType, Value, limits};

/// Takes the values of a statement that is not sent.
#[derive(Debug, Default)]
pub(crate) struct Collect(Vec<Value>, Option<SqlType>);

impl Collect {
    /// The type of the column that the last value is for, where it was told.
    pub(crate) fn column_type(&self) -> Option<SqlType> {
        self.1
    }

    pub(crate) fn into_values(self) -> Vec<Value> {
        self.0
    }
}

macro_rules! takes {
    ($($(#[$cfg:meta])? $method:ident($it:ident: $type:ty) => $value:expr;)*) => {$(
        $(#[$cfg])?
        fn $method(&mut self, $it: $type) -> Result<()> {
            self.0.push($value);
            Ok(())
        }
    )*};
}

impl Binder for Collect {
    fn column(&mut self, ty: SqlType) {
        self.1 = Some(ty);
    }

    takes! {
        null(_it: Option<SqlType>) => Value::Null;
        bool(it: bool) => Value::Bool(it);
        i16(it: i16) => Value::I16(it);
        i32(it: i32) => Value::I32(it);
        i64(it: i64) => Value::I64(it);
        u64(it: u64) => i64::try_from(it).map_or(Value::U64(it), Value::I64);
        f32(it: f32) => { limits::finite(it.into())?; Value::F32(it) };
        f64(it: f64) => Value::F64(limits::finite(it)?);
        text(it: &str) => Value::Text(limits::no_nul(it)?.to_owned());
        bytes(it: &[u8]) => Value::Bytes(it.to_owned());
        json(it: &str) => Value::Json(it.to_owned());
        #[cfg(feature = "uuid")]
        uuid(it: &[u8; 16]) => Value::Uuid(::uuid::Uuid::from_bytes(*it));
        #[cfg(feature = "chrono")]
        date_time(it: chrono::DateTime<chrono::Utc>) => Value::DateTime(it);
        #[cfg(feature = "chrono")]
        naive_date_time(it: chrono::NaiveDateTime) => Value::NaiveDateTime(it);
        #[cfg(feature = "chrono")]
        date(it: chrono::NaiveDate) => Value::Date(it);
        #[cfg(feature = "chrono")]
        time(it: chrono::NaiveTime) => Value::Time(it);
        #[cfg(feature = "rust_decimal")]
        decimal(it: rust_decimal::Decimal) => Value::Decimal(it);
    }

    fn array(&mut self, ty: SqlType, len: usize, each: &mut dyn FnMut(usize, &mut dyn Binder) -> Result<()>) -> Result<()> {
        let mut values = Self::default();
        for at in 0..len {
            each(at, &mut values)?;
        }
        self.0.push(Value::List(ty, values.0));
        Ok(())
    }
}
