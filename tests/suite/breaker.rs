//! The circuit breaker: when a database is not asked any more, and when again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use orm::prelude::*;
use orm::service::{Breaker, CircuitState, Fallbacks};
use orm::{Db, Error};
use tokio::sync::Semaphore;
use tracing::instrument::WithSubscriber as _;

use crate::models::{User, user};
use crate::watch::Events;
use crate::{Test, cases};

cases![
    too_many_failures_open_the_circuit,
    few_failures_among_many_leave_it_closed,
    one_is_let_through_and_closes_it,
    one_that_fails_leaves_it_open,
    one_that_is_dropped_leaves_it_open,
    what_the_one_makes_itself_is_let_through,
    nothing_in_a_transaction_is_refused,
    the_begin_of_a_transaction_is_refused_and_closes_it,
    a_fallback_answers_and_says_so,
    links_in_front_of_it_still_run,
    its_states_are_told,
    a_rate_that_makes_no_sense_is_an_error,
    a_pause_without_end_keeps_it_open,
];

pub(super) const LONG: Duration = Duration::from_secs(3600);

/// Stands where the database is, which may be ill.
#[derive(Clone)]
pub(super) struct Sick {
    ill: Arc<AtomicBool>,
    asked: Arc<AtomicU64>,
    /// Whether the next statement waits until it is let go on.
    slow: Arc<AtomicBool>,
    here: Arc<Semaphore>,
    go_on: Arc<Semaphore>,
}

impl Sick {
    fn new() -> Self {
        let semaphore = || Arc::new(Semaphore::new(0));
        Self { ill: Arc::default(), asked: Arc::default(), slow: Arc::default(), here: semaphore(), go_on: semaphore() }
    }

    fn be_ill(&self, ill: bool) {
        self.ill.store(ill, Ordering::SeqCst);
    }

    /// Until a statement waits here.
    async fn waits(&self) {
        self.here.acquire().await.unwrap().forget();
    }

    /// How often it was asked since the last time.
    fn asked(&self) -> u64 {
        self.asked.swap(0, Ordering::SeqCst)
    }
}

impl Callback for Sick {
    async fn call(&self, cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.slow.swap(false, Ordering::SeqCst) {
            self.here.add_permits(1);
            self.go_on.acquire().await.unwrap().forget();
        }
        if self.ill.load(Ordering::SeqCst) {
            return Err(Error::Connect { target: "nowhere".to_owned(), reason: "on purpose".to_owned(), source: None });
        }
        next.run(cx).await
    }
}

/// A breaker that opens after four failures.
pub(super) fn breaker(pause: Duration) -> Breaker {
    Breaker::new("main").at_least(4).window(LONG).pause(pause)
}

pub(super) async fn open(t: &Test, breaker: &Breaker) -> (Db, Sick) {
    let sick = Sick::new();
    let builder = t.builder().plugin(breaker.clone()).callbacks(|on| {
        for chain in on.each() {
            chain.after("breaker:around").register("test:sick", sick.clone());
        }
    });
    let db = builder.open().await.unwrap();
    // By another handle, so that it does not count here.
    t.create_tables::<User>().await.unwrap();
    (db, sick)
}

async fn fall_ill(db: &Db, sick: &Sick, breaker: &Breaker) {
    sick.be_ill(true);
    while breaker.state() == CircuitState::Closed {
        assert!(matches!(db.find::<User>().count().await, Err(Error::Connect { .. })));
    }
    sick.asked();
}

#[track_caller]
pub(super) fn is_refused<T: std::fmt::Debug>(result: orm::Result<T>) {
    match result {
        Err(error @ Error::CircuitOpen { circuit: "main", .. }) => assert!(error.is_circuit_open() && !error.is_retryable()),
        other => panic!("{other:?}"),
    }
}

