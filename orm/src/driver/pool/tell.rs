//! What the pool says of itself, unasked.

use std::panic::Location;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use futures_util::future::{Either, pending, select};
use tokio::sync::Notify;

use super::hooks::Leak;
use super::manager::Shared;
use super::options::PoolOptions;
use super::register::Usage;
use super::seats::Seats;
use super::slot::{Loan, Shown, Slow};
use super::stats::PoolStats;
use crate::driver::Role;
use crate::error::Holder;

/// What is looked at.
#[derive(Debug)]
pub(super) struct Teller {
    shared: Weak<Shared>,
    halves: Vec<Seen>,
    /// When figures are due.
    figures: Option<Instant>,
}

/// Connections of one kind, as they were seen last.
#[derive(Debug)]
struct Seen {
    role: Role,
    seats: Arc<Seats>,
    /// Whether it was said that they are nearly exhausted.
    told: bool,
    /// Whether it looked otherwise the last time: a moment is not worth a word.
    doubted: bool,
}

/// How long the only connection is held until that is told of, where others wait for it.
const LONG: Duration = Duration::from_secs(1);

/// How long it may look away for the sake of who holds things for so long.
fn quarter(limit: Duration) -> Duration {
    (limit / 4).clamp(Duration::from_millis(1), Duration::from_millis(500))
}

/// How long it may look away; `None` if there is nothing to look for.
fn pause(options: &PoolOptions) -> Option<Duration> {
    let held = options.leak_after.map(quarter);
    let open = options.slow_transaction.map(quarter);
    let used = options.nearly_exhausted_at.map(|_| Duration::from_secs(1));
    [held, open, used].into_iter().flatten().min()
}

impl Teller {
    pub(super) fn new(shared: &Arc<Shared>, halves: impl Iterator<Item = (Role, Arc<Seats>)>) -> Self {
        let halves = halves.map(|(role, seats)| Seen { role, seats, told: false, doubted: false }).collect();
        Self { shared: Arc::downgrade(shared), halves, figures: None }
    }

    /// Looks again and again, until the pool is closed and empty.
    pub(super) async fn tell(mut self, changed: Arc<Notify>) {
        while let Some(pause) = self.pause() {
            let sleep = match pause {
                Some(it) => Either::Left(tokio::time::sleep(it)),
                None => Either::Right(pending()),
            };
            select(std::pin::pin!(sleep), std::pin::pin!(changed.notified())).await;
            if let Some(shared) = self.shared.upgrade() {
                self.look(&shared);
            }
        }
    }

    /// How long to look away, for ever if nothing is to be told; `None` at the end.
    #[expect(clippy::option_option, reason = "the end, and no end")]
    fn pause(&mut self) -> Option<Option<Duration>> {
        let shared = self.shared.upgrade()?;
        if shared.is_closed() && shared.register.is_empty() {
            return None;
        }
        let (often, every) = shared.option(|it| (pause(it), it.stats_every));
        let now = Instant::now();
        let due = every.filter(|_| !shared.is_closed()).and_then(|it| now.checked_add(it));
        // Sooner, if the pause has become shorter.
        self.figures = due.map(|due| self.figures.map_or(due, |it| it.min(due)));
        let figures = self.figures.map(|it| it.saturating_duration_since(now));
        Some([often, figures].into_iter().flatten().min())
    }

    fn look(&mut self, shared: &Shared) {
        let (leak, slow, nearly) = shared.option(|it| (it.leak_after, it.slow_transaction, it.nearly_exhausted_at));
        for slot in shared.register.all() {
            if let Some((holder, tags)) = leak.and_then(|it| slot.leaked(it)) {
                tracing::warn!(
                    name: "pool.leak",
                    database = %shared.live().target, at = %holder.at, held = ?holder.held, tags = %Shown(&tags),
                    "a connection is held for long: it may have been forgotten"
                );
                shared.hooks.leaked(&Leak { holder, tags, returned: false });
            }
            if let Some(it) = slow.and_then(|it| slot.slow(it)) {
                let doing = it.idle.map_or_else(|| "a statement runs".to_owned(), |idle| format!("nothing for {idle:?}"));
                tracing::warn!(
                    name: "pool.slow_transaction",
                    database = %shared.live().target, at = %it.at, open = ?it.open, doing, tags = %Shown(&it.tags),
                    "a transaction is open for long: others may wait for what it has locked"
                );
            }
        }
        for half in &mut self.halves {
            half.look(shared, nearly);
        }
        if self.figures.is_some_and(|it| it <= Instant::now()) {
            self.figures = None;
            self.tell_figures(shared);
        }
    }

