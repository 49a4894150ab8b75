//! FT-09: connections whose other end was forgotten while nobody used them.
//!
//! Raw sqlx gives the first one all its time to answer (2.0 s, then an error). Seen
//! failing with a pool that asks one after the other, as ours did: with four of
//! them the first acquire took 919 ms, four times the time to answer.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use orm::PoolOptions;

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;

const ANSWER: Duration = Duration::from_millis(200);

pub(crate) async fn run(ground: Ground) -> Seen {
    let size: usize = ground.size(4, 10);
    let (Some(proxy), builder) = ground.behind_network().await else { return Seen::new() };
    let options = PoolOptions::new().max_size(size).validate_after(Duration::from_millis(1)).validate_timeout(ANSWER);
    let db = builder.pool(options.connect_timeout(Duration::from_secs(30))).open().await.unwrap();
    let rounds: u64 = ground.size(3, 100);
    let mut times = Vec::new();
    let mut asked_in_vain = 0;
    for _ in 0..rounds {
        let held = join_all((0..size).map(|_| async { db.begin().await.unwrap() })).await;
        join_all(held.into_iter().map(|it| it.rollback())).await;
        ground.rest(&db).await;
        proxy.forget();
        tokio::time::sleep(Duration::from_millis(5)).await;
        let before = db.stats().broken_closed;
        let begun = Instant::now();
        assert_eq!(db.raw("SELECT 7", ()).fetch_one::<i32>().await.unwrap(), 7);
        times.push(begun.elapsed());
        asked_in_vain += db.stats().broken_closed - before;
    }
    times.sort_unstable();
    let at = |part: usize| u64::try_from(times[(times.len() - 1) * part / 100].as_millis()).unwrap();
    Seen::new()
        .count("rounds", rounds)
        .within("closed", asked_in_vain, rounds..=rounds * size as u64)
        .count("p50_ms", at(50))
        .within("p99_ms", at(99), ground.size(0..=5_000, 0..=500))
        // All of them are one time to answer, and not one each.
        .within("first_in_answers", at(0) / u64::try_from(ANSWER.as_millis()).unwrap(), ground.size(0..=20, 1..=2))
}
