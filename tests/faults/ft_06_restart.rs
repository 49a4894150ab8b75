//! FT-06: a server that is stopped and started again while 64 tasks write.
//!
//! Every other write is a transaction, the others stand alone: where nobody heard
//! their end that is `OutcomeUnknown`, and every other error means that nothing was
//! stored. Raw sqlx says `Io` to both: 10 of its 32 errors had written.
//!
//! No commit of ten restarts was unheard and stored, so one in each round is made so: the network
//! swallows its answer.
//!
//! How long nobody wrote is held against how long the server let nobody in.
//!
//! Seen failing with a commit that is called done where its connection is lost
//! (`release` in `session/level/end.rs`): lost 1 of 103 on PostgreSQL, in the second run,
//! and 2 of 68 and 1 of 69 on `MariaDB`; with an `OutcomeUnknown` that is only called
//! `ConnectionLost` there: unsaid 2, one in each round.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use orm::{Db, Error, PoolOptions};

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::servers::Server;
use crate::faults::storm::{Drop, row};
use crate::plain::Plain;
use crate::proxy::Proxy;

/// What the writers share.
#[derive(Debug, Default)]
struct Shared {
    over: AtomicBool,
    next: AtomicI64,
    /// When each write was acknowledged.
    acknowledged: Mutex<Vec<Instant>>,
}

impl Shared {
    fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    /// The last acknowledged write before this moment, and the first one after it.
    fn around(&self, moment: Instant) -> Option<(Instant, Instant)> {
        let all = self.acknowledged.lock().unwrap();
        let last = all.iter().filter(|it| **it < moment).max()?;
        let first = all.iter().filter(|it| **it >= moment).min()?;
        Some((*last, *first))
    }
}

#[derive(Debug, Default)]
struct Told {
    acknowledged: Vec<i64>,
    unknown: Vec<i64>,
    refused: Vec<i64>,
    /// Errors that are none of the documented ones.
    unnamed: u64,
}

pub(crate) async fn run(ground: Ground) -> Seen {
    let (tasks, rounds) = (ground.size(8, 64), ground.size(2_u64, 10));
    let server = Server::start(ground.engine()).await;
    let options = PoolOptions::new().max_size(ground.size(4, 16)).wait_timeout(Duration::from_secs(60));
    let db = Db::builder(&server.url()).pool(options).open().await.unwrap();
    db.create_tables::<Drop>().await.unwrap();

    let proxy = Proxy::to(&server.url(), 0).await;
    let deaf = Db::builder(&proxy.url(&server.url())).pool(PoolOptions::new().max_size(1)).lazy().unwrap();

    let shared = Arc::new(Shared::default());
    let writers: Vec<_> = (0..tasks).map(|_| tokio::spawn(write(db.clone(), Arc::clone(&shared)))).collect();
    let (mut slowest, mut longest) = (Duration::ZERO, Duration::ZERO);
    let mut unheard = Told::default();
    for round in 0..rounds {
        proxy.cut_reply_to(b"COMMIT");
        write_one(&deaf, &shared, false, &mut unheard).await;
        proxy.heal();
        let before = shared.count();
        while shared.count() < before + 20 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let asked = Instant::now();
        // It blocks, and the writers are to go on meanwhile.
        tokio::task::block_in_place(|| if round % 2 == 0 { server.kill() } else { server.stop_fast() });
        server.launch();
        let accepts = server.accepts().await;
        let (last, first) = loop {
            // It was asked every few milliseconds, so nobody has written long before.
            if let Some(it) = shared.around(accepts - Duration::from_millis(5)) {
                break it;
            }
            assert!(accepts.elapsed() < Duration::from_secs(30), "nobody writes again: {:?}", db.stats());
            tokio::time::sleep(Duration::from_millis(1)).await;
        };
        // A server that is asked to end may still answer, so it is away from its last answer on.
        let (away, gap) = (accepts - asked.max(last), first - last);
        println!("away for {away:?}, nobody wrote for {gap:?}");
        slowest = slowest.max(first.saturating_duration_since(accepts));
        longest = longest.max(gap.saturating_sub(away));
    }
    shared.over.store(true, Ordering::SeqCst);
    let mut told: Vec<Told> = join_all(writers).await.into_iter().map(Result::unwrap).collect();
    told.push(unheard);

    let mut plain = Plain::open(&server.url()).await;
    let found = plain.rows("SELECT operation, count(*) FROM storm GROUP BY operation").await;
    let stored: BTreeMap<i64, u64> = found.iter().map(|it| (it[0].parse().unwrap(), it[1].parse().unwrap())).collect();
    let count = |of: fn(&Told) -> &Vec<i64>, is_wrong: &dyn Fn(&i64) -> bool| told.iter().flat_map(&of).filter(|it| is_wrong(it)).count();
    Seen::new()
        .within("acknowledged", count(|it| &it.acknowledged, &|_| true), 1..=u64::MAX)
        .zero("lost", count(|it| &it.acknowledged, &|it| !stored.contains_key(it)))
        .zero("twice", stored.values().filter(|it| **it > 1).count())
        .within("unknown", count(|it| &it.unknown, &|it| stored.contains_key(it)), rounds..=u64::MAX)
        .count("refused", count(|it| &it.refused, &|_| true))
        .zero("unsaid", count(|it| &it.refused, &|it| stored.contains_key(it)))
        .zero("unnamed", told.iter().map(|it| it.unnamed).sum::<u64>())
        .within("again_ms", ms(slowest), ground.size(0..=3_000, 0..=1_000))
        .within("gap_beyond_ms", ms(longest), ground.size(0..=3_000, 0..=1_000))
}

fn ms(it: Duration) -> u64 {
    u64::try_from(it.as_millis()).unwrap()
}

async fn write(db: Db, shared: Arc<Shared>) -> Told {
    let mut told = Told::default();
    while !shared.over.load(Ordering::SeqCst) {
        let alone = shared.next.load(Ordering::SeqCst) % 2 == 0;
        if !write_one(&db, &shared, alone, &mut told).await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    told
}

/// Writes by itself or in a transaction; says whether that was acknowledged.
async fn write_one(db: &Db, shared: &Shared, alone: bool, told: &mut Told) -> bool {
    let operation = shared.next.fetch_add(1, Ordering::SeqCst);
    let written = match alone {
        true => db.create(row(operation)).await,
        false => db.transaction(async |tx| tx.create(row(operation)).await).await,
    };
    match written {
        Ok(_) => {
            shared.acknowledged.lock().unwrap().push(Instant::now());
            told.acknowledged.push(operation);
            return true;
        }
        Err(Error::OutcomeUnknown { .. }) => told.unknown.push(operation),
        Err(error) => {
            let named = matches!(
                error,
                Error::ConnectionLost { .. }
                    | Error::Connect { .. }
                    | Error::PoolExhausted { .. }
                    | Error::RolledBack { .. }
                    | Error::TransactionAborted { .. }
            );
            if !named {
                println!("{error:?}");
            }
            told.unnamed += u64::from(!named);
            told.refused.push(operation);
        }
    }
    false
}
