//! Statements that are dropped on their way, at any moment.
//!
//! What sqlx does with such a connection when it is used as it is, the canary
//! at the end shows: `BEGIN` took place though nobody waited for it, and later
//! writes are acknowledged and lost. Here a statement is never left halfway: it
//! goes on without its caller until it is stopped, and what it began is undone.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use super::*;
use std::panic::Location;

use crate::driver::{Ask, Intent, Lease, Opened, Pool, PoolOptions, Setup, control};

/// The pool that sessions use.
fn pool(target: &Target, size: usize) -> Pool {
    let options = PoolOptions::new().max_size(size).wait_timeout(Duration::from_secs(30));
    let (wanted, sqlite, lanes, hooks) = Default::default();
    let opened = Opened { at: Location::caller(), beside_others: true };
    Pool::new(Setup { target: target.clone(), wanted, sqlite, options, lanes, hooks, opened }).unwrap()
}

fn ask() -> Ask {
    Ask::new(Intent::Write, Location::caller())
}

/// Drops a future when it was not ready for the n-th time.
async fn cancel_after<T>(n: usize, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut left = n;
    std::future::poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(it) => Poll::Ready(Some(it)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// Pseudo-random numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % most).unwrap()
    }
}

/// Statements can be awaited in tasks that move between threads.
fn sent<F: Future + Send>(it: F) -> F {
    it
}

async fn insert(conn: Lease, id: i64) -> Result<Lease> {
    let sql = "insert into orm_drops values (?)";
    let mut work = plain(conn.engine(), sql, vec![Value::I64(id)], Box::new(Rows::<i64>(Vec::new())));
    work.want = Want::Nothing;
    let (conn, _, result) = sent(run(conn, work, None)).await;
    result.map(|_| conn.unwrap())
}

/// One operation; `true` where it says that the row is there for good.
async fn operation(pool: &Pool, kind: usize, id: i64) -> Result<bool> {
    let mut conn = pool.acquire(ask()).await?;
    match kind {
        0 => insert(conn, id).await.map(|_| true),
        1 => {
            let sql = "select ? + 0";
            let work = plain(conn.engine(), sql, vec![Value::I64(id)], Box::new(Rows::<i64>(Vec::new())));
            let (_, work, result) = run(conn, work, None).await;
            result?;
            assert_eq!(rows::<i64>(work), [id], "the answer to another question");
            Ok(false)
        }
        end => {
            conn.begins();
            let (conn, begun) = control(conn, "begin", None).await;
            begun?;
            let conn = insert(conn, id).await?;
            let (mut conn, ended) = control(conn, if end == 2 { "commit" } else { "rollback" }, None).await;
            ended?;
            conn.settle();
            Ok(end == 2)
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_rolled_back_stays() {
    const OPERATIONS: i64 = 2_000;
    for target in targets() {
        block_on(async {
            let mut server = Server::open(&target).await;
            server.control("drop table if exists orm_drops").await.unwrap();
            server.control("create table orm_drops (id bigint primary key)").await.unwrap();
            let pool = pool(&target, 2);
            let mut dice = Dice(42);
            let (mut kept, mut gone, mut dropped) = (Vec::new(), Vec::new(), 0);
            for id in 0..OPERATIONS {
                let kind = dice.below(4);
                // Half of them run to their end; the others are dropped early or late.
                let polls = if dice.below(2) == 0 { usize::MAX } else { dice.below(5) };
                match cancel_after(polls, operation(&pool, kind, id)).await {
                    Some(Ok(true)) => kept.push(id),
                    Some(Ok(false)) => gone.push(id),
                    Some(Err(error)) => panic!("operation {id} of kind {kind} failed: {error:?}"),
                    None => dropped += 1,
                }
            }
            let mut there = server.fetch::<i64>("select id from orm_drops order by id", vec![]).await.unwrap();
            assert!(dropped > 50 && kept.len() > 300, "{dropped} {}", kept.len());
            assert!(kept.iter().all(|id| there.binary_search(id).is_ok()), "an acknowledged row is lost");
            there.retain(|id| gone.binary_search(id).is_ok());
            assert_eq!(there, [0; 0], "rows stayed that were rolled back");
            let stats = pool.stats();
            assert!(stats.opened <= 2, "connections were replaced: {stats:?}");
            drop(pool);
            server.control("drop table orm_drops").await.unwrap();
        });
    }
}

/// A minute of work, of which nobody waits for the end. Without the cancel the
/// last statement here would wait for it, too, and find no connection in time.
#[test]
fn a_statement_that_timed_out_is_stopped_on_the_server() {
    for target in targets() {
        block_on(async {
            let pool = pool(&target, 1);
            for _ in 0..3 {
                let conn = pool.acquire(ask()).await.unwrap();
                let id = conn.server_id();
                let sql = if conn.engine() == Engine::Postgres { "select pg_sleep(60)::text" } else { "select sleep(60)" };
                let work = plain(conn.engine(), sql, vec![], Box::new(Rows::<String>(Vec::new())));
                assert!(tokio::time::timeout(Duration::from_millis(50), run(conn, work, None)).await.is_err());
                let conn = pool.acquire(ask()).await.unwrap();
                assert_eq!(conn.server_id(), id, "the connection was replaced");
                let work = plain(conn.engine(), "select 7", vec![], Box::new(Rows::<i64>(Vec::new())));
                let (_, work, result) = run(conn, work, None).await;
                result.unwrap();
                assert_eq!(rows::<i64>(work), [7]);
            }
            assert_eq!(pool.stats().opened, 1);
        });
    }
}

/// Where this fails, sqlx has learnt to end what nobody waits for, and some of
/// the care taken here may be dropped.
#[test]
fn canary_sqlx_goes_on_in_a_transaction_that_nobody_waited_for() {
    for target in targets() {
        block_on(async {
            let mut server = Server::open(&target).await;
            server.control("drop table if exists orm_canary").await.unwrap();
            server.control("create table orm_canary (id bigint)").await.unwrap();
            let mut raw = connect(&target, Role::Writer).await.unwrap();
            // Now and then the answer is there at once.
            while cancel_after(0, raw.control("begin")).await.is_some() {
                raw.control("rollback").await.unwrap();
            }
            assert!(raw.is_busy());
            raw.busy = false;
            raw.control("insert into orm_canary values (1)").await.unwrap();
            let there = server.fetch::<i64>("select id from orm_canary", vec![]).await.unwrap();
            assert_eq!(there, [0; 0], "an acknowledged row is visible");
            drop(raw);
            server.control("drop table orm_canary").await.unwrap();
        });
    }
}
