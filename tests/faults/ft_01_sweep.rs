//! FT-01: every public operation is dropped at each point where it waits.
//!
//! With sqlx's own transactions this fails at the third point of a `begin` on the
//! servers, and at every point of a nested one. Seen failing without
//! `lease.begins()` in `Session::begin`: dirty 56, torn 2, stuck 39 on PostgreSQL.

use std::time::{Duration, Instant};

use orm::{Engine, PoolOptions};

use crate::chance::cancel_after;
use crate::faults::ground::Ground;
use crate::faults::operations::{Here, OPERATIONS, Operation, Thing, public_operations};
use crate::faults::seen::Seen;
use crate::plain::Plain;

const CONNECTIONS: usize = 2;

pub(crate) async fn run(ground: Ground) -> Seen {
    // Slowly, so that every reply is waited for.
    let (proxy, builder) = ground.behind_network().await;
    if let Some(proxy) = &proxy {
        proxy.delay(Duration::from_micros(400));
    }
    let db = builder.pool(PoolOptions::new().max_size(CONNECTIONS)).open().await.unwrap();
    db.create_tables::<Thing>().await.unwrap();
    let mut plain = ground.plain().await;
    let mut sum = Sum::default();
    let url = proxy.as_ref().map_or_else(|| ground.url().to_owned(), |it| it.url(ground.url()));
    let here = Here { db: db.clone(), url };
    for operation in OPERATIONS {
        let points = sweep(&ground, &here, &mut plain, operation, &mut sum).await;
        println!("{:<28} {points} points", operation.name);
        sum.points += points;
    }
    db.shutdown(Duration::from_secs(10)).await;
    let left = left(&ground, &mut plain).await;
    let public = public_operations();
    let forgotten: Vec<&String> = public.iter().filter(|it| OPERATIONS.iter().all(|entry| entry.name != it.as_str())).collect();
    assert!(forgotten.is_empty(), "public operations without an entry in tests/faults/operations.rs: {forgotten:?}");
    Seen::new()
        .count("operations", OPERATIONS.len())
        .within("points", sum.points, OPERATIONS.len() as u64..=u64::MAX)
        .zero("dirty", sum.dirty)
        .beside("torn", sum.torn, 0..=0)
        .beside("stuck", sum.stuck, 0..=0)
        .beside("left", left, 0..=0)
}

/// Connections that nobody has any more, and that stay on the server all the same.
async fn left(ground: &Ground, plain: &mut Plain) -> u64 {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let left = ground.connections(plain).await;
        if left == 0 || Instant::now() > end {
            return left;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What was found over all operations.
#[derive(Debug, Default)]
struct Sum {
    points: usize,
    /// A connection was left in a transaction.
    dirty: u64,
    /// The table is in a state that no whole operation leaves, by its values.
    torn: u64,
    /// The next session did not find its connection, or not what it wrote.
    stuck: u64,
}

/// Drops an operation at its first point, its second and so on, until it is done before.
async fn sweep(ground: &Ground, here: &Here, plain: &mut Plain, operation: &Operation, sum: &mut Sum) -> usize {
    let db = &here.db;
    for point in 0.. {
        plain.execute(&reset(ground.engine())).await;
        let done = cancel_after(point, (operation.run)(here)).await.is_some();
        ground.rest(db).await;
        sum.dirty += ground.dirty(plain).await;
        let left = state(plain).await;
        if !operation.may_leave(&left) {
            println!("{} leaves {left} at point {point}", operation.name);
            sum.torn += 1;
        }
        // On each connection of the pool.
        let writes = (0..CONNECTIONS).map(|_| db.create(Thing::new(99)).into_future());
        let written = futures_util::future::join_all(writes).await.iter().filter(|it| it.is_ok()).count();
        let seen: usize = plain.one("SELECT count(*) FROM sweep WHERE number = 99").await.parse().unwrap();
        // On SQLite those were all on the connection that writes.
        let reads = (0..CONNECTIONS * 2).map(|_| db.find().where_(Thing::NUMBER.eq(99)).count().into_future());
        let read = futures_util::future::join_all(reads).await.iter().all(|it| matches!(it, Ok(2)));
        sum.stuck += u64::from(written != CONNECTIONS || seen != CONNECTIONS || !read || db.stats().open > db.stats().max_open);
        if done {
            assert_eq!(left, operation.leaves_at_last(), "{} does not leave what its entry says", operation.name);
            return point + 1;
        }
    }
    unreachable!("an operation ends")
}

/// The numbers in the table: those of the three in their order, then the others.
async fn state(plain: &mut Plain) -> String {
    let rows = plain.rows("SELECT number FROM sweep ORDER BY CASE WHEN id < 0 THEN -id ELSE 9 END, number").await;
    rows.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The three records.
fn reset(engine: Engine) -> String {
    let again = if engine == Engine::MySql { "DO 0" } else { "SELECT 0" };
    format!("DELETE FROM sweep; INSERT INTO sweep (id, number) VALUES (-1, 1), (-2, 2), (-3, 3); {again}")
}
