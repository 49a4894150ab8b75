//! Lists as JSON, for databases that have no arrays.

use crate::error::{Error, Result};
use crate::value::{Binder, Cells, SqlType, limits};

use super::decode;

/// The text of a list.
pub(crate) fn write(len: usize, each: &mut dyn FnMut(usize, &mut dyn Binder) -> Result<()>) -> Result<String> {
    let mut writer = Writer(String::from("["));
    for at in 0..len {
        if at > 0 {
            writer.0.push(',');
        }
        each(at, &mut writer)?;
    }
    writer.0.push(']');
    Ok(writer.0)
}

/// Calls `each` for the elements of a list.
pub(crate) fn read(text: &str, each: &mut dyn FnMut(&dyn Cells, usize) -> Result<()>) -> Result<()> {
    let all = Reader { rest: text }.list().ok_or_else(|| decode("a list", "text that is no JSON array of plain values"))?;
    let elements = Elements(all);
    (0..elements.len()).try_for_each(|at| each(&elements, at))
}

/// Of a fixed width, so that equal times are the same text.
#[cfg(feature = "chrono")]
mod times {
    pub(super) const DATE: &str = "%Y-%m-%d";
    pub(super) const TIME: &str = "%H:%M:%S%.6f";
    pub(super) const DATE_TIME: &str = "%Y-%m-%dT%H:%M:%S%.6f";
}

struct Writer(String);

impl Writer {
    fn put(&mut self, it: impl std::fmt::Display) -> Result<()> {
        self.0.push_str(&it.to_string());
        Ok(())
    }
}

fn no_element() -> Error {
    Error::Invalid("a list cannot hold values of this kind".to_owned())
}

impl Binder for Writer {
    fn column(&mut self, _: SqlType) {}

    fn null(&mut self, _: Option<SqlType>) -> Result<()> {
        self.put("null")
    }

    fn bool(&mut self, it: bool) -> Result<()> {
        self.put(it)
    }

    fn i16(&mut self, it: i16) -> Result<()> {
        self.put(it)
    }

    fn i32(&mut self, it: i32) -> Result<()> {
        self.put(it)
    }

    fn i64(&mut self, it: i64) -> Result<()> {
        self.put(it)
    }

    fn f32(&mut self, it: f32) -> Result<()> {
        limits::finite(it.into())?;
        self.put(format_args!("{it:?}"))
    }

    fn f64(&mut self, it: f64) -> Result<()> {
        // The shortest text that is read as the same number.
        self.put(format_args!("{:?}", limits::finite(it)?))
    }

    fn text(&mut self, it: &str) -> Result<()> {
        self.0.push('"');
        for it in limits::no_nul(it)?.chars() {
            match it {
                '"' => self.0.push_str("\\\""),
                '\\' => self.0.push_str("\\\\"),
                '\0'..='\x1F' => self.0.push_str(&format!("\\u{:04x}", u32::from(it))),
                other => self.0.push(other),
            }
        }
        self.0.push('"');
        Ok(())
    }

    fn uuid(&mut self, it: &[u8; 16]) -> Result<()> {
        let mut text = String::new();
        for (n, byte) in it.iter().enumerate() {
            text.push_str(if matches!(n, 4 | 6 | 8 | 10) { "-" } else { "" });
            text.push_str(&format!("{byte:02x}"));
        }
        self.text(&text)
    }

    fn bytes(&mut self, _: &[u8]) -> Result<()> {
        Err(no_element())
    }

    #[cfg(feature = "chrono")]
    fn date_time(&mut self, it: chrono::DateTime<chrono::Utc>) -> Result<()> {
        limits::year(&it)?;
        self.text(&format!("{}Z", limits::micros(it.naive_utc()).format(times::DATE_TIME)))
    }

    #[cfg(feature = "chrono")]
    fn naive_date_time(&mut self, it: chrono::NaiveDateTime) -> Result<()> {
        limits::year(&it)?;
        self.text(&limits::micros(it).format(times::DATE_TIME).to_string())
    }

    #[cfg(feature = "chrono")]
    fn date(&mut self, it: chrono::NaiveDate) -> Result<()> {
        limits::year(&it)?;
        self.text(&it.format(times::DATE).to_string())
    }

