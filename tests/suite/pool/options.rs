//! Options of the pool that are changed while it is used.

use std::time::Duration;

use orm::{ConfigWatch, Db, Engine, Error, PoolOptions};
use tokio::sync::watch;

use super::health::Away;
use super::{assert_exact, until, while_readers_are_held};
use crate::models::User;
use crate::suite::configuration::{config, listener};
use crate::{Test, cases};

cases![options_that_are_set_hold_at_once_and_renew_nothing, options_of_a_configuration_hold_at_once_though_the_database_is_away];

/// SQLite has one more, which writes.
fn writers(t: &Test) -> usize {
    usize::from(t.engine() == Engine::Sqlite)
}

async fn options_that_are_set_hold_at_once_and_renew_nothing(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let options = || PoolOptions::new().max_size(3);
    let db = t.builder().pool(options()).open().await.unwrap();
    // What is to be ready comes in the background.
    db.pool().set_options(options().min_idle(3)).unwrap();
    let stats = until(&db, |it| it.idle == 3 + writers(&t)).await;
    assert_eq!((stats.opened, stats.evicted_closed), (3 + u64::from(t.engine() == Engine::Sqlite), 0));
    // What is more than is kept goes at once; of SQLite's there is one that writes.
    db.pool().set_options(options().max_idle(1)).unwrap();
    let stats = until(&db, |it| it.max_idle_closed == 2).await;
    assert_eq!(stats.idle, 1 + writers(&t));
    // Who holds one keeps it, and it goes home.
    while_readers_are_held(&db, 1, async {
        db.pool().set_options(PoolOptions::new().max_size(2).wait_timeout(Duration::from_millis(20))).unwrap();
    })
    .await;
    let after = until(&db, |it| it.in_use == 0).await;
    assert_eq!((after.opened, after.max_open, after.evicted_closed), (stats.opened, 2 + writers(&t), 0));
    assert_exact(&after);
    // What contradicts itself changes nothing.
    let error = db.pool().set_options(PoolOptions::new().max_size(4).min_idle(5)).unwrap_err();
    assert!(matches!(error, Error::Configuration { .. }), "{error:?}");
    assert_eq!(db.stats().max_open, after.max_open);
    db.close();
    assert!(matches!(db.pool().set_options(options()), Err(Error::Closed)));
    if t.engine() == Engine::Sqlite {
        let memory = Db::open("sqlite::memory:").await.unwrap();
        memory.create_tables::<User>().await.unwrap();
        memory.pool().set_options(options().max_idle(0)).unwrap();
        assert_eq!(memory.find::<User>().count().await.unwrap(), 0);
    }
}

/// Seen failing with a `reload`, which dials first: "kept: cannot connect", and with the database
/// there all connections were renewed.
async fn options_of_a_configuration_hold_at_once_though_the_database_is_away(t: Test) {
    let config = config(&t);
    let (away, builder) = Away::of(&t, PoolOptions::new().max_size(3)).await;
    let db = builder.open().await.unwrap();
    let (sender, source) = watch::channel(config.clone());
    let (listener, mut heard) = listener();
    let _watch = ConfigWatch::start(&db, config, source, listener);
    // What was resized by hand stays so, for nothing is said of it. Seen failing.
    db.pool().resize(4);
    let stats = db.stats();
    for is_away in [false, true] {
        if is_away {
            away.go();
        }
        let seconds = Duration::from_secs(if is_away { 3 } else { 2 });
        sender.send_modify(|it| {
            let pool = &mut it.pool;
            (pool.min_idle, pool.max_idle) = (usize::from(!is_away), Some(2 + usize::from(is_away)));
            (pool.connect_timeout, pool.validate_timeout, pool.validate_after) = (seconds, seconds, seconds);
            (pool.release_timeout, pool.keepalive, pool.idle_timeout) = (seconds, Some(seconds * 50), Some(seconds * 50));
            (pool.leak_after, pool.slow_transaction, pool.stats_every) = (Some(seconds), Some(seconds), Some(seconds));
            (pool.nearly_exhausted_at, pool.wait_timeout) = (Some(70 + u8::from(is_away)), seconds / 50);
        });
        let names = "min_idle max_idle wait_timeout connect_timeout validate_timeout validate_after release_timeout keepalive idle_timeout \
            leak_after slow_transaction nearly_exhausted_at stats_every";
        let names: Vec<_> = names.split_whitespace().map(|it| format!("pool.{it}")).collect();
        assert_eq!(heard.recv().await.unwrap(), format!("live {names:?} replaced [] restart []"));
        db.pool().suspend();
        let error = db.raw("SELECT 1", ()).fetch_one::<i32>().await.unwrap_err();
        assert!(matches!(error, Error::PoolExhausted { waited, .. } if waited >= seconds / 50), "{error:?}");
        db.pool().resume();
        assert_eq!((db.stats().opened, db.stats().evicted_closed), (stats.opened, 0));
        assert_eq!(db.stats().max_open, stats.max_open);
    }
}
