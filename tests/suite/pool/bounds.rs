//! Figures that are too large, and waits that must end.

use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use orm::prelude::*;
use orm::{Engine, Error, PoolOptions, Reload};

use crate::models::{User, user};
use crate::{Test, cases};

cases![
    a_size_that_cannot_be_is_refused_when_it_is_opened,
    a_size_that_is_too_large_leaves_the_pool_usable,
    a_new_size_outlives_a_reload,
    what_is_without_end_ends_nothing,
    a_question_to_a_silent_network_ends,
    a_database_that_falls_silent_is_not_opened_for_ever,
    a_closed_pool_is_reloaded_by_nobody,
];

/// Long enough for what ends by itself; never waited for where all is well.
const GUARD: Duration = Duration::from_secs(20);

/// SQLite has one more, which writes.
fn writers(t: &Test) -> usize {
    usize::from(t.engine() == Engine::Sqlite)
}

/// Seen failing: the pool beneath panicked.
async fn a_size_that_cannot_be_is_refused_when_it_is_opened(t: Test) {
    for size in [100_001, usize::MAX] {
        let error = t.builder().pool(PoolOptions::new().max_size(size)).lazy().unwrap_err();
        assert!(matches!(error, Error::Configuration { .. }), "{error:?}");
        assert!(error.to_string().contains("`max_size`") && error.to_string().contains("100,000"), "{error}");
    }
    let error = t.pool().reload(Reload::new().options(PoolOptions::new().max_size(usize::MAX))).await.unwrap_err();
    assert!(matches!(error, Error::Configuration { .. }), "{error:?}");
    t.ping().await.unwrap();
}

/// Seen failing: the pool beneath panicked under its lock, and so did each who wanted a
/// connection after that.
async fn a_size_that_is_too_large_leaves_the_pool_usable(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().open().await.unwrap();
    db.pool().resize(usize::MAX);
    db.create(user("ann", 1)).await.unwrap();
    assert_eq!(db.stats().max_open, 100_000 + writers(&t));
    db.pool().resize(1);
    assert_eq!((db.find::<User>().count().await.unwrap(), db.stats().max_open), (1, 1 + writers(&t)));
}

/// Seen failing: the pool had five connections again.
async fn a_new_size_outlives_a_reload(t: Test) {
    let options = PoolOptions::new().max_size(5).min_idle(3);
    let db = t.builder().pool(options.clone()).open().await.unwrap();
    // Fewer than are kept ready, which is a wish for the time when there are more again.
    db.pool().resize(2);
    db.pool().reload(Reload::new()).await.unwrap();
    assert_eq!(db.stats().max_open, 2 + writers(&t));
    db.pool().reload(Reload::new().address(t.url())).await.unwrap();
    assert_eq!(db.stats().max_open, 2 + writers(&t));
    db.pool().reload(Reload::new().options(options)).await.unwrap();
    assert_eq!(db.stats().max_open, 5 + writers(&t));
}

/// The last moment that a clock can show.
fn far() -> Instant {
    let mut it = Instant::now();
    for part in (0..64).rev().map(|bit| Duration::from_secs(1 << bit)).chain((0..30).rev().map(|bit| Duration::from_nanos(1 << bit))) {
        it = it.checked_add(part).unwrap_or(it);
    }
    it
}

/// Seen failing with a panic at the lifetime of the first connection.
async fn what_is_without_end_ends_nothing(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let (ever, some) = (Duration::MAX, Some(Duration::MAX));
    let options = PoolOptions::new().wait_timeout(ever).connect_timeout(ever).validate_timeout(ever).validate_after(ever);
    let options = options.release_timeout(ever).keepalive(some).max_lifetime(some).idle_timeout(some);
    let options = options.leak_after(ever).slow_transaction(ever).stats_every(ever);
    let builder = t.builder().pool(options).on_acquire("clinic:hello", "SELECT 1").timeout(ever).transaction_timeout(ever);
    let db = builder.open().await.unwrap();
    db.create(user("ann", 1)).await.unwrap();
    db.transaction(async |tx| tx.create(user("bob", 1)).await).await.unwrap();
    let left = far() - Instant::now();
    for session in [
        db.session().timeout(ever),
        db.session().timeout(left - Duration::from_millis(1)),
        db.session().timeout(left / 2),
        db.session().deadline(far()),
        db.session().deadline(far()).reserve(ever),
        db.session().timeout(ever).reserve(Duration::from_secs(1)),
        db.session().timeout(left - Duration::from_millis(1)).child(),
    ] {
        let is_over = session.time_left().is_some_and(|it| it.is_zero());
        let found = session.find::<User>().count().await;
        assert!(found.is_ok() || is_over, "{found:?}");
        let written = session.retry(2).transaction(async |tx| tx.update_all(every::<User>()).set(User::AGE, 2_u8).await).await;
        assert!(written.is_ok() || is_over, "{written:?}");
    }
    assert!(db.shutdown(ever).await.is_clean());
}

/// Seen failing: it waited for ever.
async fn a_question_to_a_silent_network_ends(t: Test) {
    let (Some(proxy), builder) = t.behind_network().await else { return };
    let db = builder.pool(PoolOptions::new().max_size(1).validate_timeout(Duration::from_millis(50))).open().await.unwrap();
    proxy.silence();
    let asked = tokio::time::timeout(GUARD, db.ping()).await.expect("the ping ends");
    assert!(matches!(asked, Err(Error::Timeout { phase: "the sign of life", .. })), "{asked:?}");
    proxy.heal();
    // Its connection is not used again.
    db.ping().await.unwrap();
    assert_eq!(db.stats().broken_closed, 1);
}

/// Seen failing: it waited for ever.
async fn a_database_that_falls_silent_is_not_opened_for_ever(t: Test) {
    let (Some(proxy), builder) = t.behind_network().await else { return };
    builder.open().await.unwrap();
    let trips = proxy.take_round_trips();
    // The last thing that is asked.
    proxy.silence_after(trips - 1);
    let builder = orm::Db::builder(&proxy.url(t.url())).pool(PoolOptions::new().connect_timeout(Duration::from_secs(1)));
    let opened = tokio::time::timeout(GUARD, builder.open()).await.expect("it ends");
    assert!(matches!(&opened, Err(Error::Connect { reason, .. }) if reason == "no answer within 1s"), "{opened:?}");
}

/// Seen failing: it was asked first whether it can be reached.
async fn a_closed_pool_is_reloaded_by_nobody(t: Test) {
    let nowhere = match t.engine() {
        Engine::Sqlite => "sqlite:///nowhere/at/all.db",
        Engine::Postgres => "postgres://127.0.0.1:1/x",
        _ => "mysql://127.0.0.1:1/x",
    };
    t.close();
    let done = t.pool().reload(Reload::new().address(nowhere)).now_or_never();
    assert!(matches!(done, Some(Err(Error::Closed))), "{done:?}");
}
