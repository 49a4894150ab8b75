//! FT-53: how soon a pool that is resized is as large as it was told to be.
//!
//! Somebody waits for the only connection, and the pool may have two: their seat is there
//! at once, and their connection as soon as it is opened. What opening one takes where nobody
//! waits is measured beside it. Then eight are held for different times while others
//! wait, and the pool may have two: the server has two when the longest hold of then is over.
//!
//! Seen failing with seats that were added 50 ms later (`Seats::resize`): a seat took 51 ms;
//! and with what could not be taken back forgotten (`surplus`): eight of two stayed open.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use orm::{Db, Engine};

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::times::Times;
use crate::plain::Plain;

const LARGE: usize = 8;
const SMALL: usize = 2;

pub(crate) async fn run(ground: Ground) -> Seen {
    let (mut alone, mut seats, mut grown) = (Times::default(), Times::default(), Times::default());
    let db = ground.pool(1).await;
    let trials: u64 = ground.size(5, 100);
    for _ in 0..trials {
        alone.note(connect(&ground, &db).await);
        grow(&ground, &db, &mut seats, &mut grown).await;
    }
    let mut late = Times::default();
    let mut plain = ground.plain().await;
    for round in 0..ground.size(2, 20) {
        late.note(shrink(&ground, &db, round, &mut plain).await);
    }
    let grown_ms = ground.size(0..=2_000, 0..=alone.ms(99) + 10);
    Seen::new()
        .count("trials", trials)
        .count("connect_p50_us", alone.us(50))
        .count("connect_p99_us", alone.us(99))
        .count("seat_p50_us", seats.us(50))
        .within("seat_p99_us", seats.us(99), ground.size(0..=2_000_000, 0..=10_000))
        .count("grown_p50_us", grown.us(50))
        .within("grown_p99_ms", grown.ms(99), grown_ms)
        .count("shrunk_p50_ms", late.ms(50))
        .within("shrunk_most_ms", late.ms(100), ground.size(0..=10_000, 0..=1_000))
}

/// What it takes to have a connection that is still to be opened, where nobody waits.
async fn connect(ground: &Ground, db: &Db) -> Duration {
    db.pool().evict();
    let begun = Instant::now();
    let tx = db.session().read_only().begin().await.unwrap();
    let took = begun.elapsed();
    tx.rollback().await;
    ground.rest(db).await;
    took
}

/// Lets a pool of one grow while somebody waits: notes when they had their seat, and when
/// their connection.
async fn grow(ground: &Ground, db: &Db, seats: &mut Times, grown: &mut Times) {
    // SQLite has several that only read.
    let held = db.session().read_only().begin().await.unwrap();
    let before = db.stats();
    let waiter = tokio::spawn({
        let db = db.clone();
        async move {
            let begun = Instant::now();
            let tx = db.session().read_only().begin().await.unwrap();
            let had = Instant::now();
            tx.rollback().await;
            (begun, had)
        }
    });
    while db.stats().waiting == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let resized = Instant::now();
    db.pool().resize(2);
    let (begun, had) = waiter.await.unwrap();
    // Counted until they have their seat; what is opened then is not waited for in a queue.
    let waited = db.stats().wait_duration - before.wait_duration;
    seats.note((begun + waited).saturating_duration_since(resized));
    grown.note(had - resized);
    held.rollback().await;
    ground.rest(db).await;
    db.pool().resize(1);
}

/// Lets a pool of eight shrink to two while all are held: how long after the longest hold the
/// server has two.
async fn shrink(ground: &Ground, db: &Db, round: u64, plain: &mut Plain) -> Duration {
    db.pool().resize(LARGE);
    let mut dice = ground.dice(round);
    let longest = ground.size(50, 1_000);
    let holds: Vec<_> = (0..LARGE).map(|_| Duration::from_millis(1 + dice.below(longest) as u64)).collect();
    let held = join_all(holds.iter().map(|_| async { db.session().read_only().begin().await.unwrap() })).await;
    let resized = Instant::now();
    db.pool().resize(SMALL);
    let holders = held.into_iter().zip(&holds).map(|(tx, hold)| async move {
        tokio::time::sleep(*hold).await;
        tx.rollback().await;
    });
    // Those who wait take over what comes home, and hold it for a moment.
    let others = (0..LARGE).map(|_| async {
        let tx = db.session().read_only().begin().await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
        tx.rollback().await;
    });
    let over = resized + holds.iter().max().copied().unwrap();
    let shrunk = async {
        while !is_small(ground, db, plain).await {
            assert!(resized.elapsed() < Duration::from_secs(30), "never small: {:?}", db.stats());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Instant::now()
    };
    let (_, _, shrunk) = tokio::join!(join_all(holders), join_all(others), shrunk);
    shrunk.saturating_duration_since(over)
}

/// Whether the pool and the server have no more than there may be.
async fn is_small(ground: &Ground, db: &Db, plain: &mut Plain) -> bool {
    // SQLite has one more, which writes, and no server that could count.
    let writers = usize::from(ground.engine() == Engine::Sqlite);
    db.stats().open <= SMALL + writers && ground.connections(plain).await <= SMALL as u64
}
