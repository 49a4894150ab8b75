//! The databases, and what each can do.

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

    /// How many rows of `columns` values go into one `INSERT`.
    ///
    /// PostgreSQL gets arrays, so only memory bounds it, unless the model has
    /// arrays itself, which arrays cannot hold. Elsewhere a few hundred
    /// rows are where larger statements stop being faster. MySQL cannot return
    /// the keys of several rows.
    pub(crate) const fn rows_per_insert(self, columns: usize, keys_wanted: bool, arrays: bool) -> usize {
        match self {
            Self::Postgres if !arrays => 10_000,
            Self::MySql if keys_wanted => 1,
            _ if columns == 0 => 1,
            _ => {
                let fit = self.max_parameters() / columns;
                if fit < 500 { fit } else { 500 }
            }
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
