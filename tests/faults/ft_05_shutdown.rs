//! FT-05: a runtime that is shut down at once, with transactions open.

use std::time::{Duration, Instant};

use orm::PoolOptions;

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::storm::{Drop, row};

pub(crate) async fn run(ground: Ground) -> Seen {
    let sessions: usize = ground.size(10, 50);
    ground.create_tables::<Drop>().await.unwrap();
    let builder = ground.builder().pool(PoolOptions::new().max_size(sessions));
    let open = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let open = runtime.block_on(begin(builder, sessions));
        runtime.shutdown_timeout(Duration::ZERO);
        open
    });
    let open = open.join().expect("the runtime ends without a panic");

    let start = Instant::now();
    let mut plain = ground.plain().await;
    let left = loop {
        let left = ground.dirty(&mut plain).await + ground.connections(&mut plain).await;
        if left == 0 || start.elapsed() > Duration::from_secs(2) {
            break left;
        }
        tokio::task::yield_now().await;
    };
    println!("the server had forgotten them {:?} later", start.elapsed());
    let rows: u64 = plain.one("SELECT count(*) FROM storm").await.parse().unwrap();
    // Who comes next finds no lock.
    ground.create(row(1)).await.unwrap();
    Seen::new().within("open", open, 1..=u64::MAX).zero("left", left).zero("survived", rows)
}

/// Opens transactions that write and never end; says how many.
async fn begin(builder: orm::DbBuilder, sessions: usize) -> usize {
    let db = builder.open().await.unwrap();
    let (begun, mut count) = tokio::sync::mpsc::unbounded_channel();
    for n in 0..sessions {
        let (db, begun) = (db.clone(), begun.clone());
        tokio::spawn(async move {
            db.transaction(async |tx| {
                tx.create(row(i64::try_from(n).unwrap())).await?;
                let _ = begun.send(());
                std::future::pending::<orm::Result<()>>().await
            })
            .await
        });
    }
    // SQLite has one writer: the others wait for it.
    let open = if db.engine().await.unwrap() == orm::Engine::Sqlite { 1 } else { sessions };
    for _ in 0..open {
        count.recv().await.unwrap();
    }
    open
}
