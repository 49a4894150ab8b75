//! What can go wrong.

use std::panic::Location;
use std::time::Duration;

use super::messages::{Exhausted, List, Rule, deadlock, ended_by, miscounted, missing_column, not_found, outside};
use super::{Cause, DatabasesError, Holder};

/// What went wrong.
///
#[doc = include_str!("guide.md")]
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No such record, or it is gone.
    #[error("{}", not_found(model, operation))]
    NotFound {
        /// The model that was looked for; `row` where none is known.
        model: &'static str,
        /// What was to be done: `get`, `update`, `save`, `delete` or `fetch_one`.
        operation: &'static str,
    },

    /// Another record has the same values already.
    #[error("{model} breaks the unique rule{}: a record with the same values exists already", Rule(.constraint, .columns))]
    UniqueViolation {
        /// The model, or the table where no model is known.
        model: String,
        /// The constraint or index, as the database names it, where it does.
        constraint: Option<String>,
        /// The columns, in the order of the rule; none where the database does not tell.
        columns: Vec<String>,
        /// What the database said, without values.
        source: Cause,
    },

    /// A foreign key points to nothing, or something still points here.
    #[error("{model} breaks the foreign key{}: the record it points to is missing, or others still point to it", Rule(.constraint, .columns))]
    ForeignKeyViolation {
        /// The model, or the table where no model is known.
        model: String,
        /// The constraint or index, as the database names it, where it does.
        constraint: Option<String>,
        /// The columns of this table, which point to another one, or are pointed to; none where the database does not tell.
        columns: Vec<String>,
        /// What the database said, without values.
        source: Cause,
    },

    /// A value does not satisfy a check of the table.
    #[error("{model} breaks the check{}", Rule(.constraint, .columns))]
    CheckViolation {
        /// The model, or the table where no model is known.
        model: String,
        /// The constraint or index, as the database names it, where it does.
        constraint: Option<String>,
        /// The columns; none where the database does not tell, as of checks of several columns.
        columns: Vec<String>,
        /// What the database said, without values.
        source: Cause,
    },

    /// A column that must have a value got none.
    #[error("{model} needs a value for {}", List(.columns))]
    NotNullViolation {
        /// The model, or the table where no model is known.
        model: String,
        /// The constraint or index, as the database names it, where it does.
        constraint: Option<String>,
        /// The column.
        columns: Vec<String>,
        /// What the database said, without values.
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
        /// What the database said, without values.
        source: Cause,
    },

    /// The table of a model lacks a column of the model.
    #[error("{}", missing_column(model, table, column))]
    MissingTableColumn {
        /// The model.
        model: &'static str,
        /// Its table.
        table: &'static str,
        /// The column that is missing.
        column: &'static str,
        /// What the database said, without values.
        source: Cause,
    },

    /// The number of arguments is not the number of placeholders.
    #[error("{}", miscounted(text, *placeholders, *arguments))]
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
        /// The SQL text, without values and without the strings in it.
        statement: String,
        /// What the database said, without values, and its code.
        message: String,
        /// The code of the database: SQLSTATE of PostgreSQL, the number of the others.
        code: Option<String>,
        /// What the driver reported, without values.
        source: Cause,
    },

    /// What only reads was asked to write.
    #[error("{what} writes, and here one can only read: the session, the transaction or the database is read-only")]
    ReadOnly {
        /// What was to be done.
        what: String,
        /// What the database said, where it was asked.
        source: Option<Cause>,
    },

    /// No connection could be opened.
    #[error("cannot connect to {target}: {reason}")]
    Connect {
        /// Scheme, host, port and database; never the password.
        target: String,
        /// What went wrong and what to do.
        reason: String,
        /// What the driver reported, without values.
        source: Option<Cause>,
    },

    /// The connection broke while it was used. Nothing that was written stays: what may have
    /// been done all the same is [`OutcomeUnknown`](Self::OutcomeUnknown).
    #[error("the connection was lost while {doing}")]
    ConnectionLost {
        /// What was being done.
        doing: String,
        /// What the driver reported, without values.
        source: Cause,
    },

    /// No connection was to be had for too long.
    #[error("{}", Exhausted { at, waited, phase, deadline, in_use, own, max, opening, waiting, holder, source })]
    PoolExhausted {
        /// Where in the program the connection was asked for.
        at: &'static Location<'static>,
        /// How long this caller waited.
        waited: Duration,
        /// What it waited for: `a connection`, `its lane`, or `resume`; where the time of the
        /// session was up also `a new connection`, `a sign of life` of one that rested, or `its hooks`.
        phase: &'static str,
        /// Whether the time of the session was up, before the pool's
        /// [`wait_timeout`](crate::PoolOptions::wait_timeout) was.
        deadline: bool,
        /// Connections in use.
        in_use: usize,
        /// How many of these the task that waits has itself.
        own: usize,
        /// The most connections there may be.
        max: usize,
        /// How many are being opened.
        opening: u32,
        /// Callers that wait, too.
        waiting: usize,
        /// Who has had one of the connections for the longest time.
        holder: Option<Holder>,
        /// Why the last connection that was to be opened could not be; nothing once one was.
        source: Option<Cause>,
    },

    /// A task that has all connections itself, in transactions begun by hand or
    /// [pinned](crate::Session::pinned) sessions, asked for one more, in a
    /// [strict](crate::Session::strict) session.
    #[error("{}", deadlock(at, *max, holder.as_ref()))]
    WouldDeadlock {
        /// Where in the program the connection was asked for.
        at: &'static Location<'static>,
        /// The most connections there may be; the task has so many.
        max: usize,
        /// Which of them it has had for the longest time.
        holder: Option<Holder>,
    },

    /// A circuit breaker refused it, because the database was ill a moment ago.
    #[error("the circuit breaker `{circuit}` is open: the database was ill, and is asked again in {retry_after:?}")]
    CircuitOpen {
        /// The name of the circuit breaker.
        circuit: &'static str,
        /// When a statement may be let through; nothing while one is.
        retry_after: Duration,
    },

    /// A session asked for a lane that was not given to the builder.
    #[error("there is no lane `{lane}`; there are {known}: add it to the builder, `.lane(\"{lane}\", …)`")]
    UnknownLane {
        /// What was asked for.
        lane: &'static str,
        /// The names there are.
        known: String,
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
    #[error("the statement was cancelled: someone asked the server to stop it, or its caller went away")]
    Cancelled,

    /// The pool was closed.
    #[error("the database handle is closed: `shutdown` or `close` was called, and nothing runs on it any more")]
    Closed,

    /// A statement was made on the pool inside a transaction of the same task.
    #[error("{}", outside(statement, transaction))]
    OutsideTransaction {
        /// Where the transaction was begun: file, line and column.
        transaction: String,
        /// Where the statement was made.
        statement: String,
    },

    /// Something was asked for that only a transaction has.
    #[error("`{operation}` needs a transaction: call it on the session that a transaction gave")]
    NoTransaction {
        /// What was asked for.
        operation: &'static str,
    },

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

    /// A statement ended its transaction by itself, such as a procedure that commits.
    #[error("{}", ended_by(statement))]
    EndedByStatement {
        /// The first word of the statement.
        statement: String,
    },

    /// Nothing was committed.
    #[error("the transaction was rolled back: {cause}")]
    RolledBack {
        /// Why.
        cause: String,
    },

    /// The connection broke, or the time was up, before a commit or a write outside of transactions was answered.
    #[error("whether what was written is there is not known: before the database had answered, the connection was lost or the time was up")]
    OutcomeUnknown {
        /// What the driver reported, without values.
        source: Cause,
    },

    /// Two transactions could not be put in an order; run yours again.
    #[error("the transaction conflicts with another that ran at the same time; run it again")]
    SerializationFailure {
        /// What the database said, without values.
        source: Cause,
    },

    /// Two transactions waited for each other; run yours again.
    #[error("the transaction and another one waited for each other, and this one was chosen to give way; run it again")]
    Deadlock {
        /// What the database said, without values.
        source: Cause,
    },

    /// Another transaction kept a lock for too long.
    #[error("another transaction holds a lock that this statement needs: run it again, or say `skip_locked` where others may be left out")]
    LockTimeout {
        /// What the database said, without values.
        source: Cause,
    },

    /// The database has no room left for it, or may not grow; what the statement did is undone,
    /// but for tables of MariaDB and MySQL without transactions. Also said where SQLite's file
    /// cannot be written to for another reason: it does not say which.
    #[error(
        "the database has no room for this: its disk is full or fails, or it has reached the size that it may have; look there, and make room"
    )]
    DiskFull {
        /// What the database said, without values.
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

    /// A callback or a hook returned an error of the program; what it did was rolled back.
    #[error("the callback `{link}` of `{chain}` failed: {source}")]
    CallbackFailed {
        /// The chain.
        chain: &'static str,
        /// The callback, or `Model::hook`.
        link: String,
        /// What it returned; see [`downcast_ref`](Self::downcast_ref).
        source: Cause,
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

    /// A database that has a name is not to be had; see [`Databases`](crate::Databases).
    #[error(transparent)]
    Databases(DatabasesError),

    /// An error of the program, passed through a chain or a transaction.
    #[error("{0}")]
    Other(#[source] Cause),
}
