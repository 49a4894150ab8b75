//! `orm:transaction`: a transaction where more than one statement will run.

use std::sync::Arc;

use crate::callback::{Context, Next};
use crate::error::Result;
use crate::query::Parts;
use crate::statement::{InsertMode, Statement};
use crate::steps::chunks::{self, Room};
use crate::steps::{execute, hooks};

/// Runs the rest of the chain in a transaction, nested where one is open. A
/// single statement needs none: it is one round trip, not three.
pub(super) async fn around(cx: &mut Context, next: Next<'_>) -> Result<()> {
    let wanted = cx.session().implicit_transactions();
    if wanted && needed(cx, &next).await? { Box::pin(inside(cx, next)).await } else { next.run(cx).await }
}

async fn inside(cx: &mut Context, next: Next<'_>) -> Result<()> {
    let at = cx.session().at();
    let tx = cx.session().enter(at).await?;
    let outer = cx.replace_runner(Arc::new(tx.share()));
    // What is wrong with the end is found while it can be undone.
    let result = tx.within(at, next.run(cx)).await.and_then(|()| cx.check_end());
    cx.replace_runner(outer);
    match result {
        Ok(()) => tx.commit().await,
        Err(error) => Err(tx.undo(error).await),
    }
}

async fn needed(cx: &mut Context, next: &Next<'_>) -> Result<bool> {
    if next.ask(cx)? || cx.transactional || hooks::run_for(cx) {
        return Ok(true);
    }
    Ok(match cx.statement() {
        // Whoever is told how far it got may panic after the last statement.
        Statement::Insert(_) if cx.settings().get::<Parts>().is_some_and(Parts::is_watched) => true,
        // A clause may leave some of them out, or a trigger, but for MariaDB's; that undoes the others.
        Statement::Insert(it) if cx.len() > 1 && it.mode == InsertMode::Returning && !it.clauses.is_empty() => true,
        Statement::Insert(it) if cx.len() > 1 => {
            let (room, returns) = (Room::of(cx).await?, it.mode == InsertMode::Returning);
            returns && !room.engine.is_mysql_family() || chunks::is_chunked(cx, room)
        }
        Statement::Update(it) => execute::rereads(it, cx.session().engine().await?),
        _ => false,
    })
}
