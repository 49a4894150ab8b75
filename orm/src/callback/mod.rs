//! CHAINS of named callbacks that every statement runs through.
//!
//! Knows nothing of sessions or databases: who can run a statement is a
//! [`Runner`], and the links that do the work are registered from above.

mod chain;
mod context;
mod editor;
mod into_callback;
mod order;
mod settings;

pub use self::chain::{Chain, Chains};
pub use self::context::Context;
pub use self::editor::{Callbacks, ChainEditor, Place};
pub use self::into_callback::IntoCallback;
pub use self::settings::Settings;

pub(crate) use self::chain::Link;

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt;

use crate::error::{Cause, Error, Result};
use crate::statement::{Kind, Outcome, RecordSet, Statement};
use crate::value::Value;

/// A future on the heap, as everything that crosses a chain is.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Whoever can run a statement through the chains. Sessions can.
pub(crate) trait Runner: Send + Sync {
    /// Runs a statement through the chain of its kind.
    fn run(&self, request: Request) -> BoxFuture<'_, Finished>;
    /// Begins a transaction, nested where one is open.
    fn begin(&self, at: &'static Location<'static>) -> BoxFuture<'_, Result<Box<dyn Transaction>>>;
    /// The session behind this runner, for floors above that know its type.
    fn as_any(&self) -> &dyn Any;
}

/// A transaction that a builder began; its drop undoes it.
pub(crate) trait Transaction: Send + Sync {
    /// Who runs statements in it.
    fn runner(&self) -> &dyn Runner;
    /// Runs what is done in it, so that what is done beside it is found out.
    fn within<'a>(&'a self, at: &'static Location<'static>, work: BoxFuture<'a, Result<u64>>) -> BoxFuture<'a, Result<u64>>;
    /// Keeps what was done.
    fn commit(self: Box<Self>) -> BoxFuture<'static, Result<()>>;
    /// Undoes what was done, because of an error, and returns the one that is true then.
    fn undo(self: Box<Self>, error: Error) -> BoxFuture<'static, Error>;
}

/// Asked before a transaction begins, which no chain sees.
pub(crate) trait Guard: fmt::Debug + Send + Sync {
    /// Lets it begin, and wants to know what came of that.
    fn admit(&self, settings: &Settings) -> Result<Begun>;
}

/// Is told the error that a transaction could not begin for, or none.
pub(crate) type Begun = Box<dyn FnOnce(Option<&Error>) + Send>;

/// What a builder hands to a [`Runner`].
pub(crate) struct Request {
    /// Boxed: it is moved from future to future, each of which has a place for it.
    pub(crate) statement: Box<Statement>,
    pub(crate) records: Box<dyn RecordSet>,
    pub(crate) settings: Settings,
    /// Where the program made it.
    pub(crate) at: &'static Location<'static>,
    /// Whether callbacks are to let this statement see and change everything.
    pub(crate) unscoped: bool,
}

/// What comes back: the statement and its records also after an error.
pub(crate) struct Finished {
    pub(crate) records: Box<dyn RecordSet>,
    pub(crate) outcome: Outcome,
    /// What the last record of a batch was sorted by, as it was read.
    pub(crate) last: Vec<Value>,
    pub(crate) result: Result<()>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.statement.fmt(f)
    }
}

impl fmt::Debug for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.result.fmt(f)
    }
}

/// One link of a chain that has state of its own.
///
/// An `async fn(&mut Context) -> orm::Result<()>` and an
/// `async fn(&mut Context, Next<'_>) -> orm::Result<()>` can be registered as
/// they are.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use orm::prelude::*;
///
/// struct Counter(Arc<AtomicU64>);
///
/// impl Callback for Counter {
///     async fn call(&self, cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
///         self.0.fetch_add(1, Ordering::Relaxed);
///         next.run(cx).await
///     }
/// }
/// ```
pub trait Callback: Send + Sync + 'static {
    /// Does this link's part; what comes later in the chain runs with
    /// [`next.run(cx)`](Next::run), or not at all; then it says with
    /// [`Context::answer`] that it did their work.
    ///
    /// # Errors
    /// An error ends the chain and undoes what it wrote. One of the program
    /// ([`Error::other`]) becomes [`Error::CallbackFailed`], which names this link.
    fn call(&self, cx: &mut Context, next: Next<'_>) -> impl Future<Output = Result<()>> + Send;
}

