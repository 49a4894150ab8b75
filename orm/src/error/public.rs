//! What may be said to those who use the program.

use std::borrow::Cow;

use crate::error::{DatabasesError, Error};

impl Error {
    /// A sentence for a client: without SQL, tables, values, and whatever the
    /// database or the program said. It names models and columns, as they are
    /// called in the program.
    ///
    /// Whatever the client cannot do anything about is "something went wrong".
    ///
    /// ```
    /// let error = orm::Error::NotFound { model: "Patient", operation: "get" };
    /// assert_eq!(error.public_message(), "there is no such Patient");
    /// let error = orm::Error::other("password of ann is wrong");
    /// assert_eq!(error.public_message(), "something went wrong");
    /// ```
    #[must_use]
    pub fn public_message(&self) -> Cow<'static, str> {
        match self {
            Self::NotFound { model, .. } => format!("there is no such {model}").into(),
            Self::UniqueViolation { columns, .. } => match columns.as_slice() {
                [] => "this exists already".into(),
                [column] => format!("this {column} exists already").into(),
                many => format!("this combination of {} exists already", words(many)).into(),
            },
            Self::ForeignKeyViolation { .. } => "something that this refers to is missing, or something still refers to this".into(),
            Self::CheckViolation { columns, .. } if columns.is_empty() => "a value is not permitted".into(),
            Self::CheckViolation { columns, .. } => format!("this value of {} is not permitted", words(columns)).into(),
            Self::NotNullViolation { columns, .. } if columns.is_empty() => "a value is missing".into(),
            Self::NotNullViolation { columns, .. } => format!("{} is missing", words(columns)).into(),
            Self::Unstorable { .. } => "a value cannot be stored".into(),
            Self::Timeout { .. } | Self::Cancelled => "this took too long; try again later".into(),
            Self::SerializationFailure { .. } | Self::Deadlock { .. } => "someone else changed this at the same time; try again".into(),
            Self::LockTimeout { .. } => "someone else is changing this; try again".into(),
            Self::PoolExhausted { .. }
            | Self::Connect { .. }
            | Self::ConnectionLost { .. }
            | Self::CircuitOpen { .. }
            | Self::Closed
            | Self::Databases(DatabasesError::NotOpen { .. } | DatabasesError::Start { .. }) => {
                "the service is busy; try again later".into()
            }
            Self::OutcomeUnknown { .. } => "whether this was done is not known; look before you try again".into(),
            _ => "something went wrong".into(),
        }
    }
}

fn words(names: &[String]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_read_as_a_sentence() {
        let unique = |names: &[&str]| Error::UniqueViolation {
            model: "users".to_owned(),
            constraint: Some("users_idx".to_owned()),
            columns: names.iter().map(ToString::to_string).collect(),
            source: "secret".into(),
        };
        assert_eq!(unique(&[]).public_message(), "this exists already");
        assert_eq!(unique(&["email"]).public_message(), "this email exists already");
        assert_eq!(unique(&["a", "b", "c"]).public_message(), "this combination of a, b and c exists already");
    }
}
