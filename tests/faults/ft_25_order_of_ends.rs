//! FT-25: levels of a transaction that are used or ended out of order.
//!
//! That an outer level commits while an inner one is open, or that a session is
//! used after its end or by another task, does not compile: a level is a closure
//! (`a_transaction_cannot_leave_its_closure` and its neighbours in `tests/derive/ui`).
//! What can be written is here. Seen failing with a `Level::check` that lets every
//! open level pass: unrefused 2, survived 2 each round.

use futures_util::future::join;
use orm::Error;
use tokio::sync::Notify;

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::storm::{Drop, row};

pub(crate) async fn run(ground: Ground) -> Seen {
    let db = ground.pool(2).await;
    db.create_tables::<Drop>().await.unwrap();
    let (mut rounds, mut unrefused) = (0_u64, 0_u64);
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
    }
    let mut plain = ground.plain().await;
    let survived: u64 = plain.one("SELECT count(*) FROM storm WHERE operation = 2").await.parse().unwrap();
    let kept: u64 = plain.one("SELECT count(*) FROM storm WHERE operation = 1").await.parse().unwrap();
    Seen::new()
        .count("rounds", rounds)
        .zero("unrefused", unrefused)
        .zero("survived", survived)
        .zero("lost", rounds * 4 - kept)
        .zero("dirty", ground.dirty(&mut plain).await)
}
