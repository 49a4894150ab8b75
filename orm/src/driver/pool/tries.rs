//! Trying again while the database is away for a moment.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use super::berth::Stay;
use super::lease::Lease;
use super::open::Refused;
use super::{Ask, Half, Pool};
use crate::driver::said::is_passing;
use crate::error::Result;

/// The pauses: short enough to be there soon after the database is, and long enough
/// not to be what keeps it from coming.
const SHORTEST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(500);

/// How often somebody was refused, and since when he waits.
#[derive(Debug, Default)]
pub(super) struct Tries {
    pub(super) since: Option<Instant>,
    pauses: Option<Box<ExponentialBackoff>>,
}

impl Tries {
    fn pause(&mut self) -> Duration {
        let pauses = || {
            let all = ExponentialBuilder::default().with_min_delay(SHORTEST).with_max_delay(LONGEST / 2);
            Box::new(all.with_jitter().without_max_times().build())
        };
        // The jitter adds up to as much again.
        self.pauses.get_or_insert_with(pauses).next().unwrap_or(LONGEST).min(LONGEST)
    }
}

impl Pool {
    /// Opens the connection of a place that has none. Where that is refused for a reason
    /// that passes, gives back what is needed to try again, after a pause: until the time
    /// for waiting is over.
    pub(super) async fn open_patiently(
        &self,
        half: &Half,
        lease: Lease,
        ask: &Ask,
        tries: &mut Tries,
    ) -> Result<Result<Lease, Option<Stay>>> {
        let since = *tries.since.get_or_insert_with(Instant::now);
        self.in_time(half, ask, async {
            let Refused { error, stay } = match self.open(half.role, lease).await {
                Ok(lease) => return Ok(Ok(lease)),
                Err(refused) => refused,
            };
            let left = self.shared.option(|it| it.wait_timeout).saturating_sub(since.elapsed());
            if !ask.persists || left.is_zero() || !is_passing(&error) {
                return Err(error);
            }
            // It keeps its seat: no more of them ask than may have a connection.
            tokio::time::sleep(tries.pause().min(left)).await;
            Ok(Err(stay))
        })
        .await
    }
}
