//! How many may have a connection at once.
//!
//! Whoever wants a connection takes a seat first, in the order in which they
//! came, and keeps it as long as the connection. The pool beneath never has
//! fewer connections to give than there are seats, so nobody waits there.
//! It cannot be made smaller exactly: what is free is not counted off when it is
//! not open. Seats can.

use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, TryAcquireError};

use crate::error::{Error, Result};

/// The seats of a pool.
#[derive(Debug)]
pub(super) struct Seats {
    free: Semaphore,
    /// How many there are to be.
    most: Mutex<usize>,
    /// How many more there are, all taken; they are not free any more when they are left.
    surplus: AtomicUsize,
    pub(super) waiting: AtomicUsize,
    /// How many the pool has itself, at most: those come back whatever others do.
    own: AtomicUsize,
}

/// The right to one connection; the seat is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Arc<Seats>,
    /// Whether it was left, or there is no such seat any more.
    gone: bool,
    /// Whether the pool has it itself.
    own: bool,
}

/// Somebody who waits, until this is dropped.
pub(super) struct Waiting<'s>(&'s AtomicUsize);

impl<'s> Waiting<'s> {
    pub(super) fn on(counter: &'s AtomicUsize) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Seats {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            free: Semaphore::new(most),
            most: Mutex::new(most),
            surplus: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            own: AtomicUsize::new(0),
        })
    }

    fn limit(&self) -> MutexGuard<'_, usize> {
        self.most.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn most(&self) -> usize {
        *self.limit()
    }

    /// A seat, if one is free.
    pub(super) fn take_now(self: &Arc<Self>) -> Result<Option<Seat>> {
        match self.free.try_acquire() {
            Ok(permit) => {
                permit.forget();
                Ok(Some(Seat { seats: Arc::clone(self), gone: false, own: false }))
            }
            Err(TryAcquireError::NoPermits) => Ok(None),
            Err(TryAcquireError::Closed) => Err(Error::Closed),
        }
    }

    /// A seat for the pool itself, if one is free.
    pub(super) fn take_for_pool(self: &Arc<Self>) -> Result<Option<Seat>> {
        // Said first, and taken back last: whoever finds no seat finds this.
        self.own.fetch_add(1, Ordering::SeqCst);
        let taken = self.take_now();
        if let Ok(Some(mut seat)) = taken {
            seat.own = true;
            return Ok(Some(seat));
        }
        self.own.fetch_sub(1, Ordering::SeqCst);
        taken
    }

    /// Whether none is free.
    pub(super) fn is_out(&self) -> bool {
        self.free.available_permits() == 0
    }

    /// Whether there are as many seats that the pool has itself as there are waiters, so
    /// that each of these will have one.
    pub(super) fn come_back(&self) -> bool {
        let own = self.own.load(Ordering::SeqCst);
        own > 0 && self.waiting.load(Ordering::SeqCst) <= own
    }

    /// Waits for a seat.
    pub(super) async fn take(self: &Arc<Self>) -> Result<Seat> {
        let _waiting = Waiting::on(&self.waiting);
        let permit = self.free.acquire().await.map_err(|_| Error::Closed)?;
        permit.forget();
        Ok(Seat { seats: Arc::clone(self), gone: false, own: false })
    }

    /// From now on there are so many.
    pub(super) fn resize(&self, most: usize) {
        let mut limit = self.limit();
        let before = std::mem::replace(&mut *limit, most);
        if let Some(fewer) = before.checked_sub(most) {
            self.surplus.fetch_add(fewer, Ordering::SeqCst);
            self.clear_away();
        } else {
            let kept = (before..most).take_while(|_| self.is_one_too_many()).count();
            self.free.add_permits(most - before - kept);
        }
    }

    /// Whether there is one too many, which is counted off.
    fn is_one_too_many(&self) -> bool {
        // Read first: few resize, and all leave.
        self.surplus.load(Ordering::SeqCst) > 0
            && self.surplus.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |it| it.checked_sub(1)).is_ok()
    }

    /// Takes away what is free and too many, and says whether that was any. Called by who makes
    /// seats too many, and by who leaves one: each says what it did before it looks for what the
    /// other did.
    fn clear_away(&self) -> bool {
        fence(Ordering::SeqCst);
        let mut cleared = false;
        while self.surplus.load(Ordering::SeqCst) > 0 && self.free.forget_permits(1) > 0 {
            if !self.is_one_too_many() {
                self.free.add_permits(1);
                break;
            }
            cleared = true;
        }
        cleared
    }

    /// Whoever waits, now or later, is told that the pool is closed.
    pub(super) fn close(&self) {
        self.free.close();
    }
}

impl Seat {
    /// Gives the seat up for good if there are too many; says whether it did.
    pub(super) fn is_surplus(&mut self) -> bool {
        if self.gone {
            return true;
        }
        self.gone = self.seats.is_one_too_many();
        self.gone
    }

    /// Leaves the seat; says whether it was one too many.
    pub(super) fn leave(mut self) -> bool {
        self.free()
    }

    fn free(&mut self) -> bool {
        if std::mem::replace(&mut self.gone, true) {
            return false;
        }
        if self.seats.is_one_too_many() {
            return true;
        }
        self.seats.free.add_permits(1);
        self.seats.clear_away()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.free();
        if self.own {
            self.seats.own.fetch_sub(1, Ordering::SeqCst);
        }
    }
}
