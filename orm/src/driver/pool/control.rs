//! What can be changed while the pool is used.

use crate::driver::target::ConnectOptions;
use crate::driver::{Role, Target};
use crate::error::{Error, Result};

use super::manager::Live;
use super::open::dial;
use super::options::PoolOptions;
use super::{Pool, evict_idle, trim_idle};

/// What is to be different from now on, for
/// [`PoolHandle::reload`](crate::PoolHandle::reload); the rest stays.
///
/// ```
/// use orm::{PoolOptions, Reload};
///
/// let moved = Reload::new().address("postgres://clinic:new@db2/clinic").options(PoolOptions::new().max_size(20));
/// ```
#[derive(Debug, Default)]
#[must_use]
pub struct Reload {
    options: Option<PoolOptions>,
    address: Option<ConnectOptions>,
}

impl Reload {
    /// Nothing is different; connections are renewed all the same.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many connections there may be, and for how long.
    pub fn options(mut self, options: PoolOptions) -> Self {
        self.options = Some(options);
        self
    }

    /// Where the database is and who connects: a URL or options of sqlx, as for
    /// [`Db::builder_from`](crate::Db::builder_from). It is a database of the same kind.
    pub fn address(mut self, address: impl Into<ConnectOptions>) -> Self {
        self.address = Some(address.into());
        self
    }
}

impl Pool {
    /// From now on there are at most so many connections; of SQLite, so many that read.
    pub(crate) fn resize(&self, connections: usize) {
        let size = connections.max(1);
        let half = self.readers.as_ref().unwrap_or(&self.main);
        if self.shared.is_closed() || self.readers.is_none() && self.shared.engine.get() == Some(&crate::dialect::Engine::Sqlite) {
            return;
        }
        let _turn = self.shared.turn();
        // The pool beneath only grows; seats keep it small.
        if size > half.pool.status().max_size {
            half.pool.resize(size);
        }
        half.seats.resize(size);
        drop(_turn);
        trim_idle(&half.pool);
    }

    pub(crate) fn suspend(&self) {
        if !self.shared.is_closed() {
            self.shared.gate.shut(true);
        }
    }

    pub(crate) fn resume(&self) {
        self.shared.gate.shut(false);
    }

    /// Closes what nobody uses now, and the others when they come home.
    pub(crate) fn evict(&self) {
        if self.shared.live().target.is_memory() {
            return;
        }
        self.shared.next_generation();
        self.halves().for_each(|half| evict_idle(&half.pool));
        self.watch.look();
    }

    /// Changes options and address, if a connection can be opened with them.
    pub(crate) async fn reload(&self, change: Reload) -> Result<()> {
        let _alone = self.shared.reloading.lock().await;
        let old = self.shared.live();
        let options = change.options.unwrap_or_else(|| old.options.clone());
        options.check()?;
        let (wanted, sqlite) = &*self.setup;
        let target = match &change.address {
            Some(address) => address.target(wanted)?.with_sqlite(*sqlite),
            None => old.target.clone(),
        };
        if change.address.is_some() && (target.is_memory() || old.target.is_memory()) {
            return Err(refused("a database in memory is gone with its connection: it cannot be moved"));
        }
        if !target.is_memory() {
            self.try_out(&target, &options).await?;
        }
        if self.shared.is_closed() {
            return Err(Error::Closed);
        }
        let size = options.max_size;
        // The same server under other credentials may have forgotten the old ones.
        if change.address.is_some() && target.to_string() == old.target.to_string() {
            old.target.control().leave_to(&target);
        }
        self.shared.change(Live::new(target, options));
        self.resize(size);
        self.evict();
        self.watch.start(self);
        Ok(())
    }

    /// Opens one connection, which is not one of the pool's.
    async fn try_out(&self, target: &Target, options: &PoolOptions) -> Result<()> {
        // Before it is opened: a file of SQLite would be made.
        if let (Some(new), Some(now)) = (target.engine(), self.engine())
            && new != now
        {
            return Err(other_kind());
        }
        let conn = Box::pin(dial(target, Role::Writer, options.connect_timeout)).await?;
        if *self.shared.engine.get_or_init(|| conn.engine()) != conn.engine() {
            return Err(other_kind());
        }
        Ok(())
    }
}

fn other_kind() -> Error {
    refused("it is a database of another kind: texts of statements are made for the kind that was opened")
}

fn refused(reason: &str) -> Error {
    Error::Configuration { setting: "the address of `reload`".to_owned(), reason: reason.to_owned() }
}
