//! What the pool costs, and what it does when too much is wanted of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ::sqlx::postgres::PgPoolOptions;
use orm::prelude::*;
use orm::{Db, PoolOptions};

use crate::harness::{Goal, Work};
use crate::memory::resident_kib;
use crate::models::{User, key};
use crate::timed;

const PLACES: u32 = 4;
const HOLD: Duration = Duration::from_millis(5);
const WAIT: Duration = Duration::from_millis(60);

/// Requests that come whether others are done or not, twice as many as four connections can
/// serve: each wants one for 5 ms, waits 60 ms for it, and does not try again. How much is
/// answered of what four tasks get done without a crowd, in percent.
pub async fn goodput(url: &str) -> Work {
    let mut work = Work::new("goodput", "postgres", "orm").goal(Goal::Percent("orm", 80.0));
    let options = PoolOptions::new().max_size(PLACES as usize).wait_timeout(WAIT);
    let db = Db::builder(url).pool(options).open().await.unwrap();
    work.contestant("orm", move |slice| {
        let db = db.clone();
        overload(slice, move || {
            let db = db.clone();
            async move {
                let Ok(tx) = db.session().begin().await else { return false };
                tokio::time::sleep(HOLD).await;
                tx.rollback().await;
                true
            }
        })
    });
    let pool = PgPoolOptions::new().max_connections(PLACES).acquire_timeout(WAIT).connect(url).await.unwrap();
    work.contestant("sqlx_pool", move |slice| {
        let pool = pool.clone();
        overload(slice, move || {
            let pool = pool.clone();
            async move {
                let Ok(tx) = pool.begin().await else { return false };
                tokio::time::sleep(HOLD).await;
                tx.rollback().await.is_ok()
            }
        })
    });
    work
}

/// 200 tasks that want one of four connections again and again, for 5 ms and a query each, and
/// wait 60 ms for it: how often they have it, in percent of how often four tasks alone do.
///
/// With a time-out around it, the pool of sqlx gives connections to those who are about to give
/// up, and who close them then. Its own time-out (`sqlx_own`) ends only the wait.
pub async fn goodput_crowd(url: &str) -> Work {
    let mut work = Work::new("goodput_crowd", "postgres", "orm").goal(Goal::Percent("orm", 80.0));
    let options = PoolOptions::new().max_size(PLACES as usize).wait_timeout(WAIT);
    let db = Db::builder(url).pool(options).open().await.unwrap();
    work.contestant("orm", move |slice| {
        let db = db.clone();
        closed_loop(slice, move || {
            let db = db.clone();
            async move {
                let Ok(tx) = db.session().begin().await else { return false };
                let one = tx.raw("SELECT 1", ()).fetch_one::<i32>().await;
                tokio::time::sleep(HOLD).await;
                tx.rollback().await;
                one.is_ok()
            }
        })
    });
    for (name, limit) in [("sqlx_timeout", Duration::from_secs(30)), ("sqlx_own", WAIT)] {
        let pool = PgPoolOptions::new().max_connections(PLACES).acquire_timeout(limit).connect(url).await.unwrap();
        work.contestant(name, move |slice| {
            let pool = pool.clone();
            closed_loop(slice, move || {
                let pool = pool.clone();
                async move {
                    let begun = match limit == WAIT {
                        true => pool.begin().await.ok(),
                        false => tokio::time::timeout(WAIT, pool.begin()).await.ok().and_then(Result::ok),
                    };
                    let Some(mut tx) = begun else { return false };
                    let one = ::sqlx::query_scalar::<_, i32>("SELECT 1").fetch_one(&mut *tx).await;
                    tokio::time::sleep(HOLD).await;
                    one.is_ok() && tx.rollback().await.is_ok()
                }
            })
        });
    }
    work
}

async fn closed_loop<F, Fut>(slice: Duration, once: F) -> f64
where
    F: Fn() -> Fut + Clone + Send + 'static,
    Fut: Future<Output = bool> + Send + 'static,
{
    let slice = slice.max(Duration::from_secs(2));
    let capacity = crowd(PLACES, slice / 4, once.clone()).await;
    crowd(200, slice, once).await / capacity * 100.0
}

async fn overload<F, Fut>(slice: Duration, once: F) -> f64
where
    F: Fn() -> Fut + Clone + Send + 'static,
    Fut: Future<Output = bool> + Send + 'static,
{
    let slice = slice.max(Duration::from_secs(1));
    let capacity = crowd(PLACES, slice / 2, once.clone()).await;
    arrivals(2.0 * capacity, slice, once).await / capacity * 100.0
}

