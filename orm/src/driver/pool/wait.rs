//! Waiting for one's turn.

use std::future::Future;
use std::panic::Location;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::sync::OwnedSemaphorePermit;

use super::berth::Stay;
use super::seats::{Seat, Waiting};
use super::stats::{Counters, Wait, count};
use super::tries::Tries;
use super::{Ask, Half, Pool};
use crate::error::{Error, Result};

/// Who waits, and how long, all in all.
struct Patience<'c> {
    at: &'static Location<'static>,
    since: Instant,
    limit: Duration,
    /// Whether the limit is that of the session.
    deadline: bool,
    counters: &'c Counters,
    /// One wait for all that is waited for, from the first of it on.
    counted: Option<Wait<'c>>,
}

impl Patience<'_> {
    fn left(&self) -> Duration {
        self.limit.saturating_sub(self.since.elapsed())
    }

    /// How long it may be beyond that, where it does not depend on others.
    fn more(&self, limit: Duration) -> Duration {
        if self.deadline { Duration::ZERO } else { limit }
    }

    fn begins(&mut self) {
        self.counted.get_or_insert_with(|| self.counters.wait());
    }
}

impl Pool {
    /// Waits for a place in the lane, for a seat, and until the pool is not suspended.
    pub(super) async fn wait(&self, half: &Half, ask: &Ask, tries: &mut Tries) -> Result<Stay> {
        let mut patience = self.patience(ask)?;
        tries.since = Some(patience.since);
        let lane = match ask.lane {
            Some(name) => Some(self.wait_in_lane(half, &mut patience, name).await?),
            None => None,
        };
        let seat = match half.seats.take_now()? {
            Some(seat) => seat,
            None => self.wait_for_seat(half, &mut patience, ask.strict).await?,
        };
        // With the seat in hand: the order of coming stays.
        if self.shared.gate.is_shut() {
            patience.begins();
            let opened = tokio::time::timeout(patience.left(), self.aside(self.shared.gate.opened())).await;
            opened.map_err(|_| self.exhausted(half, &patience, "resume"))?;
        }
        Ok(Stay { seat, _lane: lane })
    }

    /// How long this one waits.
    fn patience(&self, ask: &Ask) -> Result<Patience<'_>> {
        let (most, counters) = (self.shared.option(|it| it.wait_timeout), &self.shared.register.counters);
        let since = Instant::now();
        let left = ask.until.map(|it| it.left(since)).transpose()?;
        let deadline = left.is_some_and(|left| left < most);
        let limit = left.filter(|_| deadline).unwrap_or(most);
        Ok(Patience { at: ask.at, since, limit, deadline, counters, counted: None })
    }

    /// Waits for the database until the time of the session is up.
    ///
    /// # Errors
    /// [`Error::PoolExhausted`] then.
    pub(super) async fn in_time<T>(&self, half: &Half, ask: &Ask, work: impl Future<Output = Result<T>>) -> Result<T> {
        let Some(until) = ask.until else { return work.await };
        let mut patience = self.patience(ask)?;
        (patience.limit, patience.deadline) = (until.left(patience.since)?, true);
        let done = tokio::time::timeout_at(until.at.into(), work).await;
        done.unwrap_or_else(|_| Err(self.exhausted(half, &patience, "a connection")))
    }

    async fn wait_in_lane(&self, half: &Half, patience: &mut Patience<'_>, name: &'static str) -> Result<OwnedSemaphorePermit> {
        let lane = self.shared.lanes.find(name)?;
        if let Ok(place) = Arc::clone(&lane).try_acquire_owned() {
            return Ok(place);
        }
        patience.begins();
        let place = tokio::time::timeout(patience.left(), self.aside(lane.acquire_owned())).await;
        place.map_err(|_| self.exhausted(half, patience, "its lane"))?.map_err(|_| Error::Closed)
    }

    async fn wait_for_seat(&self, half: &Half, patience: &mut Patience<'_>, strict: bool) -> Result<Seat> {
        if strict && self.shared.register.kept(half.role) >= half.seats.most() {
            patience.limit = Duration::ZERO;
            return Err(self.exhausted(half, patience, "a connection"));
        }
        patience.begins();
        // Nobody is counted as waiting any more when it is said how many are.
        let seat = self.seat_in_time(half, patience).await;
        seat.unwrap_or_else(|| Err(self.exhausted(half, patience, "a connection")))
    }

    async fn seat_in_time(&self, half: &Half, patience: &Patience<'_>) -> Option<Result<Seat>> {
        let mut seat = pin!(half.seats.take());
        if let Ok(seat) = tokio::time::timeout(patience.left(), &mut seat).await {
            return Some(seat);
        }
        // Nobody uses what the pool opens or asks itself, and it comes back soon.
        if half.seats.come_back() {
            let limit = patience.more(self.shared.option(|it| it.connect_timeout.max(it.validate_timeout)));
            if let Ok(seat) = tokio::time::timeout(limit, &mut seat).await {
                return Some(seat);
            }
        }
        // Since that was looked at, it may have come.
        seat.now_or_never()
    }

    /// Counts who waits for something else than a seat.
    async fn aside<T>(&self, work: impl Future<Output = T>) -> T {
        let _waiting = Waiting::on(&self.shared.register.waiting);
        work.await
    }

    /// Why nobody was given a connection by the time they must have one.
    pub(crate) fn late(&self, ask: &Ask, limit: Duration) -> Error {
        let counters = &self.shared.register.counters;
        let patience = Patience { at: ask.at, since: Instant::now(), limit, deadline: true, counters, counted: None };
        self.exhausted(self.half(ask.intent), &patience, "a connection")
    }

    /// Why none was to be had, as things stand.
    fn exhausted(&self, half: &Half, patience: &Patience<'_>, phase: &'static str) -> Error {
        let register = &self.shared.register;
        count(&register.counters.timed_out);
        let usage = register.usage(half.role);
        let waiting = half.seats.waiting.load(Ordering::Relaxed) + register.waiting.load(Ordering::Relaxed);
        Error::PoolExhausted {
            at: patience.at,
            waited: patience.limit,
            phase,
            deadline: patience.deadline,
            in_use: usage.in_use,
            own: usage.own,
            max: half.seats.most(),
            opening: u32::try_from(register.being_opened(half.role)).unwrap_or(u32::MAX),
            waiting,
            holder: usage.longest,
            source: register.refused().map(Into::into),
        }
    }
}
