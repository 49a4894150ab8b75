//! Connections that are kept ready, and those that die at rest.

use std::time::{Duration, Instant};

use orm::{Engine, Error, PoolOptions};

use super::{assert_exact, kill_all, until, while_readers_are_held};
use crate::models::User;
use crate::{Test, cases};

cases![
    as_many_as_are_kept_ready_are_open_when_the_database_is,
    what_is_kept_ready_is_not_closed_at_rest,
    what_dies_at_rest_is_replaced_before_it_is_needed,
    what_a_network_forgot_is_replaced_before_it_is_needed,
    a_sign_of_life_is_no_use,
    who_asks_for_a_sign_of_life_takes_no_connection_from_others,
    what_is_made_ready_leaves_seats_for_others,
    options_that_contradict_each_other_are_refused,
];

/// SQLite has one more, which writes.
fn writers(t: &Test) -> usize {
    usize::from(t.engine() == Engine::Sqlite)
}

async fn as_many_as_are_kept_ready_are_open_when_the_database_is(t: Test) {
    let options = PoolOptions::new().max_size(5).min_idle(3);
    let db = t.builder().pool(options.clone()).open().await.unwrap();
    let stats = db.stats();
    assert_eq!((stats.open, stats.idle), (3 + writers(&t), 3 + writers(&t)));
    assert_exact(&stats);
    assert_eq!(t.builder().pool(options).lazy().unwrap().stats().opened, 0);
    // They are there again when they were renewed.
    db.pool().evict();
    until(&db, |it| it.open >= 3 && it.evicted_closed == u64::try_from(3 + writers(&t)).unwrap()).await;
}

async fn what_is_kept_ready_is_not_closed_at_rest(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let options = PoolOptions::new().max_size(4).min_idle(2).idle_timeout(Some(Duration::from_millis(20)));
    let db = t.builder().pool(options).open().await.unwrap();
    while_readers_are_held(&db, 4, async {}).await;
    let stats = until(&db, |it| it.open == 2 && it.in_use == 0).await;
    assert_eq!(stats.idle_time_closed, stats.opened - 2);
    db.find::<User>().count().await.unwrap();
    assert_eq!(db.stats().opened, stats.opened);
}

async fn what_dies_at_rest_is_replaced_before_it_is_needed(t: Test) {
    if t.engine() == Engine::Sqlite {
        return;
    }
    let options = PoolOptions::new().max_size(1).keepalive(Some(Duration::from_millis(20)));
    let db = t.builder().pool(options).open().await.unwrap();
    kill_all(&t, &db).await;
    let before = db.stats().acquired;
    let stats = until(&db, |it| it.broken_closed == 1 && it.open == 1).await;
    assert_eq!((stats.opened, stats.acquired), (2, before));
    db.ping().await.unwrap();
    assert_exact(&db.stats());
}

/// Nobody is told of a connection that a firewall forgot: it just never answers. Seen failing
/// without `keep_alive` (`driver/pool/watch.rs`), and where a sign of life has no end.
async fn what_a_network_forgot_is_replaced_before_it_is_needed(t: Test) {
    let (Some(proxy), builder) = t.behind_network().await else { return };
    let (every, answer) = (Duration::from_millis(200), Duration::from_millis(300));
    let options = PoolOptions::new().max_size(1).keepalive(Some(every)).validate_timeout(answer);
    let db = builder.pool(options).open().await.unwrap();
    let before = db.stats();
    let forgotten = Instant::now();
    proxy.forget();
    let stats = until(&db, |it| it.broken_closed == 1 && it.open == 1).await;
    // The pool looks four times in that span. What is beyond is for a machine that is busy.
    let most = every + every / 4 + answer;
    assert!(forgotten.elapsed() < most + Duration::from_millis(700), "{:?} for {most:?}", forgotten.elapsed());
    assert_eq!((stats.opened, stats.acquired), (before.opened + 1, before.acquired), "somebody asked for it");
    db.ping().await.unwrap();
    assert_exact(&db.stats());
}

async fn a_sign_of_life_is_no_use(t: Test) {
    let rest = Some(Duration::from_millis(60));
    let options = PoolOptions::new().max_size(2).keepalive(Some(Duration::from_millis(2))).idle_timeout(rest);
    let db = t.builder().pool(options).open().await.unwrap();
    let stats = until(&db, |it| it.open == 0).await;
    assert_eq!(stats.idle_time_closed, stats.opened);
}

/// Seen failing on `MariaDB`: while the only connection was asked, all others were told that none was free.
async fn who_asks_for_a_sign_of_life_takes_no_connection_from_others(t: Test) {
    for size in [1, 3] {
        let options = PoolOptions::new().max_size(size).min_idle(1).wait_timeout(Duration::ZERO).keepalive(Some(Duration::from_millis(1)));
        let db = t.builder().pool(options).open().await.unwrap();
        for _ in 0..400 {
            db.ping().await.unwrap();
            tokio::task::yield_now().await;
        }
    }
}

/// Seen failing: all seats were taken by what was to be ready, for as long as a server may
/// take that does not answer.
async fn what_is_made_ready_leaves_seats_for_others(t: Test) {
    let (Some(proxy), builder) = t.behind_network().await else { return };
    let options = PoolOptions::new().max_size(4).min_idle(4).wait_timeout(Duration::ZERO).connect_timeout(Duration::from_secs(60));
    let db = builder.pool(options).open().await.unwrap();
    let before = proxy.opened();
    proxy.silence();
    db.pool().evict();
    while proxy.opened() < before + 2 {
        tokio::task::yield_now().await;
    }
    // Those stay silent.
    proxy.heal();
    db.ping().await.unwrap();
}

async fn options_that_contradict_each_other_are_refused(t: Test) {
    let (none, new) = (Duration::ZERO, PoolOptions::new);
    let wrong = [
        ("min_idle", new().max_size(2).min_idle(3)),
        ("max_idle", new().min_idle(3).max_idle(2)),
        ("connect_timeout", new().connect_timeout(none)),
        ("validate_timeout", new().validate_timeout(none)),
        ("release_timeout", new().release_timeout(none)),
        ("keepalive", new().keepalive(Some(none))),
        ("max_lifetime", new().max_lifetime(Some(none))),
        ("idle_timeout", new().idle_timeout(Some(none))),
    ];
    for (option, options) in wrong {
        let error = t.builder().pool(options).lazy().unwrap_err();
        assert!(matches!(error, Error::Configuration { .. }) && error.to_string().contains(&format!("`{option}`")), "{error}");
    }
    // To wait for nothing is a wish one may have.
    t.builder().pool(new().wait_timeout(none).max_idle(0)).open().await.unwrap().ping().await.unwrap();
}
