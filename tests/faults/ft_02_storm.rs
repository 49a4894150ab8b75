//! FT-02: many tasks whose futures are dropped at any moment, beside others whose
//! writes were acknowledged.
//!
//! On PostgreSQL, sqlx's own pool and transactions lost 407 of 3,333 acknowledged
//! writes and kept 1,099 of 3,333 rows that were rolled back. Seen failing here
//! without `lease.begins()` in `Session::begin`: lost 23, torn 3, dirty 2 of 592
//! operations on PostgreSQL; lost 6, torn 9, dirty 2 on MariaDB.

use orm::{Db, Error};

use crate::chance::{Dice, cancel_after};
use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::storm::{Drop, Told, pair, row};

const TASKS: u32 = 16;
const CONNECTIONS: usize = 10;

pub(crate) async fn run(ground: Ground) -> Seen {
    let db = ground.pool(CONNECTIONS).await;
    db.create_tables::<Drop>().await.unwrap();
    let each = ground.size(600, 10_000) / TASKS;
    let tasks =
        (0..TASKS).map(|task| tokio::spawn(operations(db.clone(), ground.dice(task.into()), i64::from(task * each), i64::from(each))));
    let told = Told::of(futures_util::future::join_all(tasks).await.into_iter().map(Result::unwrap));
    assert!(told.dropped.len() > 20 && told.acknowledged.len() > 20 && told.undone.len() > 20, "the storm was none");
    told.judge(&ground, &db, |operation| if operation % 3 == 1 { 1 } else { 2 }).await
}

/// A third is a transaction that is dropped somewhere, a third a write by itself,
/// and a third a transaction that fails after an inner one was dropped.
async fn operations(db: Db, mut dice: Dice, first: i64, count: i64) -> Told {
    let mut told = Told::default();
    for operation in first..first + count {
        match operation % 3 {
            0 => told.note(operation, cancel_after(dice.below(14), pair(&db, operation)).await),
            1 => told.note(operation, Some(db.create(row(operation)).await.map(drop))),
            _ => {
                undone(&db, operation, dice.below(8)).await.unwrap_err();
                told.undone.push(operation);
            }
        }
    }
    told
}

/// A transaction that fails, and whose inner one is dropped at its k-th point before.
async fn undone(db: &Db, operation: i64, k: usize) -> orm::Result<()> {
    db.transaction(async |tx| {
        tx.create(row(operation)).await?;
        let inner = tx.transaction(async |tx| tx.create_many([row(operation), row(operation)]).await);
        let _ = cancel_after(k, inner).await;
        tx.create(row(operation)).await?;
        Err(Error::other("on purpose"))
    })
    .await
}
