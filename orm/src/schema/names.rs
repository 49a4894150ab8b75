//! Columns by their names.

use crate::error::{Error, Result};
use crate::schema::ModelMeta;

impl ModelMeta {
    /// The position of a column, by the name of the column or of the field;
    /// the table may stand before it, and quotes around both.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # fn f() -> orm::Result<()> {
    /// assert_eq!(<User as Model>::META.position("age")?, 2);
    /// # Ok(()) }
    /// # f().unwrap();
    /// ```
    ///
    /// # Errors
    /// [`Error::UnknownColumn`] with the names there are.
    pub fn position(&self, name: &str) -> Result<usize> {
        let named = |name: &str| self.fields.iter().position(|it| it.column == name || it.name == name);
        let bare = || match name.split_once('.') {
            Some((table, column)) if unquoted(table) == self.table => named(unquoted(column)),
            Some(_) => None,
            None => named(unquoted(name)),
        };
        named(name).or_else(bare).ok_or_else(|| Error::UnknownColumn {
            model: self.name,
            column: name.to_owned(),
            known: self.fields.iter().map(|it| it.column).collect::<Vec<_>>().join(", "),
        })
    }
}

/// A name without the quotes of any database around it.
fn unquoted(name: &str) -> &str {
    let quotes = [('`', '`'), ('"', '"'), ('\'', '\''), ('[', ']')];
    quotes.iter().find_map(|&(open, close)| name.strip_prefix(open)?.strip_suffix(close)).unwrap_or(name)
}
