//! Waiting for one's turn.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout_at;

use super::berth::Stay;
use super::register::Register;
use super::seats::{Seat, Waiting};
use super::stats::{Wait, count};
use super::tries::Pauses;
use super::{Ask, Half, Pool, tell};
use crate::driver::work::CENTURY;
use crate::error::{Error, Result};

/// Somebody who wants a connection, and how long that takes, all in all.
pub(super) struct Patience<'p> {
    pub(super) pool: &'p Pool,
    pub(super) half: &'p Half,
    pub(super) ask: &'p Ask,
    pub(super) since: Instant,
    /// One wait for all that is waited for, from the first of it on.
    counted: Option<Wait<'p>>,
    pub(super) pauses: Pauses,
}

/// When a wait is over.
#[derive(Clone, Copy)]
struct End {
    at: Instant,
    /// Whether that is the session's time, before the pool's.
    deadline: bool,
}

impl<'p> Patience<'p> {
    /// # Errors
    /// [`Error::Timeout`] where the time of the session is up already.
    pub(super) fn begin(pool: &'p Pool, ask: &'p Ask) -> Result<Self> {
        let since = Instant::now();
        if let Some(until) = ask.until.filter(|it| it.at <= since) {
            return Err(Error::Timeout { phase: "what came before the connection", limit: until.limit });
        }
        Ok(Self { pool, half: pool.half(ask.intent), ask, since, counted: None, pauses: Pauses::default() })
    }

    fn register(&self) -> &'p Register {
        &self.pool.shared.register
    }

    /// Waits for a place in the lane, and for a seat.
    pub(super) async fn stay(&mut self) -> Result<Stay> {
        // Rare ways are boxed: every statement would carry them along.
        let lane = match self.ask.lane {
            Some(name) => Some(Box::pin(self.place(name)).await?),
            None => None,
        };
        let seat = match self.half.seats.take_now()? {
            Some(seat) => seat,
            None => self.seat().await?,
        };
        Ok(Stay { seat, _lane: lane })
    }

    /// Waits until the pool is not suspended: with the seat in hand, so that the order of coming
    /// stays.
    pub(super) async fn pass(&mut self) -> Result<()> {
        if self.pool.shared.gate.is_shut() {
            Box::pin(self.opened()).await?;
        }
        self.counted = None;
        Ok(())
    }

    async fn opened(&mut self) -> Result<()> {
        self.begins();
        let end = self.end();
        let opened = timeout_at(end.at.into(), self.aside(self.pool.shared.gate.opened())).await;
        opened.map_err(|_| self.exhausted("resume", end.deadline))
    }

    /// Waits for the database until the time of the session is up.
    ///
    /// # Errors
    /// [`Error::PoolExhausted`] then.
    pub(super) async fn in_time<T>(&self, phase: &'static str, work: impl Future<Output = Result<T>>) -> Result<T> {
        let Some(until) = self.ask.until else { return work.await };
        let done = timeout_at(until.at.into(), work).await;
        done.unwrap_or_else(|_| Err(self.exhausted(phase, true)))
    }

    /// How long it may still wait for what does not depend on the session.
    pub(super) fn left(&self) -> Duration {
        self.pool.shared.option(|it| it.wait_timeout).saturating_sub(self.since.elapsed())
    }

    fn end(&self) -> End {
        let at = self.since.checked_add(self.pool.shared.option(|it| it.wait_timeout));
        match (self.ask.until, at) {
            (Some(until), at) if at.is_none_or(|at| until.at < at) => End { at: until.at, deadline: true },
            (_, Some(at)) => End { at, deadline: false },
            (_, None) => End { at: self.since + CENTURY, deadline: false },
        }
    }

    fn begins(&mut self) {
        let counters = &self.register().counters;
        self.counted.get_or_insert_with(|| counters.wait());
    }

    async fn place(&mut self, name: &'static str) -> Result<OwnedSemaphorePermit> {
        let lane = self.pool.shared.lanes.find(name)?;
        if let Ok(place) = Arc::clone(&lane).try_acquire_owned() {
            return Ok(place);
        }
        self.begins();
        let end = self.end();
        let place = timeout_at(end.at.into(), self.aside(lane.acquire_owned())).await;
        place.map_err(|_| self.exhausted("its lane", end.deadline))?.map_err(|_| Error::Closed)
    }

    async fn seat(&mut self) -> Result<Seat> {
        self.check_itself()?;
        self.begins();
        let end = self.end();
        // Nobody is counted as waiting any more when it is said how many are.
        let seat = self.seat_by(end).await;
        seat.unwrap_or_else(|| Err(self.exhausted("a connection", end.deadline)))
    }

    async fn seat_by(&self, end: End) -> Option<Result<Seat>> {
        let mut seat = pin!(self.half.seats.take());
        if let Ok(seat) = timeout_at(end.at.into(), &mut seat).await {
            return Some(seat);
        }
        // Nobody uses what the pool opens or asks itself, and it comes back soon.
        if !end.deadline && self.half.seats.come_back() {
            let more = self.pool.shared.option(|it| it.connect_timeout.max(it.validate_timeout));
            if let Ok(seat) = tokio::time::timeout(more, &mut seat).await {
                return Some(seat);
            }
        }
        // Since that was looked at, it may have come.
        seat.now_or_never()
    }

    /// Counts who waits for something else than a seat.
    async fn aside<T>(&self, work: impl Future<Output = T>) -> T {
        let _waiting = Waiting::on(&self.register().waiting);
        work.await
    }

    /// Whether the task has all connections itself, in variables: unless another part of it
    /// ends one, it would wait for itself.
    ///
    /// # Errors
    /// [`Error::WouldDeadlock`] in a strict session; others are warned while a program is made.
    fn check_itself(&self) -> Result<()> {
        let (strict, max) = (self.ask.strict, self.half.seats.most());
        if !(strict || cfg!(debug_assertions)) || self.register().kept(self.half.role) < max {
            return Ok(());
        }
        let holder = self.register().usage(self.half.role).longest;
        if strict {
            return Err(Error::WouldDeadlock { at: self.ask.at, max, holder });
        }
        tell::waits_for_itself(self.ask.at, holder.as_ref());
        Ok(())
    }

    /// Why none was to be had, as things stand.
    fn exhausted(&self, phase: &'static str, deadline: bool) -> Error {
        let register = self.register();
        count(&register.counters.timed_out);
        let usage = register.usage(self.half.role);
        let waiting = self.half.seats.waiting.load(Ordering::Relaxed) + register.waiting.load(Ordering::Relaxed);
        Error::PoolExhausted {
            at: self.ask.at,
            waited: self.since.elapsed(),
            phase,
            deadline,
            in_use: usage.in_use,
            own: usage.own,
            max: self.half.seats.most(),
            opening: u32::try_from(register.being_opened(self.half.role)).unwrap_or(u32::MAX),
            waiting,
            holder: usage.longest,
            source: register.refused().map(Into::into),
        }
    }
}
