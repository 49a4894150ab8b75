//! Several pools of one program on the same database.

use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::manager::Shared;

/// Where a pool was opened, and why.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opened {
    pub(crate) at: &'static Location<'static>,
    /// Whether others are known to lead to the same database.
    pub(crate) beside_others: bool,
}

/// The pools there are.
static POOLS: Mutex<Vec<(Weak<Shared>, Opened)>> = Mutex::new(Vec::new());

/// Warns of a pool that leads to the same database as another one: a handle that
/// is opened for each request is slow, and no pool's limit holds for all.
pub(super) fn enter(shared: &Arc<Shared>, opened: Opened) {
    let target = &shared.live().target;
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    pools.retain(|it| it.0.strong_count() > 0);
    let is_other = |it: &Weak<Shared>| it.upgrade().is_some_and(|it| !it.is_closed() && it.live().target.is_same_place(target));
    let other = pools.iter().find(|it| !it.1.beside_others && is_other(&it.0)).map(|it| it.1.at);
    pools.push((Arc::downgrade(shared), opened));
    drop(pools);
    if let Some(first) = other.filter(|_| !opened.beside_others) {
        tracing::warn!(
            name: "pool.second",
            database = %target, %first, second = %opened.at,
            "a second pool was opened on the same database: clone the first `Db`, or say `.beside_others()` if two are meant"
        );
    }
}
