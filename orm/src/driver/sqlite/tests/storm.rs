//! Futures that are dropped and tasks that are aborted at any moment.
//!
//! Seen to fail with a plain flag in place of the tickets and the guard declared
//! before the cell (5 of 4,608 statements of others were interrupted; with the
//! flag alone, and the guard after the cell, 0 of 4,628).

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use super::super::errors::Halt;
use super::super::run::run_blocking;
use super::*;

/// A few hundred looks of the progress handler, so that most drops hit it.
const LONG: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT max(i) FROM n";
/// Two looks, so that a stray request to stop has something to hit.
const INNOCENT: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT max(i) FROM n";

/// Polls a future for this long at most, then drops it.
async fn at_most<F: Future>(future: F, time: Duration) -> Option<F::Output> {
    let mut future = pin!(future);
    let end = Instant::now() + time;
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(it) => Poll::Ready(Some(it)),
        Poll::Pending if Instant::now() >= end => Poll::Ready(None),
        Poll::Pending => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_statement_never_stops_the_one_after_it() {
    const DROPS: u64 = 6000;
    let pool = pool("sqlite::memory:", 1);
    let over = Arc::new(AtomicBool::new(false));
    let dropping = tokio::spawn({
        let (pool, over) = (pool.clone(), Arc::clone(&over));
        async move {
            let mut dropped = 0_u64;
            for n in 0..DROPS {
                let conn = pool.get().await.unwrap();
                let ran = at_most(rows::<i64, _>(conn, INNOCENT, [], Limits::default()), Duration::from_micros(n % 150)).await;
                dropped += u64::from(ran.is_none());
                tokio::task::yield_now().await;
            }
            over.store(true, Ordering::Relaxed);
            dropped
        }
    });
    let (mut ran, mut wronged) = (0_u64, 0_u64);
    while !over.load(Ordering::Relaxed) {
        let conn = pool.get().await.unwrap();
        let innocent = work(INNOCENT, [], Want::Rows, Rows::<i64>(Vec::new()));
        let (conn, _, found) = run_blocking(conn, innocent, None).await;
        wronged += u64::from(matches!(found, Err(Halt::Failed(Error::Cancelled))));
        assert!(wronged > 0 || found.is_ok(), "{found:?}");
        ran += 1;
        drop(conn);
    }
    let dropped = dropping.await.unwrap();
    assert!(dropped > DROPS / 10, "only {dropped} were dropped before they were done");
    assert_eq!(wronged, 0, "of {ran} statements, while {dropped} of {DROPS} were dropped before their end");
    assert_eq!(pool.status().size, 1);
}

/// Every kind of work, dropped by itself or with its task; whatever was
/// acknowledged is there, transactions are whole, and no connection is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_whenever_it_is_dropped() {
    const TASKS: u64 = 8;
    const ROUNDS: u64 = 400;
    let folder = Folder::new();
    let pool = pool(&folder.url(), 3);
    batch(&mut pool.get().await.unwrap(), "CREATE TABLE single (id INTEGER PRIMARY KEY); CREATE TABLE pair (id INTEGER, half INTEGER)");

    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let pool = pool.clone();
            tokio::spawn(async move {
                let mut dice = Dice::new(task + 1);
                let (mut singles, mut pairs, mut dropped) = (Vec::new(), Vec::new(), 0_u64);
                for round in 0..ROUNDS {
                    let id = i64::try_from(task * ROUNDS + round).unwrap();
                    let time = Duration::from_micros(if dice.below(2) == 0 { dice.below(2500) } else { dice.below(40_000) });
                    let kind = dice.below(4);
                    let pool = pool.clone();
                    let what = async move {
                        let conn = pool.get().await.unwrap();
                        match kind {
                            0 => rows::<i64, _>(conn, LONG, [], Limits::default()).await.1.map(|_| ()),
                            1 => exec(conn, "INSERT INTO single VALUES (?)", [id.into()]).await.1.map(|_| ()),
                            _ => pair(conn, id).await,
                        }
                    };
                    let ended = if dice.below(2) == 0 {
                        at_most(what, time).await
                    } else {
                        let handle = tokio::spawn(what);
                        at_most(std::future::pending::<()>(), time).await;
                        handle.abort();
                        handle.await.ok()
                    };
                    match (ended, kind) {
                        (None, _) => dropped += 1,
                        (Some(ended), 0) => ended.unwrap(),
                        (Some(ended), 1) => {
                            ended.unwrap();
                            singles.push(id);
                        }
                        (Some(ended), _) => {
                            ended.unwrap();
                            pairs.push(id);
                        }
                    }
                }
                (singles, pairs, dropped)
            })
        })
        .collect();
    let (mut singles, mut pairs, mut dropped) = (Vec::new(), Vec::new(), 0);
    for task in tasks {
        let ended = task.await.unwrap();
        singles.extend(ended.0);
        pairs.extend(ended.1);
        dropped += ended.2;
    }
    let told = format!("{dropped} of {} dropped, {} and {} acknowledged", TASKS * ROUNDS, singles.len(), pairs.len());
    assert!(dropped > TASKS * ROUNDS / 10 && !singles.is_empty() && !pairs.is_empty(), "{told}");

    // All of the pool's connections come back, and all of them work.
    let mut held = Vec::new();
    for _ in 0..3 {
        let (conn, found) = rows::<i64, _>(pool.get().await.unwrap(), INNOCENT, [], Limits::default()).await;
        assert_eq!(found.unwrap(), [300]);
        held.push(conn);
    }
    let conn = held.pop().unwrap();
    let (conn, found) = rows::<i64, _>(conn, "SELECT id FROM single", [], Limits::default()).await;
    let found: std::collections::HashSet<i64> = found.unwrap().into_iter().collect();
    assert!(singles.iter().all(|it| found.contains(it)), "an acknowledged write is lost");
    let (conn, found) = rows::<(i64, i64), _>(conn, "SELECT id, count(*) FROM pair GROUP BY id", [], Limits::default()).await;
    let found = found.unwrap();
    assert!(found.iter().all(|it| it.1 == 2), "half of a transaction is there");
    let found: std::collections::HashSet<i64> = found.into_iter().map(|it| it.0).collect();
    assert!(pairs.iter().all(|it| found.contains(it)), "an acknowledged transaction is lost");
    let (_, sound) = rows::<String, _>(conn, "PRAGMA integrity_check", [], Limits::default()).await;
    assert_eq!(sound.unwrap(), ["ok"]);
}

async fn pair(conn: Pooled, id: i64) -> Result<()> {
    let (conn, begun) = control(conn, "BEGIN IMMEDIATE", Limits::default()).await;
    begun?;
    let (conn, first) = exec(conn, "INSERT INTO pair VALUES (?, 1)", [id.into()]).await;
    first?;
    let (conn, second) = exec(conn, "INSERT INTO pair VALUES (?, 2)", [id.into()]).await;
    second?;
    control(conn, "COMMIT", Limits::default()).await.1
}
