//! How long something took, again and again.

use std::time::Duration;

/// What was measured, to be asked for its percentiles.
#[derive(Debug, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn note(&mut self, took: Duration) {
        self.0.push(took);
    }

    /// The time that so many percent do not exceed.
    pub(crate) fn at(&self, percent: usize) -> Duration {
        let mut all = self.0.clone();
        all.sort_unstable();
        let rank = (all.len() * percent).div_ceil(100);
        rank.checked_sub(1).map_or(Duration::ZERO, |at| all[at])
    }

    /// The same in milliseconds, begun ones counted whole.
    pub(crate) fn ms(&self, percent: usize) -> u64 {
        u64::try_from(self.at(percent).as_micros().div_ceil(1_000)).unwrap()
    }

    /// The same in microseconds.
    pub(crate) fn us(&self, percent: usize) -> u64 {
        u64::try_from(self.at(percent).as_micros()).unwrap()
    }
}
