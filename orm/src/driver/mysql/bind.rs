//! Values → the binary format of MariaDB and MySQL.

use sqlx::mysql::MySqlArguments;
use sqlx::{Arguments as _, Encode, Type};

use crate::error::{Error, Result};
use crate::value::texts::{Each, TextSink, Texts, hex};
use crate::value::weight::PLAIN;
use crate::value::{Binder, SqlType, json_array, limits};

/// What the protocol has room for.
const MOST_ARGUMENTS: usize = u16::MAX as usize;

/// Collects the arguments of a statement. Their types are sent with each
/// execution, so one text may have other types the next time.
#[derive(Default)]
pub(super) struct Bind {
    arguments: MySqlArguments,
    /// What the next value is for.
    column: Option<SqlType>,
    /// The bytes of what has no fixed size.
    bytes: usize,
}

impl Bind {
    /// What the values take at most in a message.
    pub(super) fn size(&self) -> usize {
        self.bytes + PLAIN * self.arguments.len()
    }

    pub(super) fn finish(self) -> Result<MySqlArguments> {
        let count = self.arguments.len();
        if count > MOST_ARGUMENTS {
            return Err(Error::Invalid(format!("this database takes at most {MOST_ARGUMENTS} arguments, not {count}")));
        }
        Ok(self.arguments)
    }

    fn add<'q, T: Encode<'q, sqlx::MySql> + Type<sqlx::MySql>>(&mut self, it: T) -> Result<()> {
        self.column = None;
        self.arguments.add(it).map_err(|error| limits::unstorable(error.to_string()))
    }
}

impl Binder for Bind {
    fn column(&mut self, ty: SqlType) {
        self.column = Some(ty);
    }

    fn null(&mut self, _: Option<SqlType>) -> Result<()> {
        // NULL of one type is NULL of all here.
        self.add(None::<&str>)
    }

    fn bool(&mut self, it: bool) -> Result<()> {
        self.add(it)
    }

    fn i16(&mut self, it: i16) -> Result<()> {
        self.add(it)
    }

    fn i32(&mut self, it: i32) -> Result<()> {
        self.add(it)
    }

    fn i64(&mut self, it: i64) -> Result<()> {
        self.add(it)
    }

    fn u64(&mut self, it: u64) -> Result<()> {
        self.add(it)
    }

    fn f64(&mut self, it: f64) -> Result<()> {
        self.add(limits::finite(it)?)
    }

    fn text(&mut self, it: &str) -> Result<()> {
        let it = limits::length(limits::no_nul(it)?, self.column)?;
        self.bytes += it.len();
        self.add(it)
    }

    fn bytes(&mut self, it: &[u8]) -> Result<()> {
        let it = limits::bytes(it, self.column)?;
        self.bytes += it.len();
        self.add(it)
    }

    #[cfg(feature = "chrono")]
    fn date_time(&mut self, it: chrono::DateTime<chrono::Utc>) -> Result<()> {
        // Not as a TIMESTAMP: its years begin with 1970, and earlier ones become NULL.
        self.naive_date_time(it.naive_utc())
    }

    #[cfg(feature = "chrono")]
    fn naive_date_time(&mut self, it: chrono::NaiveDateTime) -> Result<()> {
        limits::year(&it)?;
        self.add(limits::micros(it))
    }

    #[cfg(feature = "chrono")]
    fn date(&mut self, it: chrono::NaiveDate) -> Result<()> {
        limits::year(&it)?;
        self.add(it)
    }

    #[cfg(feature = "chrono")]
    fn time(&mut self, it: chrono::NaiveTime) -> Result<()> {
        self.add(limits::micros(it))
    }

    #[cfg(feature = "rust_decimal")]
    fn decimal(&mut self, it: rust_decimal::Decimal) -> Result<()> {
        if let Some(SqlType::Decimal { precision, scale }) = self.column {
            limits::decimal_fits(it, precision, scale)?;
        }
        self.add(it)
    }

    fn any_of(&mut self, _: SqlType, len: usize, each: Each<'_>) -> Result<()> {
        let text = json_array::write(len, &mut |at, to| each(at, &mut Texts::new(Strings(to))))?;
        self.text(&text)
    }
}

/// The values of a list as strings of a document; bytes as their digits.
struct Strings<'a>(&'a mut dyn Binder);

impl TextSink for Strings<'_> {
    const ZONE: &'static str = "";
    const LARGEST: u64 = u64::MAX;

    fn text(&mut self, it: Option<&str>) -> Result<()> {
        match it {
            Some(it) => self.0.text(it),
            None => self.0.null(None),
        }
    }

    fn bytes(&mut self, it: &[u8]) -> Result<()> {
        let mut text = String::with_capacity(it.len() * 2);
        hex(it, &mut text);
        self.0.text(&text)
    }
}
