//! Statements on servers, with a time by which they must have ended.

use std::future::Future;
use std::ops::DerefMut;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::{Either, select};

use crate::driver::cancel::Cancel;
use crate::driver::supervise::{PATIENCE, stop};
use crate::driver::{Conn, Deadline, Detached, Done, Work};
use crate::error::{Error, Result};

/// How long the server may take at the deadline to say that it has heard; a network
/// that is silent is not waited for any longer.
const TO_BE_HEARD: Duration = Duration::from_millis(500);

/// How much longer a server may take that stops a statement by itself.
const TO_STOP: Duration = Duration::from_millis(500);

/// Runs a statement. At the deadline the server is asked to stop it; the
/// connection and the work come back in any case.
pub(super) async fn run<G>(mut conn: G, mut work: Work, deadline: Option<Deadline>) -> (G, Work, Result<Done>)
where
    G: DerefMut<Target = Conn> + Send + 'static,
{
    if let Err(error) = conn.begin() {
        return (conn, work, Err(error));
    }
    let ended = {
        let cancel = conn.cancel.clone();
        // A panic in a driver must not take the records with it.
        let statement = pin!(AssertUnwindSafe(conn.link.run(&mut work, deadline)).catch_unwind());
        match (deadline, &cancel) {
            (Some(deadline), Some(cancel)) => match select(statement, pin!(until_late(deadline, cancel))).await {
                Either::Left((ended, _)) => Ended::InTime(ended),
                Either::Right(((), statement)) => match tokio::time::timeout(PATIENCE, stop(statement, cancel, TO_BE_HEARD)).await {
                    Ok(Some((ended, asked))) => Ended::Late(ended, asked),
                    Ok(None) | Err(_) => Ended::Never,
                },
            },
            // The server was told when to stop it.
            (Some(deadline), None) => match tokio::time::timeout_at((deadline.at + TO_STOP).into(), statement).await {
                Ok(ended) if Instant::now() < deadline.at => Ended::InTime(ended),
                Ok(ended) => Ended::Late(ended, false),
                Err(_) => Ended::Never,
            },
            (None, _) => Ended::InTime(statement.await),
        }
    };
    let limit = deadline.map(|it| it.limit).unwrap_or_default();
    let timeout = || Error::Timeout { phase: "the statement", limit };
    let result = match ended {
        Ended::InTime(Ok(result)) => conn.end(result),
        Ended::Late(Ok(result), asked) => {
            let result = conn.end(result);
            if asked && !conn.is_busy() {
                Box::pin(conn.absorb_cancel()).await;
            }
            match result {
                // It was done before it could be stopped, and a write that is done is not called otherwise.
                Ok(done) if !work.statement.is_read() => Ok(done),
                Ok(_) | Err(Error::Cancelled) => Err(timeout()),
                Err(error) => Err(error),
            }
        }
        // Still busy, so it is not used again.
        Ended::Never => Err(timeout()),
        Ended::InTime(Err(_)) | Ended::Late(Err(_), _) => Err(Error::other("the driver panicked while it ran the statement")),
    };
    (conn, work, result)
}

/// How a statement ended; the inner error is a panic.
enum Ended<P> {
    InTime(Result<Result<Done>, P>),
    /// After the deadline; whether the server was asked to stop it.
    Late(Result<Result<Done>, P>, bool),
    Never,
}

/// Waits for the deadline. Whoever has used a quarter of the time is likely to
/// use all of it: then the server can be reached at once.
async fn until_late(deadline: Deadline, cancel: &Arc<Cancel>) {
    let left = deadline.at.saturating_duration_since(Instant::now());
    tokio::time::sleep(left / 4).await;
    let prepared = Detached::new(Arc::clone(cancel).prepare());
    let _ = tokio::time::timeout_at(deadline.at.into(), prepared).await;
    sleep_until(deadline).await;
}

pub(super) fn sleep_until(deadline: Deadline) -> impl Future<Output = ()> {
    tokio::time::sleep_until(deadline.at.into())
}
