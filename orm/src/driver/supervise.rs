//! Statements that nobody waits for any more.
//!
//! A protocol cannot be left in the middle of a word: a connection whose future
//! is dropped does not know what the server will say next. So the future of a
//! statement is not dropped with its caller. It goes on in a task of its own,
//! the server is asked to stop, the reply is read to its end, and then the
//! connection goes home clean; or it is closed when that takes too long.

use std::future::Future;
use std::ops::DerefMut;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{Either, select};

use crate::driver::cancel::Cancel;
use crate::driver::lent::Lent;
use crate::driver::{Conn, Detached};

/// How long a statement that was given up may take to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long it is left alone: most are done sooner than the server could be asked,
/// and a server that is asked for each of them does little else.
const GRACE: Duration = Duration::from_millis(5);

/// What a statement returns: the connection, among other things.
pub(super) trait Returned: Send {
    /// Takes the signal of a cancel that came too late.
    fn absorb_cancel(&mut self) -> impl Future<Output = ()> + Send;
}

impl<G: DerefMut<Target = Conn> + Send, T: Send> Returned for (G, T) {
    async fn absorb_cancel(&mut self) {
        self.0.absorb_cancel().await;
    }
}

impl<G: DerefMut<Target = Conn> + Send, T: Send> Returned for (G, Lent, T) {
    async fn absorb_cancel(&mut self) {
        self.1.wait(self.0.absorb_cancel()).await;
    }
}

/// A statement on a server; dropped before its end, it goes on until it is stopped.
pub(super) struct Supervised<F>
where
    F: Future<Output: Returned> + Send + 'static,
{
    /// `None` once it has ended.
    statement: Option<Pin<Box<F>>>,
    /// Whether it was begun: what was never polled sent nothing.
    begun: bool,
    cancel: Option<Arc<Cancel>>,
}

impl<F: Future<Output: Returned> + Send + 'static> Supervised<F> {
    pub(super) fn new(statement: F, cancel: Option<Arc<Cancel>>) -> Self {
        Self { statement: Some(Box::pin(statement)), begun: false, cancel }
    }
}

impl<F: Future<Output: Returned + 'static> + Send + 'static> Supervised<F> {
    /// Stops it; `None` where it did not end in time. Goes on when it is dropped.
    pub(super) fn end(mut self) -> Detached<impl Future<Output = Option<F::Output>> + Send + 'static> {
        let (statement, cancel) = (self.statement.take(), self.cancel.take());
        Detached::new(async move {
            match statement {
                Some(statement) => end(statement, cancel).await,
                None => None,
            }
        })
    }
}

impl<F: Future<Output: Returned> + Send + 'static> Future for Supervised<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.begun = true;
        // Taken out while it is polled: one that panics is not polled again.
        let Some(mut statement) = self.statement.take() else { return Poll::Pending };
        let ended = statement.as_mut().poll(cx);
        if ended.is_pending() {
            self.statement = Some(statement);
        }
        ended
    }
}

impl<F: Future<Output: Returned> + Send + 'static> Drop for Supervised<F> {
    fn drop(&mut self) {
        let (Some(statement), true) = (self.statement.take(), self.begun) else { return };
        // Without a runtime nothing can be awaited: the connection is closed.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(end(statement, self.cancel.take()));
        }
    }
}

/// Stops a statement and reads its reply, so that its connection can be used again.
async fn end<F: Future<Output: Returned> + Send>(statement: Pin<Box<F>>, cancel: Option<Arc<Cancel>>) -> Option<F::Output> {
    let ended = tokio::time::timeout(PATIENCE, async {
        let Some(cancel) = &cancel else { return statement.await };
        let (mut returned, asked) = stop(statement, cancel).await;
        if asked {
            returned.absorb_cancel().await;
        }
        returned
    });
    match ended.await {
        Ok(returned) => Some(returned),
        Err(late) => {
            tracing::warn!(%late, "a statement that was given up did not end in time; its connection is closed");
            None
        }
    }
}

/// Asks the server to stop a statement, until it ends: asked before it has begun
/// with it, a server takes no notice, and one that cannot be asked may still end
/// by itself. Says whether it was asked at all.
///
/// Returns when the server has answered the last request, so that a signal under
/// way hits what is sent next on the same connection, and nothing later.
async fn stop<F: Future + Unpin>(mut statement: F, cancel: &Cancel) -> (F::Output, bool) {
    match select(statement, pin!(tokio::time::sleep(GRACE))).await {
        Either::Left((ended, _)) => return (ended, false),
        Either::Right(((), unfinished)) => statement = unfinished,
    }
    let mut pause = Duration::from_millis(20);
    loop {
        match select(statement, pin!(cancel.send())).await {
            Either::Left((ended, request)) => {
                let _ = request.await;
                return (ended, true);
            }
            Either::Right((_, unfinished)) => statement = unfinished,
        }
        match select(statement, pin!(tokio::time::sleep(pause))).await {
            Either::Left((ended, _)) => return (ended, true),
            Either::Right(((), unfinished)) => statement = unfinished,
        }
        pause = (pause * 2).min(Duration::from_millis(500));
    }
}
