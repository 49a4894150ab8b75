//! FT-22: an error that is caught in a transaction of PostgreSQL, and what comes after it.
//!
//! With raw sqlx the nested `begin` rolls the outer transaction back, the next
//! insert is made outside of any, `rollback` says `Ok`, and the row is there; and
//! a `commit` says `Ok` though nothing was committed. Seen failing with an
//! `after_error` in `session/slot.rs` that asks nothing: unrefused 5 in 5 rounds.

use orm::Error;

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::storm::{Drop, row};

pub(crate) async fn run(ground: Ground) -> Seen {
    let db = ground.pool(2).await;
    db.create_tables::<Drop>().await.unwrap();
    let taken = db.create(row(1)).await.unwrap();
    let refused = |error: &Error| matches!(error, Error::TransactionAborted { .. } | Error::RolledBack { .. });
    let (mut rounds, mut unrefused) = (0_u64, 0_u64);
    for _ in 0..ground.size(5, 1_000) {
        rounds += 1;
        let ended = db
            .transaction(async |tx| {
                tx.create(row(2)).await?;
                let caught = tx.create_many([taken.clone()]).with_keys().await;
                assert!(caught.is_err_and(|it| it.is_unique_violation()));
                // Each of these is refused before it is sent.
                let statement = tx.create(row(3)).await;
                unrefused += u64::from(!statement.is_err_and(|it| refused(&it)));
                let nested = tx.transaction(async |tx| tx.create(row(4)).await).await;
                unrefused += u64::from(!nested.is_err_and(|it| refused(&it)));
                Ok(())
            })
            .await;
        unrefused += u64::from(!ended.is_err_and(|it| refused(&it)));
        // A level that is rolled back revives what is around it.
        db.transaction(async |tx| {
            let inner = tx.transaction(async |tx| tx.create_many([taken.clone()]).with_keys().await);
            inner.await.unwrap_err();
            tx.create(row(5)).await
        })
        .await
        .unwrap();
    }
    let mut plain = ground.plain().await;
    let survived: u64 = plain.one("SELECT count(*) FROM storm WHERE operation IN (2, 3, 4)").await.parse().unwrap();
    let kept: u64 = plain.one("SELECT count(*) FROM storm WHERE operation = 5").await.parse().unwrap();
    Seen::new()
        .count("rounds", rounds)
        .zero("unrefused", unrefused)
        .zero("survived", survived)
        .zero("lost", rounds - kept)
        .zero("dirty", ground.dirty(&mut plain).await)
}
