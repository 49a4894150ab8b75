//! Chance that is the same in each run, and futures that are dropped on their way.

use std::pin::pin;
use std::task::Poll;

/// Pseudo-random numbers; equal seeds give equal numbers.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    #[must_use]
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D)
    }

    /// A number from 0 to `most - 1`.
    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

/// Drops a future when it was not ready for the n-th time, counted from 0;
/// says what came of it if it was ready before.
pub(crate) async fn cancel_after<T>(n: usize, work: impl IntoFuture<Output = T>) -> Option<T> {
    let mut work = pin!(work.into_future());
    let mut left = n;
    std::future::poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(it) => Poll::Ready(Some(it)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}
