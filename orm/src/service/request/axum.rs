//! Sessions as arguments of axum's handlers, errors as their answers.

use std::fmt;

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;

use crate::error::Error;
use crate::service::request::RequestSession;
use crate::session::Session;

/// The session of the request, as an argument of a handler.
///
/// [`SessionLayer`](crate::service::SessionLayer) makes it. Each `Scoped` of a
/// request is a handle to the same session; it owns what it needs, so it can be
/// moved into a task. In a transaction that has ended with the request, what is
/// asked of it is [`Error::TransactionClosed`].
///
/// Where the layer makes transactions, taking it begins one. A handler that also
/// takes a body, which a client may send slowly, takes the [`RequestSession`]
/// instead, and asks that when the body is there:
///
/// ```
/// # use orm::prelude::*;
/// use orm::service::RequestSession;
/// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
///
/// async fn sign_up(request: RequestSession, name: String) -> orm::Result<String> {
///     let tx = request.session().await?;
///     Ok(tx.create(User { id: 0, name }).await?.id.to_string())
/// }
/// # axum::Router::<()>::new().route("/users", axum::routing::post(sign_up));
/// ```
///
/// Otherwise:
///
/// ```
/// # use orm::prelude::*;
/// use axum::extract::Path;
/// use orm::service::Scoped;
/// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
///
/// async fn name(Scoped(db): Scoped, Path(id): Path<i64>) -> orm::Result<String> {
///     Ok(db.get::<User>(id).await?.name)
/// }
/// # axum::Router::<()>::new().route("/users/{id}", axum::routing::get(name));
/// ```
#[derive(Debug)]
pub struct Scoped(pub Session);

/// Why a handler did not get its session.
#[derive(Debug)]
#[non_exhaustive]
pub enum ScopedRejection {
    /// The route is outside of a [`SessionLayer`](crate::service::SessionLayer).
    NoLayer,
    /// The transaction could not be begun.
    Begin(Error),
}

impl<S: Sync> FromRequestParts<S> for Scoped {
    type Rejection = ScopedRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ScopedRejection> {
        let request = RequestSession::from_request_parts(parts, state).await?;
        request.taken().await.map(Self).map_err(ScopedRejection::Begin)
    }
}

/// For handlers that begin the transaction themselves; see [`Scoped`].
impl<S: Sync> FromRequestParts<S> for RequestSession {
    type Rejection = ScopedRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ScopedRejection> {
        parts.extensions.get().cloned().ok_or(ScopedRejection::NoLayer)
    }
}

impl fmt::Display for ScopedRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLayer => f.write_str("this route has no session: put `SessionLayer` around it, with `Router::layer`"),
            Self::Begin(error) => write!(f, "the transaction of the request was not begun: {error}"),
        }
    }
}

impl std::error::Error for ScopedRejection {}

impl From<ScopedRejection> for Error {
    fn from(rejection: ScopedRejection) -> Self {
        match rejection {
            ScopedRejection::NoLayer => Self::Configuration { setting: "`Scoped`".to_owned(), reason: rejection.to_string() },
            ScopedRejection::Begin(error) => error,
        }
    }
}

impl IntoResponse for ScopedRejection {
    fn into_response(self) -> Response {
        match self {
            // The advice is for who wrote the program.
            Self::NoLayer => Error::from(self).into_response(),
            Self::Begin(error) => error.into_response(),
        }
    }
}

/// The answer to a request that failed: [`http_status`](Error::http_status), and
/// [`public_message`](Error::public_message) as its text. What is a fault of the
/// service, and not of the request, is reported as an event (`tracing`).
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = self.http_status();
        if status.is_server_error() {
            tracing::error!(error = %self, "a request failed");
        }
        let mut answer = (status, self.public_message().into_owned()).into_response();
        self.add_retry_after(answer.headers_mut());
        answer
    }
}
