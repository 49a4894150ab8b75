//! FT-57: each time that can be set is kept, to within 25 ms.
//!
//! `wait_timeout` and the time of a session while all connections are held, the time of a
//! session while its statement runs; and in a network that takes everything and passes nothing
//! on, `connect_timeout`, `validate_timeout` (with the attempt at another connection that
//! follows it, so both of them), and `release_timeout` for a transaction and for a statement
//! that are dropped.
//!
//! Seen failing with each of them made longer: `wait` was 51 ms late with 50 more in
//! `Patience::left`, the two of a session with 50 more in `Deadline::after`; `connect` 61 with
//! twice its time in `dial`, `validate` 182 with that and with twice its own, `release` 63
//! with 60 more in the drop of a `Lease`.
//!
//! In a silent network a session says 40 ms after its time that a statement ran (FT-08).

use std::pin::pin;
use std::time::{Duration, Instant};

use orm::{Db, DbBuilder, Engine, Error, PoolOptions};

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::times::Times;
use crate::proxy::Proxy;

const LIMIT: Duration = Duration::from_millis(60);
const LONG: Duration = Duration::from_secs(30);

/// How late it was, how often it was early, and how often it was said otherwise than it must be.
#[derive(Debug, Default)]
struct Kept {
    late: Times,
    early: u64,
    unnamed: u64,
}

impl Kept {
    /// Notes one that took so long, of so long.
    fn note(&mut self, took: Duration, limit: Duration, named: bool) {
        self.late.note(took.saturating_sub(limit));
        self.early += u64::from(took < limit);
        self.unnamed += u64::from(!named);
    }

    /// What is awaited is to end at the limit, with such an error.
    async fn watch<T: std::fmt::Debug>(
        &mut self,
        limit: Duration,
        work: impl IntoFuture<Output = orm::Result<T>>,
        is_named: impl Fn(&Error) -> bool,
    ) {
        let begun = Instant::now();
        let ended = work.await;
        let took = begun.elapsed();
        let named = ended.as_ref().is_err_and(is_named);
        if !named {
            println!("after {took:?}: {ended:?}");
        }
        self.note(took, limit, named);
    }
}

pub(crate) async fn run(ground: Ground) -> Seen {
    let trials: u64 = ground.size(3, 100);
    let mut all = vec![
        ("wait", wait(&ground, trials).await),
        ("session_wait", session_wait(&ground, trials).await),
        ("statement", statement(&ground, trials).await),
    ];
    if ground.engine() != Engine::Sqlite {
        all.push(("connect", connect(&ground, trials).await));
        all.push(("validate", validate(&ground, trials).await));
        all.push(("release", release(&ground, trials).await));
    }
    let (early, unnamed) = all.iter().fold((0, 0), |sum, it| (sum.0 + it.1.early, sum.1 + it.1.unnamed));
    let seen = Seen::new().count("trials", trials).zero("early", early).zero("unnamed", unnamed);
    all.iter().fold(seen, |seen, (name, it)| {
        println!("{name}: late {:?} p50, {:?} p99, {:?} at the most", it.late.at(50), it.late.at(99), it.late.at(100));
        seen.within(figure(name), it.late.ms(99), ground.size(0..=2_000, 0..=25))
    })
}

fn figure(of: &str) -> &'static str {
    match of {
        "wait" => "wait_p99_ms",
        "session_wait" => "session_wait_p99_ms",
        "statement" => "statement_p99_ms",
        "connect" => "connect_p99_ms",
        "validate" => "validate_p99_ms",
        _ => "release_p99_ms",
    }
}

fn options() -> PoolOptions {
    PoolOptions::new().max_size(1).wait_timeout(LONG).connect_timeout(LONG).validate_after(LONG)
}

async fn open(builder: DbBuilder, options: PoolOptions) -> Db {
    builder.pool(options).beside_others().open().await.unwrap()
}

