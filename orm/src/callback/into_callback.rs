//! Plain async functions as callbacks.

use std::future::Future;
use std::sync::Arc;

use crate::callback::{BoxFuture, Callback, Context, Erased, Next, SharedCallback};
use crate::error::Result;

/// What can be registered as a callback. `Shape` tells the kinds apart and is
/// always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be registered as a callback",
    label = "not a callback",
    note = "a callback is an `async fn(&mut Context) -> orm::Result<()>`,",
    note = "an `async fn(&mut Context, Next<'_>) -> orm::Result<()>`, or a type that implements `Callback`;",
    note = "its future must be `Send`, and a closure writes its types and captures nothing"
)]
#[expect(private_interfaces, reason = "the erased form is nobody's business")]
pub trait IntoCallback<Shape> {
    #[doc(hidden)]
    fn into_callback(self) -> SharedCallback;
}

/// The shape of a function that runs before the rest.
#[derive(Debug)]
pub struct IsStep;
/// The shape of a function that runs the rest itself.
#[derive(Debug)]
pub struct IsAround;
/// The shape of a type with state.
#[derive(Debug)]
pub struct IsCallback;

/// A function from a context to a future that borrows it.
pub trait Step<'a> {
    /// The future.
    type Run: Future<Output = Result<()>> + Send + 'a;
    /// Calls the function.
    fn step(&self, cx: &'a mut Context) -> Self::Run;
}

impl<'a, F, R> Step<'a> for F
where
    F: Fn(&'a mut Context) -> R,
    R: Future<Output = Result<()>> + Send + 'a,
{
    type Run = R;

    fn step(&self, cx: &'a mut Context) -> R {
        self(cx)
    }
}

/// A function from a context and the rest of the chain to a future that borrows both.
pub trait Around<'a> {
    /// The future.
    type Run: Future<Output = Result<()>> + Send + 'a;
    /// Calls the function.
    fn around(&self, cx: &'a mut Context, next: Next<'a>) -> Self::Run;
}

impl<'a, F, R> Around<'a> for F
where
    F: Fn(&'a mut Context, Next<'a>) -> R,
    R: Future<Output = Result<()>> + Send + 'a,
{
    type Run = R;

    fn around(&self, cx: &'a mut Context, next: Next<'a>) -> R {
        self(cx, next)
    }
}

struct StepLink<F>(F);
struct AroundLink<F>(F);

impl<F: for<'a> Step<'a> + Send + Sync + 'static> Erased for StepLink<F> {
    fn call<'a>(&'a self, cx: &'a mut Context, next: Next<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.0.step(&mut *cx).await?;
            next.run(cx).await
        })
    }
}

impl<F: for<'a> Around<'a> + Send + Sync + 'static> Erased for AroundLink<F> {
    fn call<'a>(&'a self, cx: &'a mut Context, next: Next<'a>) -> BoxFuture<'a, Result<()>> {
        // Called inside the future, as `Callback::call` is.
        Box::pin(async move { self.0.around(cx, next).await })
    }
}

#[expect(private_interfaces, reason = "the erased form is nobody's business")]
impl<F: for<'a> Step<'a> + Send + Sync + 'static> IntoCallback<IsStep> for F {
    fn into_callback(self) -> SharedCallback {
        Arc::new(StepLink(self))
    }
}

#[expect(private_interfaces, reason = "the erased form is nobody's business")]
impl<F: for<'a> Around<'a> + Send + Sync + 'static> IntoCallback<IsAround> for F {
    fn into_callback(self) -> SharedCallback {
        Arc::new(AroundLink(self))
    }
}

#[expect(private_interfaces, reason = "the erased form is nobody's business")]
impl<C: Callback> IntoCallback<IsCallback> for C {
    fn into_callback(self) -> SharedCallback {
        Arc::new(self)
    }
}
