//! A connection that is lent.

use std::ops::{Deref, DerefMut};
use std::time::Instant;

use deadpool::managed::Object;

use super::Ask;
use super::berth::{Pooled, Stay};
use super::hooks::{Verdict, verdict};
use super::idle::{evict_idle, trim_idle};
use super::manager::Manager;
use super::pin::Home;
use super::stats::Why;
use crate::dialect::Engine;
use crate::driver::Conn;

/// A connection that is lent. It goes home when this is dropped, in a state in
/// which the next one can use it, or not at all.
#[derive(Debug)]
pub(crate) struct Lease {
    object: Option<Object<Manager>>,
    /// Where it goes if it is pinned.
    home: Option<Home>,
    /// Whether it was pinned: what was set on it must not reach the next one.
    pinned: bool,
}

impl Lease {
    pub(super) fn new(mut object: Object<Manager>, stay: Stay) -> Self {
        object.stay = Some(stay);
        Self { object: Some(object), home: None, pinned: false }
    }

    /// Whether the connection is still to be opened.
    pub(super) fn is_vacant(&self) -> bool {
        self.object.as_ref().is_none_or(|it| it.is_vacant())
    }

    pub(super) fn fill(&mut self, pooled: Pooled) {
        if let Some(object) = &mut self.object {
            object.fill(pooled);
        }
    }

    /// Notes who has it, and whether somebody had it before.
    pub(super) fn lend(&mut self, ask: Ask) {
        let it = self.pooled_mut();
        (it.conn.patience, it.conn.given_up) = (it.shared.option(|it| it.release_timeout), None);
        it.slot.lend(ask, it.uses > 0);
        it.uses += 1;
    }

    /// Closes it; who wanted it keeps what is needed for another one.
    pub(super) fn discard(mut self, why: Why) -> Option<Stay> {
        let mut object = self.object.take()?;
        let stay = object.stay.take();
        close(object, why);
        stay
    }

    /// Gives the place up where no connection could be opened; who wanted it keeps what is
    /// needed for another one.
    pub(super) fn vacate(mut self) -> Option<Stay> {
        Object::take(self.object.take()?).stay.take()
    }

    /// The lease of a pinned connection, which goes back to its session.
    pub(super) fn with_home(mut self, home: Home) -> Self {
        self.home = Some(home);
        self.pinned = true;
        self
    }

    /// Says that a transaction may be open on it from now on: call it before
    /// `BEGIN` is sent. It is rolled back when the connection goes home.
    pub(crate) fn begins(&mut self) {
        let it = self.pooled_mut();
        it.in_transaction = true;
        it.slot.begins();
    }

    /// Says that a statement of the transaction begins, or has ended.
    pub(crate) fn beat(&self) {
        self.pooled().slot.beat();
    }

    /// Says that the transaction is over, and the database has said so.
    pub(crate) fn settle(&mut self) {
        self.pooled_mut().over();
    }

    pub(super) fn pooled(&self) -> &Pooled {
        self.object.as_ref().expect("a lease has its connection until it is dropped")
    }

    pub(super) fn pooled_mut(&mut self) -> &mut Pooled {
        self.object.as_mut().expect("a lease has its connection until it is dropped")
    }
}

impl Deref for Lease {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.pooled().conn
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.pooled_mut().conn
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut object) = self.object.take() else { return };
        if object.is_vacant() {
            return drop(Object::take(object));
        }
        if self.pinned {
            return end_of_pinned(object, self.home.take());
        }
        if object.conn.is_busy() {
            close(object, Why::Broken);
        } else if object.is_changed() && !object.conn.is_renewable() {
            object.conn.rollback_now();
            close(object, Why::Changed);
        } else if !object.is_changed() && (object.conn.rollback_now() || settled(&object)) {
            go_home(object);
        } else if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let limit = object.conn.patience_left();
            let mut unclean = Unclean(Some(object));
            runtime.spawn(async move {
                let Some(object) = &mut unclean.0 else { return };
                let cleaned = tokio::time::timeout(limit, object.clean()).await;
                if matches!(cleaned, Ok(Ok(()))) {
                    unclean.0.take().into_iter().for_each(go_home);
                }
            });
        } else {
            close(object, Why::Broken);
        }
    }
}

/// A connection that is being cleaned. It is closed if that fails, also with the
/// runtime that was to do it: its seat would go with it into the pool otherwise.
struct Unclean(Option<Object<Manager>>);

impl Drop for Unclean {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(|it| close(it, Why::Broken));
    }
}

/// Gives a pinned connection back to its session, or closes it with the session.
/// A database in memory would be gone with its connection.
fn end_of_pinned(mut object: Object<Manager>, home: Option<Home>) {
    if object.conn.is_busy() || !(object.conn.rollback_now() || settled(&object)) {
        close(object, Why::Broken);
        home.into_iter().for_each(|it| it.give_back(None));
        return;
    }
    object.over();
    match home {
        Some(home) => home.give_back(Some(Lease { object: Some(object), home: None, pinned: true })),
        None if object.is_memory() => go_home(object),
        None => close(object, Why::Pinned),
    }
}

/// Whether a server has said that no transaction is open.
fn settled(object: &Object<Manager>) -> bool {
    !object.in_transaction && object.conn.engine() != Engine::Sqlite
}

/// Gives back a connection that is as good as new.
fn go_home(mut object: Object<Manager>) {
    let Some(pool) = Object::pool(&object) else { return };
    let shared = &pool.manager().shared;
    let generation = shared.generation();
    object.in_transaction = false;
    let was_used = object.come_home();
    if object.is_evicted() || object.stay.as_mut().is_some_and(|it| it.seat.is_surplus()) {
        return close(object, Why::Evicted);
    }
    if was_used {
        object.used = Instant::now();
        object.seen = object.used;
        match verdict(&shared.hooks.after_release, "after_release", &object) {
            Ok(Verdict::Keep) => {}
            // A database in memory would be gone.
            _ if object.is_memory() => {}
            Ok(Verdict::Close) => return close(object, Why::Refused),
            Err(error) => {
                tracing::warn!(%error, "a connection is closed, because a hook of the pool panicked");
                return close(object, Why::Refused);
            }
        }
    }
    let most = shared.option(|it| it.max_idle);
    // One after the other, or two would each see room for one.
    let turn = most.map(|_| shared.turn());
    if most.is_some_and(|most| pool.status().available >= most) {
        return close(object, Why::MaxIdle);
    }
    let stay = object.stay.take();
    drop(object);
    drop(turn);
    let is_surplus = stay.is_some_and(|it| it.seat.leave());
    // What was said in between was said of those that were home.
    if shared.generation() != generation {
        evict_idle(&pool);
    }
    if is_surplus {
        trim_idle(&pool);
    }
}

fn close(object: Object<Manager>, why: Why) {
    let mut pooled = Object::take(object);
    pooled.why = why;
}
