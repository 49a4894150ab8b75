//! Documents.

use std::fmt;
use std::ops::{Deref, DerefMut};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::value::field::unexpected;
use crate::value::{Binder, Cells, Encoding, Field, SqlType, Value, limits};

/// A field that is stored as a JSON document: everything that serde can write
/// and read.
///
/// It is `jsonb` in PostgreSQL, and text with a check elsewhere. What was
/// written is read again, integers of 64 bits included; `None` within is JSON's
/// `null`, while an `Option<Json<T>>` that is `None` is NULL. Databases keep
/// documents differently (PostgreSQL forgets spaces, the order of keys and the
/// `.0` of `1e16`), so whole documents should be neither compared nor ordered.
/// A document with the character NUL is [`Error::Unstorable`].
///
/// ```
/// use orm::{Json, prelude::*};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Clone, Default, Serialize, Deserialize)]
/// struct Settings { dark: bool, tabs: Vec<String> }
///
/// #[derive(Debug, Default, Model)]
/// struct Account {
///     #[orm(key, auto)]
///     id: i64,
///     settings: Json<Settings>,
/// }
///
/// let account = Account::default();
/// assert!(!account.settings.dark);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Json<T>(pub T);

impl<T: fmt::Debug> fmt::Debug for Json<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> From<T> for Json<T> {
    fn from(it: T) -> Self {
        Self(it)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Field for Json<T> {
    const TYPE: SqlType = SqlType::Json;

    fn read(cells: &dyn Cells, at: usize) -> Result<Self> {
        parse(cells.json(at)?)
    }

    fn bind(&self, to: &mut dyn Binder) -> Result<()> {
        let text = serde_json::to_string(&self.0).map_err(|_| limits::unstorable("it cannot be written as JSON"))?;
        to.json(limits::json(&text)?)
    }

    fn to_value(&self) -> Value {
        // What cannot be written is refused when it is bound: no document is empty.
        Value::Json(serde_json::to_string(&self.0).unwrap_or_default())
    }

    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Json(it) | Value::Text(it) => parse(&it),
            other => Err(unexpected("JSON", other.kind())),
        }
    }
}

/// What serde can write and read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored as a JSON document",
    label = "`json` needs a type that serde can write and read",
    note = "add `#[derive(Serialize, Deserialize)]` to `{Self}`"
)]
pub trait Document: Sized {
    #[doc(hidden)]
    fn to_text(&self) -> Result<String>;
    #[doc(hidden)]
    fn from_text(text: &str) -> Result<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Document for T {
    fn to_text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|_| limits::unstorable("it cannot be written as JSON"))
    }

    fn from_text(text: &str) -> Result<Self> {
        parse(text).map(|it| it.0)
    }
}

/// A field as a JSON document: the encoding of `#[orm(json)]`.
#[derive(Debug, Clone, Copy)]
pub enum AsJson {}

/// The text of a document.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct JsonText(String);

#[diagnostic::do_not_recommend]
impl Field for JsonText {
    const TYPE: SqlType = SqlType::Json;

    fn read(cells: &dyn Cells, at: usize) -> Result<Self> {
        cells.json(at).map(|it| Self(it.to_owned()))
    }

    fn bind(&self, to: &mut dyn Binder) -> Result<()> {
        to.json(limits::json(&self.0)?)
    }

    fn to_value(&self) -> Value {
        Value::Json(self.0.clone())
    }

    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Json(it) | Value::Text(it) => Ok(Self(it)),
            other => Err(unexpected("JSON", other.kind())),
        }
    }
}

impl<T: Document> Encoding<T> for AsJson {
    type Stored = JsonText;

    fn encode(it: &T) -> Result<JsonText> {
        it.to_text().map(JsonText)
    }

    fn decode(stored: JsonText) -> Result<T> {
        T::from_text(&stored.0)
    }
}

/// The error says where, and not what: serde's own words quote values.
fn parse<T: DeserializeOwned>(text: &str) -> Result<Json<T>> {
    serde_json::from_str(text).map(Json).map_err(|error| Error::Decode {
        column: "a value".to_owned(),
        expected: "JSON",
        found: match error.classify() {
            serde_json::error::Category::Data => format!("a document that does not fit the field, at character {}", error.column()),
            _ => format!("text that is no JSON, at character {}", error.column()),
        },
    })
}