    fn tell_figures(&self, shared: &Shared) {
        let mut all = PoolStats { max_open: self.halves.iter().map(|it| it.seats.most()).sum(), ..PoolStats::default() };
        shared.register.fill(&mut all);
        tracing::info!(name: "pool.stats", database = %shared.live().target, stats = ?all, "the figures of the pool");
    }
}

impl Seen {
    fn look(&mut self, shared: &Shared, percent: Option<u8>) {
        let Some(percent) = percent.map(usize::from) else { return };
        let most = self.seats.most();
        let usage = shared.register.usage(self.role);
        // Not over as soon as one comes home: that would be said again and again.
        let high = match (most, self.told) {
            (1, false) => is_blocked(&usage, &self.seats),
            (1, true) => is_held_for_long(&usage),
            (_, told) => usage.in_use * 100 >= most * if told { percent * 3 / 4 } else { percent },
        };
        if high == self.told {
            self.doubted = false;
        } else if !std::mem::replace(&mut self.doubted, true) {
            // Once more.
        } else {
            (self.told, self.doubted) = (high, false);
            let (database, in_use) = (&shared.live().target, usage.in_use);
            if high {
                let longest = usage.longest.map(|it| it.to_string()).unwrap_or_default();
                let waiting = self.seats.waiting.load(Ordering::Relaxed);
                let advice = match most {
                    1 => "the only connection for this is held for long, and others wait: hold it for less time",
                    _ => "nearly all connections are used: raise max_size, or hold connections for less time",
                };
                tracing::warn!(name: "pool.nearly_exhausted", %database, in_use, max = most, waiting, longest, "{advice}");
            } else {
                tracing::info!(name: "pool.nearly_exhausted.over", %database, in_use, max = most, "connections are free again");
            }
        }
    }
}

/// Whether somebody has had a connection for long.
fn is_held_for_long(usage: &Usage) -> bool {
    usage.longest.as_ref().is_some_and(|it| it.held >= LONG)
}

/// Whether others wait while somebody has the only connection for long. That it is lent is no
/// illness, nor is a queue for it that moves.
pub(super) fn is_blocked(usage: &Usage, seats: &Seats) -> bool {
    seats.waiting.load(Ordering::Relaxed) > 0 && is_held_for_long(usage)
}

/// Says that a connection came home after it was reported.
pub(super) fn returned(shared: &Shared, loan: &mut Loan) {
    if let Some(slow) = loan.over() {
        over(shared, &slow);
    }
    if loan.reported {
        let (holder, tags) = (loan.holder(), loan.tags.clone());
        tracing::warn!(
            name: "pool.leak.returned",
            database = %shared.live().target, at = %holder.at, held = ?holder.held, tags = %Shown(&tags),
            "a connection that was held for long was returned after all"
        );
        shared.hooks.leaked(&Leak { holder, tags, returned: true });
    }
}

/// Says that a transaction is over after it was reported.
pub(super) fn over(shared: &Shared, slow: &Slow) {
    tracing::warn!(
        name: "pool.slow_transaction.over",
        database = %shared.live().target, at = %slow.at, open = ?slow.open, tags = %Shown(&slow.tags),
        "a transaction that was open for long is over"
    );
}

/// Says that a task that has all connections in variables waits for one more.
pub(super) fn waits_for_itself(at: &Location<'_>, holder: Option<&Holder>) {
    let holder = holder.map(ToString::to_string);
    tracing::warn!(
        name: "pool.waits_for_itself",
        at = %at,
        holder,
        "a task waits for a connection, and has all of them itself: unless another part of it gives one back, it waits in vain"
    );
}
