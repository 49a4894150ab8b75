//! What only some columns can do, asked of a column that was looked up.

use crate::error::{Error, Result};
use crate::expr::{Computed, DynColumn, Predicate};
use crate::schema::Model;
use crate::value::SqlType;

/// What only columns of an `Option`, or of text, can do.
///
/// # Errors
/// [`Error::Invalid`] where it is a column of something else.
impl<M: Model> DynColumn<M> {
    /// It is NULL.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, email: Option<String> }
    /// # fn f() -> orm::Result<()> {
    /// let condition: Predicate<User> = column_by_name("email")?.is_none()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] where the column is never NULL.
    pub fn is_none(self) -> Result<Predicate<M>> {
        Ok(self.optional("is_none")?.is_none())
    }

    /// It is not NULL.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, email: Option<String> }
    /// # fn f() -> orm::Result<()> {
    /// let condition: Predicate<User> = column_by_name("email")?.is_some()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] where the column is never NULL.
    pub fn is_some(self) -> Result<Predicate<M>> {
        Ok(self.optional("is_some")?.is_some())
    }

    /// The text fits a pattern, as [`Column::like`](crate::Column::like) says.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, email: Option<String> }
    /// # fn f() -> orm::Result<()> {
    /// let condition: Predicate<User> = column_by_name("name")?.like("an%")?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] where the column is not one of text.
    pub fn like(self, pattern: impl Into<String>) -> Result<Predicate<M>> {
        Ok(self.text("like")?.like(pattern))
    }

    /// The text has `part` in it; case matters, `%` and `_` are ordinary characters.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, email: Option<String> }
    /// # fn f() -> orm::Result<()> {
    /// let condition: Predicate<User> = column_by_name("name")?.contains("ann")?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] where the column is not one of text.
    pub fn contains(self, part: impl AsRef<str>) -> Result<Predicate<M>> {
        Ok(self.text("contains")?.contains(part))
    }

    /// The text starts with `part`; case matters, `%` and `_` are ordinary characters.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, email: Option<String> }
    /// # fn f() -> orm::Result<()> {
    /// let condition: Predicate<User> = column_by_name("name")?.starts_with("ann")?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] where the column is not one of text.
    pub fn starts_with(self, part: impl AsRef<str>) -> Result<Predicate<M>> {
        Ok(self.text("starts_with")?.starts_with(part))
    }

    /// The text ends with `part`; case matters, `%` and `_` are ordinary characters.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, email: Option<String> }
    /// # fn f() -> orm::Result<()> {
    /// let condition: Predicate<User> = column_by_name("name")?.ends_with("ann")?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] where the column is not one of text.
    pub fn ends_with(self, part: impl AsRef<str>) -> Result<Predicate<M>> {
        Ok(self.text("ends_with")?.ends_with(part))
    }

    /// The text is equal to `rhs`, where `a` to `z` and `A` to `Z` are the same.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, email: Option<String> }
    /// # fn f() -> orm::Result<()> {
    /// let condition: Predicate<User> = column_by_name("name")?.ieq("Ann")?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] where the column is not one of text.
    pub fn ieq(self, rhs: impl Into<String>) -> Result<Predicate<M>> {
        Ok(self.text("ieq")?.ieq(rhs.into()))
    }

    /// The text is not equal to `rhs`, where `a` to `z` and `A` to `Z` are the same.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, email: Option<String> }
    /// # fn f() -> orm::Result<()> {
    /// let condition: Predicate<User> = column_by_name("name")?.ine("Ann")?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] where the column is not one of text.
    pub fn ine(self, rhs: impl Into<String>) -> Result<Predicate<M>> {
        Ok(self.text("ine")?.ine(rhs.into()))
    }

    /// As [`contains`](Self::contains), where `a` to `z` and `A` to `Z` are the same.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, email: Option<String> }
    /// # fn f() -> orm::Result<()> {
    /// let condition: Predicate<User> = column_by_name("name")?.icontains("Ann")?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] where the column is not one of text.
    pub fn icontains(self, part: impl AsRef<str>) -> Result<Predicate<M>> {
        Ok(self.text("icontains")?.icontains(part))
    }

    /// As [`starts_with`](Self::starts_with), where `a` to `z` and `A` to `Z` are the same.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, email: Option<String> }
    /// # fn f() -> orm::Result<()> {
    /// let condition: Predicate<User> = column_by_name("name")?.istarts_with("Ann")?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] where the column is not one of text.
    pub fn istarts_with(self, part: impl AsRef<str>) -> Result<Predicate<M>> {
        Ok(self.text("istarts_with")?.istarts_with(part))
    }

    /// As [`ends_with`](Self::ends_with), where `a` to `z` and `A` to `Z` are the same.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, email: Option<String> }
    /// # fn f() -> orm::Result<()> {
    /// let condition: Predicate<User> = column_by_name("name")?.iends_with("Ann")?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] where the column is not one of text.
    pub fn iends_with(self, part: impl AsRef<str>) -> Result<Predicate<M>> {
        Ok(self.text("iends_with")?.iends_with(part))
    }

    fn optional(self, method: &str) -> Result<Computed<M, Option<String>>> {
        if self.meta().nullable { Ok(self.computed()) } else { Err(self.has_no(method, "it is never NULL")) }
    }

    fn text(self, method: &str) -> Result<Computed<M, String>> {
        match self.meta().ty {
            SqlType::Text | SqlType::VarChar(_) => Ok(self.computed()),
            _ => Err(self.has_no(method, "it is not text")),
        }
    }

    fn has_no(self, method: &str, why: &str) -> Error {
        Error::Invalid(format!("{self:?} has no `{method}`: {why}"))
    }
}
