//! FT-14: a task that asks a pool of one for a second connection.
//!
//! Seen failing without what `held::check` does: each nested one waits out the
//! time for waiting.

use std::panic::Location;
use std::time::{Duration, Instant};

use orm::prelude::*;
use orm::{Error, PoolOptions};

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::storm::{Drop, row};

/// What came of a nested one.
#[derive(Debug, Default)]
struct Tally {
    /// Refused before anything was waited for.
    at_once: u64,
    /// Refused at once, where the session is strict, because the task has all of them.
    strict: u64,
    /// Refused when the time for waiting was over.
    waited: u64,
    /// Both places are in the error.
    named: u64,
    other: u64,
}

impl Tally {
    #[track_caller]
    fn note<T>(&mut self, result: orm::Result<T>) {
        let file = Location::caller().file();
        match result {
            Err(Error::OutsideTransaction { transaction, statement }) => {
                self.at_once += 1;
                self.named += u64::from(transaction.starts_with(file) && statement.starts_with(file) && transaction != statement);
            }
            Err(
                ref error @ (Error::PoolExhausted { at, own: 1, holder: Some(holder), .. }
                | Error::WouldDeadlock { at, max: 1, holder: Some(holder) }),
            ) => {
                *if error.is_pool_exhausted() { &mut self.waited } else { &mut self.strict } += 1;
                self.named += u64::from(at.file() == file && holder.at.file() == file && holder.at.line() < at.line());
            }
            _ => self.other += 1,
        }
    }
}

pub(crate) async fn run(ground: Ground) -> Seen {
    let rounds: u64 = ground.size(2, 20);
    ground.create_tables::<Drop>().await.unwrap();
    // A connection is opened in it, too, which takes a busy machine longer.
    let limit = ground.size(Duration::from_millis(250), Duration::from_millis(50));
    let db = ground.builder().pool(PoolOptions::new().max_size(1).wait_timeout(limit)).open().await.unwrap();
    let strict = db.session().strict();
    let mut tally = Tally::default();
    let mut slowest = Duration::ZERO;
    for _ in 0..rounds {
        // What a closure is inside of is known.
        let inside = db.transaction(async |tx| {
            tally.note(db.create(row(1)).await);
            tally.note(db.transaction(async |_| Ok(())).await);
            tally.note(db.session().retry(3).transaction(async |_| Ok(())).await);
            tally.note(db.begin().await.map(drop));
            tx.create(row(2)).await
        });
        inside.await.unwrap();
        // What is kept in variables is not, and may be given to others, or to another part of
        // this task: only a strict session is refused at once.
        let guard = db.begin().await.unwrap();
        let start = Instant::now();
        tally.note(db.create(row(1)).await);
        slowest = slowest.max(start.elapsed());
        tally.note(strict.create(row(1)).await);
        tally.note(strict.begin().await.map(drop));
        guard.rollback().await;
        let pinned = db.session().pinned();
        pinned.raw("SELECT 1", ()).fetch::<i32>().await.unwrap();
        let start = Instant::now();
        tally.note(db.create(row(1)).await);
        slowest = slowest.max(start.elapsed());
        tally.note(strict.create(row(1)).await);
        drop(pinned);
        // What is held for a statement comes back by itself.
        let both = tokio::join!(strict.create(row(3)).into_future(), strict.transaction(async |tx| tx.create(row(4)).await));
        tally.other += u64::from(both.0.is_err()) + u64::from(both.1.is_err());
        // A stream holds nothing between its pages.
        let mut rows = db.find::<Drop>().stream();
        while let Some(row) = rows.next().await {
            row.unwrap();
            db.update_all(every::<Drop>()).set(Drop::OPERATION, 7).await.unwrap();
        }
    }
    ground.rest(&db).await;
    Seen::new()
        .within("at_once", tally.at_once, rounds * 4..=rounds * 4)
        .within("waited", tally.waited, rounds * 2..=rounds * 2)
        .within("strict", tally.strict, rounds * 3..=rounds * 3)
        .within("named", tally.named, rounds * 9..=rounds * 9)
        .zero("other", tally.other)
        .within("slowest_ms", u64::try_from(slowest.as_millis()).unwrap(), ground.size(0..=750, 0..=75))
}
