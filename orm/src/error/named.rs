//! What can go wrong with databases that have names.

use std::fmt;

use crate::error::Error;

/// What is wrong with a database that has a name; part of [`Error`].
///
/// ```
/// use orm::{DatabasesError, Error};
///
/// /// Whether the answer can do without it for now.
/// fn is_away(error: &Error) -> bool {
///     matches!(error, Error::Databases(DatabasesError::NotOpen { .. }))
/// }
/// # let unknown = DatabasesError::Unknown { database: "audti".into(), known: "audit, main".into() };
/// # assert!(!is_away(&unknown.into()));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabasesError {
    /// No database has this name.
    #[error("there is no database `{database}`; there are {known}")]
    Unknown {
        /// The name that was asked for.
        database: String,
        /// The names there are.
        known: String,
    },

    /// The program runs without this database until it can be opened.
    #[error("the database `{database}` is not open: {cause}")]
    NotOpen {
        /// Its name.
        database: String,
        /// What the last attempt to open it came to.
        cause: String,
    },

    /// The model says that it lives in another database.
    #[error("{model} lives in the database `{wanted}`, and this is `{here}`: use `databases.of::<{model}>()`")]
    Elsewhere {
        /// The model.
        model: &'static str,
        /// The database that it names by `#[orm(database = "…")]`.
        wanted: &'static str,
        /// The database that it was used on.
        here: String,
    },

    /// Databases that the program cannot do without could not be opened.
    #[error("{}", Causes(.causes))]
    Start {
        /// Each of them by its name, with what it failed for.
        causes: Vec<(String, Error)>,
    },

    /// It was not tried, because another one that it depends on is not open.
    #[error("not tried, because it depends on `{on}`")]
    Dependency {
        /// The database that it depends on.
        on: String,
    },
}

impl From<DatabasesError> for Error {
    fn from(error: DatabasesError) -> Self {
        Self::Databases(error)
    }
}

/// All causes in one line.
struct Causes<'e>(&'e [(String, Error)]);

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(f, "{count} database{} could not be opened", if count == 1 { "" } else { "s" })?;
        self.0.iter().enumerate().try_for_each(|(at, (name, error))| write!(f, "{} `{name}`: {error}", if at == 0 { ':' } else { ';' }))
    }
}
