//! FT-13: 400 tasks and four connections: whose turn it is, how long those wait who
//! wait in vain, and how much is done when more is asked for than can be done.
//!
//! In an overload raw sqlx does 18 % of what four tasks do alone: who wins a
//! connection is about to give up, and drops it. Seen failing with seats
//! that are asked for again and again instead of waited for in a queue (`Seats::take`):
//! the longest wait was 8,084 % of the mean on SQLite.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use orm::{Db, Error, PoolOptions};

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;

const SIZE: usize = 4;
const HOLD: Duration = Duration::from_millis(5);

pub(crate) async fn run(ground: Ground) -> Seen {
    let patient = pool(&ground, Duration::from_secs(60)).await;
    let (tasks, turns) = (ground.size(40, 400), ground.size(3, 5));
    let waits = join_all((0..tasks).map(|_| tokio::spawn(take_turns(patient.clone(), turns)))).await;
    // Before the first turn of all there is no queue yet.
    let waits: Vec<Duration> = waits.into_iter().flat_map(|it| it.unwrap().into_iter().skip(1)).collect();
    let mean = waits.iter().sum::<Duration>() / u32::try_from(waits.len()).unwrap();
    let longest = waits.iter().max().copied().unwrap();
    println!("waited {mean:?} in the mean, {longest:?} at the most");

    let limit = Duration::from_millis(200);
    let short = pool(&ground, limit).await;
    let (late, unnamed) = in_vain(&short, limit, ground.size(10, 100)).await;

    let time = ground.size(Duration::from_millis(300), Duration::from_secs(5));
    let hurried = pool(&ground, Duration::from_millis(60)).await;
    let alone = load(&hurried, SIZE, time).await;
    let crowd = load(&hurried, ground.size(40, 200), time).await;
    println!("{alone} alone, {crowd} in a crowd, opened {}", hurried.stats().opened);
    let percent = |part: u128, whole: u128| u64::try_from(part * 100 / whole.max(1)).unwrap();
    Seen::new()
        .count("turns", waits.len())
        .within("longest_percent", percent(longest.as_micros(), mean.as_micros()), ground.size(0..=2_000, 0..=200))
        .within("late_ms", late, ground.size(0..=250, 0..=25))
        .zero("unnamed", unnamed)
        .within("goodput_percent", percent(crowd.into(), alone.into()), ground.size(40..=1_000, 80..=200))
        .within("opened", hurried.stats().opened, 1..=u64::try_from(SIZE + 1).unwrap())
        .zero("in_use", ground.rest(&hurried).await.as_secs() / 30)
}

async fn pool(ground: &Ground, wait: Duration) -> Db {
    let options = PoolOptions::new().max_size(SIZE).wait_timeout(wait).connect_timeout(Duration::from_secs(30));
    let db = ground.builder().pool(options).open().await.unwrap();
    // All are open before the clock runs.
    join_all((0..SIZE).map(|_| hold(&db, HOLD))).await;
    db
}

/// Has a connection for a while; SQLite has several only to read.
async fn hold(db: &Db, time: Duration) -> orm::Result<()> {
    let reads = db.session().read_only();
    reads
        .transaction(async |tx| {
            tx.raw("SELECT 1", ()).fetch_one::<i32>().await?;
            tokio::time::sleep(time).await;
            Ok(())
        })
        .await
}

/// Stands in the queue again and again; says how long each turn took, without what it was for.
async fn take_turns(db: Db, turns: usize) -> Vec<Duration> {
    let mut waits = Vec::new();
    for _ in 0..turns {
        let begun = Instant::now();
        hold(&db, HOLD).await.unwrap();
        waits.push(begun.elapsed().saturating_sub(HOLD));
    }
    waits
}

/// Waits while all connections are held; says how late the latest one gave up, in
/// milliseconds, and how many were not told why.
async fn in_vain(db: &Db, limit: Duration, tasks: usize) -> (u64, u64) {
    let all = async { join_all((0..SIZE).map(|_| hold(db, limit * 3))).await };
    let others = async {
        while db.stats().in_use < SIZE {
            tokio::task::yield_now().await;
        }
        let (mut late, mut unnamed) = (0, 0);
        let waits = (0..tasks).map(|_| async {
            let begun = Instant::now();
            (hold(db, HOLD).await, begun.elapsed())
        });
        for (ended, after) in join_all(waits).await {
            late = late.max(u64::try_from(after.saturating_sub(limit).as_millis()).unwrap());
            let is_named =
                matches!(ended, Err(Error::PoolExhausted { phase: "a connection", in_use: SIZE, max: SIZE, holder: Some(_), .. }));
            unnamed += u64::from(!is_named);
        }
        (late, unnamed)
    };
    let (held, seen) = tokio::join!(all, others);
    held.into_iter().for_each(|it| it.unwrap());
    seen
}

/// How often so many tasks have a connection in this time.
async fn load(db: &Db, tasks: usize, time: Duration) -> u64 {
    let served = Arc::new(AtomicU64::new(0));
    let end = Instant::now() + time;
    let all = (0..tasks).map(|_| {
        let (db, served) = (db.clone(), Arc::clone(&served));
        tokio::spawn(async move {
            while Instant::now() < end {
                match hold(&db, HOLD).await {
                    Ok(()) => _ = served.fetch_add(1, Ordering::Relaxed),
                    Err(Error::PoolExhausted { .. }) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
        })
    });
    for ended in join_all(all).await {
        ended.unwrap();
    }
    served.load(Ordering::Relaxed)
}