    #[cfg(feature = "chrono")]
    fn time(&mut self, it: chrono::NaiveTime) -> Result<()> {
        self.text(&limits::micros(it).format(times::TIME).to_string())
    }

    #[cfg(feature = "rust_decimal")]
    fn decimal(&mut self, it: rust_decimal::Decimal) -> Result<()> {
        if let SqlType::Decimal { precision, scale } = <rust_decimal::Decimal as super::Field>::TYPE {
            limits::decimal_fits(it, precision, scale)?;
        }
        // Equal numbers are the same text.
        self.put(it.normalize())
    }

    fn array(&mut self, _: SqlType, _: usize, _: &mut dyn FnMut(usize, &mut dyn Binder) -> Result<()>) -> Result<()> {
        Err(no_element())
    }
}

#[derive(Debug, PartialEq)]
enum Scalar<'t> {
    Null,
    Bool(bool),
    Number(&'t str),
    Text(String),
}

/// Reads a list of plain values, front to back.
struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn list(mut self) -> Option<Vec<Scalar<'t>>> {
        let mut all = Vec::new();
        self.token("[")?;
        if self.token("]").is_none() {
            loop {
                all.push(self.scalar()?);
                if self.token("]").is_some() {
                    break;
                }
                self.token(",")?;
            }
        }
        self.rest.trim_ascii().is_empty().then_some(all)
    }

    fn token(&mut self, token: &str) -> Option<()> {
        self.rest = self.rest.trim_ascii_start().strip_prefix(token)?;
        Some(())
    }

    fn scalar(&mut self) -> Option<Scalar<'t>> {
        if self.token("null").is_some() {
            return Some(Scalar::Null);
        }
        if self.token("true").is_some() {
            return Some(Scalar::Bool(true));
        }
        if self.token("false").is_some() {
            return Some(Scalar::Bool(false));
        }
        if self.token("\"").is_some() {
            return self.text().map(Scalar::Text);
        }
        let text = self.rest.trim_ascii_start();
        let end = text.find(|it: char| !matches!(it, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(text.len());
        let (number, rest) = text.split_at(end);
        self.rest = rest;
        number.parse::<f64>().is_ok().then_some(Scalar::Number(number))
    }

    /// The rest of a text, behind its first quote.
    fn text(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            let plain = self.rest.find(['"', '\\'])?;
            text.push_str(&self.rest[..plain]);
            let mut rest = self.rest[plain..].chars();
            if rest.next() == Some('"') {
                self.rest = rest.as_str();
                return Some(text);
            }
            let escaped = rest.next()?;
            self.rest = rest.as_str();
            text.push(match escaped {
                '"' | '\\' | '/' => escaped,
                'b' => '\x08',
                'f' => '\x0C',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => self.character()?,
                _ => return None,
            });
        }
    }

    /// Four hexadecimal digits, or twice as many for what two halves stand for.
    fn character(&mut self) -> Option<char> {
        let first = self.half()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first);
        }
        self.rest = self.rest.strip_prefix("\\u")?;
        let second = self.half()?.checked_sub(0xDC00).filter(|it| *it < 0x400)?;
        char::from_u32(0x10000 + ((first - 0xD800) << 10) + second)
    }

    fn half(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        digits.bytes().all(|it| it.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
    }
}

/// The elements of a list, as the cells of a row.
struct Elements<'t>(Vec<Scalar<'t>>);

impl Elements<'_> {
    fn unexpected(&self, at: usize, expected: &'static str) -> Error {
        let found = match &self.0[at] {
            Scalar::Null => "NULL",
            Scalar::Bool(_) => "a boolean",
            Scalar::Number(_) => "a number",
            Scalar::Text(_) => "text",
        };
        decode(expected, format!("{found} in a list"))
    }

    #[cfg(feature = "chrono")]
    fn parsed<T>(&self, at: usize, expected: &'static str, parse: fn(&str) -> Option<T>) -> Result<T> {
        parse(self.text(at)?).ok_or_else(|| decode(expected, "text that does not look like it, in a list"))
    }

    fn number<T: std::str::FromStr>(&self, at: usize, expected: &'static str) -> Result<T> {
        match &self.0[at] {
            Scalar::Number(it) => it.parse().map_err(|_| self.unexpected(at, expected)),
            _ => Err(self.unexpected(at, expected)),
        }
    }
}

