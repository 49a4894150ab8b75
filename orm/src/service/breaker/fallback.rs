//! Says that a fallback answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts answers that came from the [`fallback`](super::Breaker::fallback) of a
/// circuit breaker: given to a statement, or to a session for all of its
/// statements. Clones count together.
///
/// ```
/// # use orm::prelude::*;
/// use orm::service::Fallbacks;
/// # #[derive(Debug, Model)] struct Ward { #[orm(key)] name: String }
/// # async fn f(db: &Session) -> orm::Result<()> {
/// let fallbacks = Fallbacks::new();
/// let request = db.session().with(fallbacks.clone());
/// let wards = request.find::<Ward>().await?;
/// println!("{} wards, {} answers may be old", wards.len(), fallbacks.count());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Fallbacks(Arc<AtomicU64>);

impl Fallbacks {
    /// None so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Whether there was one.
    #[must_use]
    pub fn any(&self) -> bool {
        self.count() > 0
    }

    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
