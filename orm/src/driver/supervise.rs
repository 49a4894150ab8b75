//! Statements that nobody waits for any more.
//!
//! A protocol cannot be left in the middle of a word: a connection whose future
//! is dropped does not know what the server will say next. So the future of a
//! statement is not dropped with its caller. It goes on in a task of its own,
//! the server is asked to stop, the reply is read to its end, and then the
//! connection goes home clean; or it is closed when that takes too long.

use std::convert::Infallible;
use std::future::Future;
use std::ops::DerefMut;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{Either, pending, select};

use crate::driver::Conn;
use crate::driver::cancel::Cancel;

/// How long a statement that was given up may take to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a statement returns: the connection, among other things.
pub(super) trait Returned: Send {
    /// The connection that comes back.
    type Guard: DerefMut<Target = Conn> + Send;

    fn into_conn(self) -> Self::Guard;
}

impl<G: DerefMut<Target = Conn> + Send, T: Send> Returned for (G, T) {
    type Guard = G;

    fn into_conn(self) -> G {
        self.0
    }
}

impl<G: DerefMut<Target = Conn> + Send, S: Send, T: Send> Returned for (G, S, T) {
    type Guard = G;

    fn into_conn(self) -> G {
        self.0
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

impl<F: Future<Output: Returned> + Send + 'static> Future for Supervised<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.begun = true;
        let Some(statement) = self.statement.as_mut() else { return Poll::Pending };
        let ended = statement.as_mut().poll(cx);
        if ended.is_ready() {
            self.statement = None;
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

/// Stops a statement, reads its reply, and lets the connection go.
async fn end<F: Future<Output: Returned> + Send + 'static>(statement: Pin<Box<F>>, cancel: Option<Arc<Cancel>>) {
    let ended = tokio::time::timeout(PATIENCE, async {
        let stopping = pin!(async {
            match &cancel {
                Some(cancel) => stop(cancel).await,
                None => pending().await,
            }
        });
        let mut returned = match select(statement, stopping).await {
            Either::Left((returned, _)) => returned.into_conn(),
            Either::Right((never, _)) => match never {},
        };
        if cancel.is_some() {
            returned.absorb_cancel().await;
        }
    });
    if let Err(late) = ended.await {
        tracing::warn!(%late, "a statement that was given up did not end in time; its connection is closed");
    }
}

/// Asks the server to stop the statement, again and again: asked before it has
/// begun with it, a server takes no notice. One that cannot be asked may still
/// end by itself.
async fn stop(cancel: &Cancel) -> Infallible {
    let mut pause = Duration::from_millis(20);
    loop {
        if let Err(error) = cancel.send().await {
            tracing::debug!(%error, "a statement could not be stopped");
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(500));
    }
}
