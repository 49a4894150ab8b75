//! What is set per kind of database.

/// How a SQLite database is used.
///
/// ```
/// # use orm::prelude::*;
/// # async fn f() -> orm::Result<()> {
/// let db = Db::builder("sqlite://clinic.db").sqlite(orm::SqliteOptions::new().inline_writes(true)).open().await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SqliteOptions {
    pub(crate) inline_writes: bool,
}

impl SqliteOptions {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self { inline_writes: false }
    }

    /// Whether writes of one record run where they are awaited, instead of on a
    /// thread that may block. Default: no.
    ///
    /// Such a write takes 10 µs instead of 25, and may keep a thread of the
    /// runtime waiting for the disk.
    #[must_use]
    pub const fn inline_writes(mut self, on: bool) -> Self {
        self.inline_writes = on;
        self
    }
}
