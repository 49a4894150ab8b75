//! The pool of a database, while it is used.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use crate::db::{Db, DbBuilder};
use crate::driver::{ConnectionInfo, Leak, Pool, PoolHook, PoolOptions, PoolStats, Reload, Shutdown, Verdict};
use crate::error::Result;

/// The pool of a [`Db`], to be changed while it is used: [`Db::pool`].
#[derive(Debug, Clone, Copy)]
pub struct PoolHandle<'d> {
    pool: &'d Pool,
}

impl Db {
    /// The pool, to be changed while it is used. Handles of the same database
    /// share it.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # async fn f(db: Db) {
    /// db.pool().resize(20);
    /// assert_eq!(db.pool().stats().max_open, 20);
    /// # }
    /// ```
    #[must_use]
    pub fn pool(&self) -> PoolHandle<'_> {
        PoolHandle { pool: &self.session.core().pool }
    }

    /// Ends all work in time: no new statement starts ([`Error::Closed`]),
    /// connections that nobody uses are closed at once, and those that are used
    /// when they come home. What has not come home at the deadline is ended on
    /// the server, with the statement that runs on it; on SQLite the statement is
    /// interrupted, and the file closed when its user lets go of it. The report
    /// counts those that were [late](Shutdown::late) and those that could be
    /// [ended](Shutdown::ended).
    ///
    /// Returns at most a second after the deadline, whatever happens, and says
    /// who did not let go. May be called more than once, and at the same time.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use std::time::Duration;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// let db = Db::open("sqlite::memory:").await?;
    /// let report = db.shutdown(Duration::from_secs(10)).await;
    /// for holder in &report.holders {
    ///     eprintln!("a connection is still used by {holder}");
    /// }
    /// assert!(report.is_clean());
    /// # Ok(()) }
    /// ```
    ///
    /// [`Error::Closed`]: crate::Error::Closed
    pub async fn shutdown(&self, deadline: Duration) -> Shutdown {
        self.session.core().pool.shutdown(deadline).await
    }
}

impl PoolHandle<'_> {
    /// What the pool has done, and does now.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        self.pool.stats()
    }

    /// From now on there are at most so many connections, and at least one; a number
    /// above 100,000 is 100,000. It holds also after a [`reload`](Self::reload) that
    /// says nothing of it. Those that are one too many are closed: at once where nobody uses them, the
    /// others when they come home. Nobody who waits is turned away.
    ///
    /// On SQLite it is said of the connections that read; a database in memory
    /// keeps its one.
    pub fn resize(&self, connections: usize) {
        self.pool.resize(connections);
    }

    /// Changes how many connections there may be, and for how long, at once: no connection is
    /// opened for it and none is renewed, so it is possible while the database is away, too. What
    /// is to be kept ready is opened in the background;
    /// [`max_lifetime`](crate::PoolOptions::max_lifetime) holds for connections that are opened
    /// from now on. A database in memory keeps its one.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use std::time::Duration;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// use orm::PoolOptions;
    ///
    /// let db = Db::open("sqlite::memory:").await?;
    /// // The server is slow today: nobody waits for long, and who holds a connection is told.
    /// let options = PoolOptions::new().wait_timeout(Duration::from_millis(200)).leak_after(Duration::from_secs(5));
    /// db.pool().set_options(options)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Configuration`](crate::Error::Configuration) where options contradict each other;
    /// [`Error::Closed`](crate::Error::Closed).
    pub fn set_options(&self, options: PoolOptions) -> Result<()> {
        self.pool.set_options(options)
    }

    /// Lends no connection until [`resume`](Self::resume). Whoever has one keeps
    /// it; others wait, at most as long as
    /// [`wait_timeout`](crate::PoolOptions::wait_timeout):
    /// [`Error::PoolExhausted`](crate::Error::PoolExhausted), whose `phase` is `resume`.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # async fn fail_over() {}
    /// # async fn f(db: Db) {
    /// db.pool().suspend();
    /// fail_over().await;
    /// db.pool().evict();
    /// db.pool().resume();
    /// # }
    /// ```
    pub fn suspend(&self) {
        self.pool.suspend();
    }

    /// Lends connections again; see [`suspend`](Self::suspend).
    pub fn resume(&self) {
        self.pool.resume();
    }

    /// Renews all connections: those that nobody uses are closed at once, the
    /// others when they come home. A database in memory keeps its one.
    pub fn evict(&self) {
        self.pool.evict();
    }

    /// Changes options, address or credentials, and renews all connections;
    /// [`set_options`](Self::set_options) changes options alone, and renews none.
    ///
    /// First one connection is opened the new way. If that fails, its error is
    /// returned and all stays as it is. Otherwise new connections are opened the
    /// new way, and the old ones closed when nobody uses them; no statement fails
    /// for it. With an address, what a statement writes before and after may be
    /// in two databases: [`suspend`](Self::suspend) first if that matters.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # async fn f(db: Db, password: &str) -> orm::Result<()> {
    /// use orm::Reload;
    ///
    /// let renewed = format!("postgres://clinic:{password}@db.example/clinic");
    /// db.pool().reload(Reload::new().address(renewed.as_str())).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Connect`](crate::Error::Connect) as when a database is opened;
    /// [`Error::Configuration`](crate::Error::Configuration) where options
    /// contradict each other, or it is a database of another kind.
    pub async fn reload(&self, change: Reload) -> Result<()> {
        self.pool.reload(change).await
    }
}

