//! Pages that explain what does not belong to one item.

#[doc = include_str!("../../docs/tour.md")]
pub mod tour {}

#[doc = include_str!("../../docs/what-ok-means.md")]
pub mod outcomes {}

#[cfg(feature = "axum")]
#[doc = include_str!("../../docs/requests.md")]
pub mod requests {}
