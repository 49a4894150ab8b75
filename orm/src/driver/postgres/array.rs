//! Lists → PostgreSQL's arrays.

use sqlx::Postgres;
use sqlx::encode::Encode;
use sqlx::postgres::PgArgumentBuffer;

use super::bind::{Raw, jsonb, oid, width};
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
        let small = |_| limits::unstorable("the integer is out of the range of its column");
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

    fn f32(&mut self, it: f32) -> Result<()> {
        limits::finite(it.into())?;
        self.put(SqlType::Real, &it)
    }

    fn f64(&mut self, it: f64) -> Result<()> {
        self.put(SqlType::Double, &limits::finite(it)?)
    }

    fn text(&mut self, it: &str) -> Result<()> {
        let it = limits::length(limits::no_nul(it)?, Some(self.ty))?;
        self.put(SqlType::Text, &it)
    }

    fn bytes(&mut self, it: &[u8]) -> Result<()> {
        let it = limits::bytes(it, Some(self.ty))?;
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

    #[cfg(feature = "chrono")]
    fn time(&mut self, it: chrono::NaiveTime) -> Result<()> {
        self.put(SqlType::Time, &limits::micros(it))
    }

    fn uuid(&mut self, it: &[u8; 16]) -> Result<()> {
        self.put(SqlType::Uuid, &Raw { oid: oid(SqlType::Uuid), bytes: Some(it) })
    }

    fn json(&mut self, it: &str) -> Result<()> {
        self.put(SqlType::Json, &Raw { oid: oid(SqlType::Json), bytes: Some(&jsonb(it)) })
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

/// The element type of an array, and its elements; `None` where it is no array
/// of one dimension.
pub(super) fn elements(bytes: &[u8]) -> Option<(u32, Vec<Option<&[u8]>>)> {
    let (header, rest) = bytes.split_at_checked(12)?;
    let of = u32::from_be_bytes(header[8..].try_into().ok()?);
    match i32::from_be_bytes(header[..4].try_into().ok()?) {
        0 => Some((of, Vec::new())),
        1 => {
            let (dimension, mut rest) = rest.split_at_checked(8)?;
            let count = i32::from_be_bytes(dimension[..4].try_into().ok()?);
            let all = (0..count).map(|_| element(&mut rest)).collect::<Option<_>>()?;
            Some((of, all))
        }
        _ => None,
    }
}

/// The next element: a length, and so many bytes; NULL has a negative one.
fn element<'b>(rest: &mut &'b [u8]) -> Option<Option<&'b [u8]>> {
    let (len, behind) = rest.split_at_checked(4)?;
    let Ok(len) = usize::try_from(i32::from_be_bytes(len.try_into().ok()?)) else {
        *rest = behind;
        return Some(None);
    };
    let (bytes, behind) = behind.split_at_checked(len)?;
    *rest = behind;
    Some(Some(bytes))
}
