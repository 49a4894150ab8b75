//! What goes wrong, as problem documents (RFC 9457).

use std::fmt;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An answer that is not the one that was asked for. Its text is public: it
/// names things, and holds no values.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into() }
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
        match &error {
            orm::Error::NotFound { model } => Self::new(StatusCode::NOT_FOUND, format!("there is no such {model}")),
            orm::Error::UniqueViolation { model, .. } => Self::new(StatusCode::CONFLICT, format!("this {model} exists already")),
            orm::Error::Unstorable { column, .. } => Self::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{column} cannot hold this")),
            orm::Error::Other(cause) if cause.is::<Refused>() => Self::new(StatusCode::UNPROCESSABLE_ENTITY, cause.to_string()),
            it if it.is_retryable() => Self::new(StatusCode::SERVICE_UNAVAILABLE, "try again"),
            _ => {
                // For the operator, not for the client.
                eprintln!("error: {error}");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong here")
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Problem");
        let body = json!({ "title": title, "status": self.status.as_u16(), "detail": self.detail });
        (self.status, [(header::CONTENT_TYPE, "application/problem+json")], Json(body)).into_response()
    }
}
