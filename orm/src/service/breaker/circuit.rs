//! The state of a circuit breaker: who may pass.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use failsafe::{FailurePolicy, Instrument, StateMachine, WindowedAdder};

use crate::driver::CENTURY;
use crate::error::Error;

/// What a circuit breaker does with statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CircuitState {
    /// All may pass.
    Closed,
    /// None may pass.
    Open,
    /// One may pass; what comes of it decides.
    HalfOpen,
}

/// When it opens, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The part of failures from which on it opens.
    pub(super) rate: f64,
    /// Fewer statements within the window say nothing.
    pub(super) least: u32,
    pub(super) window: Duration,
    pub(super) pause: Duration,
}

/// Lets statements pass, or not.
#[derive(Debug)]
pub(super) struct Circuit {
    pub(super) name: &'static str,
    pause: Duration,
    machine: StateMachine<Rate, Shown>,
    shown: Shown,
    /// Whether the one is under way that may pass a circuit that is half open.
    probing: AtomicBool,
}

/// The state as others see it, and since when: the machine does not tell it.
#[derive(Debug, Clone)]
struct Shown {
    name: &'static str,
    state: Arc<Mutex<(CircuitState, Instant)>>,
}

/// A statement that may pass.
#[derive(Debug)]
pub(super) struct Pass {
    circuit: Arc<Circuit>,
    pub(super) is_probe: bool,
}

/// What a statement says of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Well,
    Ill,
    Nothing,
}

impl Circuit {
    pub(super) fn new(name: &'static str, limits: Limits) -> Self {
        let shown = Shown { name, state: Arc::new(Mutex::new((CircuitState::Closed, Instant::now()))) };
        Self {
            name,
            pause: limits.pause,
            machine: StateMachine::new(Rate::new(limits), shown.clone()),
            shown,
            probing: AtomicBool::new(false),
        }
    }

    pub(super) fn state(&self) -> CircuitState {
        self.shown.read().0
    }

    /// # Errors
    /// [`Error::CircuitOpen`], at once.
    pub(super) fn admit(self: &Arc<Self>) -> Result<Pass, Error> {
        if self.state() == CircuitState::Closed {
            return Ok(self.pass(false));
        }
        // Taken before the machine is asked: it would let all pass once the pause is over.
        if self.probing.swap(true, Ordering::SeqCst) {
            return Err(self.refusal());
        }
        if self.machine.is_call_permitted() {
            return Ok(self.pass(true));
        }
        self.probing.store(false, Ordering::SeqCst);
        Err(self.refusal())
    }

    /// Lets one pass that must not be stopped.
    pub(super) fn pass(self: &Arc<Self>, is_probe: bool) -> Pass {
        Pass { circuit: Arc::clone(self), is_probe }
    }

    fn refusal(&self) -> Error {
        let (state, since) = *self.shown.read();
        let left = if state == CircuitState::Open { self.pause.saturating_sub(since.elapsed()) } else { Duration::ZERO };
        Error::CircuitOpen { circuit: self.name, retry_after: left }
    }
}

impl Pass {
    /// Counts what came of it. What passed before the circuit opened says
    /// nothing of the time after.
    pub(super) fn report(mut self, verdict: Verdict) {
        let counts = self.is_probe || self.circuit.state() == CircuitState::Closed;
        match verdict {
            Verdict::Well if counts => self.circuit.machine.on_success(),
            Verdict::Ill if counts => self.circuit.machine.on_error(),
            _ => {}
        }
        self.end();
    }

    /// After the verdict, or another one would pass in between.
    fn end(&mut self) {
        if std::mem::take(&mut self.is_probe) {
            self.circuit.probing.store(false, Ordering::SeqCst);
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.is_probe {
            // Nobody waited for the answer any more, so there was none in time.
            self.circuit.machine.on_error();
            self.end();
        }
    }
}

impl Shown {
    fn read(&self) -> MutexGuard<'_, (CircuitState, Instant)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says whether that is news.
    fn become_(&self, state: CircuitState) -> bool {
        let mut shown = self.read();
        let before = std::mem::replace(&mut *shown, (state, Instant::now()));
        before.0 != state
    }
}

impl Instrument for Shown {
    fn on_call_rejected(&self) {}

    fn on_open(&self) {
        if self.become_(CircuitState::Open) {
            tracing::warn!(circuit = self.name, "the circuit breaker is open: statements are refused");
        }
    }

    fn on_half_open(&self) {
        if self.become_(CircuitState::HalfOpen) {
            tracing::info!(circuit = self.name, "the circuit breaker is half open: one statement is let through");
        }
    }

    fn on_closed(&self) {
        if self.become_(CircuitState::Closed) {
            tracing::info!(circuit = self.name, "the circuit breaker is closed: the database answers");
        }
    }
}

/// The part of statements that failed within a window.
///
/// The policies of the crate weigh by time, so that a burst counts as one
/// failure, and never open within their first window.
#[derive(Debug)]
struct Rate {
    limits: Limits,
    all: WindowedAdder,
    ill: WindowedAdder,
}

impl Rate {
    fn new(limits: Limits) -> Self {
        // Its parts must be longer than nothing.
        let counter = || WindowedAdder::new(limits.window.clamp(Duration::from_millis(10), Duration::from_secs(86_400)), 10);
        Self { limits, all: counter(), ill: counter() }
    }
}

impl FailurePolicy for Rate {
    fn record_success(&mut self) {
        self.all.add(1);
    }

    fn mark_dead_on_failure(&mut self) -> Option<Duration> {
        self.all.add(1);
        self.ill.add(1);
        let (all, ill) = (self.all.sum(), self.ill.sum());
        #[expect(clippy::cast_precision_loss, reason = "a rate need not be exact")]
        let is_ill = all >= i64::from(self.limits.least) && ill as f64 >= all as f64 * self.limits.rate;
        // The machine adds it to the time that it is.
        is_ill.then_some(self.limits.pause.min(CENTURY))
    }

    fn revived(&mut self) {
        self.all.reset();
        self.ill.reset();
    }
}
