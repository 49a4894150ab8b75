//! Many tasks at once, whose futures are dropped at any moment.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use orm::prelude::*;
use orm::{Db, Error};

use crate::chance::{Dice, cancel_after};
use crate::{Test, cases};

cases![nothing_is_lost_and_nothing_stays_whenever_it_is_dropped];

/// A row that says what became of the operation that wrote it.
#[derive(Debug, Clone, Model)]
#[orm(table = "storm")]
struct Drop {
    #[orm(key)]
    id: i64,
    /// Each operation writes rows of its number: one alone, or two in a transaction.
    operation: i64,
}

/// What a task knows of its operations.
#[derive(Debug, Default)]
struct Told {
    acknowledged: Vec<i64>,
    refused: Vec<i64>,
    dropped: Vec<i64>,
}

const TASKS: i64 = 8;
const OPERATIONS: i64 = 60;
const SEEDS: [u64; 2] = [7, 2026];

/// Of 3,333 acknowledged writes each, sqlx's own pool and transactions lost
/// 407, and kept 1,099 of 3,333 rows that were rolled back, on PostgreSQL with
/// 2,779 cancellations among 10,000 operations like these.
async fn nothing_is_lost_and_nothing_stays_whenever_it_is_dropped(t: Test) {
    t.create_tables::<Drop>().await.unwrap();
    for seed in SEEDS {
        storm(&t, seed).await;
        t.delete_all(every::<Drop>()).await.unwrap();
    }
}

async fn storm(t: &Test, seed: u64) {
    let opened = t.stats().opened;
    let tasks = (0..TASKS).map(|task| tokio::spawn(run(t.db(), task, Dice::new(seed * 1000 + u64::try_from(task).unwrap()))));
    let mut told = Told::default();
    for ended in futures_util::future::join_all(tasks).await {
        let ended = ended.unwrap();
        told.acknowledged.extend(ended.acknowledged);
        told.refused.extend(ended.refused);
        told.dropped.extend(ended.dropped);
    }
    // What was dropped comes to rest in the background.
    while t.stats().in_use > 0 {
        tokio::task::yield_now().await;
    }

    let rows = t.plain().await.rows("SELECT operation, count(*) FROM storm GROUP BY operation").await;
    let found: Vec<(i64, i64)> = rows.iter().map(|it| (it[0].parse().unwrap(), it[1].parse().unwrap())).collect();
    let stored: BTreeSet<i64> = found.iter().map(|it| it.0).collect();
    let count = |told: &[i64], is: bool| told.iter().filter(|it| stored.contains(it) == is).count();
    let lost = count(&told.acknowledged, false);
    let survived = count(&told.refused, true);
    let torn = found.iter().filter(|it| it.1 != if is_pair(it.0) { 2 } else { 1 }).count();
    let stats = t.stats();
    println!(
        "{}, seed {seed}: {} acknowledged, {lost} lost; {} undone, {survived} survived; {} dropped, {torn} torn; {} connections opened",
        t.engine().name(),
        told.acknowledged.len(),
        told.refused.len(),
        told.dropped.len(),
        stats.opened - opened,
    );
    assert_eq!((lost, survived, torn), (0, 0, 0));
    assert!(told.dropped.len() > 20 && told.acknowledged.len() > 20 && told.refused.len() > 20);

    // No connection is left in a transaction: what each of them writes is seen.
    let ids = (0..20).map(|n| i64::MAX - n);
    let writes = ids.clone().map(|id| async move { t.create(Drop { id, operation: -1 }).await });
    assert!(futures_util::future::join_all(writes).await.iter().all(Result::is_ok));
    assert_eq!(t.plain().await.one("SELECT count(*) FROM storm WHERE operation = -1").await, "20");
    assert_eq!(t.stats().open, t.stats().idle);
    assert_eq!(stats.open, stats.idle);
}

fn is_pair(operation: i64) -> bool {
    operation % 4 != 0
}

async fn run(db: Db, task: i64, mut dice: Dice) -> Told {
    let mut told = Told::default();
    for n in 0..OPERATIONS {
        let operation = task * OPERATIONS + n;
        let undone = AtomicBool::new(false);
        let work = one(&db, operation, &undone, dice.below(6));
        let ended = match dice.below(3) {
            0 => cancel_after(dice.below(12), work).await,
            1 => tokio::time::timeout(std::time::Duration::from_micros(u64::try_from(dice.below(6_000)).unwrap()), work).await.ok(),
            _ => Some(work.await),
        };
        match ended {
            Some(Ok(())) => told.acknowledged.push(operation),
            Some(Err(error)) => {
                assert!(matches!(error, Error::Other(_) | Error::RolledBack { .. } | Error::TransactionAborted { .. }), "{error:?}");
                told.refused.push(operation);
            }
            // It had decided to fail when it was dropped.
            None if undone.load(Ordering::Relaxed) => told.refused.push(operation),
            None => told.dropped.push(operation),
        }
    }
    told
}

/// One operation of several kinds: a write by itself; a transaction; one with an
/// inner level that is dropped somewhere; one that fails in the end.
async fn one(db: &Db, operation: i64, undone: &AtomicBool, k: usize) -> orm::Result<()> {
    let row = |half: i64| Drop { id: operation * 10 + half, operation };
    if !is_pair(operation) {
        return db.create(row(0)).await.map(drop);
    }
    db.transaction(async |tx| {
        tx.create(row(0)).await?;
        if operation % 4 != 1 {
            // Its rows would make the pair too many.
            let inner = tx.transaction(async |tx| {
                tx.create_many([row(2), row(3)]).await?;
                Err::<(), _>(Error::other("on purpose"))
            });
            let _ = cancel_after(k, inner).await;
        }
        tx.create(row(1)).await?;
        if operation % 4 == 3 {
            undone.store(true, Ordering::Relaxed);
            return Err(Error::other("on purpose"));
        }
        Ok(())
    })
    .await
}
