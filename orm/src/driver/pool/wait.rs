//! Waiting for one's turn.

use std::future::Future;
use std::panic::Location;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::OwnedSemaphorePermit;

use super::berth::Stay;
use super::seats::Waiting;
use super::stats::count;
use super::{Ask, Half, Pool};
use crate::error::{Error, Result};

/// Who waits, and how long, all in all.
#[derive(Clone, Copy)]
struct Patience {
    at: &'static Location<'static>,
    since: Instant,
    limit: Duration,
}

impl Pool {
    /// Waits for a place in the lane, for a seat, and until the pool is not suspended.
    pub(super) async fn wait(&self, half: &Half, ask: &Ask) -> Result<Stay> {
        let patience = Patience { at: ask.at, since: Instant::now(), limit: self.shared.option(|it| it.wait_timeout) };
        let lane = match ask.lane {
            Some(name) => Some(self.wait_in_lane(half, patience, name).await?),
            None => None,
        };
        let seat = match half.seats.take_now()? {
            Some(seat) => seat,
            None => {
                let _wait = self.shared.register.counters.wait();
                self.within(half, patience, "a connection", half.seats.take()).await??
            }
        };
        // With the seat in hand: the order of coming stays.
        if self.shared.gate.is_shut() {
            let _wait = self.shared.register.counters.wait();
            self.within(half, patience, "resume", self.aside(self.shared.gate.opened())).await?;
        }
        Ok(Stay { seat, _lane: lane })
    }

    async fn wait_in_lane(&self, half: &Half, patience: Patience, name: &'static str) -> Result<OwnedSemaphorePermit> {
        let lane = self.shared.lanes.find(name)?;
        if let Ok(place) = std::sync::Arc::clone(&lane).try_acquire_owned() {
            return Ok(place);
        }
        let _wait = self.shared.register.counters.wait();
        self.within(half, patience, "its lane", self.aside(lane.acquire_owned())).await?.map_err(|_| Error::Closed)
    }

    /// Counts who waits for something else than a seat.
    async fn aside<T>(&self, work: impl Future<Output = T>) -> T {
        let _waiting = Waiting::on(&self.shared.register.waiting);
        work.await
    }

    async fn within<T>(&self, half: &Half, patience: Patience, phase: &'static str, work: impl Future<Output = T>) -> Result<T> {
        let left = patience.limit.saturating_sub(patience.since.elapsed());
        if let Ok(done) = tokio::time::timeout(left, work).await {
            return Ok(done);
        }
        let register = &self.shared.register;
        count(&register.counters.timed_out);
        let usage = register.usage(half.role);
        let waiting = half.seats.waiting.load(Ordering::Relaxed) + register.waiting.load(Ordering::Relaxed);
        Err(Error::PoolExhausted {
            at: patience.at,
            waited: patience.limit,
            phase,
            in_use: usage.in_use,
            own: usage.own,
            max: half.seats.most(),
            waiting,
            holder: usage.longest,
        })
    }
}