/// Who may have connections.
impl DbBuilder {
    /// A share of the pool: at most so many connections at once for sessions that
    /// are in this [lane](crate::Session::lane), at least one.
    pub fn lane(self, name: &'static str, connections: usize) -> Self {
        self.lane_named(name, connections)
    }

    /// A lane whose name is written outside of the program, too.
    pub(crate) fn lane_named(mut self, name: impl Into<Cow<'static, str>>, connections: usize) -> Self {
        self.lanes.push((name.into(), connections));
        self
    }

    /// Asks when a connection of the pool was opened, before it is used first, in the order in
    /// which hooks are given; after the SQL of [`on_connect`](Self::on_connect). It must be quick,
    /// and must not wait. One that is refused is closed, and who wanted it gets another one: it is
    /// tried again for as long as a database that is away, within
    /// [`wait_timeout`](crate::PoolOptions::wait_timeout), and `open` not at all. Then it is
    /// [`Error::Connect`](crate::Error::Connect), which repeats the name of the hook. One that panics
    /// closes the connection, and is [`Error::CallbackPanicked`](crate::Error::CallbackPanicked) for
    /// who wanted it; where the pool wanted it for itself, a warning (`tracing`).
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// use orm::{ConnectionInfo, Verdict};
    ///
    /// fn note(it: &ConnectionInfo) -> Verdict {
    ///     println!("connected to {} as {:?}", it.engine.name(), it.server_id);
    ///     Verdict::Keep
    /// }
    ///
    /// let db = Db::builder("sqlite::memory:").after_connect("clinic:note", note).open().await?;
    /// # db.ping().await?;
    /// # Ok(()) }
    /// ```
    pub fn after_connect(mut self, name: &'static str, hook: impl Fn(&ConnectionInfo) -> Verdict + Send + Sync + 'static) -> Self {
        self.hooks.after_connect.push(PoolHook::new(name, hook));
        self
    }

    /// Asks before a connection that was used before is lent again, in the order
    /// in which hooks are given. It runs with each statement: it must be quick,
    /// and must not wait. One that panics closes the connection, and is
    /// [`Error::CallbackPanicked`](crate::Error::CallbackPanicked) for who wanted it.
    /// A database in memory is asked about, but whatever is said, its only connection stays
    /// open: all that is in it would be gone.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// use orm::{ConnectionInfo, Verdict};
    ///
    /// fn not_worn(it: &ConnectionInfo) -> Verdict {
    ///     if it.uses < 10_000 { Verdict::Keep } else { Verdict::Close }
    /// }
    ///
    /// let db = Db::builder("sqlite::memory:").before_acquire("clinic:worn", not_worn).open().await?;
    /// # db.ping().await?;
    /// # Ok(()) }
    /// ```
    pub fn before_acquire(mut self, name: &'static str, hook: impl Fn(&ConnectionInfo) -> Verdict + Send + Sync + 'static) -> Self {
        self.hooks.before_acquire.push(PoolHook::new(name, hook));
        self
    }

    /// Asks when a connection has come home clean, as
    /// [`before_acquire`](Self::before_acquire) does; one that panics closes the
    /// connection, and is reported as a warning (`tracing`), since nobody waits
    /// for it any more. It says nothing of connections that are closed anyway. The
    /// only connection of a database in memory stays open, whatever is said of it.
    pub fn after_release(mut self, name: &'static str, hook: impl Fn(&ConnectionInfo) -> Verdict + Send + Sync + 'static) -> Self {
        self.hooks.after_release.push(PoolHook::new(name, hook));
        self
    }

    /// Tells of connections that are held for longer than
    /// [`leak_after`](crate::PoolOptions::leak_after), once when that is seen and
    /// once when they come back, beside the events (`tracing`). It must not wait;
    /// one that panics is reported as a warning.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use std::time::Duration;
    /// # async fn f() -> orm::Result<()> {
    /// use orm::{Leak, PoolOptions};
    ///
    /// fn tell(it: &Leak) {
    ///     eprintln!("{} {}", it.holder, if it.returned { "came back" } else { "is still out" });
    /// }
    ///
    /// let db = Db::builder("sqlite://clinic.db")
    ///     .pool(PoolOptions::new().leak_after(Duration::from_secs(60)))
    ///     .on_leak("clinic:leaks", tell)
    ///     .open()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn on_leak(mut self, name: &'static str, hook: impl Fn(&Leak) + Send + Sync + 'static) -> Self {
        self.hooks.on_leak.push((name, Arc::new(hook)));
        self
    }

    /// Says that another pool of this program may lead to the same database: a
    /// second one is a warning otherwise, the event `pool.second` (`tracing`)
    /// with both places. Two pools that are not meant have two limits, and a pool
    /// for each request opens connections all the time. Databases in memory are
    /// never the same.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # async fn f() -> orm::Result<()> {
    /// let url = "postgres://app@localhost/clinic";
    /// let db = Db::open(url).await?;
    /// let reports = Db::builder(url).beside_others().open().await?;
    /// # Ok(()) }
    /// ```
    pub fn beside_others(mut self) -> Self {
        self.opened.beside_others = true;
        self
    }
}
