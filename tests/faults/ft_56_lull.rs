//! FT-56: a pool that was fully used and then has one query a second becomes as small as it
//! is to be: what is used again and again is the connection that came home last, and
//! the others rest until they are closed.
//!
//! Raw sqlx takes the one that came home first: all of them are used in turn, and none is
//! closed. Seen failing in the same way with such a queue (`QueueMode::Fifo`).

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use orm::{Engine, PoolOptions};

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;

const READY: usize = 2;

pub(crate) async fn run(ground: Ground) -> Seen {
    let (size, rest) = ground.size((6, Duration::from_millis(200)), (20, Duration::from_secs(10)));
    let second = rest / 10;
    // So often it looks after those that nobody uses.
    let round = rest / 4;
    let options = PoolOptions::new().max_size(size).min_idle(READY).idle_timeout(Some(rest)).connect_timeout(Duration::from_secs(30));
    let db = ground.builder().pool(options).open().await.unwrap();
    let reads = db.session().read_only();
    let held = join_all((0..size).map(|_| async { reads.begin().await.unwrap() })).await;
    join_all(held.into_iter().map(|it| it.rollback())).await;
    let begun = Instant::now();
    let opened = db.stats().opened;
    let over = AtomicBool::new(false);
    let queries = async {
        for n in 1.. {
            tokio::time::sleep_until((begun + second * n).into()).await;
            if over.load(Ordering::SeqCst) {
                return;
            }
            reads.raw("SELECT 1", ()).fetch_one::<i32>().await.unwrap();
        }
    };
    let shrunk = async {
        while db.stats().open > READY {
            assert!(begun.elapsed() < rest * 4 + Duration::from_secs(5), "it stays large: {:?}", db.stats());
            tokio::time::sleep(second / 100).await;
        }
        let shrunk = begun.elapsed();
        // It stays so.
        tokio::time::sleep(rest).await;
        over.store(true, Ordering::SeqCst);
        shrunk
    };
    let ((), shrunk) = tokio::join!(queries, shrunk);
    let mut plain = ground.plain().await;
    let on_server = ground.connections(&mut plain).await;
    let stats = db.stats();
    let late = u64::try_from(shrunk.saturating_sub(rest).as_millis()).unwrap();
    // Where it looks while there is a query, one more is made ready beside the one that has it.
    let ready = READY as u64..=READY as u64 + 1;
    // SQLite has no server that could count.
    let counted = if ground.engine() == Engine::Sqlite { 0..=0 } else { ready.clone() };
    Seen::new()
        .within("opened", opened, size as u64..=size as u64 + 1)
        .count("shrunk_ms", u64::try_from(shrunk.as_millis()).unwrap())
        .within("late_ms", late, ground.size(0..=10_000, 0..=u64::try_from(round.as_millis()).unwrap()))
        .within("open", stats.open, ready)
        .within("on_server", on_server, counted)
        .count("opened_later", stats.opened - opened)
}
