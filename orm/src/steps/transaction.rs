//! `orm:transaction`: a transaction where more than one statement will run.

use std::sync::Arc;

use crate::callback::{Context, Next};
use crate::error::Result;
use crate::query::Parts;
use crate::statement::Statement;
use crate::steps::chunks::{self, Room};
use crate::steps::{execute, hooks};

/// Runs the rest of the chain in a transaction, nested where one is open. A
/// single statement needs none: it is one round trip, not three.
pub(super) async fn around(cx: &mut Context, next: Next<'_>) -> Result<()> {
    let wanted = cx.session().implicit_transactions();
    if wanted && needed(cx, &next).await? { Box::pin(inside(cx, next)).await } else { next.run(cx).await }
}

async fn inside(cx: &mut Context, next: Next<'_>) -> Result<()> {
    let tx = cx.session().enter(cx.session().at()).await?;
    let outer = cx.replace_runner(Arc::new(tx.share()));
    // What is wrong with the end is found while it can be undone.
    let result = next.run(cx).await.and_then(|()| cx.check_end());
    cx.replace_runner(outer);
    match result {
        Ok(()) => tx.commit().await,
        Err(error) => {
            tx.rollback().await;
            Err(error)
        }
    }
}

async fn needed(cx: &mut Context, next: &Next<'_>) -> Result<bool> {
    if next.ask(cx)? || cx.transactional || hooks::run_for(cx) {
        return Ok(true);
    }
    Ok(match cx.statement() {
        // Whoever is told how far it got may panic after the last statement.
        Statement::Insert(_) if cx.settings().get::<Parts>().is_some_and(Parts::is_watched) => true,
        // It may leave some of them out, which undoes the others.
        Statement::Insert(it) if cx.len() > 1 && !it.clauses.is_empty() => true,
        Statement::Insert(_) if cx.len() > 1 => chunks::is_chunked(cx, Room::of(cx).await?),
        Statement::Update(it) => execute::rereads(it, cx.session().engine().await?),
        _ => false,
    })
}
