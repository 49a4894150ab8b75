//! What can go wrong, in the words of the person who wrote the program.
//!
//! Knows nothing of the other modules: it holds names, numbers and the causes
//! that drivers report.

use std::fmt;
use std::time::Duration;

/// What an operation of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The cause below an [`Error`], as the driver or the program reported it.
pub type Cause = Box<dyn std::error::Error + Send + Sync + 'static>;

/// What went wrong.
///
/// A message names what was being done to what. Passwords and bound values are
/// in none of them; what a database server says about a row (it may quote
/// values) is kept in [`source`](std::error::Error::source) and not printed.
///
/// One type for everything, because every operation can fail in most of these
/// ways; ask it with the `is_*` methods, or match the variants you handle.
///
/// ```
/// use orm::Error;
///
/// fn status(error: &Error) -> u16 {
///     match error {
///         Error::NotFound { .. } => 404,
///         error if error.is_unique_violation() => 409,
///         error if error.is_retryable() => 503,
///         _ => 500,
///     }
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No such record, or it is gone.
    #[error("no {model} with this key: it does not exist, or was deleted meanwhile")]
    NotFound {
        /// The model that was looked for.
        model: &'static str,
    },

    /// A unique key already holds this value.
    #[error("{model} breaks the unique rule {constraint}: a record with this value exists already")]
    UniqueViolation {
        /// The model, or the table where no model is known.
        model: String,
        /// The constraint, index or columns, as the database names them.
        constraint: String,
        /// What the database said.
        source: Cause,
    },

    /// A foreign key points to nothing, or something still points here.
    #[error("{model} breaks the foreign key {constraint}: the record it points to is missing, or others still point to it")]
    ForeignKeyViolation {
        /// The model, or the table where no model is known.
        model: String,
        /// The constraint, as the database names it.
        constraint: String,
        /// What the database said.
        source: Cause,
    },

    /// A value does not satisfy a check of the table.
    #[error("{model} breaks the check {constraint}")]
    CheckViolation {
        /// The model, or the table where no model is known.
        model: String,
        /// The constraint, as the database names it.
        constraint: String,
        /// What the database said.
        source: Cause,
    },

    /// A column that must have a value got none.
    #[error("{model} needs a value for {column}")]
    NotNullViolation {
        /// The model, or the table where no model is known.
        model: String,
        /// The column.
        column: String,
        /// What the database said.
        source: Cause,
    },

    /// A column cannot hold the value that was to be stored or compared.
    #[error("{column} cannot hold this value: {reason}")]
    Unstorable {
        /// `Model.field`, or the position of an argument.
        column: String,
        /// Why, and what to do.
        reason: String,
    },

    /// A value from the database does not fit the field it was read into.
    #[error("cannot read {column} as {expected}: the database holds {found}")]
    Decode {
        /// `Model.field`, or the position in the row.
        column: String,
        /// The Rust type that was asked for.
        expected: &'static str,
        /// What was there instead.
        found: String,
    },

    /// A result lacks a column that a field is read from.
    #[error("the result has no column {column}, which {model} needs; it has {found}")]
    MissingColumn {
        /// The model that was to be read.
        model: &'static str,
        /// The column that is missing.
        column: String,
        /// The columns that are there.
        found: String,
    },

    /// The model has no such column.
    #[error("{model} has no column {column}; it has {known}")]
    UnknownColumn {
        /// The model.
        model: &'static str,
        /// The name that was asked for.
        column: String,
        /// The names there are.
        known: String,
    },

    /// The model has no key, and the operation needs one.
    #[error("{model} has no key, which {operation} needs: mark a field with #[orm(key)], or use a condition")]
    NoKey {
        /// The model.
        model: &'static str,
        /// What was to be done.
        operation: &'static str,
    },

    /// A table is missing in the database.
    #[error("the database has no table {table}: create it, for example with create_tables")]
    MissingTable {
        /// The table.
        table: String,
        /// What the database said.
        source: Cause,
    },

    /// The number of arguments is not the number of placeholders.
    #[error("`{text}` has {placeholders} placeholders, but {arguments} arguments were given")]
    BindCount {
        /// The SQL text.
        text: String,
        /// How many `?` it has.
        placeholders: usize,
        /// How many arguments there were.
        arguments: usize,
    },

    /// The statement cannot be built.
    #[error("{0}")]
    Invalid(String),

    /// This database cannot do what was asked for.
    #[error("{database} cannot do this: {what}")]
    Unsupported {
        /// The kind of database.
        database: &'static str,
        /// What it cannot do, and what to do instead.
        what: String,
    },

    /// The database refused the statement.
    #[error("the database refused `{statement}`: {message}")]
    Database {
        /// The SQL text, without values.
        statement: String,
        /// The code and message of the database.
        message: String,
        /// The code of the database: SQLSTATE of PostgreSQL, the number of the others.
        code: Option<String>,
        /// What the driver reported.
        source: Cause,
    },

    /// No connection could be opened.
    #[error("cannot connect to {target}: {reason}")]
    Connect {
        /// Scheme, host, port and database; never the password.
        target: String,
        /// What went wrong and what to do.
        reason: String,
        /// What the driver reported.
        #[source]
        source: Option<Cause>,
    },

    /// The connection broke while it was used.
    #[error("the connection was lost while {doing}")]
    ConnectionLost {
        /// What was being done.
        doing: String,
        /// What the driver reported.
        source: Cause,
    },

    /// All connections were in use for too long.
    #[error(
        "no connection became free within {waited:?}: {in_use} of {max} are in use and {waiting} more wait; raise max_size, or hold connections for less time"
    )]
    PoolExhausted {
        /// How long this caller waited.
        waited: Duration,
        /// Connections in use.
        in_use: usize,
        /// The most connections there may be.
        max: usize,
        /// Callers that wait, too.
        waiting: usize,
    },

    /// Something took longer than it may.
    #[error("{phase} took longer than {limit:?}")]
    Timeout {
        /// What was being done.
        phase: &'static str,
        /// How long it may take.
        limit: Duration,
    },

    /// The statement was stopped before it was done.
    #[error("the statement was cancelled")]
    Cancelled,

    /// The pool was closed.
    #[error("the database handle is closed")]
    Closed,

    /// A statement was made on a transaction while a nested one is open.
    #[error("a nested transaction is open: use its session until it ends")]
    SessionBusy,

    /// The transaction that this session belonged to has ended.
    #[error("this transaction has ended; its session cannot be used any more")]
    TransactionClosed,

    /// An earlier statement failed, so the database refuses this transaction.
    #[error("an earlier statement of this transaction failed ({cause}); roll it back, or run risky statements in a nested transaction")]
    TransactionAborted {
        /// The error that came first.
        cause: String,
    },

    /// Nothing was committed.
    #[error("the transaction was rolled back: {cause}")]
    RolledBack {
        /// Why.
        cause: String,
    },

    /// The connection broke during the commit; whether it took place is not known.
    #[error("whether the transaction was committed is not known: the connection was lost while the commit was under way")]
    OutcomeUnknown {
        /// What the driver reported.
        source: Cause,
    },

    /// Two transactions could not be put in an order; run yours again.
    #[error("the transaction conflicts with another that ran at the same time; run it again")]
    SerializationFailure {
        /// What the database said.
        source: Cause,
    },

    /// Two transactions waited for each other; run yours again.
    #[error("the transaction and another one waited for each other, and this one was chosen to give way; run it again")]
    Deadlock {
        /// What the database said.
        source: Cause,
    },

    /// Another transaction kept a lock for too long.
    #[error("another transaction holds a lock that this statement needs")]
    LockTimeout {
        /// What the database said.
        source: Cause,
    },

    /// The callbacks of a chain cannot be put in order.
    #[error("the callbacks of `{chain}` cannot be ordered: {reason}")]
    CallbackOrder {
        /// The chain.
        chain: &'static str,
        /// Which callbacks, and why.
        reason: String,
    },

    /// A callback panicked; what it did was rolled back.
    #[error("the callback `{link}` of `{chain}` panicked: {message}")]
    CallbackPanicked {
        /// The chain.
        chain: &'static str,
        /// The callback.
        link: String,
        /// What it said.
        message: String,
    },

    /// A callback lost or replaced what the statement was to return.
    #[error("the callbacks of `{chain}` left {what}")]
    CallbackMisuse {
        /// The chain.
        chain: &'static str,
        /// What is wrong with what they left.
        what: String,
    },

    /// A plugin or a setting of the builder is wrong.
    #[error("{setting}: {reason}")]
    Configuration {
        /// The setting.
        setting: String,
        /// What is wrong with it.
        reason: String,
    },

    /// An error of the program, passed through a chain or a transaction.
    #[error("{0}")]
    Other(#[source] Cause),
}

