//! Opening connections.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::TryFutureExt as _;
use futures_util::future::{join_all, try_join_all};

use super::berth::{Pooled, Stay};
use super::hooks::admitted;
use super::lease::Lease;
use super::manager::Shared;
use super::stats::Why;
use super::{Half, Pool};
use crate::driver::{Conn, Detached, Role, Target, connect, prepare};
use crate::error::{Error, Result};

impl Pool {
    /// Opens the connection of a place that has none. If nobody waits for it any
    /// more, it is opened all the same and goes home: where many give up before
    /// their turn, each would begin anew otherwise, and none would ever be open.
    pub(super) async fn open(&self, role: Role, lease: Lease) -> Result<Lease, Refused> {
        self.watch.start(self);
        Detached::new(open(Arc::clone(&self.shared), role, lease)).await
    }

    /// Opens as many connections as are kept ready, at the same time.
    ///
    /// # Errors
    /// The first that failed; the others stay open.
    pub(crate) async fn warm_up(&self) -> Result<()> {
        for half in self.halves() {
            let opened = half.vacant(half.floor()).into_iter().map(|it| self.open(half.role, it).map_err(|it| it.error));
            try_join_all(opened).await?;
        }
        Ok(())
    }
}

impl Half {
    /// How many connections are kept ready.
    pub(super) fn floor(&self) -> usize {
        let shared = &self.pool.manager().shared;
        // SQLite's only connection that writes is open when it is needed.
        let only_writer = self.role == Role::Writer && shared.live().target.engine() == Some(crate::dialect::Engine::Sqlite);
        if only_writer { 0 } else { shared.option(|it| it.min_idle).min(self.seats.most()) }
    }

    /// Takes out all connections that nobody uses, the last one home first, as
    /// far as there are seats. They go home again when they are dropped.
    pub(super) fn take_idle(&self) -> Vec<Lease> {
        let mut idle = Vec::new();
        while let Some(lease) = self.take_now().filter(|it| !it.is_vacant()) {
            idle.push(lease);
        }
        idle
    }

    /// Places without a connection, so many that with those that nobody uses there are `most`.
    pub(super) fn vacant(&self, most: usize) -> Vec<Lease> {
        let (mut idle, mut vacant) = (Vec::new(), Vec::new());
        while idle.len() + vacant.len() < most {
            let Some(lease) = self.take_now() else { break };
            if lease.is_vacant() { vacant.push(lease) } else { idle.push(lease) }
        }
        go_home(idle);
        vacant
    }

    fn take_now(&self) -> Option<Lease> {
        let seat = self.seats.take_for_pool().ok()??;
        Some(Lease::new(self.get().ok()?, Stay { seat, _lane: None }))
    }

    /// Opens connections until so many are ready, as far as they can be opened: a part
    /// of the seats at a time.
    pub(super) async fn fill_up(&self, most: usize) {
        let shared = &self.pool.manager().shared;
        let mut missing = most.saturating_sub(self.pool.status().available);
        while missing > 0 {
            let mut vacant = self.vacant(most);
            vacant.truncate(missing.min(self.part()));
            if vacant.is_empty() {
                return;
            }
            missing -= vacant.len();
            let opened = vacant.into_iter().map(|it| open(Arc::clone(shared), self.role, it));
            let errors: Vec<_> = join_all(opened).await.into_iter().filter_map(Result::err).collect();
            for Refused { error, .. } in &errors {
                tracing::warn!(%error, "a connection that is kept ready could not be opened");
            }
            if !errors.is_empty() {
                return;
            }
        }
    }

    /// How many seats the pool takes for itself at once: half of them, so that others find
    /// some while a server does not answer.
    pub(super) fn part(&self) -> usize {
        (self.seats.most() / 2).max(1)
    }
}

/// Sends connections home in the order in which they came home before.
pub(super) fn go_home(mut leases: Vec<Lease>) {
    while let Some(lease) = leases.pop() {
        drop(lease);
    }
}

/// Why a connection could not be opened, and what is needed to try again.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) error: Error,
    pub(super) stay: Option<Stay>,
}

/// Opens the connection of a place that has none.
async fn open(shared: Arc<Shared>, role: Role, mut lease: Lease) -> Result<Lease, Refused> {
    let _opening = shared.register.opening(role);
    let closed = || Refused { error: Error::Closed, stay: None };
    // Looked at once the register knows: a shutdown waits for it, or it is seen here.
    if shared.is_closed() {
        return Err(closed());
    }
    let (generation, conn) = loop {
        // Read first: what is opened while the address changes is closed rather than kept.
        let generation = shared.generation();
        let live = shared.live();
        match dial(&live.target, role, live.options.connect_timeout).await {
            Ok(conn) => break (generation, conn),
            // The password that was refused may be the one before.
            Err(_) if shared.generation() != generation && !shared.is_closed() => {}
            Err(error) => {
                shared.register.refuses(&error);
                return Err(Refused { error, stay: lease.vacate() });
            }
        }
    };
    shared.register.opens();
    shared.max_message.fetch_min(conn.max_message(), Ordering::Relaxed);
    let _ = shared.engine.set(conn.engine());
    lease.fill(Pooled::new(conn, role, generation, Arc::clone(&shared)));
    if shared.is_closed() {
        return Err(closed());
    }
    if let Err(error) = admitted(&shared.hooks.after_connect, &shared.live().target, lease.pooled()) {
        shared.register.refuses(&error);
        return Err(Refused { error, stay: lease.discard(Why::Refused) });
    }
    Ok(lease)
}

/// Opens a connection as the pool has them.
pub(super) async fn dial(target: &Target, role: Role, limit: Duration) -> Result<Conn> {
    let opened = async {
        let conn = connect(target, role).await?;
        if target.hooks().is_empty() { Ok(conn) } else { prepare(conn, target).await }
    };
    tokio::time::timeout(limit, opened).await.unwrap_or_else(|_| Err(silent(target, limit)))
}

/// A server that does not answer.
pub(super) fn silent(target: &Target, limit: Duration) -> Error {
    Error::Connect { target: target.to_string(), reason: format!("no answer within {limit:?}"), source: None }
}
