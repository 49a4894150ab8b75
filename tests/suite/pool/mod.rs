//! The pool: how many connections there are, whose turn it is, and when they end.

pub(super) mod bounds;
pub(super) mod causes;
pub(super) mod cell;
pub(super) mod changes;
pub(super) mod figures;
pub(super) mod crowds;
pub(crate) mod health;
pub(super) mod hooks;
pub(super) mod lanes;
pub(super) mod options;
pub(super) mod ready;
pub(super) mod shutdown;
pub(super) mod tells;

use std::time::Duration;

use futures_util::future::join_all;
use orm::prelude::*;
use orm::{Db, Engine, Error, PoolOptions, PoolStats};
use tokio::sync::Semaphore;

use crate::models::{User, user};
use crate::suite::transactions::names;
use crate::{Test, cases};

cases![
    a_lazy_handle_opens_nothing,
    one_connection_serves_one_statement_after_the_other,
    no_more_connections_than_allowed_are_opened,
    no_more_connections_than_allowed_are_kept,
    unused_connections_are_closed,
    old_connections_are_closed,
    a_connection_that_died_is_replaced,
    sessions_that_are_dropped_leak_nothing,
    clones_share_the_pool,
    a_closed_handle_refuses_new_work,
    a_database_in_memory_stays,
    readers_do_not_wait_for_the_writer,
    a_connection_that_nobody_waits_for_is_opened_to_its_end,
];

