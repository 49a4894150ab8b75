//! The databases, and what each can do.

use crate::dialect::insert::copies;
use crate::statement::Insert;

/// The kinds of database, as far as they differ to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Engine {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    MariaDb,
    /// MySQL.
    MySql,
}

/// The driver sends the end of a `COPY` by itself, for which the network may make
/// it wait 40 ms (Nagle's algorithm, a late acknowledgement): so, not too often.
pub(crate) const ROWS_PER_COPY: usize = 100_000;

impl Engine {
    /// The name to show.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::MariaDb => "MariaDB",
            Self::MySql => "MySQL",
        }
    }

    /// Whether it is MariaDB or MySQL.
    #[must_use]
    pub const fn is_mysql_family(self) -> bool {
        matches!(self, Self::MariaDb | Self::MySql)
    }

    /// The most placeholders in one statement.
    #[must_use]
    pub const fn max_parameters(self) -> usize {
        match self {
            Self::Sqlite => 32_766,
            _ => 65_535,
        }
    }

    /// How many rows go into one statement of an insert.
    ///
    /// PostgreSQL gets arrays, or lines, so only memory bounds it, unless the
    /// model has arrays itself, which arrays cannot hold. Elsewhere a few hundred
    /// rows are where larger statements stop being faster. MySQL cannot return
    /// the keys of several rows, and they need not be next to each other.
    pub(crate) fn rows_per_insert(self, insert: &Insert) -> usize {
        let columns = insert.columns().count();
        if columns == 0 || self == Self::MySql && insert.returns() {
            return 1;
        }
        if copies(self, insert) {
            return ROWS_PER_COPY;
        }
        if self == Self::Postgres && !insert.model.is_sent_singly() {
            return 10_000;
        }
        (self.max_parameters() / columns).min(500)
    }

    /// How many bytes a message to the server has at most, where that is the
    /// same for all servers.
    pub(crate) const fn max_message(self) -> usize {
        match self {
            // One gigabyte, less some room for what stands around the values.
            Self::Postgres => (1 << 30) - (1 << 20),
            _ => usize::MAX,
        }
    }

    /// The quote around identifiers.
    ///
    /// SQLite takes a name in double quotes that is no column for a text; it
    /// does not do so with back quotes.
    pub(crate) const fn quote(self) -> char {
        match self {
            Self::Postgres => '"',
            _ => '`',
        }
    }
}
