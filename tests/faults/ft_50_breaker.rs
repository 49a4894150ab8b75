//! FT-50: a database of which half of the statements fail, then all, and which
//! then is well again, behind a circuit breaker, under steady load.
//!
//! Half of them fail by a link that stands where the database is; all of them
//! because the server is away. Seen failing with a `Circuit::admit` that asks the
//! machine alone, which lets all through when the pause is over: together 8, storm 34
//! and until_closed 11 on PostgreSQL.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use orm::prelude::*;
use orm::service::{Breaker, CircuitState};
use orm::{Db, Error, PoolOptions};

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::storm::Drop;
use crate::suite::Away;

const WORKERS: u64 = 8;

/// Stands where the database is: counts, and lets statements fail.
#[derive(Clone)]
struct Gate {
    breaker: Breaker,
    /// One of so many fails; none where it is 0.
    failing: Arc<AtomicU64>,
    asked: Arc<AtomicU64>,
    /// Statements that were let through a circuit that was half open: all, those
    /// that are under way, and the most at the same time.
    let_through: Arc<AtomicU64>,
    under_way: Arc<AtomicU64>,
    together: Arc<AtomicU64>,
}

impl Callback for Gate {
    async fn call(&self, cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
        let nth = self.asked.fetch_add(1, Ordering::SeqCst);
        let is_probe = self.breaker.state() == CircuitState::HalfOpen;
        if is_probe {
            self.let_through.fetch_add(1, Ordering::SeqCst);
            let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
            self.together.fetch_max(now, Ordering::SeqCst);
        }
        let result = if nth.checked_rem(self.failing.load(Ordering::SeqCst)) == Some(0) {
            Err(Error::ConnectionLost { doing: "an experiment".to_owned(), source: "on purpose".into() })
        } else {
            next.run(cx).await
        };
        if is_probe {
            self.under_way.fetch_sub(1, Ordering::SeqCst);
        }
        result
    }
}

#[derive(Debug, Default)]
struct Sum {
    /// How long it took from the first failures until it was open, in milliseconds.
    opened: u128,
    /// More statements came to the database than pauses were over.
    storm: u64,
    probes: u64,
    /// Statements that were let through until it was closed again.
    until_closed: u64,
    /// How long refusals took, in microseconds.
    refusals: Vec<u128>,
}

pub(crate) async fn run(ground: Ground) -> Seen {
    let pause = ground.size(Duration::from_millis(100), Duration::from_secs(1));
    let outage = pause * ground.size(5, 20);
    let breaker = Breaker::new("experiment").pause(pause);
    let gate = Gate {
        breaker: breaker.clone(),
        failing: Arc::default(),
        asked: Arc::default(),
        let_through: Arc::default(),
        under_way: Arc::default(),
        together: Arc::default(),
    };
    let (away, builder) = Away::of(&ground, PoolOptions::new().max_size(4)).await;
    let builder = builder.plugin(breaker.clone()).callbacks(|on| {
        for chain in on.each() {
            chain.after("breaker:around").register("test:gate", gate.clone());
        }
    });
    let db = builder.open().await.unwrap();
    db.create_tables::<Drop>().await.unwrap();
    let mut sum = Sum::default();
    let stop = AtomicBool::new(false);
    let work = join_all((0..WORKERS).map(|_| worker(&db, &stop)));
    let watch = async {
        phases(&breaker, &gate, &away, pause, outage, &mut sum).await;
        stop.store(true, Ordering::SeqCst);
    };
    let (refusals, ()) = tokio::join!(work, watch);
    sum.refusals = refusals.concat();
    sum.refusals.sort_unstable();
    // Refused by the breaker, not by the database.
    assert!(sum.refusals.len() > 100, "{sum:?}");
    // All of them at full size; a debug build beside other tests is held up now and then.
    let nth = |part: usize| sum.refusals.get((sum.refusals.len() - 1) * part / 100).copied().unwrap_or(u128::MAX);
    Seen::new()
        .within("opened_ms", sum.opened, 0..=1_000)
        .within("refused_us", nth(ground.size(99, 100)), 0..=999)
        .count("median_us", nth(50))
        .count("probes", sum.probes)
        .zero("storm", sum.storm)
        .within("together", gate.together.load(Ordering::SeqCst), 1..=1)
        .within("until_closed", sum.until_closed, 1..=2)
}

/// Asks until it is told to stop; says how long each refusal took.
async fn worker(db: &Db, stop: &AtomicBool) -> Vec<u128> {
    let mut refusals = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let begun = Instant::now();
        let result = db.find::<Drop>().count().await;
        if matches!(result, Err(Error::CircuitOpen { .. })) {
            refusals.push(begun.elapsed().as_micros());
            // As a client would; all the others ask meanwhile.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::task::yield_now().await;
    }
    refusals
}

async fn phases(breaker: &Breaker, gate: &Gate, away: &Away, pause: Duration, outage: Duration, sum: &mut Sum) {
    tokio::time::sleep(pause).await;
    assert_eq!(breaker.state(), CircuitState::Closed);
    gate.failing.store(2, Ordering::SeqCst);
    sum.opened = until(breaker, CircuitState::Open).await.as_millis();
    away.go();
    // A file that is open is there for who has it open, so its statements go on failing here.
    gate.failing.store(u64::from(matches!(away, Away::File(_))), Ordering::SeqCst);
    let begun = Instant::now();
    // Those that were under way come to their end.
    tokio::time::sleep(pause / 2).await;
    gate.asked.store(0, Ordering::SeqCst);
    tokio::time::sleep(outage).await;
    sum.probes = gate.asked.load(Ordering::SeqCst);
    let pauses = u64::try_from(begun.elapsed().as_millis() / pause.as_millis()).unwrap() + 1;
    sum.storm = sum.probes.saturating_sub(pauses);
    assert!(sum.probes > 0, "nothing was tried");
    let before = gate.let_through.load(Ordering::SeqCst) - gate.under_way.load(Ordering::SeqCst);
    away.come();
    gate.failing.store(0, Ordering::SeqCst);
    until(breaker, CircuitState::Closed).await;
    sum.until_closed = gate.let_through.load(Ordering::SeqCst) - before;
}

async fn until(breaker: &Breaker, state: CircuitState) -> Duration {
    let begun = Instant::now();
    while breaker.state() != state {
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not become {state:?}");
        tokio::task::yield_now().await;
    }
    begun.elapsed()
}
