//! Lists of values.

pub(crate) mod json;

use crate::error::{Error, Result};
use crate::value::field::unexpected;
use crate::value::{Binder, Cells, Field, SqlType, Value};

/// A type of which a field can hold a list: `Vec<i64>`, `Vec<String>`,
/// `Vec<Option<bool>>`.
///
/// PostgreSQL has arrays of them; elsewhere the list is a JSON document. Two
/// lists are equal if their elements are; lists have no order that is the same
/// everywhere. `Vec<u8>` is no list: it holds bytes.
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
    label = "expected a list of integers, `f64`, `bool`, `String`, `Uuid`, or `Option` of these"
)]
pub trait Element: Field {}

macro_rules! elements {
    ($($type:ty)*) => {$(#[diagnostic::do_not_recommend] impl Element for $type {})*};
}

elements! { bool i16 i32 i64 isize f32 f64 String }

#[cfg(feature = "uuid")]
#[diagnostic::do_not_recommend]
impl Element for ::uuid::Uuid {}

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
