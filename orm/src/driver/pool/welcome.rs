//! What a connection is told each time before it is lent.

use std::sync::Arc;
use std::time::Duration;

use super::Pool;
use super::berth::Stay;
use super::lease::Lease;
use super::stats::Why;
use crate::dialect::Engine;
use crate::driver::errors::hook;
use crate::driver::supervise::Supervised;
use crate::driver::{Deadline, SqlHook, control};
use crate::error::{Error, Result};

impl Pool {
    /// Runs what the program wants to be run for each borrower. Gives back what is
    /// needed to get another connection where this one has died at rest.
    ///
    /// # Errors
    /// [`Error::Connect`], which names the hook; the connection is closed.
    pub(super) async fn welcome(&self, lease: Lease, again: bool) -> Result<Result<Lease, Option<Stay>>> {
        let limit = self.shared.option(|it| it.validate_timeout);
        let hooks = Arc::clone(&self.setup.0.on_acquire);
        let patience = lease.patience;
        let (lease, done) = Supervised::new(run(lease, hooks, limit), None, patience).await;
        let Err((name, error)) = done else { return Ok(Ok(lease)) };
        if again && error.is_connection_lost() {
            return Ok(Err(lease.discard(Why::Broken)));
        }
        if !lease.pooled().is_memory() {
            drop(lease.discard(Why::Refused));
        }
        Err(hook(&self.target(), "acquire", name, error))
    }
}

async fn run(mut lease: Lease, hooks: Arc<Vec<SqlHook>>, limit: Duration) -> (Lease, Result<(), (&'static str, Error)>) {
    for hook in hooks.iter() {
        let done;
        if lease.engine() == Engine::Sqlite {
            (lease, done) = control(lease, &hook.text, Deadline::after(limit)).await;
        } else {
            let answer = tokio::time::timeout(limit, lease.control(&hook.text)).await;
            done = answer.unwrap_or(Err(Error::Timeout { phase: "its statement", limit }));
        }
        if let Err(error) = done {
            return (lease, Err((hook.name, error)));
        }
    }
    (lease, Ok(()))
}
