//! Enums as fields; `#[derive(Field)]` implements these traits.

use crate::error::{Error, Result};
use crate::value::field::unexpected;
use crate::value::{Binder, Cells, Field, Value};

/// An enum whose variants are stored as texts.
#[doc(hidden)]
pub trait TextEnum: Field {
    const NAME: &'static str;
    fn text(&self) -> &'static str;
    fn from_text(text: &str) -> Option<Self>;
}

/// An enum whose variants are stored as their discriminants.
#[doc(hidden)]
pub trait IntegerEnum: Field {
    const NAME: &'static str;
    fn integer(&self) -> i64;
    fn from_integer(integer: i64) -> Option<Self>;
}

fn no_variant(name: &'static str, kind: &str) -> Error {
    unexpected(name, format!("{kind} that stands for no variant"))
}

#[doc(hidden)]
pub fn read_text<T: TextEnum>(cells: &dyn Cells, at: usize) -> Result<T> {
    T::from_text(cells.text(at)?).ok_or_else(|| no_variant(T::NAME, "text"))
}

#[doc(hidden)]
pub fn bind_text<T: TextEnum>(it: &T, to: &mut dyn Binder) -> Result<()> {
    to.text(it.text())
}

#[doc(hidden)]
pub fn text_value<T: TextEnum>(it: &T) -> Value {
    Value::Text(it.text().to_owned())
}

#[doc(hidden)]
pub fn from_text_value<T: TextEnum>(value: &Value) -> Result<T> {
    match value {
        Value::Text(it) => T::from_text(it).ok_or_else(|| no_variant(T::NAME, "text")),
        other => Err(unexpected(T::NAME, other.kind())),
    }
}

#[doc(hidden)]
pub fn read_integer<T: IntegerEnum>(cells: &dyn Cells, at: usize) -> Result<T> {
    T::from_integer(cells.i64(at)?).ok_or_else(|| no_variant(T::NAME, "an integer"))
}

#[doc(hidden)]
pub fn bind_integer<T: IntegerEnum>(it: &T, to: &mut dyn Binder) -> Result<()> {
    to.i64(it.integer())
}

#[doc(hidden)]
pub fn integer_value<T: IntegerEnum>(it: &T) -> Value {
    Value::I64(it.integer())
}

#[doc(hidden)]
pub fn from_integer_value<T: IntegerEnum>(value: Value) -> Result<T> {
    if matches!(value, Value::I16(_) | Value::I32(_) | Value::I64(_) | Value::U64(_)) {
        return T::from_integer(i64::from_value(value)?).ok_or_else(|| no_variant(T::NAME, "an integer"));
    }
    Err(unexpected(T::NAME, value.kind()))
}
