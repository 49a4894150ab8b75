//! Lists of values.

pub(crate) mod json;

use crate::error::{Error, Result};
use crate::value::field::unexpected;
use crate::value::{Binder, Cells, Field, SqlType, Value};

/// A type of which a field can hold a list: `Vec<i64>`, `Vec<String>`,
/// `Vec<Option<bool>>`.
///
/// These are all integers but `u8`, `f32`, `f64`, `bool`, `String`, and, with the
/// features of their crates, `Decimal`, `Uuid` and the dates and times of `chrono`
/// and `time`; enums, and structs around one of these, with `#[derive(Field)]`; and
/// `Option` of each. `Vec<u8>` is no list: it holds bytes.
///
/// PostgreSQL has arrays of them; elsewhere the list is a JSON document, in which
/// decimals are numbers, dates and times texts of ISO 8601 and UUIDs texts. What
/// cannot be a field by itself cannot be an element: a `u64` beyond `i64::MAX`, which
/// here is refused on MySQL and MariaDB, too, and a `Decimal` with more than 18
/// digits, six of them behind the point. Two lists are equal if their elements are;
/// lists have no order that is the same everywhere.
///
/// ```
/// use orm::prelude::*;
///
/// #[derive(Model)]
/// struct Article {
///     #[orm(key, auto)]
///     id: i64,
///     tags: Vec<String>,
/// }
///
/// let untagged = Article::TAGS.eq(Vec::<String>::new());
/// # let _ = untagged;
/// ```
#[diagnostic::on_unimplemented(
    message = "a list of `{Self}` cannot be a field of a model",
    label = "expected integers but `u8`, `f32`, `f64`, `bool`, `String`, `Decimal`, `Uuid`, dates or times, an enum or newtype, or `Option` of these",
    note = "`Vec<u8>` holds bytes; lists of other types are `#[orm(json)]`"
)]
pub trait Element: Field {}

macro_rules! elements {
    ($($(#[$cfg:meta])? $type:ty;)*) => {$($(#[$cfg])? #[diagnostic::do_not_recommend] impl Element for $type {})*};
}

elements! {
    bool; i8; i16; i32; i64; isize; u16; u32; u64; usize; f32; f64; String;
    #[cfg(feature = "uuid")] ::uuid::Uuid;
    #[cfg(feature = "rust_decimal")] rust_decimal::Decimal;
    #[cfg(feature = "chrono")] chrono::DateTime<chrono::Utc>;
    #[cfg(feature = "chrono")] chrono::DateTime<chrono::FixedOffset>;
    #[cfg(feature = "chrono")] chrono::DateTime<chrono::Local>;
    #[cfg(feature = "chrono")] chrono::NaiveDateTime;
    #[cfg(feature = "chrono")] chrono::NaiveDate;
    #[cfg(feature = "chrono")] chrono::NaiveTime;
    #[cfg(feature = "time")] ::time::OffsetDateTime;
    #[cfg(feature = "time")] ::time::UtcDateTime;
    #[cfg(feature = "time")] ::time::PrimitiveDateTime;
    #[cfg(feature = "time")] ::time::Date;
    #[cfg(feature = "time")] ::time::Time;
}

impl<T: Element> Element for Option<T> {}

#[diagnostic::do_not_recommend]
impl<T: Element> Field for Vec<T> {
    const TYPE: SqlType = SqlType::Array(&T::TYPE);

    fn read(cells: &dyn Cells, at: usize) -> Result<Self> {
        let mut all = Self::new();
        cells.array(at, &mut |elements, n| {
            all.push(T::read(elements, n)?);
            Ok(())
        })?;
        Ok(all)
    }

    fn bind(&self, to: &mut dyn Binder) -> Result<()> {
        to.array(T::TYPE, self.len(), &mut |at, to| self[at].bind(to))
    }

    fn to_value(&self) -> Value {
        Value::List(T::TYPE, self.iter().map(Field::to_value).collect())
    }

    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::List(_, all) => all.into_iter().map(T::from_value).collect(),
            other => Err(unexpected("a list", other.kind())),
        }
    }
}

/// The error for a cell of a list that holds something else.
fn decode(expected: &'static str, found: impl Into<String>) -> Error {
    Error::Decode { column: String::new(), expected, found: found.into() }
}
