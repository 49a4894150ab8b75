//! What a circuit breaker takes for an illness of the database, and what not.

use std::time::Duration;

use futures_util::future::join_all;
use orm::service::{Breaker, CircuitState};
use orm::{Error, PoolOptions};

use super::breaker::{LONG, breaker, is_refused, open};
use super::deadlines::minute;
use crate::models::{User, user};
use crate::{Test, cases};

cases![
    errors_that_are_answers_leave_it_closed,
    haste_is_no_illness,
    what_was_never_sent_is_no_illness,
    a_full_lane_and_a_suspended_pool_are_no_illness,
    a_pool_that_has_no_connection_left_is_ill,
    the_first_refusal_counts,
];

async fn errors_that_are_answers_leave_it_closed(t: Test) {
    let breaker = breaker(LONG);
    let (db, _) = open(&t, &breaker).await;
    let ann = || User { email: Some("ann@example".to_owned()), ..user("ann", 1) };
    db.create(ann()).await.unwrap();
    for _ in 0..8 {
        assert!(db.create(ann()).await.unwrap_err().is_unique_violation());
        assert!(db.get::<User>(-1).await.unwrap_err().is_not_found());
        assert!(db.raw("SELECT nothing FROM nowhere", ()).fetch::<i64>().await.is_err());
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
}

async fn haste_is_no_illness(t: Test) {
    let breaker = breaker(LONG);
    let (db, _) = open(&t, &breaker).await;
    for _ in 0..8 {
        let error = db.session().timeout(Duration::ZERO).find::<User>().await.unwrap_err();
        assert!(error.is_timeout(), "{error:?}");
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
}

/// Seen open after four: the whole time of the session counted as the database's.
async fn what_was_never_sent_is_no_illness(t: Test) {
    let breaker = breaker(LONG);
    let (db, _) = open(&t, &breaker).await;
    let over = async || {
        let session = db.session().timeout(Duration::from_millis(150));
        // The program did something else for so long.
        while session.time_left() != Some(Duration::ZERO) {
            tokio::task::yield_now().await;
        }
        session
    };
    let late = over().await;
    for _ in 0..8 {
        let error = late.find::<User>().await.unwrap_err();
        assert!(error.is_timeout(), "{error:?}");
        assert!(late.transaction(async |_| Ok(())).await.unwrap_err().is_timeout());
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
    // Nor is it where another statement of the transaction has the connection.
    db.transaction(async |tx| {
        let limited = |limit| tx.session().timeout(Duration::from_millis(limit));
        let (long, short) = (limited(1_000), limited(120));
        let waits = join_all((0..8).map(|_| short.find::<User>().into_future()));
        let (first, waits) = tokio::join!(long.raw(minute(t.engine()), ()).fetch_one::<i64>().into_future(), waits);
        assert!(first.is_err() && waits.iter().all(|it| it.as_ref().is_err_and(Error::is_timeout)), "{waits:?}");
        Err::<(), _>(Error::other("on purpose"))
    })
    .await
    .unwrap_err();
    assert_eq!(breaker.state(), CircuitState::Closed);
}

/// Seen open after four.
async fn a_full_lane_and_a_suspended_pool_are_no_illness(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let opened = async |breaker: &Breaker, wait: Duration| {
        let pool = PoolOptions::new().max_size(4).wait_timeout(wait);
        t.builder().pool(pool).lane("batch", 1).plugin(breaker.clone()).open().await.unwrap()
    };
    // Who waits has a limit of the pool, or of the session.
    for (wait, limit) in [(Duration::from_millis(1), LONG), (LONG, Duration::from_millis(120))] {
        let breaker = breaker(LONG);
        let db = opened(&breaker, wait).await;
        let batch = || db.session().lane("batch").timeout(limit);
        let held = db.session().lane("batch").begin().await.unwrap();
        for _ in 0..4 {
            let error = batch().find::<User>().await.unwrap_err();
            assert!(matches!(error, Error::PoolExhausted { phase: "its lane", .. }), "{error:?}");
            assert!(batch().transaction(async |_| Ok(())).await.is_err());
        }
        assert_eq!(breaker.state(), CircuitState::Closed, "{wait:?}");
        held.rollback().await;
        db.pool().suspend();
        for _ in 0..4 {
            let error = db.session().timeout(limit).find::<User>().await.unwrap_err();
            assert!(matches!(error, Error::PoolExhausted { phase: "resume", .. }), "{error:?}");
            assert!(db.session().timeout(limit).begin().await.is_err());
        }
        assert_eq!(breaker.state(), CircuitState::Closed, "{wait:?}");
        db.pool().resume();
        assert_eq!(db.find::<User>().count().await.unwrap(), 0);
    }
}

async fn a_pool_that_has_no_connection_left_is_ill(t: Test) {
    t.create_tables::<User>().await.unwrap();
    // Who waits has a limit of the pool, or of the session.
    for (wait, limit) in [(Duration::from_millis(1), LONG), (LONG, Duration::from_millis(120))] {
        let pool = PoolOptions::new().max_size(1).wait_timeout(wait);
        let breaker = breaker(LONG);
        let db = t.builder().pool(pool).plugin(breaker.clone()).open().await.unwrap();
        let held = db.begin().await.unwrap();
        // Of who gives little time himself nothing is learnt.
        for _ in 0..8 {
            let hasty = db.session().timeout(Duration::from_millis(5));
            let error = hasty.create(user("ann", 1)).await.unwrap_err();
            assert!(error.is_pool_exhausted(), "{error:?}");
            if wait == LONG {
                assert_eq!(breaker.state(), CircuitState::Closed);
            } else {
                break;
            }
        }
        while breaker.state() == CircuitState::Closed {
            let error = db.session().timeout(limit).create(user("ann", 1)).await.unwrap_err();
            assert!(matches!(error, Error::PoolExhausted { phase: "a connection", .. }), "{error:?}");
        }
        held.rollback().await;
        is_refused(db.create(user("ann", 1)).await);
    }
}

/// Seen waiting without end: the first question, which kind of database it is, tried again.
async fn the_first_refusal_counts(t: Test) {
    let (Some(proxy), builder) = t.behind_network().await else { return };
    proxy.cut_after(0);
    let breaker = breaker(LONG);
    let db = builder.pool(PoolOptions::new().wait_timeout(LONG)).plugin(breaker.clone()).lazy().unwrap();
    for _ in 0..4 {
        let error = db.find::<User>().await.unwrap_err();
        assert!(matches!(error, Error::Connect { .. }), "{error:?}");
    }
    assert_eq!(breaker.state(), CircuitState::Open);
}
