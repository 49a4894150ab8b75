//! Looks after connections that nobody uses.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool::managed::WeakPool;
use futures_util::future::{Either, join, join_all, pending, select};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::idle::close_idle;
use super::life::sign_of_life;
use super::manager::{Manager, Shared};
use super::open::go_home;
use super::options::PoolOptions;
use super::seats::Seats;
use super::stats::Why;
use super::tell::Teller;
use super::{Half, Pool};
use crate::driver::Role;

/// A task that closes connections which are too old, or unused for too long,
/// asks the others for a sign of life, and keeps some ready; and that tells who
/// holds what for long.
///
/// The last connection that came home is lent first, so after a busy hour the
/// others would never be looked at again. The task begins with the first
/// connection, and ends with the last handle to the pool.
#[derive(Debug, Default)]
pub(super) struct Watch {
    task: Mutex<Option<JoinHandle<()>>>,
    now: Arc<Notify>,
    /// Wakes the one that tells.
    changed: Arc<Notify>,
}

impl Watch {
    /// Watches, unless that is done already.
    pub(super) fn start(&self, pool: &Pool) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_some_and(|it| !it.is_finished()) {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let teller = Teller::new(&pool.shared, pool.halves().map(|it| (it.role, Arc::clone(&it.seats))));
        let halves = pool.halves().map(Half::weak).collect();
        // Beside each other: who asks for a sign of life may wait for it.
        let both = join(watch(halves, Arc::clone(&self.now)), teller.tell(Arc::clone(&self.changed)));
        *task = Some(runtime.spawn(async { _ = both.await }));
    }

    /// Looks now, for something has changed.
    pub(super) fn look(&self) {
        self.now.notify_one();
        self.changed.notify_one();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(task) = self.task.get_mut().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }
}

/// How long it may look away; `None` if there is nothing to look for.
fn round(options: &PoolOptions) -> Option<Duration> {
    let ready = (options.min_idle > 0).then_some(Duration::from_secs(4));
    // Lifetimes end spread over their last quarter; a look each hundredth of that keeps them apart.
    let old = options.max_lifetime.map(|it| it / 100);
    let least = [options.idle_timeout, old, options.keepalive, ready].into_iter().flatten().min()?;
    Some((least / 4).clamp(Duration::from_millis(1), Duration::from_secs(30)))
}

/// Holds the pool only while it does something: its connections are closed with
/// the last handle, and not when the runtime finds the time to end this.
async fn watch(halves: Vec<WeakHalf>, now: Arc<Notify>) {
    while let Some(round) = halves.first().and_then(WeakHalf::round) {
        let sleep = match round {
            Some(it) => Either::Left(tokio::time::sleep(it)),
            None => Either::Right(pending()),
        };
        select(std::pin::pin!(sleep), std::pin::pin!(now.notified())).await;
        for half in halves.iter().filter_map(WeakHalf::upgrade) {
            half.look_after().await;
        }
    }
}

/// Connections of one kind, as long as the pool is there.
struct WeakHalf {
    role: Role,
    pool: WeakPool<Manager>,
    seats: Arc<Seats>,
}

impl WeakHalf {
    fn upgrade(&self) -> Option<Half> {
        Some(Half { role: self.role, pool: self.pool.upgrade()?, seats: Arc::clone(&self.seats) })
    }

    /// How long to look away, for ever if there is nothing to look for; `None` at the end.
    #[expect(clippy::option_option, reason = "the end, and no end")]
    fn round(&self) -> Option<Option<Duration>> {
        let half = self.upgrade()?;
        let shared = &half.pool.manager().shared;
        if shared.is_closed() { None } else { Some(shared.option(round)) }
    }
}

impl Half {
    fn weak(&self) -> WeakHalf {
        WeakHalf { role: self.role, pool: self.pool.weak(), seats: Arc::clone(&self.seats) }
    }

    async fn look_after(&self) {
        let shared = &self.pool.manager().shared;
        self.close_expired(shared);
        let died = self.keep_alive(shared).await;
        let idle = self.pool.status().available;
        let wanted = self.floor().max(idle + died).min(self.seats.most());
        if wanted > idle && !shared.is_closed() {
            self.fill_up(wanted).await;
        }
    }

    /// Closes what is too old; and what was unused for too long, except for as
    /// many as are kept ready.
    fn close_expired(&self, shared: &Shared) {
        let (now, limit) = (Instant::now(), shared.option(|it| it.idle_timeout));
        let mut spare = self.pool.status().available.saturating_sub(self.floor());
        close_idle(&self.pool, |it| {
            let idle = || limit.is_some_and(|limit| spare > 0 && it.is_unused(now, limit)).then_some(Why::IdleTime);
            let reason = it.expired(now).filter(|it| *it != Why::IdleTime).or_else(idle)?;
            spare = spare.saturating_sub(1);
            Some(reason)
        });
    }

    /// Asks those for a sign of life that gave none for a while, and closes those
    /// that give none; says how many. At most half of the seats are taken for it.
    async fn keep_alive(&self, shared: &Shared) -> usize {
        let (every, limit) = shared.option(|it| (it.keepalive, it.validate_timeout));
        let Some(every) = every else { return 0 };
        let begun = Instant::now();
        let is_due = |seen: Instant| begun.saturating_duration_since(seen) >= every;
        let mut died = 0;
        loop {
            let mut any = false;
            // Nothing is taken out where nothing is due.
            self.pool.retain(|it, _| {
                any |= it.seen().is_some_and(|it| is_due(it.seen));
                true
            });
            if !any {
                return died;
            }
            let (mut due, rest): (Vec<_>, Vec<_>) = self.take_idle().into_iter().partition(|it| is_due(it.pooled().seen));
            go_home(rest);
            if due.is_empty() {
                return died;
            }
            go_home(due.split_off(due.len().min(self.part())));
            for (mut lease, alive) in join_all(due.into_iter().map(|it| sign_of_life(it, limit))).await {
                if alive {
                    lease.pooled_mut().seen = Instant::now();
                } else {
                    died += 1;
                    drop(lease.discard(Why::Broken));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::berth::jitter;
    use super::*;

    /// Seen failing with rounds of a quarter of the lifetime: with one of a minute all were
    /// closed in the same second; and with no jitter.
    #[test]
    fn no_more_than_a_tenth_of_equal_age_are_closed_in_the_same_second() {
        for minutes in [1, 2, 5, 30, 24 * 60] {
            let lifetime = Duration::from_secs(60 * minutes);
            let round = round(&PoolOptions::new().max_lifetime(Some(lifetime)).idle_timeout(None).keepalive(None)).unwrap();
            for before in [0, 17, 123_456] {
                // Each is closed when it is looked for the first time after its end.
                let ends = (before..before + 1_000).map(|nth| jitter(lifetime, nth));
                let mut closed: Vec<_> = ends.map(|it| round.mul_f64(it.div_duration_f64(round).ceil())).collect();
                closed.sort_unstable();
                let within = |from: &Duration| closed.iter().filter(|it| **it >= *from && **it < *from + Duration::from_secs(1)).count();
                let most = closed.iter().map(within).max().unwrap();
                assert!(most <= 100, "{most} of 1,000 in one second of {lifetime:?}, looked for each {round:?}");
            }
        }
    }
}
