//! FT-55: connections of the same age are not closed in the same second.
//!
//! A deploy opens all at once; if all are too old at the same moment, all requests of that
//! moment wait for new ones. Lifetimes are spread over their last quarter; with
//! a lifetime of a minute that is 15 seconds, and a second is a fifteenth of it.
//!
//! Seen failing with a pool that looked for them each quarter of a lifetime: all were closed
//! in the same moment, though none of them had the same end.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use orm::PoolOptions;

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;

pub(crate) async fn run(ground: Ground) -> Seen {
    let (size, lifetime) = ground.size((10, Duration::from_millis(800)), (40, Duration::from_secs(60)));
    // The small size has seconds that are as much shorter as its lifetime is.
    let (quarter, second) = (lifetime / 4, lifetime / 60);
    let options = PoolOptions::new().max_size(size).max_lifetime(Some(lifetime)).idle_timeout(None).keepalive(None);
    let db = ground.builder().pool(options.connect_timeout(Duration::from_secs(30))).open().await.unwrap();
    let reads = db.session().read_only();
    let held = join_all((0..size).map(|_| async { reads.begin().await.unwrap() })).await;
    let begun = Instant::now();
    join_all(held.into_iter().map(|it| it.rollback())).await;
    // SQLite has one more, which writes.
    let all = db.stats().opened;
    let mut closed: Vec<Duration> = Vec::new();
    while (closed.len() as u64) < all && begun.elapsed() < lifetime + quarter {
        tokio::time::sleep(second / 50).await;
        let now = begun.elapsed();
        let more = db.stats().lifetime_closed - closed.len() as u64;
        closed.extend((0..more).map(|_| now));
    }
    let within = |from: &Duration| closed.iter().filter(|it| **it >= *from && **it < *from + second).count();
    let most = closed.iter().map(within).max().unwrap_or(0) as u64 * 100 / all;
    let last = closed.last().copied().unwrap_or_default();
    let ms = |it: Duration| u64::try_from(it.as_millis()).unwrap();
    Seen::new()
        .within("closed", closed.len() as u64, all..=all)
        .within("most_in_a_second_percent", most, ground.size(0..=80, 0..=10))
        .count("first_ms", ms(closed.first().copied().unwrap_or_default()))
        .within("last_ms", ms(last), 0..=ms(lifetime + second) + ground.size(10_000, 0))
}
