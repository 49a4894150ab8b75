//! What goes wrong, as problem documents (RFC 9457).

use std::fmt;
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use orm::service::Failed;
use serde_json::json;

/// An answer that is not the one that was asked for. Its text is public: it
/// names things, and holds no values.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    detail: String,
    /// When it may be tried again.
    retry_after: Option<Duration>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), retry_after: None }
    }
}

/// A rule of the clinic that a hook or a callback found broken.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) &'static str);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Refused {}

impl From<orm::Error> for Problem {
    fn from(error: orm::Error) -> Self {
        match error.downcast_ref::<Refused>() {
            Some(rule) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, rule.to_string()),
            None => Self::of(&error),
        }
    }
}

impl Problem {
    fn of(error: &orm::Error) -> Self {
        let status = error.http_status();
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            // For the operator, not for the client.
            eprintln!("error: {error}");
        }
        Self { retry_after: error.retry_after(), ..Self::new(status, error.public_message()) }
    }
}

/// Puts a problem in the place of an answer whose transaction was not committed.
pub(crate) async fn not_committed(answer: Response) -> Response {
    match answer.extensions().get::<Failed>() {
        // Which status it is, the layer knows best.
        Some(it) => Problem { status: answer.status(), ..Problem::of(it.error()) }.into_response(),
        None => answer,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Problem");
        let body = json!({ "title": title, "status": self.status.as_u16(), "detail": self.detail });
        let mut answer = (self.status, [(header::CONTENT_TYPE, "application/problem+json")], Json(body)).into_response();
        if let Some(pause) = self.retry_after {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(pause.as_secs()));
        }
        answer
    }
}
