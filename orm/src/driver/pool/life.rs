//! Whether a connection that rested still lives.

use std::panic::Location;
use std::time::{Duration, Instant};

use deadpool::managed;

use super::berth::Stay;
use super::hooks::{Verdict, verdict};
use super::idle::close_idle;
use super::lease::Lease;
use super::manager::Manager;
use super::open::silent;
use super::stats::Why;
use super::wait::Patience;
use super::{Ask, Intent, Pool};
use crate::dialect::Engine;
use crate::driver::supervise::Supervised;
use crate::error::{Error, Result};

impl Pool {
    /// Asks the database for a sign of life, over one of the connections.
    pub(crate) async fn ping(&self, ask: Ask) -> Result<()> {
        // Those who have the seats, and no connection, wait for it to come back.
        let half = self.half(ask.intent);
        if half.seats.is_out()
            && self.shared.register.has_none(half.role)
            && let Some(refused) = self.shared.register.refused()
        {
            return Err(refused);
        }
        let lease = self.acquire(ask.at_once()).await?;
        let limit = self.shared.option(|it| it.validate_timeout);
        // One that did not answer in time is closed when it is dropped here.
        ask_for_life(lease, limit).await.1
    }

    /// Opens it: checks that it answers, and makes ready what is kept ready.
    pub(crate) async fn reach(&self, at: &'static Location<'static>) -> Result<()> {
        // To open one first and the others then would take twice as long. But a SQLite file is
        // made by the connection that writes.
        if self.engine() != Some(Engine::Sqlite) {
            self.warm_up().await?;
        }
        self.answers(Ask::new(Intent::Write, at)).await?;
        // Another one on SQLite, where others read.
        drop(self.acquire(Ask::new(Intent::Read, at).at_once()).await?);
        self.warm_up().await
    }

    /// Asks for a sign of life, which may take as long as opening a connection.
    async fn answers(&self, ask: Ask) -> Result<()> {
        let lease = self.acquire(ask.at_once()).await?;
        let limit = self.shared.option(|it| it.connect_timeout);
        match ask_for_life(lease, limit).await.1 {
            Err(Error::Timeout { .. }) => Err(silent(&self.target(), limit)),
            answer => answer,
        }
    }

    /// Looks whether a connection that was used before can be used again; if
    /// not, gives back what is needed to get another one.
    pub(super) async fn admit(&self, lease: Lease, patience: &Patience<'_>) -> Result<Result<Lease, Option<Stay>>> {
        match verdict(&self.shared.hooks.before_acquire, "before_acquire", lease.pooled()) {
            Ok(Verdict::Close) if !lease.pooled().is_memory() => return Ok(Err(lease.discard(Why::Refused))),
            Ok(_) => {}
            Err(error) if lease.pooled().is_memory() => return Err(error),
            Err(error) => {
                drop(lease.discard(Why::Refused));
                return Err(error);
            }
        }
        let (after, limit) = self.shared.option(|it| (it.validate_after, it.validate_timeout));
        let asked = Instant::now();
        if !lease.pooled().is_unused(asked, after) {
            return Ok(Ok(lease));
        }
        let sign = async { Ok(sign_of_life(lease, limit).await) };
        let (lease, alive) = Box::pin(patience.in_time("a sign of life", sign)).await?;
        if alive {
            return Ok(Ok(lease));
        }
        // Those that rested beside a silent one are likely to be silent, too: to ask
        // one after the other would take so many times as long.
        if asked.elapsed() >= limit {
            close_rested(&patience.half.pool, asked, after);
        }
        Ok(Err(lease.discard(Why::Broken)))
    }
}

/// Whether a connection gives a sign of life.
pub(super) async fn sign_of_life(lease: Lease, limit: Duration) -> (Lease, bool) {
    let (lease, answer) = ask_for_life(lease, limit).await;
    (lease, answer.is_ok())
}

/// Asks a connection for a sign of life. The time-out is ours, so that a silent
/// server costs one connection, not the caller's turn; if the caller is dropped
/// meanwhile, the answer is still read.
async fn ask_for_life(lease: Lease, limit: Duration) -> (Lease, Result<()>) {
    let patience = lease.patience;
    let asked = async move {
        let mut lease = lease;
        let answer = tokio::time::timeout(limit, lease.ping()).await;
        (lease, answer.unwrap_or(Err(Error::Timeout { phase: "the sign of life", limit })))
    };
    Supervised::new(asked, None, patience).await
}

/// Closes those that nobody had used for so long at that moment.
fn close_rested(pool: &managed::Pool<Manager>, at: Instant, after: Duration) {
    close_idle(pool, |it| it.is_unused(at, after).then_some(Why::Broken));
}
