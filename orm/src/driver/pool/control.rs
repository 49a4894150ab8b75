//! What can be changed while the pool is used.

use std::time::Duration;

use deadpool::managed;

use crate::driver::target::ConnectOptions;
use crate::driver::{Role, Target};
use crate::error::{Error, Result};

use super::Pool;
use super::idle::{close_idle, evict_idle, trim_idle};
use super::manager::{Live, Manager};
use super::open::dial;
use super::options::{MOST, PoolOptions};
use super::stats::Why;

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
        // What is too large would panic in the pool beneath, and poison it.
        let size = connections.clamp(1, MOST);
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
        // A reload that says nothing of it leaves it so.
        self.shared.change(|it| Live { target: it.target.clone(), options: it.options.clone().max_size(size) });
        drop(_turn);
        trim_idle(&half.pool);
    }

    /// Changes all options but the size, which was perhaps [changed](Self::resize) by itself.
    #[cfg(feature = "config")]
    pub(crate) fn set_all_but_size(&self, options: PoolOptions) -> Result<()> {
        options.check()?;
        self.set(options.max_size(self.shared.option(|it| it.max_size)))
    }

    /// Changes options at once: no connection is opened for it, and none renewed.
    pub(crate) fn set_options(&self, options: PoolOptions) -> Result<()> {
        options.check()?;
        self.set(options)
    }

    fn set(&self, options: PoolOptions) -> Result<()> {
        if self.shared.is_closed() {
            return Err(Error::Closed);
        }
        let size = options.max_size;
        self.shared.change(|it| Live::new(it.target.clone(), options));
        self.resize(size);
        if let Some(most) = self.shared.option(|it| it.max_idle) {
            self.halves().for_each(|half| close_spare(&half.pool, most));
        }
        self.watch.look();
        Ok(())
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
        self.shared.probe.tidy(&self.shared);
        self.watch.look();
    }

    /// Changes options and address, if a connection can be opened with them.
    pub(crate) async fn reload(&self, change: Reload) -> Result<()> {
        let open = || if self.shared.is_closed() { Err(Error::Closed) } else { Ok(()) };
        open()?;
        let _alone = self.shared.reloading.lock().await;
        // Before anything is asked of a database: nobody waits for the answer.
        open()?;
        let old = self.shared.live();
        change.options.as_ref().map_or(Ok(()), PoolOptions::check)?;
        let (wanted, sqlite) = &*self.setup;
        let target = match &change.address {
            Some(address) => address.target(wanted)?.with_sqlite(*sqlite),
            None => old.target.clone(),
        };
        if change.address.is_some() && (target.is_memory() || old.target.is_memory()) {
            return Err(refused("a database in memory is gone with its connection: it cannot be moved"));
        }
        if !target.is_memory() {
            let limit = change.options.as_ref().unwrap_or(&old.options).connect_timeout;
            self.try_out(&target, limit).await?;
        }
        open()?;
        let size = change.options.as_ref().map(|it| it.max_size);
        // The same server under other credentials may have forgotten the old ones.
        if change.address.is_some() && target.to_string() == old.target.to_string() {
            old.target.control().leave_to(&target);
        }
        // What was resized meanwhile stays so.
        self.shared.change(|now| Live::new(target, change.options.unwrap_or_else(|| now.options.clone())));
        self.shared.register.opens();
        size.into_iter().for_each(|it| self.resize(it));
        self.evict();
        self.watch.start(self);
        Ok(())
    }

    /// Opens one connection, which is not one of the pool's.
    async fn try_out(&self, target: &Target, limit: Duration) -> Result<()> {
        // Before it is opened: a file of SQLite would be made.
        if let (Some(new), Some(now)) = (target.engine(), self.engine())
            && new != now
        {
            return Err(other_kind());
        }
        let conn = Box::pin(dial(target, Role::Writer, limit)).await?;
        if *self.shared.engine.get_or_init(|| conn.engine()) != conn.engine() {
            return Err(other_kind());
        }
        Ok(())
    }
}

/// Closes those that nobody uses and that are more than are kept.
fn close_spare(pool: &managed::Pool<Manager>, most: usize) {
    let mut spare = pool.status().available.saturating_sub(most);
    close_idle(pool, |_| spare.checked_sub(1).map(|left| spare = left).map(|()| Why::MaxIdle));
}

fn other_kind() -> Error {
    refused("it is a database of another kind: texts of statements are made for the kind that was opened")
}

fn refused(reason: &str) -> Error {
    Error::Configuration { setting: "the address of `reload`".to_owned(), reason: reason.to_owned() }
}