async fn too_many_failures_open_the_circuit(t: Test) {
    let breaker = breaker(LONG);
    let (db, sick) = open(&t, &breaker).await;
    sick.be_ill(true);
    for _ in 0..4 {
        assert_eq!(breaker.state(), CircuitState::Closed);
        assert!(matches!(db.find::<User>().count().await, Err(Error::Connect { .. })));
    }
    assert_eq!((breaker.state(), sick.asked()), (CircuitState::Open, 4));
    sick.be_ill(false);
    let stats = db.stats();
    is_refused(db.find::<User>().await);
    is_refused(db.create(user("ann", 1)).await);
    is_refused(db.create_many([user("ann", 1), user("bob", 2)]).await);
    is_refused(db.insert_many([user("ann", 1)]).await);
    is_refused(db.update_all(every::<User>()).set(User::AGE, 1).await);
    is_refused(db.delete_all(every::<User>()).await);
    is_refused(db.raw("SELECT 1", ()).fetch::<i64>().await);
    is_refused(db.find::<User>().stream().next().await.unwrap());
    is_refused(db.transaction(async |tx| tx.find::<User>().count().await).await);
    is_refused(db.begin().await.map(drop));
    assert_eq!((sick.asked(), db.stats().acquired), (0, stats.acquired));
    let Err(error) = db.find::<User>().await else { panic!("it is open") };
    assert!(matches!(error, Error::CircuitOpen { retry_after, .. } if retry_after > LONG / 2), "{error:?}");
    assert_eq!(error.public_message(), "the service is busy; try again later");
    assert_eq!(error.http_status(), 503);
    // Another handle knows nothing of it.
    assert_eq!(t.find::<User>().count().await.unwrap(), 0);
}

async fn few_failures_among_many_leave_it_closed(t: Test) {
    let breaker = breaker(LONG);
    let (db, sick) = open(&t, &breaker).await;
    for n in 0..20 {
        sick.be_ill(n % 4 == 3);
        assert_eq!(db.find::<User>().count().await.is_err(), n % 4 == 3);
    }
    assert_eq!((breaker.state(), sick.asked()), (CircuitState::Closed, 20));
}

async fn one_is_let_through_and_closes_it(t: Test) {
    let breaker = breaker(Duration::ZERO);
    let (db, sick) = open(&t, &breaker).await;
    fall_ill(&db, &sick, &breaker).await;
    sick.be_ill(false);
    sick.slow.store(true, Ordering::SeqCst);
    let one = tokio::spawn({
        let db = db.clone();
        async move { db.find::<User>().count().await }
    });
    sick.waits().await;
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    for _ in 0..5 {
        is_refused(db.find::<User>().count().await);
        is_refused(db.transaction(async |_| Ok(())).await);
    }
    assert_eq!(sick.asked(), 1);
    sick.go_on.add_permits(1);
    assert_eq!(one.await.unwrap().unwrap(), 0);
    assert_eq!(breaker.state(), CircuitState::Closed);
    db.create(user("ann", 1)).await.unwrap();
}

async fn one_that_fails_leaves_it_open(t: Test) {
    let breaker = breaker(Duration::ZERO);
    let (db, sick) = open(&t, &breaker).await;
    fall_ill(&db, &sick, &breaker).await;
    for _ in 0..5 {
        assert!(matches!(db.find::<User>().count().await, Err(Error::Connect { .. })));
        assert_eq!((breaker.state(), sick.asked()), (CircuitState::Open, 1));
    }
}

