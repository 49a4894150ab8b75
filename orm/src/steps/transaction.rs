//! `orm:transaction`: a transaction where more than one statement will run.

use std::sync::Arc;

use crate::callback::{Context, Next};
use crate::error::Result;
use crate::session::HookTable;
use crate::statement::Statement;
use crate::steps::execute;

/// Runs the rest of the chain in a transaction, nested where one is open. A
/// single statement needs none: it is one round trip, not three.
pub(super) async fn around(cx: &mut Context, next: Next<'_>) -> Result<()> {
    if needed(cx).await? { Box::pin(inside(cx, next)).await } else { next.run(cx).await }
}

async fn inside(cx: &mut Context, next: Next<'_>) -> Result<()> {
    let tx = cx.session().begin().await?;
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

async fn needed(cx: &Context) -> Result<bool> {
    if cx.transactional || has_hooks(cx) {
        return Ok(true);
    }
    Ok(match cx.statement() {
        Statement::Insert(_) if cx.len() > 1 => execute::is_chunked(cx, cx.session().engine().await?),
        Statement::Update(it) => execute::rereads(it, cx.session().engine().await?),
        _ => false,
    })
}

fn has_hooks(cx: &Context) -> bool {
    cx.session().hooks_run() && cx.record(0).is_some_and(|it| HookTable::of_record(it).is_some())
}
