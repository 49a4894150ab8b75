//! Values → PostgreSQL's binary format.

use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgTypeInfo};
use sqlx::{Arguments as _, Postgres, Type};

use super::array::Elements;
use crate::error::{Error, Result};
use crate::value::weight::PLAIN;
use crate::value::{Binder, SqlType, limits};

/// What the protocol has room for.
const MOST_ARGUMENTS: usize = u16::MAX as usize;

/// The type whose values the server gives the type that their place asks for.
const UNKNOWN: u32 = 705;

/// Collects the arguments of a statement.
#[derive(Default)]
pub(super) struct Bind {
    arguments: PgArguments,
    /// What the next value is for.
    column: Option<SqlType>,
    /// A digest of the types so far.
    types: u64,
    /// The bytes of what has no fixed size.
    bytes: usize,
}

/// Bytes in the format of a type, or NULL.
pub(super) struct Raw<'b> {
    pub(super) oid: u32,
    pub(super) bytes: Option<&'b [u8]>,
}

impl Type<Postgres> for Raw<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(UNKNOWN))
    }
}

impl Encode<'_, Postgres> for Raw<'_> {
    fn encode_by_ref(&self, to: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let Some(bytes) = self.bytes else { return Ok(IsNull::Yes) };
        to.extend_from_slice(bytes);
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(self.oid)))
    }

    fn size_hint(&self) -> usize {
        self.bytes.map_or(0, <[u8]>::len)
    }
}

impl Bind {
    /// The arguments, and a number that is the same for the same types.
    /// What the values take at most in a message.
    pub(super) fn size(&self) -> usize {
        self.bytes + PLAIN * self.arguments.len()
    }

    pub(super) fn finish(self) -> Result<(PgArguments, u64)> {
        let count = self.arguments.len();
        if count > MOST_ARGUMENTS {
            return Err(Error::Invalid(format!("PostgreSQL takes at most {MOST_ARGUMENTS} arguments, not {count}")));
        }
        Ok((self.arguments, self.types))
    }

    fn add<'q, T: Encode<'q, Postgres> + Type<Postgres>>(&mut self, ty: SqlType, it: T) -> Result<()> {
        self.push(oid(ty), it)
    }

    fn push<'q, T: Encode<'q, Postgres> + Type<Postgres>>(&mut self, oid: u32, it: T) -> Result<()> {
        self.column = None;
        // FNV-1a, a type at a time; begun at one more so that a type counts from the first on.
        self.types = ((self.types + 1) ^ u64::from(oid)).wrapping_mul(0x0100_0000_01b3);
        self.arguments.add(it).map_err(|error| limits::unstorable(error.to_string()))
    }
}

impl Binder for Bind {
    fn column(&mut self, ty: SqlType) {
        self.column = Some(ty);
    }

    fn null(&mut self, ty: Option<SqlType>) -> Result<()> {
        let oid = ty.or(self.column).map_or(UNKNOWN, oid);
        self.push(oid, Raw { oid, bytes: None })
    }

    fn bool(&mut self, it: bool) -> Result<()> {
        self.add(SqlType::Boolean, it)
    }

    fn i16(&mut self, it: i16) -> Result<()> {
        self.integer(i64::from(it), SqlType::SmallInt)
    }

    fn i32(&mut self, it: i32) -> Result<()> {
        self.integer(i64::from(it), SqlType::Integer)
    }

    fn i64(&mut self, it: i64) -> Result<()> {
        self.integer(it, SqlType::BigInt)
    }

    fn f32(&mut self, it: f32) -> Result<()> {
        limits::finite(it.into())?;
        self.add(SqlType::Real, it)
    }

    fn f64(&mut self, it: f64) -> Result<()> {
        self.add(SqlType::Double, limits::finite(it)?)
    }

    fn text(&mut self, it: &str) -> Result<()> {
        let it = limits::length(limits::no_nul(it)?, self.column)?;
        self.bytes += it.len();
        self.add(SqlType::Text, it)
    }

    fn bytes(&mut self, it: &[u8]) -> Result<()> {
        let it = limits::bytes(it, self.column)?;
        self.bytes += it.len();
        self.add(SqlType::Bytes, it)
    }

    #[cfg(feature = "chrono")]
    fn date_time(&mut self, it: chrono::DateTime<chrono::Utc>) -> Result<()> {
        limits::year(&it)?;
        self.add(SqlType::Timestamp, limits::micros(it))
    }