async fn one_that_is_dropped_leaves_it_open(t: Test) {
    let breaker = breaker(Duration::ZERO);
    let (db, sick) = open(&t, &breaker).await;
    fall_ill(&db, &sick, &breaker).await;
    sick.be_ill(false);
    sick.slow.store(true, Ordering::SeqCst);
    tokio::select! {
        _ = db.find::<User>().count().into_future() => panic!("it waits"),
        () = sick.waits() => {}
    }
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(db.find::<User>().count().await.unwrap(), 0);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

async fn what_the_one_makes_itself_is_let_through(t: Test) {
    let breaker = breaker(Duration::ZERO);
    let (db, sick) = open(&t, &breaker).await;
    let db = db
        .with_callbacks(|on| {
            on.query().after("orm:query").register("test:more", async |cx: &mut Context| {
                if cx.is_unscoped() {
                    return Ok(());
                }
                cx.session().find::<User>().unscoped().await?;
                let count = cx.session().transaction(async |tx| tx.find::<User>().unscoped().await).await?;
                assert!(count.is_empty());
                Ok(())
            });
        })
        .unwrap();
    fall_ill(&db, &sick, &breaker).await;
    sick.be_ill(false);
    assert!(db.find::<User>().await.unwrap().is_empty());
    assert_eq!((breaker.state(), sick.asked()), (CircuitState::Closed, 3));
}

async fn nothing_in_a_transaction_is_refused(t: Test) {
    let breaker = breaker(LONG);
    let (db, sick) = open(&t, &breaker).await;
    db.transaction(async |tx| {
        tx.create(user("ann", 1)).await?;
        sick.be_ill(true);
        for _ in 0..8 {
            assert!(matches!(tx.find::<User>().count().await, Err(Error::Connect { .. })));
        }
        assert_eq!(breaker.state(), CircuitState::Open);
        sick.be_ill(false);
        tx.create(user("bob", 2)).await?;
        tx.transaction(async |tx| tx.create(user("cleo", 3)).await).await?;
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(breaker.state(), CircuitState::Open);
    is_refused(db.find::<User>().count().await);
    assert_eq!(t.find::<User>().count().await.unwrap(), 3);
}

async fn the_begin_of_a_transaction_is_refused_and_closes_it(t: Test) {
    let breaker = breaker(Duration::ZERO);
    let (db, sick) = open(&t, &breaker).await;
    fall_ill(&db, &sick, &breaker).await;
    sick.be_ill(false);
    let tx = db.begin().await.unwrap();
    assert_eq!(breaker.state(), CircuitState::Closed);
    tx.create(user("ann", 1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.find::<User>().count().await.unwrap(), 1);
}

async fn a_fallback_answers_and_says_so(t: Test) {
    let breaker = breaker(LONG).fallback(async |cx: &mut Context| {
        // Another type than that of a count.
        let _ = cx.answer_with(vec![user("of old", 1)]);
        Ok(())
    });
    let (db, sick) = open(&t, &breaker).await;
    let seen = Arc::new(AtomicU64::new(0));
    let db = db
        .with_callbacks(|on| {
            on.query().before("*").register("test:seen", Seen(Arc::clone(&seen)));
        })
        .unwrap();
    let fallbacks = Fallbacks::new();
    let session = db.session().with(fallbacks.clone());
    assert!(session.find::<User>().await.unwrap().is_empty());
    assert!(!fallbacks.any());
    fall_ill(&db, &sick, &breaker).await;
    assert_eq!(session.find::<User>().await.unwrap(), [user("of old", 1)]);
    assert_eq!((fallbacks.count(), seen.load(Ordering::SeqCst), sick.asked()), (1, 1, 0));
    assert_eq!(db.find::<User>().with(fallbacks.clone()).first().await.unwrap(), Some(user("of old", 1)));
    is_refused(session.find::<User>().count().await);
    is_refused(session.create(user("ann", 1)).await);
    assert_eq!(fallbacks.count(), 2);
}

/// Counts the answers of a fallback from outside.
struct Seen(Arc<AtomicU64>);

impl Callback for Seen {
    async fn call(&self, cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
        next.run(cx).await?;
        self.0.fetch_add(u64::from(cx.outcome().fallback), Ordering::SeqCst);
        Ok(())
    }
}

async fn links_in_front_of_it_still_run(t: Test) {
    let breaker = breaker(LONG);
    let (db, sick) = open(&t, &breaker).await;
    fall_ill(&db, &sick, &breaker).await;
    let cached = db
        .with_callbacks(|on| {
            on.query().before("*").register("test:cache", async |cx: &mut Context, next: Next<'_>| match cx.answer_with(vec![7_i64]) {
                Ok(()) => Ok(()),
                Err(_) => next.run(cx).await,
            });
        })
        .unwrap();
    assert_eq!(cached.find::<User>().count().await.unwrap(), 7);
    is_refused(cached.find::<User>().await);
}

async fn its_states_are_told(t: Test) {
    let breaker = breaker(Duration::ZERO);
    let (db, sick) = open(&t, &breaker).await;
    let events = Events::default();
    let work = async {
        fall_ill(&db, &sick, &breaker).await;
        sick.be_ill(false);
        db.find::<User>().await.unwrap();
    };
    work.with_subscriber(events.clone()).await;
    let said = events.take();
    let [open, half_open, closed] = &said[..] else { panic!("{said:?}") };
    assert!(open.contains("the circuit breaker is open") && open.contains("main"), "{open}");
    assert!(half_open.contains("the circuit breaker is half open"), "{half_open}");
    assert!(closed.contains("the circuit breaker is closed"), "{closed}");
}

async fn a_rate_that_makes_no_sense_is_an_error(t: Test) {
    for rate in [0.0, -1.0, 1.5, f64::NAN] {
        let error = t.builder().plugin(Breaker::new("main").failure_rate(rate)).open().await.unwrap_err();
        assert!(error.to_string().starts_with("the failure rate of the circuit breaker `main`: it must be"), "{error}");
    }
}

/// Seen failing: who found it ill panicked.
async fn a_pause_without_end_keeps_it_open(t: Test) {
    let breaker = breaker(Duration::MAX);
    let (db, sick) = open(&t, &breaker).await;
    fall_ill(&db, &sick, &breaker).await;
    sick.be_ill(false);
    is_refused(db.find::<User>().count().await);
    assert_eq!(breaker.state(), CircuitState::Open);
}