async fn wait(ground: &Ground, trials: u64) -> Kept {
    let db = open(ground.builder(), options().wait_timeout(LIMIT)).await;
    let mut kept = Kept::default();
    // SQLite has several that only read.
    let reads = db.session().read_only();
    let _held = reads.begin().await.unwrap();
    for _ in 0..trials {
        kept.watch(LIMIT, reads.begin(), |it| matches!(it, Error::PoolExhausted { deadline: false, .. })).await;
    }
    kept
}

async fn session_wait(ground: &Ground, trials: u64) -> Kept {
    let db = open(ground.builder(), options()).await;
    let mut kept = Kept::default();
    let _held = db.session().read_only().begin().await.unwrap();
    for _ in 0..trials {
        let session = db.session().timeout(LIMIT).read_only();
        let wait = session.raw("SELECT 1", ()).fetch_one::<i32>();
        kept.watch(LIMIT, wait, |it| matches!(it, Error::PoolExhausted { deadline: true, .. })).await;
    }
    kept
}

async fn statement(ground: &Ground, trials: u64) -> Kept {
    let db = open(ground.builder(), options()).await;
    let endless = match ground.engine() {
        Engine::Sqlite => "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
        engine => super::minute(engine),
    };
    let mut kept = Kept::default();
    for _ in 0..trials {
        // The connection is there, and so is what is prepared.
        ground.rest(&db).await;
        let session = db.session().timeout(LIMIT).read_only();
        kept.watch(LIMIT, session.raw(endless, ()).execute(), |it| matches!(it, Error::Timeout { .. })).await;
    }
    kept
}

async fn behind(ground: &Ground, options: PoolOptions) -> (Proxy, Db) {
    let (proxy, builder) = ground.behind_network().await;
    (proxy.expect("a server is reached over a network"), builder.pool(options).beside_others().lazy().unwrap())
}

async fn connect(ground: &Ground, trials: u64) -> Kept {
    let (proxy, db) = behind(ground, options().connect_timeout(LIMIT)).await;
    proxy.silence();
    let mut kept = Kept::default();
    for _ in 0..trials {
        kept.watch(LIMIT, db.ping(), |it| matches!(it, Error::Connect { .. })).await;
    }
    kept
}

async fn validate(ground: &Ground, trials: u64) -> Kept {
    let short = options().validate_after(Duration::from_millis(1)).validate_timeout(LIMIT).connect_timeout(LIMIT * 2);
    let (proxy, db) = behind(ground, short).await;
    let mut kept = Kept::default();
    for _ in 0..trials {
        proxy.heal();
        first(&db).await;
        tokio::time::sleep(Duration::from_millis(3)).await;
        proxy.silence();
        // The one that is silent is replaced, by one that is silent, too.
        kept.watch(LIMIT * 3, db.ping(), |it| matches!(it, Error::Connect { .. })).await;
    }
    kept
}

/// Uses the connection that is opened within its time, on a busy machine not the first one.
async fn first(db: &Db) {
    while db.raw("SELECT 1", ()).fetch_one::<i32>().await.is_err() {}
}

async fn release(ground: &Ground, trials: u64) -> Kept {
    let (proxy, db) = behind(ground, options().release_timeout(LIMIT)).await;
    let mut kept = Kept::default();
    for n in 0..trials {
        proxy.heal();
        let closed = db.stats().broken_closed;
        let tx = db.begin().await.unwrap();
        tx.raw("SELECT 1", ()).fetch_one::<i32>().await.unwrap();
        let begun = if n % 2 == 0 {
            proxy.silence();
            let begun = Instant::now();
            drop(tx);
            begun
        } else {
            tx.rollback().await;
            ground.rest(&db).await;
            let mut running = pin!(db.raw(super::minute(ground.engine()), ()).execute().into_future());
            assert!(tokio::time::timeout(Duration::from_millis(5), &mut running).await.is_err());
            proxy.silence();
            Instant::now()
        };
        while db.stats().broken_closed == closed {
            assert!(begun.elapsed() < LONG, "it is never closed: {:?}", db.stats());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        kept.note(begun.elapsed(), LIMIT, db.stats().in_use == 0);
    }
    kept
}
