//! What holds for sessions that do not say otherwise, and may change meanwhile.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// What holds for sessions that do not say otherwise; it is asked by every
/// statement, so there is no lock.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    /// How long a statement may take.
    pub(crate) statement: Limit,
    /// How long a transaction may take.
    pub(crate) transaction: Limit,
    /// The most records in a statement; 0 is without end.
    batch_size: AtomicUsize,
}

/// A time, or none, in microseconds.
#[derive(Debug)]
pub(crate) struct Limit(AtomicU64);

const NEVER: u64 = u64::MAX;

impl Default for Limit {
    fn default() -> Self {
        Self(AtomicU64::new(NEVER))
    }
}

impl Limit {
    pub(crate) fn get(&self) -> Option<Duration> {
        Some(self.0.load(Ordering::Relaxed)).filter(|it| *it != NEVER).map(Duration::from_micros)
    }

    pub(crate) fn set(&self, limit: Option<Duration>) {
        // What does not fit is longer than any program runs.
        let micros = limit.and_then(|it| it.as_micros().try_into().ok());
        self.0.store(micros.unwrap_or(NEVER), Ordering::Relaxed);
    }
}

impl Limits {
    pub(crate) fn batch_size(&self) -> Option<usize> {
        Some(self.batch_size.load(Ordering::Relaxed)).filter(|it| *it > 0)
    }

    pub(crate) fn set_batch_size(&self, records: Option<usize>) {
        self.batch_size.store(records.map_or(0, |it| it.max(1)), Ordering::Relaxed);
    }
}
