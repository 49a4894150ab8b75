//! Statements on servers, with a time by which they must have ended.

use std::future::Future;
use std::ops::DerefMut;
use std::panic::AssertUnwindSafe;
use std::pin::pin;

use futures_util::FutureExt;
use futures_util::future::{Either, select};

use crate::driver::supervise::{PATIENCE, stop};
use crate::driver::{Conn, Deadline, Done, Work};
use crate::error::{Error, Result};

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
        let statement = pin!(AssertUnwindSafe(conn.link.run(&mut work)).catch_unwind());
        match (deadline, &cancel) {
            (Some(deadline), Some(cancel)) => match select(statement, pin!(sleep_until(deadline))).await {
                Either::Left((ended, _)) => Ended::InTime(ended),
                Either::Right(((), statement)) => match tokio::time::timeout(PATIENCE, stop(statement, cancel)).await {
                    Ok(ended) => Ended::Late(ended),
                    Err(_) => Ended::Never,
                },
            },
            _ => Ended::InTime(statement.await),
        }
    };
    let limit = deadline.map(|it| it.limit).unwrap_or_default();
    let timeout = || Error::Timeout { phase: "the statement", limit };
    let result = match ended {
        Ended::InTime(Ok(result)) => conn.end(result),
        Ended::Late(Ok(result)) => {
            let result = conn.end(result);
            if !conn.is_busy() {
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
        Ended::InTime(Err(_)) | Ended::Late(Err(_)) => Err(Error::other("the driver panicked while it ran the statement")),
    };
    (conn, work, result)
}

/// How a statement ended; the inner error is a panic.
enum Ended<P> {
    InTime(Result<Result<Done>, P>),
    Late(Result<Result<Done>, P>),
    Never,
}

pub(super) fn sleep_until(deadline: Deadline) -> impl Future<Output = ()> {
    tokio::time::sleep_until(deadline.at.into())
}