/// Looks at the figures until they are as they should be.
pub(super) async fn until(db: &Db, reached: impl Fn(&PoolStats) -> bool) -> PoolStats {
    let end = std::time::Instant::now() + Duration::from_secs(20);
    loop {
        let stats = db.stats();
        if reached(&stats) {
            return stats;
        }
        assert!(std::time::Instant::now() < end, "never reached: {stats:?}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// The figures of a moment agree.
fn assert_exact(stats: &PoolStats) {
    // Every connection that was opened is open, or was closed for a reason.
    let closed = stats.max_idle_closed
        + stats.idle_time_closed
        + stats.lifetime_closed
        + stats.broken_closed
        + stats.pinned_closed
        + stats.changed_closed
        + stats.closed
        + stats.evicted_closed
        + stats.refused_closed;
    let count = |it: usize| u64::try_from(it).unwrap();
    assert_eq!(stats.opened, count(stats.open) + closed, "{stats:?}");
    assert_eq!(stats.open, stats.in_use + stats.idle, "{stats:?}");
    assert_eq!(stats.acquired, count(stats.in_use) + stats.holds.count(), "{stats:?}");
    assert!(stats.reused <= stats.acquired, "{stats:?}");
    assert_eq!(stats.wait_count, count(stats.waiting) + stats.waits.count(), "{stats:?}");
    assert_eq!(stats.wait_duration, stats.waits.sum(), "{stats:?}");
}

/// Holds as many connections as there can be writers, while `work` runs.
async fn while_all_are_held<T>(db: &Session, count: usize, work: impl Future<Output = T>) -> T {
    let (held, over) = (Semaphore::new(0), Semaphore::new(0));
    let hold = || async {
        db.transaction(async |tx| {
            tx.find::<User>().count().await?;
            held.add_permits(1);
            over.acquire().await.unwrap().forget();
            Ok(())
        })
        .await
        .unwrap();
    };
    let ended = async {
        drop(held.acquire_many(u32::try_from(count).unwrap()).await.unwrap());
        let ended = work.await;
        over.add_permits(count);
        ended
    };
    tokio::join!(join_all((0..count).map(|_| hold())), ended).1
}

/// Holds so many connections in transactions that only read, of which SQLite
/// has several, while `work` runs.
async fn while_readers_are_held<T>(db: &Db, count: usize, work: impl Future<Output = T>) -> T {
    while_all_are_held(&db.session().read_only(), count, work).await
}

/// How many connections of this database the server knows, but for those of the
/// test itself.
async fn on_server(t: &Test) -> usize {
    let mut plain = t.plain().await;
    let name = t.name();
    let sql = match t.engine() {
        Engine::Sqlite => return 0,
        Engine::Postgres => format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}' AND pid <> pg_backend_pid()"),
        _ => format!("SELECT count(*) FROM information_schema.processlist WHERE db = '{name}' AND id <> connection_id()"),
    };
    plain.one(&sql).await.parse::<usize>().unwrap().saturating_sub(t.stats().open)
}

async fn a_lazy_handle_opens_nothing(t: Test) {
    let db = t.builder().lazy().unwrap();
    assert_eq!(db.stats().opened, 0);
    db.create_tables::<User>().await.unwrap();
    assert_eq!(db.stats().opened, 1);
    // It finds out what is wrong when it is used.
    let nowhere = Db::builder("postgres://127.0.0.1:1/x").lazy().unwrap();
    assert!(matches!(nowhere.find::<User>().await, Err(Error::Connect { .. })));
}

async fn one_connection_serves_one_statement_after_the_other(t: Test) {
    let db = t.builder().lazy().unwrap();
    db.create_tables::<User>().await.unwrap();
    for n in 0..20 {
        db.create(user("ann", n)).await.unwrap();
        db.update_all(every::<User>()).set(User::ACTIVE, true).await.unwrap();
        db.transaction(async |tx| tx.find::<User>().count().await).await.unwrap();
    }
    assert_eq!(db.stats().opened, 1);
    // A crowd opens more, and nobody opens any behind it.
    join_all((0..20).map(|_| async { db.find::<User>().count().await.unwrap() })).await;
    let opened = db.stats().opened;
    for _ in 0..20 {
        db.find::<User>().count().await.unwrap();
    }
    assert_eq!(db.stats().opened, opened);
    assert_exact(&db.stats());
}

async fn no_more_connections_than_allowed_are_opened(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().pool(PoolOptions::new().max_size(3)).lazy().unwrap();
    let most = if t.engine() == Engine::Sqlite { 4 } else { 3 };
    assert_eq!(db.stats().max_open, most);
    let tasks = (0..50).map(|n| {
        let db = db.clone();
        tokio::spawn(async move {
            db.create(user("ann", n)).await.unwrap();
            assert!(db.find::<User>().count().await.unwrap() > 0);
            let stats = db.stats();
            assert!(stats.open <= stats.max_open && stats.in_use <= stats.open, "{stats:?}");
        })
    });
    for ended in join_all(tasks).await {
        ended.unwrap();
    }
    let stats = db.stats();
    assert!(stats.opened <= u64::try_from(most).unwrap() && stats.wait_count > 0 && !stats.wait_duration.is_zero(), "{stats:?}");
    assert_exact(&stats);
    assert_eq!(db.find::<User>().count().await.unwrap(), 50);
}

async fn no_more_connections_than_allowed_are_kept(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().pool(PoolOptions::new().max_size(4).max_idle(1)).open().await.unwrap();
    let size = if t.engine() == Engine::Sqlite { 1 } else { 4 };
    for _ in 0..5 {
        while_all_are_held(&db, size, async {}).await;
        let stats = db.stats();
        // SQLite keeps one that writes, and one that reads.
        assert!(stats.idle <= 2 && (stats.idle == 1 || t.engine() == Engine::Sqlite), "{stats:?}");
        assert_exact(&stats);
    }
    assert_eq!(db.stats().max_idle_closed, if size == 1 { 0 } else { 15 });
}

/// The last one home goes out first, so nobody would ever look at the others.
async fn unused_connections_are_closed(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let options = PoolOptions::new().max_size(4).idle_timeout(Some(Duration::from_millis(20)));
    let db = t.builder().pool(options).open().await.unwrap();
    while_all_are_held(&db, if t.engine() == Engine::Sqlite { 1 } else { 4 }, async {}).await;
    until(&db, |it| it.open == 0 && it.idle_time_closed == it.opened).await;
    db.create(user("ann", 1)).await.unwrap();
    assert_eq!(names(&t).await, ["ann"]);
    assert_exact(&until(&db, |it| it.in_use == 0).await);
}

async fn old_connections_are_closed(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let options = PoolOptions::new().max_size(2).max_lifetime(Some(Duration::from_millis(20)));
    let db = t.builder().pool(options).open().await.unwrap();
    let mut written = 0;
    while db.stats().lifetime_closed < 5 {
        db.create(user("ann", 1)).await.unwrap();
        written += 1;
    }
    assert_eq!(db.find::<User>().count().await.unwrap(), written);
    // A transaction is not ended by the age of its connection.
    db.transaction(async |tx| {
        let before = db.stats().lifetime_closed;
        tx.create(user("bob", 1)).await?;
        tokio::time::sleep(Duration::from_millis(30)).await;
        tx.create(user("bob", 1)).await?;
        assert!(db.stats().lifetime_closed <= before + 1);
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(db.find::<User>().count().await.unwrap(), written + 2);
    until(&db, |it| it.open == 0 && it.lifetime_closed == it.opened).await;
}

/// Ends all connections of this database but one's own, from outside.
async fn kill_all(t: &Test, db: &Db) {
    let mut plain = t.plain().await;
    match t.engine() {
        Engine::Sqlite => {}
        Engine::Postgres => {
            let ids: Vec<i32> = db.raw("SELECT pg_backend_pid()", ()).fetch().await.unwrap();
            for id in ids {
                plain.execute(&format!("SELECT pg_terminate_backend({id})")).await;
                while plain.one(&format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {id}")).await != "0" {}
            }
        }
        _ => {
            let ids: Vec<i64> = db.raw("SELECT connection_id()", ()).fetch().await.unwrap();
            for id in ids {
                plain.execute(&format!("KILL {id}")).await;
                while plain.one(&format!("SELECT count(*) FROM information_schema.processlist WHERE id = {id}")).await != "0" {}
            }
        }
    }
}

async fn a_connection_that_died_is_replaced(t: Test) {
    if t.engine() == Engine::Sqlite {
        return;
    }
    t.create_tables::<User>().await.unwrap();
    let options = PoolOptions::new().max_size(1);
    // It is asked each time whether it lives: nobody notices.
    let db = t.builder().pool(options.clone().validate_after(Duration::ZERO)).open().await.unwrap();
    for _ in 0..3 {
        kill_all(&t, &db).await;
        db.create(user("ann", 1)).await.unwrap();
    }
    assert_eq!((db.stats().broken_closed, db.stats().opened), (3, 4));
    // It is not asked: one statement fails, and says why; the next one is fine.
    let db = t.builder().pool(options.validate_after(Duration::from_secs(60))).open().await.unwrap();
    kill_all(&t, &db).await;
    let error = db.create(user("bob", 1)).await.unwrap_err();
    assert!(error.is_connection_lost(), "{error:?}");
    db.create(user("cleo", 1)).await.unwrap();
    assert_eq!(names(&t).await, ["ann", "ann", "ann", "cleo"]);
    assert_exact(&db.stats());
}

async fn sessions_that_are_dropped_leak_nothing(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().pool(PoolOptions::new().max_size(2)).open().await.unwrap();
    for n in 0..100 {
        drop(db.session());
        let transaction = db.transaction(async |tx| {
            tx.create(user("never", 1)).await?;
            std::future::pending::<orm::Result<()>>().await
        });
        let _ = tokio::time::timeout(Duration::from_micros(n * 40), transaction).await;
    }
    let stats = until(&db, |it| it.in_use == 0).await;
    assert_exact(&stats);
    db.create(user("after", 1)).await.unwrap();
    assert_eq!(names(&t).await, ["after"]);
}

async fn clones_share_the_pool(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().lazy().unwrap();
    let (clone, other) = (db.clone(), db.with_callbacks(|_| {}).unwrap());
    for it in [&db, &clone, &other] {
        it.create(user("ann", 1)).await.unwrap();
    }
    assert_eq!(db.stats().opened, 1);
    assert_eq!(db.stats(), clone.stats());
    assert_eq!(db.stats(), other.stats());
}

async fn a_closed_handle_refuses_new_work(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().open().await.unwrap();
    db.transaction(async |tx| {
        tx.create(user("ann", 1)).await?;
        db.close();
        assert!(matches!(db.find::<User>().await, Err(Error::Closed)));
        assert!(matches!(db.transaction(async |_| Ok(())).await, Err(Error::Closed)));
        tx.transaction(async |tx| tx.create(user("bob", 1)).await).await
    })
    .await
    .unwrap();
    assert_eq!(names(&t).await, ["ann", "bob"]);
    let stats = db.stats();
    assert_eq!((stats.open, stats.closed), (0, stats.opened));
    // This handle is another one.
    assert_eq!(t.find::<User>().count().await.unwrap(), 2);
}

/// It has one connection, and is gone with it: age, rest and order must not end it.
async fn a_database_in_memory_stays(t: Test) {
    if t.engine() != Engine::Sqlite {
        return;
    }
    let short = Some(Duration::from_millis(1));
    let options = PoolOptions::new().max_size(8).max_idle(0).idle_timeout(short).max_lifetime(short).validate_after(Duration::ZERO);
    let db = Db::builder("sqlite::memory:").pool(options).open().await.unwrap();
    db.create_tables::<User>().await.unwrap();
    let tasks = (0..50).map(|n| {
        let db = db.clone();
        tokio::spawn(async move {
            db.create(user("ann", n)).await.unwrap();
            tokio::time::sleep(Duration::from_millis(2)).await;
            let _ = crate::chance::cancel_after(0, db.find::<User>().count()).await;
            db.transaction(async |tx| tx.update_all(User::AGE.eq(n)).set(User::NAME, "bob").await).await.unwrap();
        })
    });
    for ended in join_all(tasks).await {
        ended.unwrap();
    }
    assert_eq!(db.find().where_(User::NAME.eq("bob")).count().await.unwrap(), 50);
    assert_eq!((db.stats().opened, db.stats().max_open), (1, 1));
}

async fn readers_do_not_wait_for_the_writer(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create(user("ann", 1)).await.unwrap();
    t.transaction(async |tx| {
        tx.update_all(every::<User>()).set(User::NAME, "bob").await?;
        tx.create(user("cleo", 1)).await?;
        // Others see what was committed, and nothing else.
        let all = join_all((0..10).map(|_| async { t.find::<User>().await })).await;
        for seen in all {
            assert_eq!(seen?.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["ann"]);
        }
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(names(&t).await, ["bob", "cleo"]);
}

/// Where it is closed with who asked for it, each of these opens one.
async fn a_connection_that_nobody_waits_for_is_opened_to_its_end(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().pool(PoolOptions::new().max_size(2)).lazy().unwrap();
    for n in 0..40 {
        let _ = crate::chance::cancel_after(n % 20, db.find::<User>().count()).await;
    }
    let stats = until(&db, |it| it.in_use == 0 && it.idle > 0).await;
    assert!(stats.opened <= 2, "{stats:?}");
    assert_exact(&stats);
}
