//! Values as text, for what is sent as lines or as a document.

use std::fmt::{Display, Write as _};

use crate::error::{Error, Result};
use crate::value::{Binder, SqlType, limits};

/// Where the texts go.
pub(crate) trait TextSink {
    /// What stands behind a time in UTC.
    #[cfg_attr(not(feature = "chrono"), allow(dead_code, reason = "only times have it"))]
    const ZONE: &'static str;
    /// Takes the text of a value; none is NULL.
    fn text(&mut self, it: Option<&str>) -> Result<()>;
    /// Takes bytes.
    fn bytes(&mut self, it: &[u8]) -> Result<()>;
    /// Takes a UUID, which is bytes or digits.
    fn uuid(&mut self, it: &[u8; 16]) -> Result<()> {
        self.bytes(it)
    }
    /// Refuses an integer that the column has no room for.
    fn check(&self, _: i64, _: Option<SqlType>) -> Result<()> {
        Ok(())
    }
    /// Takes a list.
    fn array(&mut self, _: SqlType, _: usize, _: Each<'_>) -> Result<()> {
        Err(Error::Invalid("a list cannot hold lists".to_owned()))
    }
}

/// Binds the n-th of several values.
pub(crate) type Each<'a> = &'a mut dyn FnMut(usize, &mut dyn Binder) -> Result<()>;

/// Writes each value as text.
pub(crate) struct Texts<S> {
    pub(crate) sink: S,
    column: Option<SqlType>,
    buffer: String,
}

impl<S: TextSink> Texts<S> {
    pub(crate) fn new(sink: S) -> Self {
        Self { sink, column: None, buffer: String::new() }
    }

    fn put(&mut self, it: impl Display) -> Result<()> {
        self.column = None;
        self.buffer.clear();
        // A `String` takes everything.
        let _ = write!(self.buffer, "{it}");
        self.sink.text(Some(&self.buffer))
    }

    fn integer(&mut self, it: i64) -> Result<()> {
        self.sink.check(it, self.column)?;
        self.put(it)
    }
}

impl<S: TextSink> Binder for Texts<S> {
    fn column(&mut self, ty: SqlType) {
        self.column = Some(ty);
    }

    fn null(&mut self, _: Option<SqlType>) -> Result<()> {
        self.column = None;
        self.sink.text(None)
    }

    fn bool(&mut self, it: bool) -> Result<()> {
        self.put(u8::from(it))
    }

    fn i16(&mut self, it: i16) -> Result<()> {
        self.integer(it.into())
    }

    fn i32(&mut self, it: i32) -> Result<()> {
        self.integer(it.into())
    }

    fn i64(&mut self, it: i64) -> Result<()> {
        self.integer(it)
    }

    // The shortest text that is read as the same number, also where it is very large.
    fn f32(&mut self, it: f32) -> Result<()> {
        limits::finite(it.into())?;
        self.put(format_args!("{it:e}"))
    }

    fn f64(&mut self, it: f64) -> Result<()> {
        limits::finite(it)?;
        self.put(format_args!("{it:e}"))
    }

    fn text(&mut self, it: &str) -> Result<()> {
        let it = limits::length(limits::no_nul(it)?, self.column.take())?;
        self.sink.text(Some(it))
    }

    fn bytes(&mut self, it: &[u8]) -> Result<()> {
        let it = limits::bytes(it, self.column.take())?;
        self.sink.bytes(it)
    }

    fn uuid(&mut self, it: &[u8; 16]) -> Result<()> {
        self.column = None;
        self.sink.uuid(it)
    }

    fn json(&mut self, it: &str) -> Result<()> {
        self.column = None;
        self.sink.text(Some(it))
    }

    #[cfg(feature = "chrono")]
    fn date_time(&mut self, it: chrono::DateTime<chrono::Utc>) -> Result<()> {
        limits::year(&it)?;
        self.put(format_args!("{}{}", limits::micros(it.naive_utc()), S::ZONE))
    }

    #[cfg(feature = "chrono")]
    fn naive_date_time(&mut self, it: chrono::NaiveDateTime) -> Result<()> {
        limits::year(&it)?;
        self.put(limits::micros(it))
    }

    #[cfg(feature = "chrono")]
    fn date(&mut self, it: chrono::NaiveDate) -> Result<()> {
        limits::year(&it)?;
        self.put(it)
    }

    #[cfg(feature = "chrono")]
    fn time(&mut self, it: chrono::NaiveTime) -> Result<()> {
        self.put(limits::micros(it))
    }

    #[cfg(feature = "rust_decimal")]
    fn decimal(&mut self, it: rust_decimal::Decimal) -> Result<()> {
        if let Some(SqlType::Decimal { precision, scale }) = self.column {
            limits::decimal_fits(it, precision, scale)?;
        }
        self.put(it)
    }

    fn array(&mut self, ty: SqlType, len: usize, each: Each<'_>) -> Result<()> {
        self.column = None;
        self.sink.array(ty, len, each)
    }
}

/// Writes bytes as digits to the base of 16.
pub(crate) fn hex(bytes: &[u8], to: &mut impl Extend<char>) {
    let digit = |it: u8| char::from_digit(u32::from(it), 16).unwrap_or('0');
    to.extend(bytes.iter().flat_map(|it| [digit(it >> 4), digit(it & 15)]));
}
