//! How a database is used, as it is written down outside of the program.

mod address;
mod foreign;
mod keys;
mod read;
mod secret;
mod setting;
mod tree;

pub(crate) use self::keys::{Effect, KEYS, Key};
pub(crate) use self::read::read;
pub(crate) use self::tree::{Node, Tree};

pub use self::secret::Secret;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::db::{Db, DbBuilder};
use crate::driver::{PoolOptions, Pooler, SqliteOptions};
use crate::error::Result;

/// How a database is used, as it is written down outside of the program: in a
/// file, in the environment, or wherever a [`ConfigSource`](crate::ConfigSource)
/// looks. All keys are on the page [`configuration`](crate::configuration).
///
/// It is read by any format of serde, too, as a part of a program's own
/// settings. Passwords and URLs are never printed.
///
/// ```
/// use orm::DbConfig;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> orm::Result<()> {
/// let mut config = DbConfig::default();
/// config.url = Some("sqlite::memory:".into());
/// config.pool.max_size = 4;
/// // Callbacks and plugins are the program's.
/// let db = config.builder().callbacks(|_| {}).open().await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DbConfig {
    /// The address, as [`Db::builder`] takes it.
    pub url: Option<Secret>,
    /// In the place of the URL: `sqlite`, `postgres`, `mysql` or `mariadb`.
    pub engine: Option<String>,
    /// The server's name; `localhost` if there is none.
    pub host: Option<String>,
    /// The server's port, if it is not the usual one.
    pub port: Option<u16>,
    /// Who connects; also in the place of who is named in the URL.
    pub user: Option<String>,
    /// The password; also in the place of the one in the URL.
    pub password: Option<Secret>,
    /// A file that holds the password, and nothing else but the end of a line.
    pub password_file: Option<PathBuf>,
    /// The database on the server; for SQLite the file, or `:memory:`.
    pub database: Option<String>,
    /// What follows the `?` of a URL, such as `ssl-mode`.
    pub parameters: BTreeMap<String, Secret>,
    /// How many connections, and for how long.
    pub pool: PoolConfig,
    /// How long a statement may take.
    pub timeout: Option<Duration>,
    /// How long a transaction may take.
    pub transaction_timeout: Option<Duration>,
    /// What PostgreSQL calls the program.
    pub application_name: Option<String>,
    /// How many prepared statements each connection keeps.
    pub statement_cache: Option<usize>,
    /// How many texts of statements are kept.
    pub text_cache: Option<usize>,
    /// What each table begins with.
    pub table_prefix: Option<String>,
    /// Where tables are.
    pub schema: Option<String>,
    /// The most records of a statement.
    pub batch_size: Option<usize>,
    /// Whether writes of several statements are transactions.
    pub implicit_transactions: bool,
    /// Whether mistakes are errors that are warnings otherwise.
    pub strict: bool,
    /// Whether other pools of the program may lead to the same database.
    pub beside_others: bool,
    /// What stands between the program and the server.
    pub pooler: Pooler,
    /// How SQLite is used.
    pub sqlite: SqliteConfig,
    /// What was in the file, when the source looked.
    pub(crate) read_password: Option<Secret>,
}

/// The part `pool` of a [`DbConfig`]: how many connections, and for how long.
/// The defaults are those of [`PoolOptions`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolConfig {
    /// The most connections.
    pub max_size: usize,
    /// How many are kept ready.
    pub min_idle: usize,
    /// The most that are kept while nobody uses them.
    pub max_idle: Option<usize>,
    /// How long to wait for one.
    pub wait_timeout: Duration,
    /// How long opening one may take.
    pub connect_timeout: Duration,
    /// How long one may take to answer.
    pub validate_timeout: Duration,
    /// How long one may rest before it is asked.
    pub validate_after: Duration,
    /// How long one that comes back may take to be clean.
    pub release_timeout: Duration,
    /// How often those that nobody uses are asked.
    pub keepalive: Option<Duration>,
    /// How old one may get.
    pub max_lifetime: Option<Duration>,
    /// How long one may rest.
    pub idle_timeout: Option<Duration>,
    /// How long one may be held until that is reported.
    pub leak_after: Option<Duration>,
    /// How long a transaction may be open until that is reported.
    pub slow_transaction: Option<Duration>,
    /// At how many percent of the connections that is reported.
    pub nearly_exhausted_at: Option<u8>,
    /// How often all figures are reported.
    pub stats_every: Option<Duration>,
    /// The most connections of each lane.
    pub lanes: BTreeMap<String, usize>,
}

/// The part `sqlite` of a [`DbConfig`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SqliteConfig {
    /// Whether writes of one record run where they are awaited.
    pub inline_writes: bool,
}

