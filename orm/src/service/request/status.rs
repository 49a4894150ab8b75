//! Errors as statuses of HTTP.

use std::time::Duration;

use http::StatusCode;
use http::header::{HeaderMap, HeaderValue, RETRY_AFTER};

use crate::error::{DatabasesError, Error};

impl Error {
    /// The status of an answer to a request that failed with this.
    ///
    /// | status | errors |
    /// |---|---|
    /// | 400 | a column was asked for by a name that there is not |
    /// | 404 | [`is_not_found`](Self::is_not_found) |
    /// | 409 | a unique rule or a foreign key was broken, [`is_conflict`](Self::is_conflict), a lock that was not to be had |
    /// | 422 | a check was broken, a value is missing or cannot be stored |
    /// | 503 | [`is_pool_exhausted`](Self::is_pool_exhausted), [`is_circuit_open`](Self::is_circuit_open), no connection, one that was lost, a database that is not open yet, a handle that is closed |
    /// | 504 | [`is_timeout`](Self::is_timeout), [`is_cancelled`](Self::is_cancelled) |
    /// | 507 | [`is_disk_full`](Self::is_disk_full) |
    /// | 500 | all others; also [`is_outcome_unknown`](Self::is_outcome_unknown), which nobody is to try again by himself |
    ///
    /// The text for the client is [`public_message`](Self::public_message). Needs
    /// the feature `tower`; with `axum`, errors are answers by themselves.
    ///
    /// ```
    /// let error = orm::Error::NotFound { model: "Patient", operation: "get" };
    /// assert_eq!(error.http_status(), 404);
    /// ```
    #[must_use]
    pub fn http_status(&self) -> StatusCode {
        match self {
            Self::UnknownColumn { .. } => StatusCode::BAD_REQUEST,
            Self::NotFound { .. } => StatusCode::NOT_FOUND,
            Self::UniqueViolation { .. } | Self::ForeignKeyViolation { .. } => StatusCode::CONFLICT,
            Self::SerializationFailure { .. } | Self::Deadlock { .. } | Self::LockTimeout { .. } => StatusCode::CONFLICT,
            Self::CheckViolation { .. } | Self::NotNullViolation { .. } | Self::Unstorable { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::PoolExhausted { .. } | Self::Connect { .. } | Self::ConnectionLost { .. } | Self::Closed => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::CircuitOpen { .. } | Self::Databases(DatabasesError::NotOpen { .. } | DatabasesError::Start { .. }) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Timeout { .. } | Self::Cancelled => StatusCode::GATEWAY_TIMEOUT,
            Self::DiskFull { .. } => StatusCode::INSUFFICIENT_STORAGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The status where a commit failed after the handler was content: never
    /// one of the client's mistakes.
    pub(super) fn status_of_commit(&self) -> StatusCode {
        match self.http_status() {
            status if status.is_server_error() => status,
            _ if self.is_retryable() => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// When the client may try again, where that may help soon: for the header
    /// `Retry-After`, in whole seconds and not too soon. Needs the feature `tower`.
    ///
    /// ```
    /// assert_eq!(orm::Error::Closed.retry_after().map(|it| it.as_secs()), Some(1));
    /// assert_eq!(orm::Error::NotFound { model: "Patient", operation: "get" }.retry_after(), None);
    /// ```
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::CircuitOpen { retry_after, .. } => Some(Duration::from_secs(retry_after.as_secs().saturating_add(1))),
            _ if self.is_retryable() || self.http_status() == StatusCode::SERVICE_UNAVAILABLE => Some(Duration::from_secs(1)),
            _ => None,
        }
    }

    pub(super) fn add_retry_after(&self, headers: &mut HeaderMap) {
        if let Some(pause) = self.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(pause.as_secs()));
        }
    }
}
