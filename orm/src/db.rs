//! The handle that a program opens once.

mod cell;
mod connecting;
mod pool;

pub use self::cell::DbCell;
pub use self::pool::PoolHandle;

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::panic::Location;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::callback::{Callbacks, Plugin};
use crate::dialect::Engine;
use crate::dialect::{MOST_TEXTS, Naming, Texts};
use crate::driver::{Ask, ConnectOptions, Intent, Opened, Pool, PoolHooks, PoolOptions, PoolStats, Setup, SqliteOptions, Wanted};
use crate::error::{Error, Result};
use crate::session::{Clock, Core, Limits, Session};
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
    /// ```
    /// # use orm::prelude::*;
    /// # async fn f() -> orm::Result<()> {
    /// let db = Db::open("sqlite://clinic.db").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`DbBuilder::open`].
    #[track_caller]
    pub fn open(url: &str) -> impl Future<Output = Result<Self>> + use<> {
        Self::builder(url).open()
    }

    /// Prepares to open a database.
    ///
    /// The URL says which: `sqlite://clinic.db` (a file, relative to the
    /// working directory), `sqlite:///var/lib/clinic.db`, `sqlite::memory:`,
    /// `postgres://user:password@host:5432/name`, `mysql://…` or `mariadb://…`.
    /// All forms and parameters are listed in [`connecting`](crate::connecting).
    #[track_caller]
    pub fn builder(url: &str) -> DbBuilder {
        Self::builder_from(url)
    }

    /// Prepares to open a database at an address that a URL cannot say: options
    /// of sqlx, for example with certificates that are in no file.
    ///
    /// Statements are not logged, whatever the options say; on MariaDB and
    /// MySQL, character set and time zone stay ours.
    #[cfg_attr(feature = "postgres", doc = "```")]
    #[cfg_attr(not(feature = "postgres"), doc = "```ignore")]
    /// # use orm::prelude::*;
    /// use sqlx::postgres::PgConnectOptions;
    ///
    /// let options = PgConnectOptions::new().host("db.example").username("clinic").ssl_root_cert_from_pem(Vec::new());
    /// let db = Db::builder_from(options).lazy()?;
    /// # Ok::<(), orm::Error>(())
    /// ```
    #[track_caller]
    pub fn builder_from(address: impl Into<ConnectOptions>) -> DbBuilder {
        let mut callbacks = Callbacks::new();
        steps::register(&mut callbacks);
        DbBuilder {
            address: address.into(),
            pool: PoolOptions::new(),
            sqlite: SqliteOptions::new(),
            callbacks,
            plugins: Vec::new(),
            mistake: None,
            clock: Arc::new(system_clock),
            limits: Limits::default(),
            without_implicit: false,
            wanted: Wanted::default(),
            naming: Naming::default(),
            texts: MOST_TEXTS,
            strict: false,
            name: None,
            lanes: Vec::new(),
            hooks: PoolHooks::default(),
            opened: Opened { at: Location::caller(), beside_others: false },
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
            limits: Arc::clone(&core.limits),
            without_implicit: core.without_implicit,
            strict: core.strict,
            name: core.name.clone(),
        };
        Ok(Self { session: Arc::new(Session::root(Arc::new(core))), callbacks: Arc::new(callbacks) })
    }

    /// Asks the database for a sign of life.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # async fn f(db: Db) -> orm::Result<()> {
    /// let healthy = db.ping().await.is_ok();
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Connect`], [`Error::PoolExhausted`] or [`Error::ConnectionLost`];
    /// [`Error::Timeout`] where it does not answer within
    /// [`validate_timeout`](PoolOptions::validate_timeout).
    #[track_caller]
    pub fn ping(&self) -> impl Future<Output = Result<()>> {
        let ask = Ask::new(Intent::Read, Location::caller());
        async move {
            let pool = &self.session.core().pool;
            pool.ping(ask).await?;
            // Whoever has a file of SQLite open does not see that it was moved away.
            pool.target().check_there()
        }
    }

    /// Which kind of database it is.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # async fn f(db: Db) -> orm::Result<()> {
    /// // Text of one database only.
    /// if db.engine().await? == orm::Engine::Postgres {
    ///     db.raw("VACUUM users", ()).execute().await?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`ping`](Self::ping), where only the database can tell.
    pub async fn engine(&self) -> Result<Engine> {
        self.session.engine().await
    }

    /// What holds from now on for sessions that do not say otherwise.
    #[cfg(feature = "config")]
    pub(crate) fn set_limits(&self, statement: Option<Duration>, transaction: Option<Duration>, batch_size: Option<usize>) {
        let limits = &self.session.core().limits;
        limits.statement.set(statement);
        limits.transaction.set(transaction);
        limits.set_batch_size(batch_size);
    }

    /// Checks that it answers, and makes what is made when it is opened.
    pub(crate) async fn reach(&self) -> Result<()> {
        self.session.core().pool.reach(Location::caller()).await
    }

    /// What the pool has done, and does now.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        self.session.core().pool.stats()
    }

    /// Closes the connections that nobody uses, and refuses new statements with
    /// [`Error::Closed`]; transactions that are open go on to their end. To wait
    /// for them: [`shutdown`](Self::shutdown).
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
    address: ConnectOptions,
    pool: PoolOptions,
    sqlite: SqliteOptions,
    callbacks: Callbacks,
    plugins: Vec<&'static str>,
    mistake: Option<Error>,
    clock: Clock,
    limits: Limits,
    without_implicit: bool,
    wanted: Wanted,
    naming: Naming,
    texts: usize,
    strict: bool,
    name: Option<Arc<str>>,
    lanes: Vec<(Cow<'static, str>, usize)>,
    hooks: PoolHooks,
    opened: Opened,
}

impl DbBuilder {
    /// Keeps an error for when it is opened; the first one counts.
    #[cfg(feature = "config")]
    pub(crate) fn mistaken(mut self, mistake: Option<Error>) -> Self {
        self.mistake = self.mistake.or(mistake);
        self
    }

    /// What it is called among several databases.
    pub(crate) fn name(mut self, name: &Arc<str>) -> Self {
        self.name = Some(Arc::clone(name));
        self
    }

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
    /// [`Timeouts`](crate::Timeouts) has figures for requests from outside, for
    /// calls between services and for bulk work. A session that says something
    /// else by [`Session::timeout`](crate::Session::timeout) has its time for all
    /// its statements together.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # async fn f() -> orm::Result<()> {
    /// let db = Db::builder("sqlite://clinic.db").timeout(orm::Timeouts::EXTERNAL).open().await?;
    /// # Ok(()) }
    /// ```
    pub fn timeout(self, limit: Duration) -> Self {
        self.limits.statement.set(Some(limit));
        self
    }

    /// Makes mistakes errors that are warnings otherwise; see
    /// [`Session::strict`](crate::Session::strict). For tests, and for who begins anew.
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Opens the database and checks that it answers. Waits until
    /// [`min_idle`](PoolOptions::min_idle) connections are open.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use std::time::Duration;
    /// # async fn f() -> orm::Result<()> {
    /// let db = Db::builder("postgres://app@localhost/clinic").timeout(Duration::from_secs(3)).open().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Connect`], which names host, database and cause but never the
    /// password; [`Error::Configuration`] for a URL that is none;
    /// [`Error::CallbackOrder`] where the callbacks cannot be put in order.
    pub async fn open(self) -> Result<Db> {
        let db = self.lazy()?;
        db.reach().await?;
        Ok(db)
    }

    /// Opens no connection: the first statement does.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # fn f() -> orm::Result<()> {
    /// // The server may start later than this program.
    /// let db = Db::builder("postgres://app@localhost/clinic").lazy()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open), without [`Error::Connect`].
    pub fn lazy(self) -> Result<Db> {
        if let Some(mistake) = self.mistake {
            return Err(mistake);
        }
        let chains = self.callbacks.compile()?;
        self.wanted.check()?;
        self.naming.check()?;
        let target = self.address.target(&self.wanted)?.with_sqlite(self.sqlite);
        let Self { wanted, sqlite, pool: options, lanes, hooks, opened, .. } = self;
        let pool = Pool::new(Setup { target, wanted, sqlite, options, lanes, hooks, opened })?;
        let texts = Arc::new(Texts::new(self.texts, self.naming));
        let Self { clock, limits, without_implicit, strict, name, .. } = self;
        let core = Core { pool, texts, chains, clock, limits: Arc::new(limits), without_implicit, strict, name };
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