/// How many per second are answered of so many that come per second.
async fn arrivals<F, Fut>(rate: f64, time: Duration, once: F) -> f64
where
    F: Fn() -> Fut + Clone + Send + 'static,
    Fut: Future<Output = bool> + Send + 'static,
{
    let done = Arc::new(AtomicU64::new(0));
    let (start, mut tasks) = (Instant::now(), Vec::new());
    while start.elapsed() < time {
        // Those that are due, also if this was held up.
        while (tasks.len() as f64) < start.elapsed().as_secs_f64() * rate {
            let (once, done) = (once.clone(), Arc::clone(&done));
            tasks.push(tokio::spawn(async move {
                done.fetch_add(u64::from(once().await), Ordering::Relaxed);
            }));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let answered = done.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64();
    for task in tasks {
        task.await.expect("a task failed");
    }
    answered
}

/// How often per second so many tasks got it done.
async fn crowd<F, Fut>(tasks: u32, time: Duration, once: F) -> f64
where
    F: Fn() -> Fut + Clone + Send + 'static,
    Fut: Future<Output = bool> + Send + 'static,
{
    let done = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let end = start + time;
    let tasks = (0..tasks).map(|_| {
        let (once, done) = (once.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            while Instant::now() < end {
                done.fetch_add(u64::from(once().await), Ordering::Relaxed);
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("a task failed");
    }
    done.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
}

/// A session that reads by key from SQLite in memory, with and without somebody
/// who looks for connections that are held for long, and for long transactions.
///
/// Who has a connection is noted in either case, for errors and figures. `kept` goes without
/// that: it has its connection all the time. It also goes without waiting for its turn, so what
/// is noted costs less than `off` − `kept`.
pub async fn leak_detection() -> Work {
    let mut work =
        Work::new("leak_detection", "sqlite", "off").goal(Goal::More("on", "off", 1_000.0)).goal(Goal::More("off", "kept", 1_000.0));
    let long = Duration::from_secs(60);
    for (name, options) in [("off", PoolOptions::new()), ("on", PoolOptions::new().leak_after(long).slow_transaction(long))] {
        let db = filled(options).await;
        work.contestant(name, move |slice| {
            let db = db.clone();
            async move { timed!(slice, 16, n => assert!(db.session().get::<User>(key(n)).await.is_ok())) }
        });
    }
    let kept = Arc::new(filled(PoolOptions::new()).await.session().pinned());
    work.contestant("kept", move |slice| {
        let kept = Arc::clone(&kept);
        async move { timed!(slice, 16, n => assert!(kept.session().get::<User>(key(n)).await.is_ok())) }
    });
    work
}

async fn filled(options: PoolOptions) -> Db {
    let db = Db::builder("sqlite::memory:").pool(options).open().await.unwrap();
    db.create_tables::<User>().await.unwrap();
    db.create_many((0..10_000).map(crate::models::user)).await.unwrap();
    db
}

/// How many KiB the process grows by opening and closing a hundred thousand
/// sessions with a connection each; `opens` are connections of SQLite that are
/// really opened and closed, ten thousand of them.
pub fn open_close(engine: &'static str, db: &Db) -> Work {
    let mut work = Work::new("open_close_100000", engine, "leases").once().goal(Goal::Kib("leases", 4.0 * 1024.0));
    let leased = db.clone();
    work.contestant("leases", move |slice| {
        let db = leased.clone();
        async move { grown(slice, 100_000, || db.session()).await }
    });
    if engine == "sqlite" {
        work = work.goal(Goal::Kib("opens", 4.0 * 1024.0));
        let db = db.clone();
        work.contestant("opens", move |slice| {
            let db = db.clone();
            async move { grown(slice, 10_000, || db.session().pinned()).await }
        });
    }
    work
}

/// Does it a tenth as often first: what is kept for the next time is no growth.
async fn grown(slice: Duration, times: u64, session: impl Fn() -> Session + Send) -> f64 {
    // Nothing is to be warmed up before the first round.
    if slice.is_zero() {
        return 0.0;
    }
    let mut before = 0.0;
    for n in 0..times + times / 10 {
        if n == times / 10 {
            before = resident_kib();
        }
        assert!(session().get::<User>(key(n)).await.is_ok());
    }
    (resident_kib() - before).max(0.0)
}
