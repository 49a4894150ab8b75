//! FT-54: ten connections that are kept ready are opened at the same time.
//!
//! A pool of ten is opened, and it takes hardly longer than the slowest of pools of one. Where
//! the machine is what takes the time, it is ten such pools that are opened at the same time;
//! over a network whose answers take long, one after the other.
//!
//! Seen failing with `open`, which asked over the first connection before it opened the others:
//! 179 % over a network, on both servers.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use orm::{Db, DbBuilder, PoolOptions};

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::times::Times;

const READY: usize = 10;

pub(crate) async fn run(ground: Ground) -> Seen {
    let rounds: u64 = ground.size(2, 20);
    let (mut singles, mut whole, mut parts) = (Times::default(), Times::default(), Vec::new());
    for _ in 0..rounds {
        let slowest = join_all((0..READY).map(|_| open(ground.builder(), 1))).await.into_iter().max().unwrap();
        let all = open(ground.builder(), READY).await;
        singles.note(slowest);
        whole.note(all);
        parts.push(percent(all, slowest));
    }
    parts.sort_unstable();
    let bounds = ground.size(0..=2_000, 0..=150);
    let seen = Seen::new().count("rounds", rounds).count("slowest_single_ms", singles.ms(50)).count("all_ms", whole.ms(50)).within(
        "percent",
        parts[parts.len() / 2],
        bounds,
    );
    far(&ground, seen).await
}

/// The same over a network whose answers take long.
async fn far(ground: &Ground, seen: Seen) -> Seen {
    let (Some(proxy), _) = ground.behind_network().await else { return seen };
    proxy.delay(ground.size(Duration::from_millis(20), Duration::from_millis(50)));
    let builder = || Db::builder(&proxy.url(ground.url()));
    let mut singles = Times::default();
    for _ in 0..ground.size(1, READY) {
        singles.note(open(builder(), 1).await);
    }
    let all = open(builder(), READY).await;
    seen.count("far_slowest_single_ms", singles.ms(100)).count("far_all_ms", u64::try_from(all.as_millis()).unwrap()).within(
        "far_percent",
        percent(all, singles.at(100)),
        ground.size(0..=1_000, 0..=150),
    )
}

fn percent(part: Duration, whole: Duration) -> u64 {
    u64::try_from(part.as_micros() * 100 / whole.as_micros()).unwrap()
}

/// How long it takes until so many connections are open.
async fn open(builder: DbBuilder, ready: usize) -> Duration {
    let options = PoolOptions::new().max_size(ready).min_idle(ready).connect_timeout(Duration::from_secs(30));
    let begun = Instant::now();
    let db = builder.pool(options).beside_others().open().await.unwrap();
    let took = begun.elapsed();
    assert!(db.stats().open >= ready, "{:?}", db.stats());
    db.close();
    took
}
