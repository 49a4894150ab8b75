//! Many more tasks than connections.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use orm::{Engine, PoolOptions};

use super::{assert_exact, until, while_readers_are_held};
use crate::models::{User, user};
use crate::{Test, cases};

cases![ten_connections_serve_any_number_of_tasks, who_comes_first_is_served_first, who_came_home_last_goes_out_first,];

async fn ten_connections_serve_any_number_of_tasks(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let ann = t.create(user("ann", 1)).await.unwrap();
    for tasks in [50_u64, 100, 200] {
        let options = PoolOptions::new().max_size(10).wait_timeout(Duration::from_secs(60)).connect_timeout(Duration::from_secs(60));
        let db = t.builder().pool(options).open().await.unwrap();
        // What it took to open it is none of the requests.
        let before = db.stats();
        let requests = (0..tasks).map(|_| {
            let (db, ann) = (db.clone(), ann.clone());
            tokio::spawn(async move {
                for _ in 0..3 {
                    assert_eq!(db.get::<User>(ann.id).await.unwrap(), ann);
                }
            })
        });
        for ended in join_all(requests.collect::<Vec<_>>()).await {
            ended.unwrap();
        }
        let after = until(&db, |it| it.in_use == 0).await;
        // SQLite has one more, which writes.
        assert!(after.opened <= 10 + u64::from(t.engine() == Engine::Sqlite), "{after:?}");
        assert_eq!(after.acquired - before.acquired, tasks * 3, "one connection for each request");
        assert_eq!(after.reused, after.acquired - after.opened, "all others were used again");
        assert_eq!(after.timed_out, 0);
        assert_exact(&after);
    }
}

async fn who_comes_first_is_served_first(t: Test) {
    let db = t.builder().pool(PoolOptions::new().max_size(1).wait_timeout(Duration::from_secs(60))).open().await.unwrap();
    let (served, mut hear) = tokio::sync::mpsc::unbounded_channel();
    let held = db.begin().await.unwrap();
    held.raw("SELECT 1", ()).fetch_one::<i32>().await.unwrap();
    let mut waiting = Vec::new();
    for n in 0..20 {
        let (one, served) = (db.clone(), served.clone());
        waiting.push(tokio::spawn(async move {
            let tx = one.begin().await.unwrap();
            served.send(n).unwrap();
            tx.rollback().await;
        }));
        until(&db, |it| it.waiting == n + 1).await;
    }
    held.rollback().await;
    for ended in join_all(waiting).await {
        ended.unwrap();
    }
    drop(served);
    let mut order = Vec::new();
    while let Some(n) = hear.recv().await {
        order.push(n);
    }
    assert_eq!(order, (0..20).collect::<Vec<_>>());
}

/// So those that the crowd left behind rest, and are closed; if they took turns, each would be
/// used soon enough. Seen failing with `QueueMode::Fifo` (`driver/pool/mod.rs`).
async fn who_came_home_last_goes_out_first(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let options = PoolOptions::new().max_size(4).idle_timeout(Some(Duration::from_millis(200)));
    let db = t.builder().pool(options).open().await.unwrap();
    while_readers_are_held(&db, 4, async {}).await;
    assert!(db.stats().open >= 4, "{:?}", db.stats());
    let begun = Instant::now();
    while db.stats().open != 1 {
        assert!(begun.elapsed() < Duration::from_secs(5), "none of them rests: {:?}", db.stats());
        db.find::<User>().count().await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(db.stats().idle_time_closed >= 3, "{:?}", db.stats());
    assert_exact(&db.stats());
}
