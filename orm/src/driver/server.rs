//! Statements on servers, with a time by which they must have ended.

use std::future::Future;
use std::ops::DerefMut;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;
use futures_util::future::{Either, select};

use crate::driver::cancel::Cancel;
use crate::driver::lent::{Back, Lent};
use crate::driver::supervise::Supervised;
use crate::driver::{Conn, Deadline, Detached, Done, Work};
use crate::error::{Error, Result};
use crate::statement::Statement;

/// Runs a statement. At the deadline the server is asked to stop it; where that is
/// not heard of in time, it goes on alone, and the connection does not come back.
pub(super) fn run<G>(
    conn: G,
    work: Work,
    deadline: Option<Deadline>,
) -> impl Future<Output = (Option<G>, Work, Result<Done>)> + Send + 'static
where
    G: DerefMut<Target = Conn> + Send + 'static,
{
    if let Some(deadline) = deadline {
        // Boxed: those without a deadline would carry it along.
        return Either::Left(Box::pin(run_until(conn, work, deadline)));
    }
    let (cancel, patience) = (conn.cancel.clone(), conn.patience);
    let running = Supervised::new(statement(conn, Lent::new(work, None), None), cancel, patience);
    Either::Right(running.map(|(conn, lent, done)| (Some(conn), lent.into_work(), done)))
}

async fn run_until<G>(conn: G, work: Work, deadline: Deadline) -> (Option<G>, Work, Result<Done>)
where
    G: DerefMut<Target = Conn> + Send + 'static,
{
    let (cancel, patience) = (conn.cancel.clone(), conn.patience);
    let back = Arc::new(Back::default());
    let lent = Lent::new(work, Some(Arc::clone(&back)));
    let running = Supervised::new(statement(conn, lent, Some(deadline)), cancel.clone(), patience);
    let late = Error::Timeout { phase: "the statement", limit: deadline.limit };
    let running = match select(running, pin!(until_late(deadline, cancel))).await {
        Either::Left(((conn, lent, done), _)) => {
            // A server that was told the time stops it by itself, and may be heard first.
            let done = match done {
                Err(Error::Cancelled) if Instant::now() >= deadline.at => Err(late),
                done => done,
            };
            return (Some(conn), lent.into_work(), done);
        }
        Either::Right(((), running)) => running,
    };
    let mut ending = running.end();
    let mut ended = tokio::time::timeout_at(deadline.answered_by().into(), &mut ending).await.ok();
    if ended.is_none() {
        back.ask();
        ended = (&mut ending).now_or_never();
    }
    if let Some(Some((conn, lent, result))) = ended {
        return stopped(conn, lent, result, &back, late);
    }
    if let Some(work) = back.take() {
        return (None, work, Err(late));
    }
    // It stands where it cannot give the work back: then it is not read to its end.
    ending.abandon();
    (None, back.take().expect("work is put back when its statement is dropped"), Err(late))
}

/// What is said of a statement that has ended at its deadline.
pub(super) fn stopped<G>(conn: G, lent: Lent, result: Result<Done>, back: &Back, late: Error) -> (Option<G>, Work, Result<Done>) {
    // It may have given its work back a moment before it ended.
    let given = back.take();
    let is_whole = given.is_none();
    let work = given.unwrap_or_else(|| lent.into_work());
    let result = match result {
        // It was done before it could be stopped, and a write that is done is not called
        // otherwise; text that reads may call a function that writes.
        Ok(done) if is_whole && !matches!(*work.statement, Statement::Select(_)) => Ok(done),
        // What it said at last was read for nobody, so it was not heard of.
        Ok(_) if !is_whole => return (None, work, Err(late)),
        Ok(_) | Err(Error::Cancelled) => Err(late),
        Err(error) => Err(error),
    };
    (Some(conn), work, result)
}

#[expect(clippy::manual_async_fn, reason = "its future would have two places for the connection")]
fn statement<G>(mut conn: G, mut lent: Lent, deadline: Option<Deadline>) -> impl Future<Output = (G, Lent, Result<Done>)> + Send + 'static
where
    G: DerefMut<Target = Conn> + Send + 'static,
{
    async move {
        if let Err(error) = conn.begin() {
            lent.undone = true;
            return (conn, lent, Err(error));
        }
        // A panic in a driver must not take the records with it.
        let ran = AssertUnwindSafe(conn.link.run(&mut lent, deadline)).catch_unwind().await;
        let result = match ran {
            Ok(result) => conn.end(result),
            // Still busy, so it is not used again.
            Err(_) => Err(Error::other("the driver panicked while it ran the statement")),
        };
        (conn, lent, result)
    }
}

/// Waits for the deadline. Whoever has used a quarter of the time is likely to
/// use all of it: then the server can be reached at once.
async fn until_late(deadline: Deadline, cancel: Option<Arc<Cancel>>) {
    if let Some(cancel) = cancel {
        let left = deadline.at.saturating_duration_since(Instant::now());
        tokio::time::sleep(left / 4).await;
        let prepared = Detached::new(cancel.prepare());
        let _ = tokio::time::timeout_at(deadline.at.into(), prepared).await;
    }
    sleep_until(deadline).await;
}

pub(super) fn sleep_until(deadline: Deadline) -> impl Future<Output = ()> {
    tokio::time::sleep_until(deadline.at.into())
}
