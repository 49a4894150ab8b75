//! The name of another table with the columns of a model.

use std::borrow::Cow;
use std::fmt;

use crate::error::{Error, Result};

/// The name of a table that has the columns of a model: one of many for it,
/// such as one for each year. For `table(…)` of the builders.
///
/// A literal is taken as it is; a name that is made at run time goes through
/// [`TableName::new`], which takes nothing but letters, digits and `_`. In SQL
/// both are quoted.
///
/// ```
/// use orm::TableName;
/// use orm::prelude::*;
/// # #[derive(Debug, Model)] struct Visit { #[orm(key, auto)] id: i64, patient: i64 }
/// # async fn f(db: &Session, year: u16) -> orm::Result<()> {
/// let old = db.find::<Visit>().table("visits_2020").await?;
/// let of_year = db.find::<Visit>().table(TableName::new(format!("visits_{year}"))?).await?;
/// let elsewhere = db.find::<Visit>().table(TableName::from("visits").in_schema("archive")).await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableName {
    schema: Option<&'static str>,
    name: Cow<'static, str>,
}

impl TableName {
    /// A name that is made at run time.
    ///
    /// ```
    /// # use orm::TableName;
    /// let year = 2026;
    /// assert!(TableName::new(format!("events_{year}")).is_ok());
    /// assert!(TableName::new("events; DROP TABLE users").is_err());
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] for anything but letters from a to z, digits and `_`,
    /// at most 63 of them, of which the first is no digit. A name that a user
    /// chooses is looked up in a list of the program all the same: this keeps
    /// SQL out, not the names of other tables.
    pub fn new(name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        let plain = name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
        if !plain || name.is_empty() || name.len() > 63 || name.starts_with(|it: char| it.is_ascii_digit()) {
            return Err(Error::Invalid(
                "the name of a table that is made at run time has letters from a to z, digits and `_`, at most 63, and begins with no digit"
                    .to_owned(),
            ));
        }
        Ok(Self { schema: None, name: Cow::Owned(name) })
    }

    /// The same name in a schema (a database on MariaDB, an attached one on SQLite).
    #[must_use]
    pub const fn in_schema(mut self, schema: &'static str) -> Self {
        self.schema = Some(schema);
        self
    }

    /// The name itself.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The schema, where one was given.
    #[must_use]
    pub const fn schema(&self) -> Option<&'static str> {
        self.schema
    }
}

impl From<&'static str> for TableName {
    fn from(name: &'static str) -> Self {
        Self { schema: None, name: Cow::Borrowed(name) }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The most bytes that a name has on every database.
const LONGEST: usize = 63;

/// A name that fits, of one that may be too long: its beginning, and a number
/// made of all of it, so that two that begin alike stay two.
pub(crate) fn shorten(name: String) -> String {
    if name.len() <= LONGEST {
        return name;
    }
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, it| (hash ^ u32::from(it)).wrapping_mul(0x0100_0193));
    let end = (0..=LONGEST - 9).rev().find(|it| name.is_char_boundary(*it)).unwrap_or_default();
    format!("{}_{hash:08x}", &name[..end])
}
