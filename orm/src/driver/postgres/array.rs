//! Lists → PostgreSQL's arrays.

use sqlx::Postgres;
use sqlx::encode::Encode;
use sqlx::postgres::PgArgumentBuffer;

use super::bind::{oid, width};
use crate::error::{Error, Result};
use crate::value::{Binder, SqlType, limits};

/// Where in the header it is said that there are NULLs.
const HAS_NULL: std::ops::Range<usize> = 4..8;

/// Writes the elements of an array of one dimension as they come.
pub(super) struct Elements {
    ty: SqlType,
    bytes: PgArgumentBuffer,
    expected: usize,
    len: usize,
}

impl Elements {
    pub(super) fn new(ty: SqlType, len: usize) -> Result<Self> {
        let count = i32::try_from(len).map_err(|_| Error::Invalid(format!("PostgreSQL has no arrays of {len} elements")))?;
        let mut bytes = PgArgumentBuffer::default();
        // Dimensions, whether there are NULLs, the type; then length and first number of the dimension.
        for it in [i32::from(len > 0), 0] {
            bytes.extend_from_slice(&it.to_be_bytes());
        }
        bytes.extend_from_slice(&oid(ty).to_be_bytes());
        if len > 0 {
            for it in [count, 1] {
                bytes.extend_from_slice(&it.to_be_bytes());
            }
        }
        Ok(Self { ty, bytes, expected: len, len: 0 })
    }

    /// The array, in the binary format.
    pub(super) fn finish(self) -> Result<Vec<u8>> {
        if self.len != self.expected {
            return Err(Error::Invalid(format!("an array of {} elements got {}", self.expected, self.len)));
        }
        Ok(self.bytes.to_vec())
    }

    fn put<'q, T: Encode<'q, Postgres>>(&mut self, ty: SqlType, it: &T) -> Result<()> {
        if oid(ty) != oid(self.ty) {
            return Err(Error::Invalid(format!("an array of {:?} cannot hold {ty:?}", self.ty)));
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        // None of these values is NULL, so what is returned says nothing.
        let _ = it.encode_by_ref(&mut self.bytes).map_err(|error| limits::unstorable(error.to_string()))?;
        let size = i32::try_from(self.bytes.len() - start - 4).map_err(|_| limits::unstorable("it is larger than two gigabytes"))?;
        self.bytes[start..start + 4].copy_from_slice(&size.to_be_bytes());
        self.len += 1;
        Ok(())
    }

    fn integer(&mut self, it: i64) -> Result<()> {
        let ty = self.ty;
        let small = |_| limits::unstorable(format!("the integer {it} is out of the range of its column"));
        match width(ty) {
            _ if !ty.is_integer() => self.put(SqlType::BigInt, &it),
            2 => self.put(ty, &i16::try_from(it).map_err(small)?),
            4 => self.put(ty, &i32::try_from(it).map_err(small)?),
            _ => self.put(ty, &it),
        }
    }
}

impl Binder for Elements {
    fn column(&mut self, _: SqlType) {
        // All elements are for the same, which the array was made with.
    }

    fn null(&mut self, _: Option<SqlType>) -> Result<()> {
        self.bytes[HAS_NULL].copy_from_slice(&1_i32.to_be_bytes());
        self.bytes.extend_from_slice(&(-1_i32).to_be_bytes());
        self.len += 1;
        Ok(())
    }

    fn bool(&mut self, it: bool) -> Result<()> {
        self.put(SqlType::Boolean, &it)
    }

    fn i16(&mut self, it: i16) -> Result<()> {
        self.integer(i64::from(it))
    }

    fn i32(&mut self, it: i32) -> Result<()> {
        self.integer(i64::from(it))
    }

    fn i64(&mut self, it: i64) -> Result<()> {
        self.integer(it)
    }

    fn f64(&mut self, it: f64) -> Result<()> {
        self.put(SqlType::Double, &limits::finite(it)?)
    }

    fn text(&mut self, it: &str) -> Result<()> {
        self.put(SqlType::Text, &limits::no_nul(it)?)
    }

    fn bytes(&mut self, it: &[u8]) -> Result<()> {
        self.put(SqlType::Bytes, &it)
    }

    #[cfg(feature = "chrono")]
    fn date_time(&mut self, it: chrono::DateTime<chrono::Utc>) -> Result<()> {
        limits::year(&it)?;
        self.put(SqlType::Timestamp, &limits::micros(it))
    }

    #[cfg(feature = "chrono")]
    fn naive_date_time(&mut self, it: chrono::NaiveDateTime) -> Result<()> {
        limits::year(&it)?;
        self.put(SqlType::DateTime, &limits::micros(it))
    }

    #[cfg(feature = "chrono")]
    fn date(&mut self, it: chrono::NaiveDate) -> Result<()> {
        limits::year(&it)?;
        self.put(SqlType::Date, &it)
    }

    #[cfg(feature = "rust_decimal")]
    fn decimal(&mut self, it: rust_decimal::Decimal) -> Result<()> {
        if let SqlType::Decimal { precision, scale } = self.ty {
            limits::decimal_fits(it, precision, scale)?;
        }
        self.put(self.ty, &it)
    }

    fn array(&mut self, _: SqlType, _: usize, _: &mut dyn FnMut(usize, &mut dyn Binder) -> Result<()>) -> Result<()> {
        Err(Error::Invalid("an array cannot hold arrays".to_owned()))
    }
}
