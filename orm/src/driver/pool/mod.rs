//! The pool: deadpool underneath, what a service needs to know on top.

mod lease;
mod manager;
mod options;
mod stats;
mod watch;

pub(crate) use self::lease::Lease;

pub use self::options::PoolOptions;
pub use self::stats::PoolStats;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use deadpool::managed::{self, PoolError, QueueMode, TimeoutType, Timeouts};

use self::manager::{Manager, Shared};
use crate::dialect::Engine;
use crate::driver::{Role, Target};
use crate::error::{Error, Result};

/// The connections of one database.
#[derive(Clone)]
pub(crate) struct Pool {
    /// All connections; on SQLite the one that writes.
    main: managed::Pool<Manager>,
    /// SQLite's connections that only read.
    readers: Option<managed::Pool<Manager>>,
    shared: Arc<Shared>,
}

/// What a connection is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    Read,
    Write,
}

impl Pool {
    pub(crate) fn new(target: Target, options: PoolOptions) -> Result<Self> {
        let single = target.is_memory();
        let readers = target.engine() == Some(Engine::Sqlite) && !single;
        let main_size = if target.engine() == Some(Engine::Sqlite) { 1 } else { options.max_size };
        let reader_size = options.max_size;
        let shared = Arc::new(Shared::new(target, options));
        let build = |role, size| {
            managed::Pool::builder(Manager { role, shared: Arc::clone(&shared) })
                .max_size(size)
                .queue_mode(QueueMode::Lifo)
                .runtime(deadpool::Runtime::Tokio1)
                .build()
                .map_err(|error| Error::Configuration { setting: "the pool".to_owned(), reason: error.to_string() })
        };
        let main = build(Role::Writer, main_size)?;
        let readers = if readers { Some(build(Role::Reader, reader_size)?) } else { None };
        shared.watch.over(std::iter::once(&main).chain(&readers).map(managed::Pool::weak).collect());
        Ok(Self { main, readers, shared })
    }

    pub(crate) fn target(&self) -> &Target {
        &self.shared.target
    }

    /// The kind of database, where it is known: the URL says it, or the first connection did.
    pub(crate) fn engine(&self) -> Option<Engine> {
        self.shared.engine.get().copied()
    }

    /// Waits for a connection, or opens one.
    pub(crate) async fn acquire(&self, intent: Intent) -> Result<Lease> {
        let pool = match (intent, &self.readers) {
            (Intent::Read, Some(readers)) => readers,
            _ => &self.main,
        };
        let options = &self.shared.options;
        let timeouts = |wait| Timeouts { wait: Some(wait), create: Some(options.connect_timeout), recycle: None };
        let got = match pool.timeout_get(&timeouts(Duration::ZERO)).await {
            Err(PoolError::Timeout(TimeoutType::Wait)) => {
                let _wait = self.shared.counters.wait();
                pool.timeout_get(&timeouts(options.wait_timeout)).await
            }
            got => got,
        };
        match got {
            Ok(object) => Ok(Lease::new(object)),
            Err(error) => Err(self.explain(pool, error)),
        }
    }

    fn explain(&self, pool: &managed::Pool<Manager>, error: PoolError<Error>) -> Error {
        let options = &self.shared.options;
        match error {
            PoolError::Timeout(TimeoutType::Wait) => {
                let status = pool.status();
                Error::PoolExhausted {
                    waited: options.wait_timeout,
                    in_use: status.size.saturating_sub(status.available),
                    max: status.max_size,
                    waiting: status.waiting,
                }
            }
            PoolError::Timeout(TimeoutType::Create) => Error::Connect {
                target: self.shared.target.to_string(),
                reason: format!("no answer within {:?}", options.connect_timeout),
                source: None,
            },
            PoolError::Backend(error) => error,
            PoolError::Closed => Error::Closed,
            other => Error::Configuration { setting: "the pool".to_owned(), reason: other.to_string() },
        }
    }

    pub(crate) fn stats(&self) -> PoolStats {
        let mut stats = PoolStats::default();
        for pool in std::iter::once(&self.main).chain(&self.readers) {
            let status = pool.status();
            stats.max_open += status.max_size;
            stats.open += status.size;
            stats.idle += status.available.min(status.size);
        }
        stats.in_use = stats.open - stats.idle;
        self.shared.counters.fill(stats)
    }

    /// Closes what is unused and lets no new statement start.
    pub(crate) fn close(&self) {
        self.shared.closed.store(true, Ordering::Relaxed);
        self.main.close();
        self.readers.iter().for_each(managed::Pool::close);
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("target", &self.shared.target).field("stats", &self.stats()).finish()
    }
}
