//! FT-04: a panic at each place where code of the program runs.
//!
//! Seen failing with `catch_unwind` taken out of the runner of links: the task of
//! the experiment dies in the first stage. `unnamed` was 10 with another link expected in one stage.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::FutureExt;
use orm::prelude::*;
use orm::{Db, Error};

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::storm::{Drop, row};
use crate::models::Fuse;

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "lamp", hooks)]
struct Lamp {
    #[orm(key, auto)]
    id: i64,
    fuse: Fuse,
}

impl Hooks for Lamp {
    async fn after_create(&mut self, db: &Session) -> orm::Result<()> {
        // In the transaction of the write, with rows of its own.
        db.create(row(3)).await?;
        assert!(self.fuse != Fuse(3), "in a hook that holds a transaction");
        Ok(())
    }
}

fn lamp(fuse: i64) -> Lamp {
    Lamp { id: 0, fuse: Fuse(fuse) }
}

/// The places, by name; each is what one of these numbers does.
const STAGES: [&str; 13] = [
    "before create",
    "after create",
    "before find",
    "after find",
    "before update",
    "after update",
    "before delete",
    "after delete",
    "before raw",
    "in a hook",
    "in an encoder",
    "in a decoder",
    "in a transaction",
];

pub(crate) async fn run(ground: Ground) -> Seen {
    let db = ground.pool(4).await;
    db.create_tables::<(Drop, Lamp)>().await.unwrap();
    let kept = db.create(row(1)).await.unwrap();
    // Somebody else, whom nothing of this may touch.
    let done = Arc::new(AtomicBool::new(false));
    let written = Arc::new(AtomicU64::new(0));
    let other = tokio::spawn(bystander(db.clone(), Arc::clone(&done), Arc::clone(&written)));

    let rounds = ground.size(10, 1_000);
    let (mut unnamed, mut panics) = (0_u64, 0_u64);
    for (stage, name) in STAGES.iter().enumerate() {
        let striking = striking(&db, stage);
        for _ in 0..rounds {
            let named = strike(&striking, &kept, stage).await;
            panics += 1;
            if !named {
                println!("{name}: the panic came back as something else");
                unnamed += 1;
            }
        }
    }
    done.store(true, Ordering::Relaxed);
    other.await.expect("the other task is untouched");
    ground.rest(&db).await;

    let mut plain = ground.plain().await;
    let survived: u64 = plain.one("SELECT count(*) FROM storm WHERE operation = 3").await.parse().unwrap();
    let lamps: u64 = plain.one("SELECT count(*) FROM lamp").await.parse().unwrap();
    let others: u64 = plain.one("SELECT count(*) FROM storm WHERE operation = 4").await.parse().unwrap();
    Seen::new()
        .count("panics", panics)
        .zero("unnamed", unnamed)
        // One lamp can be written and not read: the decoder of each round.
        .zero("survived", survived + lamps)
        .zero("lost", written.load(Ordering::Relaxed).abs_diff(others))
        .zero("dirty", ground.dirty(&mut plain).await)
        .zero("in_use", db.stats().in_use)
        .zero("reopened", db.stats().opened.saturating_sub(4))
}

async fn bystander(db: Db, done: Arc<AtomicBool>, written: Arc<AtomicU64>) {
    while !done.load(Ordering::Relaxed) {
        db.create(row(4)).await.unwrap();
        written.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
    }
}

/// A handle with a link that panics at the place of a stage.
fn striking(db: &Db, stage: usize) -> Db {
    let oh = async |cx: &mut Context| -> orm::Result<()> {
        if cx.statement().model().is_none_or(|it| it.name == "Drop") {
            cx.session().session().without_hooks().raw("INSERT INTO lamp (fuse) VALUES (9)", ()).execute().await?;
            panic!("on purpose");
        }
        Ok(())
    };
    let plain = async |_: &mut Context| -> orm::Result<()> { panic!("on purpose") };
    db.with_callbacks(|on| match stage {
        0 => drop(on.create().before("orm:create").register("test:oh", oh)),
        1 => drop(on.create().after("orm:create").register("test:oh", oh)),
        2 => drop(on.query().before("orm:query").register("test:oh", plain)),
        3 => drop(on.query().after("orm:query").register("test:oh", plain)),
        4 => drop(on.update().before("orm:update").register("test:oh", oh)),
        5 => drop(on.update().after("orm:update").register("test:oh", oh)),
        6 => drop(on.delete().before("orm:delete").register("test:oh", oh)),
        7 => drop(on.delete().after("orm:delete").register("test:oh", oh)),
        8 => drop(on.raw().before("orm:raw").register("test:oh", plain)),
        _ => {}
    })
    .unwrap()
}

/// Runs into the panic of a stage; whether it came back as an error that names it.
async fn strike(db: &Db, kept: &Drop, stage: usize) -> bool {
    let result = match stage {
        0 | 1 => db.create(row(3)).await.map(drop),
        2 | 3 => db.find::<Drop>().await.map(drop),
        4 | 5 => db.update(kept.clone()).set(Drop::OPERATION, 3).await.map(drop),
        6 | 7 => db.delete(kept.clone()).await.map(drop),
        8 => db.raw("DELETE FROM storm", ()).execute().await.map(drop),
        9 => db.create(lamp(3)).await.map(drop),
        10 => db.create(lamp(2)).await.map(drop),
        11 => db.raw("SELECT 0 AS id, 1 AS fuse", ()).fetch_one::<Lamp>().await.map(drop),
        _ => {
            let work = db.transaction(async |tx| {
                tx.create(row(3)).await?;
                let inner = tx.transaction(async |tx| -> orm::Result<()> {
                    tx.create(row(3)).await?;
                    panic!("on purpose")
                });
                inner.await
            });
            // A closure of the program panics for the program.
            return AssertUnwindSafe(work).catch_unwind().await.is_err();
        }
    };
    let expected = match stage {
        0 | 1 => Some(("create", "test:oh")),
        2 | 3 => Some(("query", "test:oh")),
        4 | 5 => Some(("update", "test:oh")),
        6 | 7 => Some(("delete", "test:oh")),
        8 => Some(("raw", "test:oh")),
        9 => Some(("create", "orm:after_create")),
        // Fields are no part of a chain.
        _ => None,
    };
    match (result, expected) {
        (Err(Error::CallbackPanicked { chain, link, .. }), Some(expected)) => (chain, &*link) == expected,
        (Err(error), None) => error.to_string().contains("code of a field panicked"),
        _ => false,
    }
}
