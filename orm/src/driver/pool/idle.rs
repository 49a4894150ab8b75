//! Closing connections that nobody uses.

use deadpool::managed;

use super::berth::Pooled;
use super::manager::Manager;
use super::stats::Why;

/// Closes those of an earlier generation.
pub(super) fn evict_idle(pool: &managed::Pool<Manager>) {
    close_idle(pool, |it| it.is_evicted().then_some(Why::Evicted));
}

/// Closes those for which there is a reason, one after the other, and with a seat.
///
/// Whoever has a seat and finds no connection opens one. If all were taken out before the first is
/// closed, others would open theirs meanwhile, and for a moment there were more than there may be.
/// Where no seat is free, somebody is on the way to each of them, and looks at what he gets; behind
/// a gate that is shut nobody comes, nor opens any.
pub(super) fn close_idle(pool: &managed::Pool<Manager>, mut reason: impl FnMut(&Pooled) -> Option<Why>) {
    let manager = pool.manager();
    let seat = manager.seats.take_for_pool();
    if !matches!(seat, Ok(Some(_))) && !manager.shared.gate.is_shut() {
        return;
    }
    loop {
        let mut found = None;
        let removed = pool.retain(|berth, _| {
            if found.is_none() {
                found = berth.seen().and_then(&mut reason);
                return found.is_none();
            }
            true
        });
        let Some(why) = found else { return };
        for mut it in removed.removed {
            it.why = why;
        }
    }
}

/// Closes those that are more than there may be. There are no seats for them.
pub(super) fn trim_idle(pool: &managed::Pool<Manager>) {
    let mut surplus = pool.status().size.saturating_sub(pool.manager().seats.most());
    let mut is_kept = || match surplus.checked_sub(1) {
        Some(left) => {
            surplus = left;
            false
        }
        None => true,
    };
    for mut it in pool.retain(|_, _| is_kept()).removed {
        it.why = Why::Evicted;
    }
}
