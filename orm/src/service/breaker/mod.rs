//! A circuit breaker: asks no more of a database that is ill.

mod around;
mod circuit;
mod fallback;

pub use self::circuit::CircuitState;
pub use self::fallback::Fallbacks;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::around::{Around, Begins};
use self::circuit::{Circuit, Limits};
use crate::callback::{Callbacks, IntoCallback, Plugin, SharedCallback};
use crate::error::{Error, Result};
use crate::statement::Kind;

/// A circuit breaker, as a [`Plugin`]: where too many statements fail because
/// the database is ill, it is not asked for a while, and statements fail at once
/// with [`Error::CircuitOpen`]. Then one is let through; if the database
/// answers it, all are.
///
/// Ill is a database that cannot be connected to, loses connections, or does
/// not answer in time: a statement that had 100 ms and more from when it was made
/// until it was [late](Error::Timeout), and a pool without a free connection
/// ([`Error::PoolExhausted`]; the same 100 ms where it is the session's time that is up), but
/// not a lane that is full or a pool that is suspended. A connection that is refused is not
/// [tried again](crate::PoolOptions::wait_timeout) here: the first refusal counts.
/// Other errors are answers, also those that say that data breaks a rule. A statement that is dropped counts only if it is the one
/// that was let through: then the database is not asked for another while.
///
/// Nothing inside a transaction is refused, for what it did before would be lost;
/// what comes of it is counted. To begin one is refused as a statement is.
/// Links of the program that stand before `orm:transaction`, or before
/// `orm:query` and the like, run all the same, so caches still answer.
/// [`Db::ping`](crate::Db::ping) and [`Health`](crate::Health) are not asked here.
///
/// Its state is told by events of `tracing`: a warning when it opens. It is made
/// once for each database, and cheap to clone.
///
/// ```
/// # use orm::prelude::*;
/// # use std::time::Duration;
/// use orm::service::{Breaker, CircuitState};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> orm::Result<()> {
/// let breaker = Breaker::new("main").failure_rate(0.5).pause(Duration::from_secs(5));
/// let db = Db::builder("sqlite::memory:").plugin(breaker.clone()).open().await?;
/// assert_eq!(breaker.state(), CircuitState::Closed);
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use = "it is a plugin of a database"]
pub struct Breaker {
    name: &'static str,
    limits: Limits,
    circuit: Arc<Circuit>,
    fallback: Option<SharedCallback>,
}

impl Breaker {
    /// A circuit breaker; the name is for errors and events.
    pub fn new(name: &'static str) -> Self {
        // Open within a second of a database of which every other statement fails.
        let limits = Limits { rate: 0.4, least: 10, window: Duration::from_millis(800), pause: Duration::from_secs(5) };
        Self { name, limits, circuit: Arc::new(Circuit::new(name, limits)), fallback: None }
    }

    /// Opens when this part of the statements within the window fails: 0.5 is
    /// one of two. Default: 0.4.
    pub fn failure_rate(self, rate: f64) -> Self {
        let limits = Limits { rate, ..self.limits };
        self.with(limits)
    }

    /// Does not open for fewer statements than this within the window. Default: 10.
    pub fn at_least(self, statements: u32) -> Self {
        let limits = Limits { least: statements, ..self.limits };
        self.with(limits)
    }

    /// How far back statements count; of a database that fails at once after it
    /// was well, it opens when the part of this time is over that
    /// [`failure_rate`](Self::failure_rate) says, or sooner. Default: 800 ms.
    pub fn window(self, time: Duration) -> Self {
        let limits = Limits { window: time, ..self.limits };
        self.with(limits)
    }

    /// How long the database is left alone before one statement is let through.
    /// Default: 5 s.
    pub fn pause(self, time: Duration) -> Self {
        let limits = Limits { pause: time, ..self.limits };
        self.with(limits)
    }

    fn with(self, limits: Limits) -> Self {
        Self { limits, circuit: Arc::new(Circuit::new(self.name, limits)), ..self }
    }

    /// Answers statements that are refused, in the place of the database: a
    /// callback that calls [`Context::answer`](crate::Context::answer) or
    /// [`answer_with`](crate::Context::answer_with), or else leaves the statement
    /// refused. It says so: [`Outcome::fallback`](crate::Outcome::fallback) to
    /// callbacks that stand around it, and [`Fallbacks`] to who made the statement.
    ///
    /// It runs outside of transactions only. What it sends through its session
    /// is refused.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// use orm::service::{Breaker, Fallbacks};
    /// # #[derive(Debug, Clone, Model)] struct Ward { #[orm(key)] name: String }
    ///
    /// let breaker = Breaker::new("main").fallback(async |cx: &mut Context| {
    ///     if cx.statement().model() == Some(Ward::META) {
    ///         // Other reads of wards, such as a count, stay refused.
    ///         let _ = cx.answer_with(vec![Ward { name: "emergency".into() }]);
    ///     }
    ///     Ok(())
    /// });
    ///
    /// # async fn f(db: Db) -> orm::Result<()> {
    /// let fallbacks = Fallbacks::new();
    /// let wards = db.find::<Ward>().with(fallbacks.clone()).await?;
    /// if fallbacks.any() {
    ///     println!("these may be old");
    /// }
    /// # Ok(()) }
    /// ```
    pub fn fallback<Shape>(self, answer: impl IntoCallback<Shape>) -> Self {
        Self { fallback: Some(answer.into_callback()), ..self }
    }

    /// What it does with statements now. An open one becomes half open when the
    /// next statement comes after its pause.
    #[must_use]
    pub fn state(&self) -> CircuitState {
        self.circuit.state()
    }
}

impl Plugin for Breaker {
    fn name(&self) -> &'static str {
        "breaker"
    }

    fn register(&self, on: &mut Callbacks) -> Result<()> {
        if !(self.limits.rate > 0.0 && self.limits.rate <= 1.0) {
            let setting = format!("the failure rate of the circuit breaker `{}`", self.name);
            return Err(Error::Configuration { setting, reason: "it must be more than 0, and at most 1".to_owned() });
        }
        on.guard(Arc::new(Begins(Arc::clone(&self.circuit))));
        for chain in on.each() {
            // Behind the program's own links, before all that needs a connection.
            let place = match chain.kind() {
                Kind::Create | Kind::Update | Kind::Delete => "orm:transaction",
                Kind::Query => "orm:query",
                Kind::Raw => "orm:raw",
                Kind::Row => "orm:row",
            };
            let link = Around { circuit: Arc::clone(&self.circuit), fallback: self.fallback.clone() };
            chain.before(place).register("breaker:around", link);
        }
        Ok(())
    }
}

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker")
            .field("name", &self.name)
            .field("limits", &self.limits)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
