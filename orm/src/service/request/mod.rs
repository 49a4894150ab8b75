//! A session for each request.

#[cfg(feature = "axum")]
mod axum;
mod headers;
mod layer;
mod service;
mod session;
mod status;

#[cfg(feature = "axum")]
pub use self::axum::{Scoped, ScopedRejection};
pub use self::layer::SessionLayer;
pub use self::service::{Failed, SessionService};
pub use self::session::RequestSession;
