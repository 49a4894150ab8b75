//! FT-31: many who read and then write one SQLite file, also from another process.
//!
//! With a plain `BEGIN`, 4 of 640 read-modify-writes succeed. Seen failing with it
//! in `Conn::begin_text`: errors 2, lost 2 of 160.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use orm::prelude::*;
use orm::{Db, PoolOptions};

use crate::faults::ground::Ground;
use crate::faults::program::child;
use crate::faults::seen::Seen;

#[derive(Debug, Clone, Model)]
#[orm(table = "counter")]
struct Counter {
    #[orm(key)]
    id: i64,
    number: i64,
}

const WRITERS: u64 = 32;
const READERS: u64 = 8;
const READS: u64 = 100;

pub(crate) async fn run(ground: Ground) -> Seen {
    let each: u64 = ground.size(5, 200);
    let db = ground.pool(8).await;
    db.create_tables::<Counter>().await.unwrap();
    db.create(Counter { id: 1, number: 0 }).await.unwrap();
    // While nobody else is at work.
    let beside = beside_a_writer(&db).await;
    let mut other = tokio::process::Command::new(child());
    let other = other.args(["child", "busy", ground.url(), &each.to_string()]).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();

    let slowest = Arc::new(AtomicU64::new(0));
    let readers: Vec<_> = (0..READERS).map(|_| tokio::spawn(read(db.clone(), Arc::clone(&slowest)))).collect();
    let (errors, mut waits) = write(&db, WRITERS / 2, each).await;
    let ended = other.wait_with_output().await.unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    let theirs: Vec<u64> = said.lines().last().unwrap_or_default().split(' ').filter_map(|it| it.parse().ok()).collect();
    assert_eq!(theirs.len() as u64, WRITERS / 2 * each, "{said}");
    waits.extend(theirs.into_iter().map(Duration::from_micros));
    let mut blocked = 0_u64;
    for it in &readers {
        blocked += u64::from(it.is_finished());
        it.abort();
    }
    waits.sort_unstable();
    let p99 = waits.get(waits.len() * 99 / 100).copied().unwrap_or_default();
    let mut plain = ground.plain().await;
    let number: u64 = plain.one("SELECT number FROM counter").await.parse().unwrap();
    Seen::new()
        .count("writes", number)
        .zero("errors", errors + u64::from(!ended.status.success()))
        .zero("lost", (WRITERS * each).abs_diff(number))
        .zero("readers_failed", blocked)
        .within("beside_a_writer", beside, READS..=READS)
        .within("slowest_read_ms", slowest.load(Ordering::Relaxed), ground.size(0..=30_000, 0..=500))
        .within("p99_ms", u64::try_from(p99.as_millis()).unwrap(), ground.size(0..=30_000, 0..=2_000))
        .zero("dirty", ground.dirty(&mut plain).await)
}

/// Reads as long as it may, and notes the longest time; ends only if it fails.
async fn read(db: Db, slowest: Arc<AtomicU64>) {
    loop {
        let start = Instant::now();
        if db.get::<Counter>(1).await.is_err() {
            return;
        }
        slowest.fetch_max(u64::try_from(start.elapsed().as_millis()).unwrap(), Ordering::Relaxed);
        tokio::task::yield_now().await;
    }
}

/// How many reads are done by others while a transaction has written, and holds the lock.
async fn beside_a_writer(db: &Db) -> u64 {
    let tx = db.begin().await.unwrap();
    tx.update_all(Counter::ID.eq(1)).set(Counter::NUMBER, 7).await.unwrap();
    let reads = (0..READS).map(|_| {
        let db = db.clone();
        tokio::spawn(async move { db.get::<Counter>(1).await.is_ok_and(|it| it.number == 0) })
    });
    let done = tokio::time::timeout(Duration::from_secs(30), futures_util::future::join_all(reads)).await;
    // It has the lock still, and what it wrote.
    assert_eq!(tx.get::<Counter>(1).await.unwrap().number, 7);
    tx.rollback().await;
    done.map_or(0, |all| all.into_iter().filter(|it| matches!(it, Ok(true))).count() as u64)
}

/// Half of the writers, in each of two processes. Says how many failed, and how long each took.
async fn write(db: &Db, writers: u64, each: u64) -> (u64, Vec<Duration>) {
    let tasks = (0..writers).map(|_| {
        let db = db.clone();
        tokio::spawn(async move {
            let (mut errors, mut waits) = (0, Vec::new());
            for _ in 0..each {
                let start = Instant::now();
                let done = db
                    .transaction(async |tx| {
                        let counter: Counter = tx.get(1).await?;
                        let number = counter.number + 1;
                        tx.update(counter).set(Counter::NUMBER, number).await
                    })
                    .await;
                waits.push(start.elapsed());
                if let Err(error) = done {
                    println!("{error:?}");
                    errors += 1;
                }
            }
            (errors, waits)
        })
    });
    let (mut errors, mut waits) = (0, Vec::new());
    for ended in futures_util::future::join_all(tasks).await {
        let (some, more) = ended.unwrap();
        errors += some;
        waits.extend(more);
    }
    (errors, waits)
}

/// The other process; the times of its writes, in microseconds, are its output.
pub(super) async fn other(url: &str, each: u64) -> bool {
    let db = Db::builder(url).pool(PoolOptions::new().max_size(8).wait_timeout(Duration::from_secs(60))).open().await.unwrap();
    let (errors, waits) = write(&db, WRITERS / 2, each).await;
    let waits: Vec<String> = waits.iter().map(|it| it.as_micros().to_string()).collect();
    println!("{}", waits.join(" "));
    errors == 0
}
