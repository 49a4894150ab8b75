//! FT-23: deadlocks, which are run again.
//!
//! So many tasks as there are rows change their own row, wait for all others, and
//! change the next one's. With raw sqlx on MariaDB the victim goes on outside of
//! its transaction, and its rows stay. Seen failing with an `after_error` in
//! `session/level.rs` that asks nothing: unrefused 5, survived 5 of 5 deadlocks on
//! MariaDB; on PostgreSQL the server itself refuses what follows.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use orm::prelude::*;
use orm::{Db, Engine, PoolOptions};
use tokio::sync::Barrier;

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::storm::{Drop, row};

#[derive(Debug, Clone, Model)]
#[orm(table = "ring")]
struct Place {
    #[orm(key)]
    id: i64,
    number: i64,
}

const MOST: usize = 16;

pub(crate) async fn run(ground: Ground) -> Seen {
    let options = PoolOptions::new().max_size(MOST).wait_timeout(Duration::from_secs(60)).connect_timeout(Duration::from_secs(30));
    // PostgreSQL looks for deadlocks after a second, otherwise.
    let sooner = if ground.engine() == Engine::Postgres { "SET deadlock_timeout = '20ms'" } else { "DO 0" };
    let db = ground.builder().pool(options).on_connect("faults:deadlock", sooner).open().await.unwrap();
    db.create_tables::<(Drop, Place)>().await.unwrap();
    db.create_many((0..16).map(|id| Place { id, number: 0 })).await.unwrap();
    let mut dice = ground.dice(0);
    let (mut units, mut attempts, unrefused) = (0_i64, Vec::new(), AtomicU64::new(0));
    let rounds = ground.size(5, 1_000);
    for _ in 0..rounds {
        let tasks = 2 + dice.below(MOST - 1);
        let all_hold = Barrier::new(tasks);
        let tasks = i64::try_from(tasks).unwrap();
        let ring = (0..tasks).map(|task| unit(&db, units + task, [task, (task + 1) % tasks], &all_hold, &unrefused));
        attempts.extend(join_all(ring).await);
        units += tasks;
    }
    ground.rest(&db).await;
    attempts.sort_unstable();
    let p99 = attempts[attempts.len() * 99 / 100];
    let mut plain = ground.plain().await;
    let sum: u64 = plain.one("SELECT CAST(sum(number) AS DECIMAL) FROM ring").await.parse().unwrap();
    let once: u64 = plain
        .one("SELECT count(*) FROM (SELECT operation FROM storm WHERE operation >= 0 GROUP BY operation HAVING count(*) = 1) units")
        .await
        .parse()
        .unwrap();
    let all: u64 = plain.one("SELECT count(*) FROM storm").await.parse().unwrap();
    let units = u64::try_from(units).unwrap();
    Seen::new()
        .count("rounds", rounds)
        .count("units", units)
        .within("deadlocks", attempts.iter().sum::<u64>() - units, 1..=u64::MAX)
        .zero("unrefused", unrefused.into_inner())
        .zero("lost", units - once)
        .zero("survived", all - once)
        .zero("sum_off_by", sum.abs_diff(units * 2))
        .within("attempts_p99", p99, 1..=3)
        .zero("dirty", ground.dirty(&mut plain).await)
}

/// Notes itself, and counts on its own row and on the next. Says how often it was tried.
async fn unit(db: &Db, unit: i64, [own, next]: [i64; 2], all_hold: &Barrier, unrefused: &AtomicU64) -> u64 {
    let attempts = AtomicU64::new(0);
    let session = db.session().retry(10);
    let done = session.transaction(async |tx| {
        attempts.fetch_add(1, Ordering::Relaxed);
        tx.create(row(unit)).await?;
        tx.update_all(Place::ID.eq(own)).set(Place::NUMBER, Place::NUMBER.plus(1)).await?;
        if tx.attempt() == 1 {
            all_hold.wait().await;
        }
        let ended = tx.update_all(Place::ID.eq(next)).set(Place::NUMBER, Place::NUMBER.plus(1)).await;
        if ended.is_err() {
            // The transaction is over: this must not be done outside of it.
            unrefused.fetch_add(u64::from(tx.create(row(-1)).await.is_ok()), Ordering::Relaxed);
        }
        ended
    });
    done.await.unwrap();
    attempts.into_inner()
}
