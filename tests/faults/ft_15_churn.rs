//! FT-15: many more who want a connection than there are, and who give up soon.
//!
//! With the pool of sqlx, who gave up on its way took the connection along that
//! it had won: 25 were opened for a pool of four, and a fifth of the work was done.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use orm::{Engine, Error, PoolOptions};

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;

const PLACES: usize = 4;
const HOLD: Duration = Duration::from_millis(5);

pub(crate) async fn run(ground: Ground) -> Seen {
    let (tasks, time) = ground.size((60, Duration::from_millis(300)), (200, Duration::from_secs(5)));
    let options = PoolOptions::new().max_size(PLACES).wait_timeout(Duration::from_millis(60)).connect_timeout(Duration::from_secs(30));
    let db = ground.builder().pool(options).open().await.unwrap();
    let end = Instant::now() + time;
    let work = (0..tasks).map(|_| {
        let db = db.clone();
        tokio::spawn(async move {
            let (mut done, mut gave_up, mut other) = (0_u64, 0_u64, 0_u64);
            while Instant::now() < end {
                // SQLite has so many that read.
                match db.session().read_only().begin().await {
                    Ok(tx) => {
                        tokio::time::sleep(HOLD).await;
                        tx.rollback().await;
                        done += 1;
                    }
                    Err(Error::PoolExhausted { .. }) => gave_up += 1,
                    Err(_) => other += 1,
                }
            }
            (done, gave_up, other)
        })
    });
    let (mut done, mut gave_up, mut other) = (0, 0, 0);
    for it in join_all(work).await {
        let it = it.unwrap();
        (done, gave_up, other) = (done + it.0, gave_up + it.1, other + it.2);
    }
    ground.rest(&db).await;
    let stats = db.stats();
    // SQLite opens the one that writes besides.
    let most = if ground.engine() == Engine::Sqlite { PLACES + 1 } else { PLACES };
    Seen::new()
        .within("done", done, 1..=u64::MAX)
        .within("gave_up", gave_up, 1..=u64::MAX)
        .zero("other", other)
        .within("opened", stats.opened, 1..=most as u64)
        .within("timed_out", stats.timed_out, gave_up..=gave_up)
}
