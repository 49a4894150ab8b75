//! How a database is connected to, and how its tables are called.

use std::sync::Arc;
use std::time::Duration;

use crate::db::DbBuilder;
use crate::driver::{Pooler, SqlHook};
use crate::value::SqlText;

/// How connections are made.
impl DbBuilder {
    /// Runs SQL on each new connection of the pool before it is used first: one
    /// statement, without arguments. Several are run in the order in which they
    /// are given. Where one fails, the connection is not opened:
    /// [`Error::Connect`](crate::Error::Connect), which repeats the name, and nothing of the text.
    ///
    /// On PostgreSQL it runs again where SQL text of the program has changed the
    /// connection, which is then made as good as new.
    /// What is no SQL is for [`after_connect`](Self::after_connect).
    /// Connections over which only statements of others are stopped are without
    /// it. On SQLite it also runs on the connections that only read, so it must
    /// not write. It comes after the settings of our own and may change them;
    /// what this crate says of texts, times and keys holds only as long as it
    /// leaves collations, the SQL mode, `foreign_keys` and the like alone.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// let db = Db::builder("sqlite::memory:").on_connect("clinic:cache", "PRAGMA cache_size = -20000").open().await?;
    /// let size: i64 = db.raw("PRAGMA cache_size", ()).fetch_one().await?;
    /// assert_eq!(size, -20_000);
    /// # Ok(()) }
    /// ```
    pub fn on_connect(mut self, name: &'static str, statement: impl SqlText) -> Self {
        Arc::make_mut(&mut self.wanted.hooks).push(SqlHook { name, text: statement.into_text() });
        self
    }

    /// Runs SQL on a connection each time before it is lent, also the first time:
    /// one statement, without arguments. It costs a round trip for each statement
    /// outside of a transaction, and for each transaction; what holds for good is
    /// for [`on_connect`](Self::on_connect), and what needs no SQL for
    /// [`before_acquire`](Self::before_acquire).
    ///
    /// Where one fails, or takes longer than
    /// [`validate_timeout`](crate::PoolOptions::validate_timeout), the connection is closed,
    /// and who wanted it gets [`Error::Connect`](crate::Error::Connect), which repeats the
    /// name, and nothing of the text. A connection that has died at rest is replaced, and nobody
    /// notices. On SQLite it also runs on the connections that only read, and a database in memory
    /// keeps its connection. A pool that asks a connection for a sign of life does without it.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// let db = Db::builder("sqlite::memory:").on_acquire("clinic:optimize", "PRAGMA optimize").open().await?;
    /// # db.ping().await?;
    /// # Ok(()) }
    /// ```
    pub fn on_acquire(mut self, name: &'static str, statement: impl SqlText) -> Self {
        Arc::make_mut(&mut self.wanted.on_acquire).push(SqlHook { name, text: statement.into_text() });
        self
    }

    /// What PostgreSQL calls the program in its list of connections; at most 63
    /// bytes of it. `application_name` in the URL goes before it. Default `orm`.
    /// Other databases have no such name.
    pub fn application_name(mut self, name: impl Into<String>) -> Self {
        self.wanted.application_name = Some(name.into());
        self
    }

    /// How many prepared statements each connection keeps, on the server, too;
    /// the one that was not used for the longest time goes first. At least 1
    /// ([`Error::Configuration`](crate::Error::Configuration)). `statement-cache-capacity` in the URL goes
    /// before it. Default 100, on SQLite 128.
    ///
    /// MySQL and MariaDB count them over all connections
    /// (`max_prepared_stmt_count`, 16,382 by default). More than 1,000 are of
    /// little use on PostgreSQL, where the text of those is made anew each time.
    pub fn statement_cache(mut self, statements: usize) -> Self {
        self.wanted.statement_cache = Some(statements);
        self
    }

    /// How many texts of statements are kept, for all connections together. A
    /// statement whose text is kept is sent without an allocation; what comes
    /// when there is no room is made anew each time. Default 2,000; 0 keeps none.
    pub fn text_cache(mut self, texts: usize) -> Self {
        self.texts = texts;
        self
    }

    /// What stands between the program and the server. Default: nothing.
    ///
    /// [`Pooler::Transaction`] must be said where it is so: left out, such a
    /// pooler refuses the connection or gives wrong answers. It is for
    /// PostgreSQL, without `on_connect` and without settings in the address;
    /// [`Error::Configuration`](crate::Error::Configuration) when the database is
    /// opened otherwise.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # async fn f() -> orm::Result<()> {
    /// use orm::Pooler;
    ///
    /// let db = Db::builder("postgres://app@pgbouncer:6432/clinic").pooler(Pooler::Transaction).open().await?;
    /// # Ok(()) }
    /// ```
    pub fn pooler(mut self, pooler: Pooler) -> Self {
        self.wanted.pooler = pooler;
        self
    }
}

/// How tables are called.
impl DbBuilder {
    /// What each table of a model begins with, and each index, for several
    /// installations in one database; at most 31 bytes. Names that get too long
    /// for an index are cut and numbered. SQL text of the program is left alone.
    /// Default: nothing.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// let db = Db::builder("sqlite::memory:").table_prefix("blue_").open().await?;
    /// db.create_tables::<User>().await?;
    /// assert_eq!(db.find::<User>().count().await?, 0);
    /// let tables: i64 = db.raw("SELECT count(*) FROM blue_users", ()).fetch_one().await?;
    /// # Ok(()) }
    /// ```
    pub fn table_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.naming.prefix = prefix.into();
        self
    }

    /// The schema of all models that name none themselves: a schema of
    /// PostgreSQL, a database of MariaDB and MySQL, an attached database of
    /// SQLite. Not for SQL text of the program. Default: where the connection is.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// let db = Db::builder("sqlite::memory:")
    ///     .on_connect("clinic:archive", "ATTACH ':memory:' AS archive")
    ///     .schema("archive")
    ///     .open()
    ///     .await?;
    /// db.create_tables::<User>().await?;
    /// let tables: i64 = db.raw("SELECT count(*) FROM archive.users", ()).fetch_one().await?;
    /// # Ok(()) }
    /// ```
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.naming.schema = Some(schema.into());
        self
    }
}

/// What holds for sessions that do not say otherwise.
impl DbBuilder {
    /// How long a transaction may take, whose session has no time of its own. At
    /// the end the running statement is stopped, and all is undone:
    /// [`Error::Timeout`](crate::Error::Timeout). Default: as long as it takes.
    ///
    /// It also bounds each of its statements, beside
    /// [`timeout`](Self::timeout).
    pub fn transaction_timeout(self, limit: Duration) -> Self {
        self.limits.transaction.set(Some(limit));
        self
    }

    /// Whether writes that take several statements are transactions by
    /// themselves; see
    /// [`Session::without_implicit_transactions`](crate::Session::without_implicit_transactions).
    /// Default: yes.
    pub fn implicit_transactions(mut self, on: bool) -> Self {
        self.without_implicit = !on;
        self
    }

    /// The most records of a statement of `create_many` and `insert_many`, where
    /// they do not say it by `batch_size` of their own; at least 1. Default: as
    /// many as the database takes at once and is fast with.
    pub fn batch_size(self, records: usize) -> Self {
        self.limits.set_batch_size(Some(records));
        self
    }
}