impl Default for DbConfig {
    fn default() -> Self {
        Self {
            url: None,
            engine: None,
            host: None,
            port: None,
            user: None,
            password: None,
            password_file: None,
            database: None,
            parameters: BTreeMap::new(),
            pool: PoolConfig::default(),
            timeout: None,
            transaction_timeout: None,
            application_name: None,
            statement_cache: None,
            text_cache: None,
            table_prefix: None,
            schema: None,
            batch_size: None,
            implicit_transactions: true,
            strict: false,
            beside_others: false,
            pooler: Pooler::None,
            sqlite: SqliteConfig::default(),
            read_password: None,
        }
    }
}

impl Default for PoolConfig {
    fn default() -> Self {
        let it = PoolOptions::new();
        Self {
            max_size: it.max_size,
            min_idle: it.min_idle,
            max_idle: it.max_idle,
            wait_timeout: it.wait_timeout,
            connect_timeout: it.connect_timeout,
            validate_timeout: it.validate_timeout,
            validate_after: it.validate_after,
            release_timeout: it.release_timeout,
            keepalive: it.keepalive,
            max_lifetime: it.max_lifetime,
            idle_timeout: it.idle_timeout,
            leak_after: it.leak_after,
            slow_transaction: it.slow_transaction,
            nearly_exhausted_at: it.nearly_exhausted_at,
            stats_every: it.stats_every,
            lanes: BTreeMap::new(),
        }
    }
}

impl PoolConfig {
    /// Names each field, so that none is forgotten.
    pub(crate) fn options(&self) -> PoolOptions {
        PoolOptions {
            max_size: self.max_size,
            min_idle: self.min_idle,
            max_idle: self.max_idle,
            wait_timeout: self.wait_timeout,
            connect_timeout: self.connect_timeout,
            validate_timeout: self.validate_timeout,
            validate_after: self.validate_after,
            release_timeout: self.release_timeout,
            keepalive: self.keepalive,
            max_lifetime: self.max_lifetime,
            idle_timeout: self.idle_timeout,
            leak_after: self.leak_after,
            slow_transaction: self.slow_transaction,
            nearly_exhausted_at: self.nearly_exhausted_at,
            stats_every: self.stats_every,
        }
    }
}

impl DbConfig {
    /// A builder with all that is said here, to which the program adds its
    /// callbacks, plugins and whatever cannot be written in a file. What
    /// contradicts itself is an error when the database is opened.
    ///
    /// A password that is in a file is read now.
    #[track_caller]
    pub fn builder(&self) -> DbBuilder {
        let address = self.address();
        let mut builder = Db::builder(address.as_ref().map_or("", |it| it.expose()))
            .mistaken(address.err())
            .pool(self.pool.options())
            .pooler(self.pooler)
            .implicit_transactions(self.implicit_transactions)
            .sqlite(SqliteOptions::new().inline_writes(self.sqlite.inline_writes));
        if self.strict {
            builder = builder.strict();
        }
        if self.beside_others {
            builder = builder.beside_others();
        }
        for (name, connections) in &self.pool.lanes {
            builder = builder.lane_named(name.clone(), *connections);
        }
        builder = set(builder, self.timeout, DbBuilder::timeout);
        builder = set(builder, self.transaction_timeout, DbBuilder::transaction_timeout);
        builder = set(builder, self.statement_cache, DbBuilder::statement_cache);
        builder = set(builder, self.text_cache, DbBuilder::text_cache);
        builder = set(builder, self.batch_size, DbBuilder::batch_size);
        builder = set(builder, self.application_name.as_deref(), DbBuilder::application_name);
        builder = set(builder, self.table_prefix.as_deref(), DbBuilder::table_prefix);
        set(builder, self.schema.as_deref(), DbBuilder::schema)
    }

    /// Refuses what contradicts itself.
    ///
    /// ```
    /// let mut config = orm::DbConfig::default();
    /// config.url = Some("postgres://localhost/clinic".into());
    /// config.host = Some("db.internal".into());
    /// assert!(config.check().unwrap_err().to_string().starts_with("`host`: the URL says it already"));
    /// ```
    ///
    /// # Errors
    /// [`Error::Configuration`](crate::Error::Configuration), which names the key;
    /// also where the file with the password cannot be read.
    pub fn check(&self) -> Result<()> {
        self.address()?;
        self.pool.options().check()
    }
}

/// Says something to a builder, if there is something to say.
fn set<B, T>(builder: B, value: Option<T>, how: impl FnOnce(B, T) -> B) -> B {
    match value {
        Some(it) => how(builder, it),
        None => builder,
    }
}
