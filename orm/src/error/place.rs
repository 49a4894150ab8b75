//! Where in the data it went wrong.

use std::fmt;

use crate::error::{Cause, Error};

impl Error {
    /// Wraps an error of the program, so that a callback or hook can return it:
    /// as [`CallbackFailed`](Self::CallbackFailed), which names that one.
    /// [`downcast_ref`](Self::downcast_ref) finds it again.
    ///
    /// ```
    /// let error = orm::Error::other("the trial is closed");
    /// assert_eq!(error.to_string(), "the trial is closed");
    /// ```
    pub fn other(cause: impl Into<Cause>) -> Self {
        Self::Other(cause.into())
    }

    /// The program's own error, if this is one of type `E`: what was given to
    /// [`other`](Self::other), also where a callback or a hook returned it.
    ///
    /// ```
    /// #[derive(Debug, PartialEq, thiserror::Error)]
    /// #[error("the trial {0} is closed")]
    /// struct TrialClosed(u32);
    ///
    /// let error = orm::Error::other(TrialClosed(7));
    /// assert_eq!(error.downcast_ref(), Some(&TrialClosed(7)));
    /// ```
    #[must_use]
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        match self {
            Self::Other(cause) | Self::CallbackFailed { source: cause, .. } => cause.downcast_ref(),
            _ => None,
        }
    }

    /// The columns of the rule that was broken, in the order of the rule; none
    /// for other errors, and where the database does not tell.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, #[orm(unique)] email: String }
    /// # async fn f(db: &Session, user: User) -> orm::Result<()> {
    /// match db.create(user).await {
    ///     Err(error) if error.is_unique_violation() && error.columns() == ["email"] => println!("you are known here already"),
    ///     other => drop(other?),
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn columns(&self) -> &[String] {
        match self {
            Self::UniqueViolation { columns, .. }
            | Self::ForeignKeyViolation { columns, .. }
            | Self::CheckViolation { columns, .. }
            | Self::NotNullViolation { columns, .. } => columns,
            _ => &[],
        }
    }

    /// The name that the database has for the rule that was broken, where it tells.
    ///
    /// ```
    /// # fn f(error: orm::Error) {
    /// if error.constraint() == Some("one_a_day") {
    ///     println!("one visit a day is enough");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::UniqueViolation { constraint, .. }
            | Self::ForeignKeyViolation { constraint, .. }
            | Self::CheckViolation { constraint, .. }
            | Self::NotNullViolation { constraint, .. } => constraint.as_deref(),
            _ => None,
        }
    }

    /// Puts the name of a column where a field only knew its position.
    pub(crate) fn in_column(mut self, name: impl fmt::Display) -> Self {
        match &mut self {
            Self::Decode { column, .. } | Self::Unstorable { column, .. } => *column = name.to_string(),
            _ => {}
        }
        self
    }
}