impl Error {
    /// Wraps an error of the program, so that a callback or hook can return it.
    ///
    /// ```
    /// let error = orm::Error::other("the trial is closed");
    /// assert_eq!(error.to_string(), "the trial is closed");
    /// ```
    pub fn other(cause: impl Into<Cause>) -> Self {
        Self::Other(cause.into())
    }

    /// Whether no record was there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// Whether a unique key was broken.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::UniqueViolation { .. })
    }

    /// Whether a foreign key was broken.
    #[must_use]
    pub fn is_foreign_key_violation(&self) -> bool {
        matches!(self, Self::ForeignKeyViolation { .. })
    }

    /// Whether the same work, run again from its start, may succeed.
    ///
    /// True for conflicts between transactions, locks that were waited for too
    /// long, and connections that were not to be had. Not true for a connection
    /// that was lost, nor for [`OutcomeUnknown`](Self::OutcomeUnknown): look first
    /// whether the work was done.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::SerializationFailure { .. } | Self::Deadlock { .. } | Self::LockTimeout { .. } | Self::PoolExhausted { .. })
    }

    /// Whether the connection is of no more use.
    #[must_use]
    pub fn is_connection_lost(&self) -> bool {
        matches!(self, Self::ConnectionLost { .. } | Self::OutcomeUnknown { .. })
    }

    /// Puts the name of a model where a driver only knew a table or nothing.
    pub(crate) fn of_model(mut self, name: &'static str) -> Self {
        match &mut self {
            Self::UniqueViolation { model, .. }
            | Self::ForeignKeyViolation { model, .. }
            | Self::CheckViolation { model, .. }
            | Self::NotNullViolation { model, .. } => name.clone_into(model),
            _ => {}
        }
        self
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
