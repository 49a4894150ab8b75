//! The handle that a program opens once.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::callback::{Callbacks, Plugin};
use crate::dialect::Engine;
use crate::driver::{Intent, Pool, PoolOptions, PoolStats, SqliteOptions, Target};
use crate::error::{Error, Result};
use crate::session::{Clock, Core, Session};
use crate::steps;

/// A database: a pool of connections, and the callbacks that every statement
/// runs through. Cheap to clone; all clones share the pool.
///
/// It is a [`Session`] on the pool: `db.find()`, `db.create(..)`,
/// `db.transaction(..)` and so on.
///
/// ```
/// use orm::prelude::*;
///
/// #[derive(Debug, Model)]
/// struct User { #[orm(key, auto)] id: i64, name: String }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> orm::Result<()> {
/// let db = Db::open("sqlite::memory:").await?;
/// db.create_tables::<User>().await?;
/// let ann = db.create(User { id: 0, name: "ann".into() }).await?;
/// assert_eq!(ann.id, 1);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Db {
    session: Arc<Session>,
    callbacks: Arc<Callbacks>,
}

impl Db {
    /// Opens a database with the defaults; see [`builder`](Self::builder).
    ///
    /// # Errors
    /// As [`DbBuilder::open`].
    pub async fn open(url: &str) -> Result<Self> {
        Self::builder(url).open().await
    }

    /// Prepares to open a database.
    ///
    /// The URL says which: `sqlite://clinic.db` (a file, relative to the
    /// working directory), `sqlite:///var/lib/clinic.db`, `sqlite::memory:`,
    /// `postgres://user:password@host:5432/name`, `mysql://…` or `mariadb://…`.
    pub fn builder(url: &str) -> DbBuilder {
        let mut callbacks = Callbacks::new();
        steps::register(&mut callbacks);
        DbBuilder {
            url: url.to_owned(),
            pool: PoolOptions::new(),
            sqlite: SqliteOptions::new(),
            callbacks,
            plugins: Vec::new(),
            mistake: None,
            clock: Arc::new(system_clock),
            timeout: None,
        }
    }

    /// A handle with other callbacks over the same pool; this one stays as it is.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # async fn f(db: Db) -> orm::Result<()> {
    /// async fn deny(_: &mut Context) -> orm::Result<()> {
    ///     Err(orm::Error::other("this handle does not delete"))
    /// }
    /// let careful = db.with_callbacks(|on| { on.delete().before("*").register("app:deny", deny); })?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::CallbackOrder`] where the callbacks cannot be put in order.
    pub fn with_callbacks(&self, change: impl FnOnce(&mut Callbacks)) -> Result<Self> {
        let mut callbacks = (*self.callbacks).clone();
        change(&mut callbacks);
        let core = self.session.core();
        let core = Core {
            pool: core.pool.clone(),
            texts: Arc::clone(&core.texts),
            chains: callbacks.compile()?,
            clock: Arc::clone(&core.clock),
            timeout: core.timeout,
        };
        Ok(Self { session: Arc::new(Session::root(Arc::new(core))), callbacks: Arc::new(callbacks) })
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`Error::Connect`], [`Error::PoolExhausted`] or [`Error::ConnectionLost`].
    pub async fn ping(&self) -> Result<()> {
        self.session.core().pool.acquire(Intent::Read).await?.ping().await
    }

    /// Which kind of database it is.
    ///
    /// # Errors
    /// Those of [`ping`](Self::ping), where only the database can tell.
    pub async fn engine(&self) -> Result<Engine> {
        self.session.engine().await
    }

    /// What the pool has done, and does now.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        self.session.core().pool.stats()
    }

    /// Closes the connections that nobody uses, and refuses new statements with
    /// [`Error::Closed`]; transactions that are open go on to their end.
    pub fn close(&self) {
        self.session.core().pool.close();
    }
}

impl Deref for Db {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Db").field(&self.session.core().pool).finish()
    }
}

/// A database that is about to be opened.
#[must_use = "a database is not opened until `open` is awaited"]
pub struct DbBuilder {
    url: String,
    pool: PoolOptions,
    sqlite: SqliteOptions,
    callbacks: Callbacks,
    plugins: Vec<&'static str>,
    mistake: Option<Error>,
    clock: Clock,
    timeout: Option<Duration>,
}

impl DbBuilder {
    /// How many connections there may be, and for how long.
    pub fn pool(mut self, options: PoolOptions) -> Self {
        self.pool = options;
        self
    }

    /// How the database is used if it is SQLite; others ignore it.
    pub fn sqlite(mut self, options: SqliteOptions) -> Self {
        self.sqlite = options;
        self
    }

    /// Changes the callbacks that statements run through.
    pub fn callbacks(mut self, change: impl FnOnce(&mut Callbacks)) -> Self {
        change(&mut self.callbacks);
        self
    }

    /// Adds a plugin; it is asked for its callbacks now.
    #[expect(clippy::needless_pass_by_value, reason = "a plugin is given away")]
    pub fn plugin(mut self, plugin: impl Plugin) -> Self {
        let name = plugin.name();
        let done = if self.plugins.contains(&name) {
            Err(Error::Configuration { setting: format!("the plugin {name}"), reason: "it was added twice".to_owned() })
        } else {
            plugin.register(&mut self.callbacks)
        };
        self.plugins.push(name);
        self.mistake = self.mistake.or(done.err());
        self
    }

    /// Puts another clock in the place of the system's: microseconds since
    /// 1970-01-01 in UTC, for `created_at` and `updated_at`.
    pub fn clock(mut self, clock: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How long a statement may take, with the wait for its connection, where
    /// its session does not say otherwise. Default: as long as it takes.
    ///
    /// Three seconds suit requests of people, one second calls between services,
    /// minutes bulk work, which says so by
    /// [`Session::timeout`](crate::Session::timeout).
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Opens the database and checks that it answers.
    ///
    /// # Errors
    /// [`Error::Connect`], which names host, database and cause but never the
    /// password; [`Error::Configuration`] for a URL that is none;
    /// [`Error::CallbackOrder`] where the callbacks cannot be put in order.
    pub async fn open(self) -> Result<Db> {
        let db = self.lazy()?;
        // A SQLite file is made by the connection that writes.
        db.session.core().pool.acquire(Intent::Write).await?.ping().await?;
        // Another one on SQLite, where others read.
        drop(db.session.core().pool.acquire(Intent::Read).await?);
        Ok(db)
    }

    /// Opens no connection: the first statement does.
    ///
    /// # Errors
    /// As [`open`](Self::open), without [`Error::Connect`].
    pub fn lazy(self) -> Result<Db> {
        if let Some(mistake) = self.mistake {
            return Err(mistake);
        }
        let chains = self.callbacks.compile()?;
        let pool = Pool::new(Target::parse(&self.url)?.with_sqlite(self.sqlite), self.pool)?;
        let core = Core { pool, texts: Arc::default(), chains, clock: self.clock, timeout: self.timeout };
        Ok(Db { session: Arc::new(Session::root(Arc::new(core))), callbacks: Arc::new(self.callbacks) })
    }
}

impl fmt::Debug for DbBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the URL: it may hold a password.
        f.debug_struct("DbBuilder").field("pool", &self.pool).field("plugins", &self.plugins).finish_non_exhaustive()
    }
}

fn system_clock() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_micros()).unwrap_or(i64::MAX)
}
