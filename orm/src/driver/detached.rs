//! Work that is done to its end.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Work that goes on in a task of its own if nobody waits for it any more.
pub(crate) struct Detached<F: Future<Output: Send + 'static> + Send + 'static> {
    work: Option<Pin<Box<F>>>,
    begun: bool,
}

impl<F: Future<Output: Send + 'static> + Send + 'static> Detached<F> {
    pub(crate) fn new(work: F) -> Self {
        Self { work: Some(Box::pin(work)), begun: false }
    }

    /// Leaves the work where it is.
    pub(crate) fn abandon(mut self) {
        self.work = None;
    }
}

impl<F: Future<Output: Send + 'static> + Send + 'static> Future for Detached<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.begun = true;
        // Taken out while it is polled: work that panics is not polled again.
        let Some(mut work) = self.work.take() else { return Poll::Pending };
        let ended = work.as_mut().poll(cx);
        if ended.is_pending() {
            self.work = Some(work);
        }
        ended
    }
}

impl<F: Future<Output: Send + 'static> + Send + 'static> Drop for Detached<F> {
    fn drop(&mut self) {
        let (Some(work), true) = (self.work.take(), self.begun) else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(work);
        }
    }
}
