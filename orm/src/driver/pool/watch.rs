//! Closes connections that nobody asks for any more.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use deadpool::managed::WeakPool;
use tokio::task::JoinHandle;

use super::manager::Manager;
use super::options::PoolOptions;

/// A task that closes connections which are too old, or unused for too long.
///
/// The last connection that came home is lent first, so after a busy hour the
/// others would never be looked at again. The task runs while connections are
/// open, and ends with the pool.
#[derive(Debug, Default)]
pub(super) struct Watch {
    pools: OnceLock<Arc<[WeakPool<Manager>]>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Watch {
    /// What is watched.
    pub(super) fn over(&self, pools: Vec<WeakPool<Manager>>) {
        let _ = self.pools.set(pools.into());
    }

    /// Watches, unless that is done already, or there is nothing to look for.
    pub(super) fn start(&self, options: &PoolOptions) {
        let Some(limit) = options.idle_timeout.into_iter().chain(options.max_lifetime).min() else { return };
        let (Some(pools), Ok(runtime)) = (self.pools.get(), tokio::runtime::Handle::try_current()) else { return };
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_some_and(|it| !it.is_finished()) {
            return;
        }
        let round = (limit / 4).clamp(Duration::from_millis(1), Duration::from_secs(30));
        *task = Some(runtime.spawn(watch(Arc::clone(pools), round)));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(task) = self.task.get_mut().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }
}

async fn watch(pools: Arc<[WeakPool<Manager>]>, round: Duration) {
    loop {
        tokio::time::sleep(round).await;
        for weak in &*pools {
            let Some(pool) = weak.upgrade().filter(|it| !it.is_closed()) else { return };
            let expired = pool.retain(|it, _| it.expired(Instant::now()).is_none());
            for mut it in expired.removed {
                if let Some(why) = it.expired(Instant::now()) {
                    it.why = why;
                }
            }
        }
    }
}