    #[cfg(feature = "chrono")]
    fn naive_date_time(&mut self, it: chrono::NaiveDateTime) -> Result<()> {
        limits::year(&it)?;
        self.add(SqlType::DateTime, limits::micros(it))
    }

    #[cfg(feature = "chrono")]
    fn date(&mut self, it: chrono::NaiveDate) -> Result<()> {
        limits::year(&it)?;
        self.add(SqlType::Date, it)
    }

    #[cfg(feature = "chrono")]
    fn time(&mut self, it: chrono::NaiveTime) -> Result<()> {
        self.add(SqlType::Time, limits::micros(it))
    }

    fn uuid(&mut self, it: &[u8; 16]) -> Result<()> {
        let oid = oid(SqlType::Uuid);
        self.push(oid, Raw { oid, bytes: Some(it) })
    }

    fn json(&mut self, it: &str) -> Result<()> {
        let oid = oid(SqlType::Json);
        self.bytes += it.len();
        self.push(oid, Raw { oid, bytes: Some(&jsonb(it)) })
    }

    #[cfg(feature = "rust_decimal")]
    fn decimal(&mut self, it: rust_decimal::Decimal) -> Result<()> {
        if let Some(SqlType::Decimal { precision, scale }) = self.column {
            limits::decimal_fits(it, precision, scale)?;
        }
        self.add(SqlType::Decimal { precision: 0, scale: 0 }, it)
    }

    fn array(&mut self, ty: SqlType, len: usize, each: &mut dyn FnMut(usize, &mut dyn Binder) -> Result<()>) -> Result<()> {
        let mut elements = Elements::new(ty, len)?;
        for at in 0..len {
            each(at, &mut elements)?;
        }
        let bytes = elements.finish()?;
        self.bytes += bytes.len();
        let oid = array_oid(ty);
        self.push(oid, Raw { oid, bytes: Some(&bytes) })
    }
}

impl Bind {
    /// Binds an integer as its column has it, so that one text is prepared for
    /// one set of types; what is too large for the column keeps its own type.
    fn integer(&mut self, it: i64, own: SqlType) -> Result<()> {
        let column = self.column.filter(|ty| ty.is_integer()).unwrap_or(own);
        match width(column).max(if fits(it, width(column)) { 2 } else { width(own) }) {
            2 => self.add(SqlType::SmallInt, i16::try_from(it).unwrap_or_default()),
            4 => self.add(SqlType::Integer, i32::try_from(it).unwrap_or_default()),
            _ => self.add(SqlType::BigInt, it),
        }
    }
}

/// The bytes of an integer type.
pub(super) fn width(ty: SqlType) -> u8 {
    match ty {
        SqlType::SmallInt => 2,
        SqlType::Integer => 4,
        SqlType::TinyInt => 2,
        SqlType::Unsigned(most) if most <= u64::from(u8::MAX) => 2,
        SqlType::Unsigned(most) if most <= u64::from(u16::MAX) => 4,
        _ => 8,
    }
}

/// A version, and the text.
pub(super) fn jsonb(text: &str) -> Vec<u8> {
    [&[1], text.as_bytes()].concat()
}

fn fits(it: i64, width: u8) -> bool {
    match width {
        2 => i16::try_from(it).is_ok(),
        4 => i32::try_from(it).is_ok(),
        _ => true,
    }
}

/// The number of a type in PostgreSQL's catalogue.
pub(super) fn oid(ty: SqlType) -> u32 {
    match ty {
        SqlType::Boolean => 16,
        SqlType::Real => 700,
        SqlType::Double => 701,
        SqlType::Text | SqlType::VarChar(_) | SqlType::Enum(_) => 25,
        SqlType::Bytes | SqlType::VarBytes(_) => 17,
        SqlType::Timestamp => 1184,
        SqlType::DateTime => 1114,
        SqlType::Date => 1082,
        SqlType::Time => 1083,
        SqlType::Uuid => 2950,
        SqlType::Json => 3802,
        SqlType::Array(of) => array_oid(*of),
        SqlType::Decimal { .. } => 1700,
        integer => match width(integer) {
            2 => 21,
            4 => 23,
            _ => 20,
        },
    }
}

/// The number of the type of its arrays.
fn array_oid(ty: SqlType) -> u32 {
    match oid(ty) {
        16 => 1000,
        700 => 1021,
        701 => 1022,
        1083 => 1183,
        2950 => 2951,
        3802 => 3807,
        25 => 1009,
        17 => 1001,
        1184 => 1185,
        1114 => 1115,
        1082 => 1182,
        1700 => 1231,
        21 => 1005,
        23 => 1007,
        _ => 1016,
    }
}
