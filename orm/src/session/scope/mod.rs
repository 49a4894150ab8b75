//! What a session says of all that is done in it.

mod dry_run;
mod presets;
mod read_only;
mod tags;
mod time;

pub use self::dry_run::Planned;
pub use self::presets::Timeouts;

pub(super) use self::time::{bounded, in_time};

use std::sync::Arc;

use self::dry_run::Plan;
use self::tags::Tags;
use crate::dialect::Begin;
use crate::session::{Place, Session};

/// What a session says of all that is done in it, and its children inherit.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    tags: Tags,
    plan: Option<Arc<Plan>>,
    /// What the transaction of a dry run would have been begun with.
    pub(super) planned: Option<Begin>,
    read_only: bool,
    /// Whether the transaction is one in which the database itself refuses writes.
    pub(super) begun_read_only: bool,
    unscoped: bool,
    /// Where it waits for connections, if not with all others.
    lane: Option<&'static str>,
    /// What its transactions are begun with.
    pub(super) begin: Begin,
    /// Whether a statement on the pool inside a transaction is an error.
    pub(super) strict: bool,
    /// How often its transaction was run again.
    pub(super) retries: u32,
}

impl Scope {
    /// As it is outside of the transaction that it is in.
    pub(super) fn outside(&self) -> Self {
        Self { planned: None, begun_read_only: false, begin: Begin::default(), retries: 0, ..self.clone() }
    }
}

impl Session {
    /// A session in the same place with settings of its own, as
    /// [`session`](Self::session) makes it; the name to use before
    /// [`reserve`](Self::reserve).
    #[must_use]
    pub fn child(&self) -> Self {
        self.session()
    }

    /// Lets everything be seen and changed that callbacks otherwise hide, such
    /// as records that count as deleted.
    ///
    /// It is for callbacks to heed: they ask [`Context::is_unscoped`]. What
    /// hooks and callbacks do in this session is unscoped, too; for a single
    /// statement there is [`Find::unscoped`](crate::Find::unscoped), and so on.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct Note { #[orm(key, auto)] id: i64, hidden: bool }
    /// async fn hide(cx: &mut Context) -> orm::Result<()> {
    ///     if !cx.is_unscoped() {
    ///         cx.add_condition(Note::HIDDEN.eq(false));
    ///     }
    ///     Ok(())
    /// }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let all = db.session().unscoped().find::<Note>().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// [`Context::is_unscoped`]: crate::Context::is_unscoped
    #[must_use]
    pub fn unscoped(mut self) -> Self {
        self.scope.unscoped = true;
        self
    }

    /// Whether [`unscoped`](Self::unscoped) was said.
    #[must_use]
    pub fn is_unscoped(&self) -> bool {
        self.scope.unscoped
    }

    /// Takes connections as one of so many at once: statements and transactions
    /// of this session wait for a place in the lane before they wait for a
    /// connection, in the order in which they came, and keep it as long as the
    /// connection. So work of one kind cannot take all connections from the rest.
    ///
    /// The lane is one of the builder's, [`DbBuilder::lane`](crate::DbBuilder::lane);
    /// another one is [`Error::UnknownLane`](crate::Error::UnknownLane) when a connection is needed. The wait
    /// counts against the deadline and
    /// [`wait_timeout`](crate::PoolOptions::wait_timeout). What is done inside a
    /// transaction has its connection already, and takes no second place.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// let db = Db::builder("sqlite::memory:").lane("batch", 4).open().await?;
    /// # db.create_tables::<User>().await?;
    /// let nightly = db.session().lane("batch");
    /// assert_eq!(nightly.find::<User>().count().await?, 0);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn lane(mut self, name: &'static str) -> Self {
        self.scope.lane = Some(name);
        self
    }

    /// What [`lane`](Self::lane) said.
    #[must_use]
    pub fn lane_name(&self) -> Option<&'static str> {
        self.scope.lane
    }

    /// Runs all statements of this session on one connection, which is its own
    /// as long as it lives.
    ///
    /// For what a database keeps for a connection: temporary tables, variables,
    /// locks by name. The connection is taken from the pool by the first
    /// statement. Statements made at the same time wait for one another; while a
    /// [`transaction`](Self::transaction) is open, those outside of it are
    /// [`Error::SessionBusy`]. When the session, and what was made of it, is
    /// dropped, the connection is closed, and with it all that was set on it;
    /// only that of a database in memory goes on. In a transaction, and where it
    /// was said before, it changes nothing.
    ///
    /// If the connection breaks, or a transaction on it is dropped before its
    /// end, what was set is lost, and further statements are
    /// [`Error::ConnectionLost`].
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let one = db.session().pinned();
    /// one.raw("CREATE TEMPORARY TABLE picked (id BIGINT)", ()).execute().await?;
    /// one.raw("INSERT INTO picked VALUES (?)", 7).execute().await?;
    /// let picked: Vec<i64> = one.raw("SELECT id FROM picked", ()).fetch().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// [`Error::SessionBusy`]: crate::Error::SessionBusy
    /// [`Error::ConnectionLost`]: crate::Error::ConnectionLost
    #[must_use]
    pub fn pinned(mut self) -> Self {
        if let Place::Pool = self.place {
            self.place = Place::Pinned(Arc::default());
        }
        self
    }

    /// Whether all statements run on one connection: that of a transaction, or
    /// a [`pinned`](Self::pinned) one.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        !matches!(self.place, Place::Pool)
    }
}
