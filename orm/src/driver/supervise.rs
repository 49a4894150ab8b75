//! Statements that nobody waits for any more.
//!
//! A protocol cannot be left in the middle of a word: a connection whose future
//! is dropped does not know what the server will say next. So the future of a
//! statement is not dropped with its caller. It goes on in a task of its own,
//! the server is asked to stop, the reply is read to its end, and then the
//! connection goes home clean; or it is closed when that takes too long.
//!
//! A request to stop it reaches the server in its own time. While one is under way
//! the connection counts as busy, so that it is closed wherever that is given up.

use std::future::Future;
use std::ops::DerefMut;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};

use crate::driver::cancel::{Cancel, Requests, TO_ANSWER};
use crate::driver::lent::Lent;
use crate::driver::{Conn, Detached};

/// How long it is left alone: most are done sooner than the server could be asked,
/// and a server that is asked for each of them does little else.
const GRACE: Duration = Duration::from_millis(5);

/// What a statement returns: the connection, among other things.
pub(super) trait Returned: Send {
    fn conn(&mut self) -> &mut Conn;

    /// Waits for something else.
    fn wait<T: Send>(&mut self, reply: impl Future<Output = T> + Send) -> impl Future<Output = T> + Send;

    /// Takes the signal of a cancel that came too late.
    fn absorb_cancel(&mut self) -> impl Future<Output = ()> + Send;
}

impl<G: DerefMut<Target = Conn> + Send, R: Send> Returned for (G, R) {
    fn conn(&mut self) -> &mut Conn {
        &mut self.0
    }

    async fn wait<T: Send>(&mut self, reply: impl Future<Output = T> + Send) -> T {
        reply.await
    }

    async fn absorb_cancel(&mut self) {
        self.0.absorb_cancel().await;
    }
}

impl<G: DerefMut<Target = Conn> + Send, R: Send> Returned for (G, Lent, R) {
    fn conn(&mut self) -> &mut Conn {
        &mut self.0
    }

    async fn wait<T: Send>(&mut self, reply: impl Future<Output = T> + Send) -> T {
        self.1.wait(reply).await
    }

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
    /// How long it may take to end when it is given up.
    patience: Duration,
}

impl<F: Future<Output: Returned> + Send + 'static> Supervised<F> {
    pub(super) fn new(statement: F, cancel: Option<Arc<Cancel>>, patience: Duration) -> Self {
        Self { statement: Some(Box::pin(statement)), begun: false, cancel, patience }
    }
}

impl<F: Future<Output: Returned + 'static> + Send + 'static> Supervised<F> {
    /// Stops it; `None` where it did not end in time. Goes on when it is dropped.
    pub(super) fn end(mut self) -> Detached<impl Future<Output = Option<F::Output>> + Send + 'static> {
        let (statement, cancel, patience) = (self.statement.take(), self.cancel.take(), self.patience);
        Detached::new(async move {
            match statement {
                Some(statement) => end(statement, cancel, patience).await,
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
            runtime.spawn(end(statement, self.cancel.take(), self.patience));
        }
    }
}

/// Stops a statement and reads its reply, so that its connection can be used again.
async fn end<F>(statement: Pin<Box<F>>, cancel: Option<Arc<Cancel>>, patience: Duration) -> Option<F::Output>
where
    F: Future<Output: Returned> + Send,
{
    let since = Instant::now();
    let ended = tokio::time::timeout(patience, async {
        let mut returned = match &cancel {
            Some(cancel) => stop(statement, cancel).await,
            None => statement.await,
        };
        // What it began is undone in what is left of the time.
        returned.conn().given_up = Some(since);
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
/// by itself.
///
/// Returns when the server has answered all requests and the signal of the last one
/// has been taken; otherwise the connection is left busy, for it may hit what is sent next.
async fn stop<F: Future<Output: Returned> + Unpin>(mut statement: F, cancel: &Cancel) -> F::Output {
    match select(statement, pin!(tokio::time::sleep(GRACE))).await {
        Either::Left((ended, _)) => return ended,
        Either::Right(((), unfinished)) => statement = unfinished,
    }
    let requests = Requests::default();
    let mut pause = Duration::from_millis(20);
    let mut returned = loop {
        // One that was not answered will not be.
        let lost = requests.are_open();
        match select(statement, pin!(cancel.send(&requests))).await {
            Either::Left((mut ended, request)) => {
                // What has not left yet is not sent.
                if requests.are_open() && !lost {
                    let was_busy = std::mem::replace(&mut ended.conn().busy, true);
                    let _ = ended.wait(tokio::time::timeout(TO_ANSWER, request)).await;
                    ended.conn().busy = was_busy;
                }
                break ended;
            }
            Either::Right((_, unfinished)) => statement = unfinished,
        }
        match select(statement, pin!(tokio::time::sleep(pause))).await {
            Either::Left((ended, _)) => break ended,
            Either::Right(((), unfinished)) => statement = unfinished,
        }
        pause = (pause * 2).min(Duration::from_millis(500));
    };
    if requests.are_open() {
        returned.conn().busy = true;
    } else if requests.were_sent() {
        returned.absorb_cancel().await;
    }
    returned
}
