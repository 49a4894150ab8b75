//! Which transactions a task is inside of, so that a statement is found out
//! that was made on the pool by mistake.
//!
//! Looked for in what a closure, a chain or a request does; what a transaction that is
//! begun by hand is used for is not to be seen.
//!
//! It would not be part of the transaction, and would wait for a second
//! connection while the first is held: on a pool of one, for ever.

use std::future::Future;
use std::panic::Location;
use std::sync::{Arc, OnceLock};

use crate::driver::{Intent, Pool};
use crate::error::{Error, Result};
use crate::session::{Place, Session};

tokio::task_local! {
    static HELD: Held;
}

/// A transaction that a task is inside of.
#[derive(Clone)]
struct Held {
    pool: Pool,
    begun: Begun,
    /// What its connection is for.
    intent: Intent,
    outer: Option<Box<Self>>,
}

/// Where a transaction was begun, once it was.
#[derive(Debug, Clone, Default)]
pub(crate) struct Begun(Arc<OnceLock<&'static Location<'static>>>);

impl Begun {
    pub(crate) fn at(self, at: &'static Location<'static>) -> Self {
        // A request begins only one.
        let _ = self.0.set(at);
        self
    }
}

impl Session {
    /// Runs what belongs into this transaction, if it is one that was begun on a pool.
    pub(crate) async fn within<F: Future>(&self, at: &'static Location<'static>, work: F) -> F::Output {
        match &self.place {
            Place::Transaction(level) if level.is_outermost() => self.within_later(Begun::default().at(at), work).await,
            _ => work.await,
        }
    }

    /// Runs something in which a transaction on the pool of this session may be begun.
    pub(crate) async fn within_later<F: Future>(&self, begun: Begun, work: F) -> F::Output {
        let outer = HELD.try_with(|it| Box::new(it.clone())).ok();
        HELD.scope(Held { pool: self.core.pool.clone(), begun, intent: self.intent(false), outer }, work).await
    }
}

/// Warns of a statement on the pool inside a transaction on the same pool.
///
/// # Errors
/// [`Error::OutsideTransaction`] if that is forbidden, or would wait for ever.
pub(super) fn check(pool: &Pool, intent: Intent, strict: bool, at: &'static Location<'static>) -> Result<()> {
    HELD.try_with(|innermost| {
        let begun = |it: &'_ Held| it.begun.0.get().copied().filter(|_| it.pool.is_same(pool)).map(|at| (at, it.intent));
        let frames = || std::iter::successors(Some(innermost), |it| it.outer.as_deref()).filter_map(begun);
        let Some((nearest, _)) = frames().next() else { return Ok(()) };
        let same_kind = frames().filter(|(_, its)| pool.shares(*its, intent)).count();
        if strict || pool.is_all(intent, same_kind) {
            return Err(Error::OutsideTransaction { transaction: nearest.to_string(), statement: at.to_string() });
        }
        tracing::warn!(
            transaction = %nearest,
            statement = %at,
            "a statement was made on the pool inside a transaction, and is no part of it: use the session that the transaction gave"
        );
        Ok(())
    })
    .unwrap_or(Ok(()))
}
