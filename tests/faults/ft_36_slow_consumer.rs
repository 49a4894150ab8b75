//! FT-36: somebody who stops reading a long stream for a minute, and others who
//! leave it at its fifth row or while more is on its way.
//!
//! PostgreSQL would send all rows of a query to somebody who leaves it. Seen
//! failing with a first page of all rows (`FIRST` in `query/stream/page.rs`): somebody who
//! reads five of 20,000 rows has read them all. The first such stream ends the experiment.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use orm::Engine;
use orm::prelude::*;

use crate::chance::cancel_after;
use crate::faults::ground::{Ground, memory};
use crate::faults::seen::Seen;

#[derive(Debug, Clone, Model)]
#[orm(table = "long_list")]
struct Line {
    #[orm(key)]
    id: i64,
    number: i64,
}

/// Where it is left alone, and how far it is read then.
const STALL: i64 = 5_200;
const END: i64 = 9_000;

/// The rows in the page of the fifth row and in the next one.
const PAGES: usize = 1_500;

pub(crate) async fn run(ground: Ground) -> Seen {
    let rows: u64 = ground.size(20_000, 10_000_000);
    let db = ground.pool(2).await;
    db.create_tables::<Line>().await.unwrap();
    let mut plain = ground.plain().await;
    plain.execute(&fill(ground.engine(), rows)).await;
    assert_eq!(db.find::<Line>().order(Line::ID.asc()).limit(500).await.unwrap().len(), 500);

    let before = memory();
    let (mut wrong, mut held, mut grown) = (0_u64, 0, 0);
    let mut lines = db.find::<Line>().stream();
    for id in 1..=END {
        if id == STALL {
            let (start, stall) = (Instant::now(), ground.size(Duration::from_millis(20), Duration::from_secs(60)));
            while start.elapsed() < stall {
                held = held.max(db.stats().in_use);
                grown = grown.max(memory().saturating_sub(before));
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        wrong += u64::from(lines.next().await.unwrap().unwrap().id != id);
        if id % 100 == 0 {
            grown = grown.max(memory().saturating_sub(before));
        }
    }
    drop(lines);

    static READ: AtomicUsize = AtomicUsize::new(0);
    async fn count(cx: &mut Context) -> orm::Result<()> {
        READ.fetch_add(cx.len(), Ordering::Relaxed);
        Ok(())
    }
    let db = db.with_callbacks(|on| _ = on.row().after("*").register("faults:count", count)).unwrap();
    let drops = ground.size(10, 200);
    let mut most = 0;
    let mut slowest = Duration::ZERO;
    for round in 0..drops {
        READ.store(0, Ordering::Relaxed);
        let mut lines = db.find::<Line>().stream();
        // Every other one when the next rows are on their way.
        for _ in 0..if round % 2 == 0 { 5 } else { 500 } {
            lines.next().await.unwrap().unwrap();
        }
        if round % 2 == 1 {
            cancel_after(round / 2 % 3, lines.next()).await;
        }
        drop(lines);
        slowest = slowest.max(ground.rest(&db).await);
        most = most.max(READ.load(Ordering::Relaxed));
        // One stream that reads on is enough: all of them would take hours.
        if most > PAGES {
            break;
        }
    }
    Seen::new()
        .count("rows", rows)
        .zero("wrong", wrong)
        .zero("held", held)
        .within("grown_kib", grown, ground.size(0..=100_000, 0..=8_192))
        .count("drops", drops)
        .within("read_of_each", most, 500..=PAGES as u64)
        .within("back_ms", u64::try_from(slowest.as_millis()).unwrap(), ground.size(0..=20_000, 0..=1_000))
        .within("reopened", db.stats().broken_closed, 0..=0)
        .zero("dirty", ground.dirty(&mut plain).await)
}

/// Rows, made where they are stored.
fn fill(engine: Engine, rows: u64) -> String {
    match engine {
        Engine::Sqlite => {
            format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {rows}) INSERT INTO long_list SELECT i, i FROM n")
        }
        Engine::Postgres => format!("INSERT INTO long_list SELECT i, i FROM generate_series(1, {rows}) i"),
        _ => format!("INSERT INTO long_list SELECT seq, seq FROM seq_1_to_{rows}"),
    }
}
