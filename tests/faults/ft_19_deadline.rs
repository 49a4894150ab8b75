//! FT-19: a shutdown with a deadline of 2 s while one transaction never ends.
//!
//! Raw sqlx waits for all, without a deadline, and closes what nobody uses
//! last: its `close` never returns. Seen failing with a shutdown that ends no connection
//! at the deadline (`late` left empty): left 1, unnamed 1, survived 4 on PostgreSQL.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use orm::{Engine, Error};

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::storm::{Drop, row};

pub(crate) async fn run(ground: Ground) -> Seen {
    let deadline = ground.size(Duration::from_millis(100), Duration::from_secs(2));
    ground.create_tables::<Drop>().await.unwrap();
    let mut plain = ground.plain().await;
    let (mut left, mut unnamed, mut open, mut survived) = (0_u64, 0_u64, 0_u64, 0_u64);
    let (mut idle, mut whole) = (Duration::ZERO, Duration::ZERO);
    let rounds = ground.size(1, 5);
    for operation in 0..rounds {
        let db = ground.pool(5).await;
        // SQLite has several connections that only read.
        let reads = db.session().read_only();
        join_all((0..5).map(|_| async {
            let tx = reads.begin().await.unwrap();
            tx.raw("SELECT 1", ()).fetch_one::<i32>().await.unwrap();
            tx.rollback().await;
        }))
        .await;
        ground.rest(&db).await;
        let line = line!() + 1;
        let kept = db.begin().await.unwrap();
        kept.create(row(operation)).await.unwrap();

        let begun = Instant::now();
        let shutdown = async {
            let report = db.shutdown(deadline).await;
            (report, begun.elapsed())
        };
        let meanwhile = async {
            while db.stats().idle > 0 {
                tokio::task::yield_now().await;
            }
            begun.elapsed()
        };
        let ((report, took), closed) = tokio::join!(shutdown, meanwhile);
        (idle, whole) = (idle.max(closed), whole.max(took));
        let is_named =
            report.holders.len() == 1 && report.holders[0].at.file().ends_with("ft_19_deadline.rs") && report.holders[0].at.line() == line;
        unnamed += u64::from(!is_named || report.ended != 1);
        // The server is told; that it has noticed takes a moment.
        let noticed = Instant::now();
        let on_server = loop {
            let left = ground.connections(&mut plain).await;
            if left == 0 || noticed.elapsed() > Duration::from_secs(1) {
                break left;
            }
        };
        left += on_server;
        open += u64::from(!matches!(db.find::<Drop>().await, Err(Error::Closed)));
        survived += u64::from(kept.create(row(operation)).await.is_ok()) + u64::from(kept.commit().await.is_ok());
        while db.stats().open > 0 {
            assert!(begun.elapsed() < deadline + Duration::from_secs(30), "never closed: {:?}", db.stats());
            tokio::task::yield_now().await;
        }
    }
    let rows: u64 = plain.one("SELECT count(*) FROM storm").await.parse().unwrap();
    let ms = |it: Duration| u64::try_from(it.as_millis()).unwrap();
    // SQLite has no server that could end a connection: its statements are refused.
    let files = ground.engine() == Engine::Sqlite;
    Seen::new()
        .count("rounds", u64::try_from(rounds).unwrap())
        .within("idle_closed_ms", ms(idle), ground.size(0..=10_000, 0..=1_000))
        .within("returned_ms", ms(whole), ground.size(0..=30_000, 0..=3_000))
        .within("left", left, 0..=if files { u64::MAX } else { 0 })
        .zero("unnamed", unnamed)
        .zero("open", open)
        .zero("survived", survived + rows)
}