/// Extends a database when it is opened: a named bundle of callbacks.
///
/// ```
/// use orm::prelude::*;
///
/// struct Shout;
///
/// impl Plugin for Shout {
///     fn name(&self) -> &'static str { "shout" }
///     fn register(&self, on: &mut Callbacks) -> orm::Result<()> {
///         on.query().register("shout:after", async |cx: &mut Context| {
///             println!("{:?}!", cx.outcome());
///             Ok(())
///         });
///         Ok(())
///     }
/// }
/// ```
pub trait Plugin: Send + Sync + 'static {
    /// Its name, for messages; a database takes a plugin once.
    fn name(&self) -> &'static str;

    /// Registers its callbacks.
    ///
    /// # Errors
    /// An error makes `open` fail.
    fn register(&self, on: &mut Callbacks) -> Result<()>;
}

/// The links of a chain that have not run yet: an around link runs them, or
/// returns an error, or [answers](Context::answer) in their place.
///
/// ```
/// use std::time::Instant;
/// use orm::prelude::*;
///
/// async fn timed(cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
///     let start = Instant::now();
///     let result = next.run(cx).await;
///     println!("{} took {:?}", cx.kind().name(), start.elapsed());
///     result
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Next<'a> {
    kind: Kind,
    rest: &'a [Link],
}

impl<'a> Next<'a> {
    pub(crate) fn new(kind: Kind, rest: &'a [Link]) -> Self {
        Self { kind, rest }
    }

    /// Runs the rest of the chain.
    ///
    /// ```
    /// use orm::prelude::*;
    ///
    /// /// Runs the rest once more where the connection was lost.
    /// async fn again(cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
    ///     match next.run(cx).await {
    ///         Err(error) if error.is_retryable() => next.run(cx).await,
    ///         result => result,
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// What a later link returns, as [`Error::CallbackFailed`] where it is an error
    /// of the program; [`Error::CallbackPanicked`] where one panics.
    pub async fn run(self, cx: &mut Context) -> Result<()> {
        let mut rest = self.rest;
        // Links that do not apply are passed over without a future of their own.
        while let Some((link, later)) = rest.split_first() {
            let panicked = |panic: Box<dyn Any + Send>| self.panicked(link, &*panic);
            if catch_unwind(AssertUnwindSafe(|| cx.applies(link, later.len()))).map_err(panicked)? {
                let next = Next { rest: later, ..self };
                cx.hands_on = false;
                let called = AssertUnwindSafe(link.callback.call(cx, next)).catch_unwind().await;
                let result = match called {
                    Ok(Err(Error::Other(source))) if link.is_of_program() && !cx.hands_on => Err(self.failed(link, source)),
                    Ok(result) => result,
                    Err(panic) => Err(self.panicked(link, &*panic)),
                };
                cx.hands_on = matches!(result, Err(Error::Other(_)));
                return result;
            }
            rest = later;
        }
        cx.hands_on = false;
        Ok(())
    }

    /// Whether one of these links of the program runs under a condition that holds.
    ///
    /// The answers are kept: a link that was not to run, and for which no
    /// transaction was begun, does not run after all.
    pub(crate) fn ask(&self, cx: &mut Context) -> Result<bool> {
        if self.rest.iter().all(|it| it.when.is_none()) {
            return Ok(false);
        }
        let mut answers = Vec::with_capacity(self.rest.len());
        for link in self.rest {
            let applies = catch_unwind(AssertUnwindSafe(|| link.applies(cx)));
            answers.push(applies.map_err(|panic| self.panicked(link, &*panic))?);
        }
        let any = self.rest.iter().zip(&answers).any(|(link, applies)| *applies && !link.is_ours());
        cx.keep_answers(answers);
        Ok(any)
    }

    fn failed(&self, link: &Link, source: Cause) -> Error {
        Error::CallbackFailed { chain: self.kind.name(), link: link.name.to_string(), source }
    }

    fn panicked(&self, link: &Link, panic: &(dyn Any + Send)) -> Error {
        Error::CallbackPanicked { chain: self.kind.name(), link: link.name.to_string(), message: panic_message(panic) }
    }
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.rest.iter().map(|it| &it.name)).finish()
    }
}

/// What chains store: a callback with its future boxed.
pub(crate) trait Erased: Send + Sync {
    fn call<'a>(&'a self, cx: &'a mut Context, next: Next<'a>) -> BoxFuture<'a, Result<()>>;
}

impl<C: Callback> Erased for C {
    fn call<'a>(&'a self, cx: &'a mut Context, next: Next<'a>) -> BoxFuture<'a, Result<()>> {
        // Called inside the future: a `call` that is no `async fn` may panic before there is one.
        Box::pin(async move { Callback::call(self, cx, next).await })
    }
}

pub(crate) type SharedCallback = Arc<dyn Erased>;

/// What a panic said.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|it| (*it).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}
