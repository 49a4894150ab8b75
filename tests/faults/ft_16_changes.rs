//! FT-16: a pool that is resized, suspended, resumed and evicted at random while
//! it is used, 1,000 times.
//!
//! What the pool counts must agree with what the server counts: it is asked all the
//! time. A connection that was closed is there until the server has noticed, so one
//! too many counts if it stays, and at any moment there are no more than the pool may have
//! and has closed lately. Seen failing with `Seats::resize` that forgets what
//! it could not take back (`surplus`): 8 of 2 stay open.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use orm::{Db, Engine};

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::storm::{Drop, row};

/// The most connections that it is told to have.
const MOST: usize = 8;

pub(crate) async fn run(ground: Ground) -> Seen {
    ground.create_tables::<Drop>().await.unwrap();
    let db = ground.pool(4).await;
    // SQLite has one more, which writes.
    let writers = usize::from(ground.engine() == Engine::Sqlite);
    let (over, done, errors) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let tasks: Vec<_> = (0..ground.size(8, 32))
        .map(|n| tokio::spawn(use_it(db.clone(), n, Arc::clone(&over), Arc::clone(&done), Arc::clone(&errors))))
        .collect();
    let mut plain = ground.plain().await;
    let mut dice = ground.dice(0);
    let (mut beyond, mut stays, mut samples) = (0_u64, 0_u64, 0_u64);
    let mut closed = Closed { writers: writers as u64, ..Closed::default() };
    let mut most = 4;
    let changes = ground.size(100, 1_000);
    for _ in 0..changes {
        let before = done.load(Ordering::SeqCst);
        match dice.below(5) {
            0 => db.pool().evict(),
            1 => {
                db.pool().suspend();
                tokio::task::yield_now().await;
                db.pool().resume();
            }
            _ => {
                most = 1 + dice.below(MOST);
                db.pool().resize(most);
            }
        }
        beyond += u64::from(db.stats().open > MOST + writers);
        samples += 1;
        // What is over the size of now goes when who has it lets go.
        stays += u64::from(stays_beyond(&ground, &mut plain, &db, most, &mut closed).await);
        // Somebody used it before the next change.
        let start = Instant::now();
        while done.load(Ordering::SeqCst) == before && start.elapsed() < Duration::from_secs(30) {
            tokio::task::yield_now().await;
        }
    }
    db.pool().resize(2);
    stays += u64::from(stays_beyond(&ground, &mut plain, &db, 2, &mut closed).await);
    over.store(true, Ordering::SeqCst);
    for ended in join_all(tasks).await {
        ended.unwrap();
    }
    ground.rest(&db).await;
    let stats = db.stats();
    Seen::new()
        .count("changes", changes)
        .count("uses", done.load(Ordering::SeqCst))
        .zero("errors", errors.load(Ordering::SeqCst))
        .zero("beyond", beyond)
        .within("samples", samples + closed.samples, 2 * changes..=u64::MAX)
        .zero("above_ceiling", closed.above)
        .zero("stays", stays)
        .within("open", stats.open, 0..=2 + writers as u64)
        .zero("timed_out", stats.timed_out)
        .zero("dirty", ground.dirty(&mut plain).await)
}

/// How long the server may have what the pool has closed.
const NOTICED: Duration = Duration::from_secs(2);

/// What the pool has closed, which the server may still have.
#[derive(Debug, Default)]
struct Closed {
    writers: u64,
    /// How many were closed by then, for some time back.
    seen: VecDeque<(Instant, u64)>,
    samples: u64,
    /// How often the server had more than it could have.
    above: u64,
}

impl Closed {
    /// Compares what the server has with what it may have at most.
    fn look(&mut self, db: &Db, on_server: u64) {
        let (now, stats) = (Instant::now(), db.stats());
        self.seen.push_back((now, stats.opened - stats.open as u64));
        // One that is older than that stays, to count from.
        while self.seen.get(1).is_some_and(|it| now - it.0 > NOTICED) {
            self.seen.pop_front();
        }
        let lately = self.seen.back().map_or(0, |it| it.1) - self.seen.front().map_or(0, |it| it.1);
        self.samples += 1;
        if on_server > MOST as u64 + self.writers + lately {
            println!("the server has {on_server}, {lately} were closed lately: {stats:?}");
            self.above += 1;
        }
    }
}

/// Whether the pool or the server has more connections of this experiment than
/// there may be now, and still has them later.
async fn stays_beyond(ground: &Ground, plain: &mut crate::plain::Plain, db: &Db, most: usize, closed: &mut Closed) -> bool {
    let writers = usize::from(ground.engine() == Engine::Sqlite);
    let start = Instant::now();
    loop {
        let on_server = ground.connections(plain).await;
        closed.look(db, on_server);
        if db.stats().open <= most + writers && on_server <= most as u64 {
            return false;
        }
        if start.elapsed() > NOTICED {
            println!("more than {most}: {:?}", db.stats());
            return true;
        }
        tokio::task::yield_now().await;
    }
}

async fn use_it(db: Db, n: i64, over: Arc<AtomicBool>, done: Arc<AtomicU64>, errors: Arc<AtomicU64>) {
    while !over.load(Ordering::SeqCst) {
        let used = async {
            db.find::<Drop>().limit(1).await?;
            db.session().read_only().transaction(async |tx| tx.find::<Drop>().limit(1).await).await?;
            db.create(row(n)).await
        };
        match used.await {
            Ok(_) => _ = done.fetch_add(1, Ordering::SeqCst),
            Err(error) => {
                println!("{error:?}");
                errors.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}
