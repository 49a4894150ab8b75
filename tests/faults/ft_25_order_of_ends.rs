//! FT-25: levels of a transaction that are used or ended out of order.
//!
//! That the `&Session` of a closure leaves it does not compile
//! (`a_session_of_a_transaction_does_not_leave_it` in `tests/derive/ui`); an owned
//! session and a guard can be kept and moved, and what is done with them out of
//! order is refused. Seen failing with a `Level::check` that lets every open level
//! pass: unrefused 2, survived 2 each round.

use std::future::IntoFuture;

use futures_util::future::join;
use orm::{Db, Error};
use tokio::sync::Notify;

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::storm::{Drop, row};

pub(crate) async fn run(ground: Ground) -> Seen {
    let db = ground.pool(2).await;
    db.create_tables::<Drop>().await.unwrap();
    let (mut rounds, mut unrefused, mut moved) = (0_u64, 0_u64, 0_u64);
    for _ in 0..ground.size(5, 1_000) {
        rounds += 1;
        db.transaction(async |tx| {
            tx.create(row(1)).await?;
            let (open, tried) = (Notify::new(), Notify::new());
            let first = tx.transaction(async |tx| {
                tx.create(row(1)).await?;
                open.notify_one();
                tried.notified().await;
                tx.create(row(1)).await
            });
            // While the first is open: the outer level, and a second inner one.
            let second = async {
                open.notified().await;
                let outer = tx.create(row(2)).await;
                let inner = tx.transaction(async |tx| tx.create(row(2)).await).await;
                tried.notify_one();
                (outer, inner)
            };
            let (first, (outer, inner)) = join(first, second).await;
            first?;
            unrefused += u64::from(!matches!(outer, Err(Error::SessionBusy)));
            unrefused += u64::from(!matches!(inner, Err(Error::SessionBusy)));
            // Both are over: the outer level goes on.
            tx.create(row(1)).await
        })
        .await
        .unwrap();
        unrefused += out_of_order(&db).await;
        moved += elsewhere(&db).await;
    }
    let mut plain = ground.plain().await;
    let survived: u64 = plain.one("SELECT count(*) FROM storm WHERE operation = 2").await.parse().unwrap();
    let arrived: u64 = plain.one("SELECT count(*) FROM storm WHERE operation = 3").await.parse().unwrap();
    let kept: u64 = plain.one("SELECT count(*) FROM storm WHERE operation = 1").await.parse().unwrap();
    Seen::new()
        .count("rounds", rounds)
        .zero("unrefused", unrefused)
        .zero("survived", survived)
        .zero("lost", (rounds * 4).abs_diff(kept) + (rounds * 2).abs_diff(arrived))
        .zero("stayed", rounds - moved)
        .zero("dirty", ground.dirty(&mut plain).await)
}

/// Ends levels in the wrong order, and uses them after their ends. Says how often that was not refused.
async fn out_of_order(db: &Db) -> u64 {
    let mut unrefused = 0;
    // The outer one is committed while the inner one is open: nothing stays.
    let outer = db.begin().await.unwrap();
    outer.create(row(2)).await.unwrap();
    let inner = outer.begin().await.unwrap();
    inner.create(row(2)).await.unwrap();
    unrefused += u64::from(!matches!(outer.commit().await, Err(Error::SessionBusy)));
    // The inner one is used, and ended, after that.
    unrefused += u64::from(!matches!(inner.create(row(2)).await, Err(Error::TransactionClosed)));
    unrefused += u64::from(!matches!(inner.commit().await, Err(Error::TransactionClosed)));
    // An owned session of a level that has ended, while the one around it goes on.
    let outer = db.begin().await.unwrap();
    let inner = outer.begin().await.unwrap();
    let kept = inner.session();
    inner.rollback().await;
    unrefused += u64::from(!matches!(kept.create(row(2)).await, Err(Error::TransactionClosed)));
    outer.rollback().await;
    unrefused += u64::from(!matches!(kept.create(row(2)).await, Err(Error::TransactionClosed)));
    unrefused
}

/// Uses the session of an open transaction in another task, which is as if it were used here.
/// Says whether both writes are seen before the commit.
async fn elsewhere(db: &Db) -> u64 {
    let tx = db.begin().await.unwrap();
    let there = tx.session();
    let moved = tokio::spawn(async move { there.create(row(3)).await.map(drop) });
    let (here, moved) = join(tx.create(row(3)).into_future(), moved).await;
    here.unwrap();
    moved.unwrap().unwrap();
    let mine = tx.find().where_(Drop::OPERATION.eq(3)).count().await.unwrap();
    let theirs = db.find().where_(Drop::OPERATION.eq(3)).count().await.unwrap();
    tx.commit().await.unwrap();
    u64::from(mine == theirs + 2)
}
