//! Trying again while the database is away for a moment.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use futures_util::FutureExt;

use super::Pool;
use super::berth::Stay;
use super::lease::Lease;
use super::open::Refused;
use super::wait::Patience;
use crate::driver::said::is_passing;
use crate::error::Result;

/// The pauses: short enough to be there soon after the database is, and long enough
/// not to be what keeps it from coming.
const SHORTEST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(500);

/// How long somebody waits who was refused, each time.
#[derive(Debug, Default)]
pub(super) struct Pauses(Option<Box<ExponentialBackoff>>);

impl Pauses {
    fn next(&mut self) -> Duration {
        let pauses = || {
            let all = ExponentialBuilder::default().with_min_delay(SHORTEST).with_max_delay(LONGEST / 2);
            Box::new(all.with_jitter().without_max_times().build())
        };
        // The jitter adds up to as much again.
        self.0.get_or_insert_with(pauses).next().unwrap_or(LONGEST).min(LONGEST)
    }
}

impl Pool {
    /// Opens the connection of a place that has none. Where that is refused for a reason
    /// that passes, gives back what is needed to try again, after a pause: until the time
    /// for waiting is over.
    pub(super) async fn open_patiently(&self, lease: Lease, patience: &mut Patience<'_>) -> Result<Result<Lease, Option<Stay>>> {
        const PHASE: &str = "a new connection";
        let opened = async { Ok(self.open(patience.half.role, lease).await) };
        let Refused { error, stay } = match patience.in_time(PHASE, opened).await? {
            Ok(lease) => return Ok(Ok(lease)),
            Err(refused) => refused,
        };
        let left = patience.left();
        if !patience.ask.persists || left.is_zero() || !is_passing(&error) {
            return Err(error);
        }
        let pause = patience.pauses.next().min(left);
        // It keeps its seat: no more of them ask than may have a connection.
        patience.in_time(PHASE, tokio::time::sleep(pause).map(Ok)).await?;
        Ok(Err(stay))
    }
}
