//! A service whose requests have sessions.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use crate::error::{Error, Result};
use crate::service::request::{RequestSession, SessionLayer};

/// A service whose requests have sessions; see [`SessionLayer`].
#[derive(Debug, Clone)]
pub struct SessionService<S> {
    inner: S,
    layer: SessionLayer,
}

/// Why the transaction of a request was not committed though its handler was
/// content; in the extensions of the answer.
///
/// ```
/// use axum::response::{IntoResponse, Response};
/// use orm::service::Failed;
///
/// /// For `axum::middleware::map_response`, around the layer.
/// async fn explain(answer: Response) -> Response {
///     match answer.extensions().get::<Failed>() {
///         Some(failed) => (answer.status(), failed.error().public_message().into_owned()).into_response(),
///         None => answer,
///     }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Failed(Arc<Error>);

impl Failed {
    /// What the commit said.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.0
    }
}

impl<S> SessionService<S> {
    pub(super) fn new(inner: S, layer: SessionLayer) -> Self {
        Self { inner, layer }
    }
}

impl<S, B, A> Service<Request<B>> for SessionService<S>
where
    S: Service<Request<B>, Response = Response<A>, Error: Send + 'static, Future: Send + 'static>,
    A: Default + Send + 'static,
{
    type Response = Response<A>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<A>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let session = self.layer.session_of(&parts);
        parts.extensions.insert(session.clone());
        // Made before anything is called, so that a panic there ends it, too.
        let ending = Ending { session, layer: self.layer.clone() };
        let answer = self.inner.call(Request::from_parts(parts, body));
        let answer = ending.session.within(answer);
        Box::pin(async move { ending.after(answer.await?).await })
    }
}

/// Ends the transaction of a request, whatever becomes of the request. Handles
/// to its session may be about for longer.
struct Ending {
    session: RequestSession,
    layer: SessionLayer,
}

impl Ending {
    /// Ends it as the answer says, and gives the answer that is true then.
    async fn after<A: Default, E>(self, answer: Response<A>) -> Result<Response<A>, E> {
        let Some(transaction) = self.session.end() else { return Ok(answer) };
        let (parts, body) = answer.into_parts();
        if self.layer.rolls_back(&parts) {
            transaction.rollback().await;
            return Ok(Response::from_parts(parts, body));
        }
        Ok(match transaction.commit().await {
            Ok(()) => Response::from_parts(parts, body),
            Err(error) => not_committed(error),
        })
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        // Its drop is its rollback.
        drop(self.session.end());
    }
}

/// The answer in the place of one that promised what did not happen.
fn not_committed<A: Default>(error: Error) -> Response<A> {
    tracing::error!(%error, "the transaction of a request was not committed");
    let mut answer = Response::new(A::default());
    // The client asked for nothing wrong that it was not told of before.
    *answer.status_mut() = error.status_of_commit();
    error.add_retry_after(answer.headers_mut());
    answer.extensions_mut().insert(Failed(Arc::new(error)));
    answer
}
