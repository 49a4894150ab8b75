//! A failed write that gives its record back.

use std::fmt;

use crate::error::Error;

/// Why a write failed, and the record that was to be written.
///
/// `?` turns it into an [`Error`].
///
/// ```
/// # use orm::prelude::*;
/// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, #[orm(unique)] name: String }
/// # async fn f(db: &Session, user: User) -> orm::Result<()> {
/// match db.create(user).or_return().await {
///     Ok(user) => println!("{} is in", user.name),
///     Err(failed) if failed.error().is_unique_violation() => {
///         let user: User = failed.into_record();
///         println!("{} was there already", user.name);
///     }
///     Err(failed) => return Err(failed.into()),
/// }
/// # Ok(()) }
/// ```
pub struct WriteError<R>(Box<(Error, R)>);

impl<R> WriteError<R> {
    pub(crate) fn new(error: Error, record: R) -> Self {
        Self(Box::new((error, record)))
    }

    /// Why.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.0.0
    }

    /// The record that was to be written.
    #[must_use]
    pub fn into_record(self) -> R {
        self.0.1
    }

    /// Both.
    #[must_use]
    pub fn into_parts(self) -> (Error, R) {
        *self.0
    }
}

impl<R> From<WriteError<R>> for Error {
    fn from(it: WriteError<R>) -> Self {
        it.0.0
    }
}

impl<R> fmt::Debug for WriteError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.0.fmt(f)
    }
}

impl<R> fmt::Display for WriteError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.0.fmt(f)
    }
}

impl<R> std::error::Error for WriteError<R> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.0.0)
    }
}