impl Cells for Elements<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn name(&self, _: usize) -> &str {
        "an element"
    }

    fn is_null(&self, at: usize) -> Result<bool> {
        Ok(self.0[at] == Scalar::Null)
    }

    fn bool(&self, at: usize) -> Result<bool> {
        match &self.0[at] {
            Scalar::Bool(it) => Ok(*it),
            _ => Err(self.unexpected(at, "bool")),
        }
    }

    fn i64(&self, at: usize) -> Result<i64> {
        self.number(at, "an integer")
    }

    fn f32(&self, at: usize) -> Result<f32> {
        self.number(at, "f32")
    }

    fn f64(&self, at: usize) -> Result<f64> {
        self.number(at, "f64")
    }

    fn text(&self, at: usize) -> Result<&str> {
        match &self.0[at] {
            Scalar::Text(it) => Ok(it),
            _ => Err(self.unexpected(at, "text")),
        }
    }

    fn uuid(&self, at: usize) -> Result<[u8; 16]> {
        let digits: Vec<u32> = self.text(at)?.chars().filter(|it| *it != '-').map_while(|it| it.to_digit(16)).collect();
        let bytes: Vec<u8> = digits.chunks_exact(2).filter_map(|it| u8::try_from(it[0] * 16 + it[1]).ok()).collect();
        bytes.try_into().map_err(|_| self.unexpected(at, "a UUID"))
    }

    fn bytes(&self, at: usize) -> Result<&[u8]> {
        Err(self.unexpected(at, "bytes"))
    }

    #[cfg(feature = "chrono")]
    fn date_time(&self, at: usize) -> Result<chrono::DateTime<chrono::Utc>> {
        self.parsed(at, "a date and time with a zone", |it| it.parse().ok())
    }

    #[cfg(feature = "chrono")]
    fn naive_date_time(&self, at: usize) -> Result<chrono::NaiveDateTime> {
        self.parsed(at, "a date and time without a zone", |it| it.parse().ok())
    }

    #[cfg(feature = "chrono")]
    fn date(&self, at: usize) -> Result<chrono::NaiveDate> {
        self.parsed(at, "a date", |it| it.parse().ok())
    }

    #[cfg(feature = "chrono")]
    fn time(&self, at: usize) -> Result<chrono::NaiveTime> {
        self.parsed(at, "a time of day", |it| it.parse().ok())
    }

    #[cfg(feature = "rust_decimal")]
    fn decimal(&self, at: usize) -> Result<rust_decimal::Decimal> {
        let expected = "a decimal";
        match &self.0[at] {
            Scalar::Number(it) => rust_decimal::Decimal::from_str_exact(it).map_err(|_| self.unexpected(at, expected)),
            _ => Err(self.unexpected(at, expected)),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use super::*;
    use crate::value::Field;

    fn texts(json: &str) -> Result<Vec<String>> {
        let mut all = Vec::new();
        read(json, &mut |cells, at| {
            all.push(String::read(cells, at)?);
            Ok(())
        })?;
        Ok(all)
    }

    #[test]
    fn every_spelling_of_a_text_is_read() {
        assert_eq!(texts(r#" [ "a\"\\\/\b\f\n\r\t", "\u00e9\ud83d\ude00" , "é😀" ] "#).unwrap(), ["a\"\\/\x08\x0C\n\r\t", "é😀", "é😀"]);
        assert_eq!(texts("[]").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_is_no_list_of_plain_values_is_refused() {
        for it in
            ["", "[", "[,]", "[\"a\",]", "[\"a\"", "[\"\\x\"]", "[\"\\ud83d\"]", "[\"\\u12\"]", "{}", "[[]]", "[1 2]", "[] x", "[nan]"]
        {
            assert!(matches!(texts(it), Err(Error::Decode { .. })), "{it}");
        }
    }

    #[test]
    fn texts_are_written_so_that_they_are_read_again() {
        let all = ["", "\"\\/\n\u{1}", "é😀"].map(str::to_owned);
        let json = write(all.len(), &mut |at, to| to.text(&all[at])).unwrap();
        assert_eq!(texts(&json).unwrap(), all);
    }
}
