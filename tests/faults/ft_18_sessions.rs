//! FT-18: sessions that are opened and closed a hundred thousand times.
//!
//! Seen failing with a task that never ends for each connection that comes home.

use std::fs;
use std::time::{Duration, Instant};

use orm::PoolOptions;

use crate::faults::ground::{Ground, memory};
use crate::faults::seen::Seen;

pub(crate) async fn run(ground: Ground) -> Seen {
    let rounds: u64 = ground.size(300, 100_000);
    let options = PoolOptions::new().max_size(4).leak_after(Duration::from_secs(60)).slow_transaction(Duration::from_secs(60));
    let db = ground.builder().pool(options).open().await.unwrap();
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let once = async |n: u64| {
        let session = db.session().tag("round", n);
        match n % 10 {
            0 => drop(session.begin().await.unwrap()),
            1 => session.transaction(async |_| Ok(())).await.unwrap(),
            _ => drop(session.raw("SELECT 1", ()).fetch::<i32>().await.unwrap()),
        }
    };
    for n in 0..rounds / 10 {
        once(n).await;
    }
    ground.rest(&db).await;
    let (rss, fds, alive) = (memory(), files(), tasks());
    let start = Instant::now();
    for n in 0..rounds {
        once(n).await;
    }
    let took = start.elapsed();
    ground.rest(&db).await;
    let settled = Instant::now() + Duration::from_secs(5);
    while tasks() > alive && Instant::now() < settled {
        tokio::task::yield_now().await;
    }
    let stats = db.stats();
    Seen::new()
        .count("rounds", rounds)
        .count("ms", u64::try_from(took.as_millis()).unwrap())
        .within("held", stats.holds.count(), rounds..=u64::MAX)
        .within("grown_kib", memory().saturating_sub(rss), ground.size(0..=40_960, 0..=4_096))
        .within("files", files().abs_diff(fds), ground.size(0..=20, 0..=2))
        .zero("tasks", tasks().saturating_sub(alive))
        .within("opened", stats.opened, 1..=5)
}

/// How many files the program has open; 0 where that cannot be read.
fn files() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}
