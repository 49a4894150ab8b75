//! FT-05: a runtime that is shut down at once, with transactions open: at rest, in the middle
//! of statements, and waiting for each other's locks.
//!
//! Seen failing with a runtime that is leaked in the place of one that is shut down: `left` is 17 on
//! PostgreSQL, 20 on MariaDB and 1 on SQLite.

use std::sync::Arc;
use std::time::{Duration, Instant};

use orm::{Db, DbBuilder, Engine, PoolOptions};
use tokio::sync::{Semaphore, mpsc};

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::storm::{Drop, row};
use crate::plain::Plain;

/// The operation of a record that the first session has locked.
const KEPT: i64 = -1;

pub(crate) async fn run(ground: Ground) -> Seen {
    let sessions: usize = ground.size(10, 50);
    ground.create_tables::<Drop>().await.unwrap();
    let kept = ground.create(row(KEPT)).await.unwrap().id;
    let builder = ground.builder().pool(PoolOptions::new().max_size(sessions).wait_timeout(Duration::from_secs(60)));
    let engine = ground.engine();
    let (begun, go) = (std::sync::mpsc::channel(), std::sync::mpsc::channel::<()>());
    let shut = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        begun.0.send(runtime.block_on(begin(builder, sessions, engine, kept))).unwrap();
        // The others have come to the lock.
        go.1.recv().unwrap();
        runtime.shutdown_timeout(Duration::ZERO);
    });
    let open = begun.1.recv().unwrap();
    let mut plain = ground.plain().await;
    while waiting(&ground, &mut plain).await < waiters(open) {
        tokio::task::yield_now().await;
    }
    go.0.send(()).unwrap();
    shut.join().expect("the runtime ends without a panic");

    let start = Instant::now();
    let left = loop {
        let left = ground.dirty(&mut plain).await + ground.connections(&mut plain).await;
        if left == 0 || start.elapsed() > Duration::from_secs(2) {
            break left;
        }
        tokio::task::yield_now().await;
    };
    println!("the server had forgotten them {:?} later", start.elapsed());
    let survived = plain.one(&format!("SELECT count(*) FROM storm WHERE operation <> {KEPT}")).await;
    let same = plain.one(&format!("SELECT count(*) FROM storm WHERE operation = {KEPT}")).await;
    // Who comes next finds no lock.
    if left == 0 {
        ground.update_all(Drop::ID.eq(kept)).set(Drop::OPERATION, 1).await.unwrap();
    }
    Seen::new()
        .within("open", u64::try_from(open).unwrap(), 1..=u64::MAX)
        .zero("left", left)
        .zero("survived", survived.parse::<u64>().unwrap())
        .zero("changed", u64::from(same != "1"))
}

/// How many of so many transactions wait for the lock of the first one.
fn waiters(open: usize) -> u64 {
    u64::try_from(open / 3).unwrap()
}

/// How many statements the server has that wait for a lock.
async fn waiting(ground: &Ground, plain: &mut Plain) -> u64 {
    let name = ground.name();
    let sql = match ground.engine() {
        Engine::Sqlite => return u64::MAX,
        Engine::Postgres => {
            format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}' AND wait_event_type = 'Lock'")
        }
        _ => format!("SELECT count(*) FROM information_schema.processlist WHERE db = '{name}' AND info LIKE 'UPDATE%'"),
    };
    plain.one(&sql).await.parse().unwrap()
}

/// Opens transactions that write and never end; says how many.
async fn begin(builder: DbBuilder, sessions: usize, engine: Engine, kept: i64) -> usize {
    let db = builder.open().await.unwrap();
    let (begun, mut count) = mpsc::unbounded_channel();
    let locked = Arc::new(Semaphore::new(0));
    for n in 0..sessions {
        tokio::spawn(session(db.clone(), n, kept, begun.clone(), Arc::clone(&locked)));
    }
    // SQLite has one writer: the others wait for it.
    let open = if engine == Engine::Sqlite { 1 } else { sessions };
    for _ in 0..open {
        count.recv().await.unwrap();
    }
    open
}

/// One that rests, one that goes on writing, or one that waits for what the first one has locked.
async fn session(db: Db, n: usize, kept: i64, begun: mpsc::UnboundedSender<()>, locked: Arc<Semaphore>) -> orm::Result<()> {
    let operation = i64::try_from(n).unwrap();
    db.transaction(async |tx| {
        tx.create(row(operation)).await?;
        let lock = tx.update_all(Drop::ID.eq(kept)).set(Drop::OPERATION, operation);
        if n == 0 {
            lock.await?;
            locked.add_permits(1_000);
            let _ = begun.send(());
            return std::future::pending().await;
        }
        let _ = begun.send(());
        match n % 3 {
            0 => std::future::pending().await,
            1 => loop {
                tx.create(row(operation)).await?;
            },
            _ => {
                let _ = locked.acquire().await;
                lock.await.map(drop)
            }
        }
    })
    .await
}
