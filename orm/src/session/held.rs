//! Which transactions a task is inside of, so that a statement is found out
//! that was made on the pool by mistake.
//!
//! It would not be part of the transaction, and would wait for a second
//! connection while the first is held: on a pool of one, for ever.

use std::future::Future;
use std::panic::Location;

use crate::driver::{Intent, Pool};
use crate::error::{Error, Result};

tokio::task_local! {
    static HELD: Held;
}

/// A transaction that a task is inside of.
#[derive(Clone)]
struct Held {
    pool: Pool,
    /// Where it was begun.
    at: &'static Location<'static>,
    /// What its connection is for.
    intent: Intent,
    outer: Option<Box<Self>>,
}

/// Runs the work of a transaction that was begun on a pool.
pub(super) async fn within<F: Future>(pool: &Pool, intent: Intent, at: &'static Location<'static>, work: F) -> F::Output {
    let outer = HELD.try_with(|it| Box::new(it.clone())).ok();
    HELD.scope(Held { pool: pool.clone(), at, intent, outer }, work).await
}

/// Warns of a statement on the pool inside a transaction on the same pool.
///
/// # Errors
/// [`Error::OutsideTransaction`] if that is forbidden, or would wait for ever.
pub(super) fn check(pool: &Pool, intent: Intent, strict: bool, at: &'static Location<'static>) -> Result<()> {
    HELD.try_with(|innermost| {
        let frames = || std::iter::successors(Some(innermost), |it| it.outer.as_deref()).filter(|it| it.pool.is_same(pool));
        let Some(nearest) = frames().next() else { return Ok(()) };
        let same_kind = frames().filter(|it| pool.shares(it.intent, intent)).count();
        if strict || pool.is_all(intent, same_kind) {
            return Err(Error::OutsideTransaction { transaction: nearest.at.to_string(), statement: at.to_string() });
        }
        tracing::warn!(
            transaction = %nearest.at,
            statement = %at,
            "a statement was made on the pool inside a transaction, and is no part of it: use the session that the transaction gave"
        );
        Ok(())
    })
    .unwrap_or(Ok(()))
}
