//! Text that may become SQL.

use std::borrow::Cow;

/// Text that may become SQL: a literal, or what the program asserts to be safe.
///
/// What a user typed is given as an argument, and a name of a column that a
/// user chose goes through [`column_by_name`](crate::column_by_name).
#[diagnostic::on_unimplemented(
    message = "SQL text is a literal, so that input of a user cannot become SQL",
    label = "not a literal",
    note = "give values as arguments: `sql(\"name = ?\", name)`",
    note = "for text that the program makes itself, say so with `AssertSqlSafe(text)`"
)]
pub trait SqlText: sealed::Sealed {
    #[doc(hidden)]
    fn into_text(self) -> Cow<'static, str>;
}

/// Asserts that text is safe to run as SQL, although it is no literal.
///
/// The only door for such text: search a program for this word to find all of
/// it. It must not contain what a user typed.
///
/// ```
/// use orm::AssertSqlSafe;
/// use orm::prelude::*;
/// # async fn f(db: &Session, months: &[&'static str]) -> orm::Result<()> {
/// for month in months {
///     db.raw(AssertSqlSafe(format!("DROP TABLE visits_{month}")), ()).execute().await?;
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssertSqlSafe<T>(pub T);

mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for &'static str {}
#[diagnostic::do_not_recommend]
impl SqlText for &'static str {
    fn into_text(self) -> Cow<'static, str> {
        Cow::Borrowed(self)
    }
}

impl<T: Into<String>> sealed::Sealed for AssertSqlSafe<T> {}
#[diagnostic::do_not_recommend]
impl<T: Into<String>> SqlText for AssertSqlSafe<T> {
    fn into_text(self) -> Cow<'static, str> {
        Cow::Owned(self.0.into())
    }
}
