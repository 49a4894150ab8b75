//! Records → the lines of a `COPY`, in its text format: the server reads each
//! value as the type of its column, also where that is a type of the program's
//! own, which the binary format would not allow.

use std::sync::Arc;

use sqlx::postgres::PgConnection;

use super::bind::width;
use crate::dialect::Engine;
use crate::driver::errors::{message_fits, of};
use crate::driver::lent::Lent;
use crate::driver::rules::About;
use crate::driver::sink::guarded;
use crate::driver::{Done, Work};
use crate::error::{Error, Result};
use crate::statement::Statement;
use crate::value::texts::{Each, TextSink, Texts, hex};
use crate::value::{Binder as _, SqlType, limits};

/// How many bytes are sent at a time.
const PIECE: usize = 256 * 1024;

/// Runs a `COPY`. All lines are written before the first one is sent, so that
/// a value that cannot be stored leaves nothing behind.
pub(super) async fn run(conn: &mut PgConnection, work: &mut Lent) -> Result<Done> {
    let lines = guarded(|| lines(work))?;
    let text = Arc::clone(&work.text);
    let sent = work.wait(send(conn, &text, &lines)).await;
    sent.map_err(|error| of(error, About::of(work)))
}

async fn send(conn: &mut PgConnection, text: &str, lines: &[u8]) -> Result<Done, sqlx::Error> {
    let mut copy = conn.copy_in_raw(text).await?;
    for piece in lines.chunks(PIECE) {
        copy.send(piece).await?;
    }
    Ok(Done { rows: 0, affected: copy.finish().await? })
}

fn lines(work: &Work) -> Result<Vec<u8>> {
    let columns = match &*work.statement {
        Statement::Insert(it) => it.columns().count(),
        _ => return Err(Error::Invalid("only inserts are copied".to_owned())),
    };
    let mut lines = Texts::new(Lines { columns, at: 0, start: 0, longest: 0, bytes: Vec::new(), hex: String::new() });
    (work.bind)(&work.statement, &*work.records, &mut lines)?;
    let Lines { longest, bytes, .. } = lines.sink;
    message_fits(&work.statement, Engine::Postgres, longest, Engine::Postgres.max_message())?;
    Ok(bytes)
}

/// The lines as far as they are written.
struct Lines {
    columns: usize,
    /// The next column.
    at: usize,
    /// Where this line starts.
    start: usize,
    /// The length of the longest line.
    longest: usize,
    bytes: Vec<u8>,
    hex: String,
}

impl Lines {
    fn between(&mut self) {
        if self.at > 0 {
            self.bytes.push(b'\t');
        }
        self.at += 1;
    }

    fn end(&mut self) {
        if self.at == self.columns {
            self.bytes.push(b'\n');
            self.longest = self.longest.max(self.bytes.len() - self.start);
            (self.at, self.start) = (0, self.bytes.len());
        }
    }

    /// What means something in a line is escaped.
    fn escaped(&mut self, text: &str) {
        for &it in text.as_bytes() {
            match it {
                b'\\' => self.bytes.extend_from_slice(b"\\\\"),
                b'\t' => self.bytes.extend_from_slice(b"\\t"),
                b'\n' => self.bytes.extend_from_slice(b"\\n"),
                b'\r' => self.bytes.extend_from_slice(b"\\r"),
                other => self.bytes.push(other),
            }
        }
    }
}

impl TextSink for Lines {
    // Whatever the time zone of the session is.
    const ZONE: &'static str = "+00";

    fn text(&mut self, it: Option<&str>) -> Result<()> {
        self.between();
        match it {
            Some(it) => self.escaped(it),
            None => self.bytes.extend_from_slice(b"\\N"),
        }
        self.end();
        Ok(())
    }

    fn bytes(&mut self, it: &[u8]) -> Result<()> {
        let mut text = std::mem::take(&mut self.hex);
        text.clear();
        text.push_str("\\x");
        hex(it, &mut text);
        let done = self.text(Some(&text));
        self.hex = text;
        done
    }

    fn uuid(&mut self, it: &[u8; 16]) -> Result<()> {
        self.text(Some(&digits(it)))
    }

    fn check(&self, it: i64, column: Option<SqlType>) -> Result<()> {
        column.map_or(Ok(()), |column| fits(it, column))
    }

    fn array(&mut self, ty: SqlType, len: usize, each: Each<'_>) -> Result<()> {
        let mut elements = Texts::new(Elements { ty, text: "{".to_owned() });
        for at in 0..len {
            if at > 0 {
                elements.sink.text.push(',');
            }
            elements.column(ty);
            each(at, &mut elements)?;
        }
        let mut text = elements.sink.text;
        text.push('}');
        self.text(Some(&text))
    }
}

/// The elements of an array, each between quotes.
struct Elements {
    ty: SqlType,
    text: String,
}

impl TextSink for Elements {
    const ZONE: &'static str = Lines::ZONE;

    fn text(&mut self, it: Option<&str>) -> Result<()> {
        let Some(it) = it else {
            self.text.push_str("NULL");
            return Ok(());
        };
        // The array was made for a type; a text of another length is caught here.
        let it = limits::length(it, Some(self.ty))?;
        self.text.push('"');
        for it in it.chars() {
            if matches!(it, '"' | '\\') {
                self.text.push('\\');
            }
            self.text.push(it);
        }
        self.text.push('"');
        Ok(())
    }

    fn bytes(&mut self, it: &[u8]) -> Result<()> {
        self.text.push_str("\"\\\\x");
        hex(it, &mut self.text);
        self.text.push('"');
        Ok(())
    }

    fn uuid(&mut self, it: &[u8; 16]) -> Result<()> {
        self.text(Some(&digits(it)))
    }

    fn check(&self, it: i64, _: Option<SqlType>) -> Result<()> {
        fits(it, self.ty)
    }
}

/// A UUID without its hyphens, which PostgreSQL takes as well.
fn digits(it: &[u8; 16]) -> String {
    let mut text = String::with_capacity(32);
    hex(it, &mut text);
    text
}

/// The same integers are refused as where they are sent as arguments.
fn fits(it: i64, ty: SqlType) -> Result<()> {
    let fits = match width(ty) {
        _ if !ty.is_integer() => true,
        2 => i16::try_from(it).is_ok(),
        4 => i32::try_from(it).is_ok(),
        _ => true,
    };
    if fits { Ok(()) } else { Err(limits::unstorable("the integer is out of the range of its column")) }
}
