//! How long things took, counted by how long they took.

use std::fmt;
use std::time::Duration;

/// Bounds are powers of two of a microsecond; the last has no end.
const BUCKETS: usize = 32;

/// How long things took: how many, how long all in all, and how they are spread.
///
/// They are counted in buckets, each twice as wide as the one before, from one
/// microsecond to half an hour.
///
/// ```
/// # use orm::prelude::*;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> orm::Result<()> {
/// let db = Db::open("sqlite::memory:").await?;
/// db.ping().await?;
/// let holds = db.stats().holds;
/// println!("{} times, {:?} in the middle, {:?} at the most", holds.count(), holds.quantile(0.5), holds.longest());
/// assert_eq!(holds.count(), holds.buckets().map(|(_, count)| count).sum::<u64>());
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Histogram {
    counts: [u64; BUCKETS],
    sum: Duration,
    longest: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: [0; BUCKETS], sum: Duration::ZERO, longest: Duration::ZERO }
    }
}

/// The bucket of a time.
fn bucket(took: Duration) -> usize {
    let micros = took.as_micros();
    let bits = u128::BITS - micros.leading_zeros();
    usize::try_from(bits).unwrap_or(BUCKETS).min(BUCKETS - 1)
}

/// What the times of a bucket are less than.
fn bound(bucket: usize) -> Duration {
    if bucket + 1 < BUCKETS { Duration::from_micros(1 << bucket) } else { Duration::MAX }
}

impl Histogram {
    pub(super) fn note(&mut self, took: Duration) {
        self.counts[bucket(took)] += 1;
        self.sum = self.sum.saturating_add(took);
        self.longest = self.longest.max(took);
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (to, from) in self.counts.iter_mut().zip(&other.counts) {
            *to += from;
        }
        self.sum = self.sum.saturating_add(other.sum);
        self.longest = self.longest.max(other.longest);
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How long all of them took together.
    #[must_use]
    pub fn sum(&self) -> Duration {
        self.sum
    }

    /// How long the longest took.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.longest
    }

    /// The time in which this share of them was done, between 0 and 1: half of
    /// them in `quantile(0.5)`. It is right to within its bucket, so at most twice
    /// as long as it was; 0 if there were none.
    #[must_use]
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate")]
    pub fn quantile(&self, share: f64) -> Duration {
        let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        // The so-manieth of them, in their order.
        let mut left = ((share * self.count() as f64).ceil() as u64).max(1);
        let mut lower = Duration::ZERO;
        for (at, count) in self.counts.iter().enumerate() {
            let upper = bound(at).min(self.longest);
            if left <= *count {
                let part = upper.saturating_sub(lower).as_secs_f64() * (left as f64 / *count as f64);
                // Rounded, the last one may be a little above or below.
                let within = Duration::try_from_secs_f64(part).map_or(upper, |it| lower.saturating_add(it));
                return if left == *count { upper } else { within.min(upper) };
            }
            left -= count;
            lower = bound(at);
        }
        self.longest
    }

    /// How many took less than each bound, and no less than the bound before it.
    /// The last bound is [`Duration::MAX`].
    pub fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> {
        self.counts.iter().enumerate().map(|(at, count)| (bound(at), *count))
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histogram")
            .field("count", &self.count())
            .field("sum", &self.sum)
            .field("median", &self.quantile(0.5))
            .field("p99", &self.quantile(0.99))
            .field("longest", &self.longest)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(micros: impl IntoIterator<Item = u64>) -> Histogram {
        let mut all = Histogram::default();
        micros.into_iter().for_each(|it| all.note(Duration::from_micros(it)));
        all
    }

    #[test]
    fn each_time_is_in_the_bucket_whose_bound_it_is_below() {
        for (micros, expected) in [(0, 1), (1, 2), (2, 4), (3, 4), (4, 8), (1_000, 1_024), (1_024, 2_048)] {
            let all = of([micros]);
            let (found, _) = all.buckets().find(|it| it.1 == 1).unwrap();
            assert_eq!(found, Duration::from_micros(expected), "{micros}");
        }
        let mut all = Histogram::default();
        all.note(Duration::MAX);
        assert_eq!(all.buckets().last(), Some((Duration::MAX, 1)));
        assert_eq!((all.quantile(0.5), all.sum()), (Duration::MAX, Duration::MAX));
    }

    #[test]
    fn a_quantile_is_right_to_within_its_bucket() {
        let all = of(1..=1_000);
        for (share, exact) in [(0.0, 1), (0.001, 1), (0.25, 250), (0.5, 500), (0.9, 900), (0.99, 990), (1.0, 1_000)] {
            let found = u64::try_from(all.quantile(share).as_micros()).unwrap();
            assert!(found >= exact / 2 && found <= exact * 2, "{share}: {found} for {exact}");
        }
        assert_eq!((all.quantile(7.0), all.longest()), (Duration::from_micros(1_000), Duration::from_micros(1_000)));
        assert!(all.quantile(f64::NAN) <= Duration::from_micros(2));
        assert_eq!(Histogram::default().quantile(0.5), Duration::ZERO);
    }

    #[test]
    fn what_is_added_up_is_what_was_noted_in_one() {
        let (mut one, other) = (of(1..500), of(500..1_000));
        one.add(&other);
        assert_eq!(one, of(1..1_000));
        assert_eq!((one.count(), one.sum()), (999, Duration::from_micros(499_500)));
    }
}
