//! What the program has to say about each connection.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use orm::{ConnectionInfo, Db, Engine, Error, PoolOptions, Verdict};

use super::{assert_exact, kill_all, until, while_readers_are_held};
use crate::models::User;
use crate::{Test, cases};

cases![
    a_hook_sees_each_new_connection_before_it_is_used,
    a_new_connection_that_a_hook_refuses_is_closed_and_another_one_tried,
    hooks_see_each_connection_that_is_used_again,
    a_hook_that_says_so_closes_the_connection,
    a_hook_that_panics_closes_the_connection_and_nothing_leaks,
    sql_before_a_connection_is_lent_runs_for_each_who_gets_it,
    sql_that_fails_is_named_and_its_connection_replaced,
    sql_finds_a_connection_that_died_and_nobody_notices,
];

async fn a_hook_sees_each_new_connection_before_it_is_used(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = {
        let seen = Arc::clone(&seen);
        move |it: &ConnectionInfo| {
            seen.lock().unwrap().push((it.server_id, it.uses, it.engine));
            Verdict::Keep
        }
    };
    let options = PoolOptions::new().max_size(3).min_idle(2);
    let db = t.builder().pool(options).after_connect("test:note", note).open().await.unwrap();
    while_readers_are_held(&db, 3, async {}).await;
    db.find::<User>().count().await.unwrap();
    let (seen, opened) = (seen.lock().unwrap().clone(), db.stats().opened);
    assert_eq!(u64::try_from(seen.len()).unwrap(), opened);
    assert!(seen.iter().all(|it| it.1 == 0 && it.2 == t.engine()), "{seen:?}");
    let servers: BTreeSet<_> = seen.iter().filter_map(|it| it.0).collect();
    assert_eq!(servers.len(), if t.engine() == Engine::Sqlite { 0 } else { seen.len() });
}

async fn a_new_connection_that_a_hook_refuses_is_closed_and_another_one_tried(t: Test) {
    let refused = AtomicU64::new(0);
    let twice = move |_: &ConnectionInfo| if refused.fetch_add(1, Ordering::Relaxed) < 2 { Verdict::Close } else { Verdict::Keep };
    let db = t.builder().pool(PoolOptions::new().max_size(1)).after_connect("test:twice", twice).lazy().unwrap();
    db.raw("SELECT 1", ()).fetch_one::<i32>().await.unwrap();
    let stats = until(&db, |it| it.in_use == 0).await;
    assert_eq!((stats.refused_closed, stats.opened, stats.open), (2, 3, 1));
    assert_exact(&stats);
    let never = |limit| {
        let options = PoolOptions::new().max_size(1).wait_timeout(limit);
        t.builder().pool(options).after_connect("test:fine", |_| Verdict::Keep).after_connect("test:never", |_| Verdict::Close)
    };
    // Neither waits for a change of mind: `open` does not at all, others as long as they may.
    let opened = never(Duration::from_secs(600)).open().await.map(drop);
    let lent = never(Duration::from_millis(50)).lazy().unwrap().raw("SELECT 1", ()).fetch_one::<i32>().await.map(drop);
    for error in [opened.unwrap_err(), lent.unwrap_err()] {
        assert!(matches!(&error, Error::Connect { .. }) && error.to_string().contains("the hook `test:never` closed"), "{error:?}");
    }
}

async fn hooks_see_each_connection_that_is_used_again(t: Test) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = |name: &'static str| {
        let seen = Arc::clone(&seen);
        move |it: &ConnectionInfo| {
            seen.lock().unwrap().push((name, *it));
            Verdict::Keep
        }
    };
    let builder = t.builder().pool(PoolOptions::new().max_size(1));
    let builder = builder.before_acquire("test:first", note("first")).before_acquire("test:second", note("second"));
    let db = builder.after_release("test:home", note("home")).lazy().unwrap();
    db.engine().await.unwrap();
    seen.lock().unwrap().clear();
    for _ in 0..2 {
        db.raw("SELECT 1", ()).fetch_one::<i64>().await.unwrap();
    }
    let seen = seen.lock().unwrap();
    let names: Vec<_> = seen.iter().map(|it| it.0).skip_while(|it| *it == "home").collect();
    assert!(names.ends_with(&["first", "second", "home"]), "{names:?}");
    let last = seen.last().unwrap().1;
    assert!(last.engine == t.engine() && last.uses >= 1 && last.age >= last.idle_for, "{last:?}");
    assert_eq!(last.server_id.is_some(), t.engine() != Engine::Sqlite);
}

async fn a_hook_that_says_so_closes_the_connection(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let worn = |it: &ConnectionInfo| if it.uses < 3 { Verdict::Keep } else { Verdict::Close };
    let options = PoolOptions::new().max_size(1);
    let before = t.builder().pool(options.clone()).before_acquire("test:worn", worn).lazy().unwrap();
    let after = t.builder().pool(options).after_release("test:worn", worn).lazy().unwrap();
    for db in [before, after] {
        for _ in 0..9 {
            db.find::<User>().count().await.unwrap();
        }
        let stats = db.stats();
        assert!(stats.refused_closed >= 2 && stats.opened <= 5, "{stats:?}");
        assert_exact(&stats);
    }
}

async fn a_hook_that_panics_closes_the_connection_and_nothing_leaks(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let (angry, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let panic = |when: &'static str| {
        let (angry, calls) = (Arc::clone(&angry), Arc::clone(&calls));
        move |_: &ConnectionInfo| {
            calls.fetch_add(1, Ordering::Relaxed);
            assert!(!angry.load(Ordering::Relaxed), "{when} panics on purpose");
            Verdict::Keep
        }
    };
    let builder = t.builder().pool(PoolOptions::new().max_size(1)).before_acquire("test:angry", panic("before"));
    let db = builder.lazy().unwrap();
    db.find::<User>().count().await.unwrap();
    angry.store(true, Ordering::Relaxed);
    let error = db.find::<User>().count().await.unwrap_err();
    let Error::CallbackPanicked { chain: "before_acquire", link, .. } = &error else { panic!("{error:?}") };
    assert_eq!(link, "test:angry");
    angry.store(false, Ordering::Relaxed);
    db.find::<User>().count().await.unwrap();
    assert_eq!(db.stats().refused_closed, 1);

    let db = t.builder().pool(PoolOptions::new().max_size(1)).after_connect("test:angry", panic("connect")).lazy().unwrap();
    angry.store(true, Ordering::Relaxed);
    let error = db.raw("SELECT 1", ()).fetch_one::<i32>().await.unwrap_err();
    assert!(matches!(&error, Error::CallbackPanicked { chain: "after_connect", .. }), "{error:?}");
    angry.store(false, Ordering::Relaxed);
    db.raw("SELECT 1", ()).fetch_one::<i32>().await.unwrap();
    assert_eq!(db.stats().refused_closed, 1);
    assert_exact(&db.stats());

    let db = t.builder().pool(PoolOptions::new().max_size(1)).after_release("test:angry", panic("after")).lazy().unwrap();
    // Where only the server can tell what it is, it is asked over a connection.
    db.engine().await.unwrap();
    angry.store(true, Ordering::Relaxed);
    db.find::<User>().count().await.unwrap();
    angry.store(false, Ordering::Relaxed);
    db.find::<User>().count().await.unwrap();
    let stats = until(&db, |it| it.in_use == 0).await;
    assert_eq!(stats.refused_closed, 1);
    assert!(calls.load(Ordering::Relaxed) >= 3);
    assert_exact(&stats);
}

/// Counts on its connection how often it was run; and reads that.
fn counter(engine: Engine) -> (&'static str, &'static str) {
    match engine {
        Engine::Sqlite => ("INSERT INTO temp.lent VALUES (1)", "SELECT count(*) FROM temp.lent"),
        Engine::Postgres => (
            "SELECT set_config('test.lent', (coalesce(nullif(current_setting('test.lent', true), ''), '0')::int + 1)::text, false)",
            "SELECT current_setting('test.lent')::bigint",
        ),
        _ => ("SET @lent = coalesce(@lent, 0) + 1", "SELECT CAST(@lent AS SIGNED)"),
    }
}

async fn sql_before_a_connection_is_lent_runs_for_each_who_gets_it(t: Test) {
    let (count, read) = counter(t.engine());
    let builder = match t.engine() {
        // Its connections that only read make no tables.
        Engine::Sqlite => Db::builder("sqlite::memory:").on_connect("test:table", "CREATE TEMP TABLE lent (n)"),
        _ => t.builder().pool(PoolOptions::new().max_size(1)),
    };
    let db = builder.on_acquire("test:lent", count).lazy().unwrap();
    db.engine().await.unwrap();
    let lent = async |db: &Db| db.raw(read, ()).fetch_one::<i64>().await.unwrap();
    let first = lent(&db).await;
    for n in 1..4 {
        assert_eq!(lent(&db).await, first + n);
    }
    // A transaction has it once.
    let session = db.session().read_only();
    let kept = session.transaction(async |tx| {
        let one = tx.raw(read, ()).fetch_one::<i64>().await?;
        assert_eq!(tx.raw(read, ()).fetch_one::<i64>().await?, one);
        Ok(one)
    });
    assert_eq!(kept.await.unwrap(), first + 4);
    assert_eq!(lent(&db).await, first + 5);
    assert_exact(&db.stats());
}

async fn sql_that_fails_is_named_and_its_connection_replaced(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let mut plain = t.plain().await;
    plain.execute("CREATE TABLE gate (n int)").await;
    let options = PoolOptions::new().max_size(1);
    let builder = t.builder().pool(options).on_acquire("test:first", "SELECT 1");
    let db = builder.on_acquire("test:gate", "SELECT count(*) FROM gate").open().await.unwrap();
    db.find::<User>().count().await.unwrap();
    let before = db.stats();
    plain.execute("DROP TABLE gate").await;
    for n in 1..3 {
        let error = db.find::<User>().count().await.unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(matches!(&error, Error::Connect { .. }) && said.contains("the acquire hook `test:gate` failed"), "{said}");
        assert!(!said.contains("SELECT"), "{said}");
        assert_eq!(db.stats().refused_closed, before.refused_closed + n);
    }
    // One that is opened for nothing does not stay.
    let error = db.transaction(async |tx| tx.find::<User>().count().await).await.unwrap_err();
    assert!(matches!(&error, Error::Connect { .. }), "{error:?}");
    plain.execute("CREATE TABLE gate (n int)").await;
    db.find::<User>().count().await.unwrap();
    let stats = db.stats();
    assert_eq!(stats.refused_closed, before.refused_closed + 3);
    assert_eq!((stats.in_use, stats.broken_closed), (0, 0), "{stats:?}");
    assert_exact(&stats);
}

async fn sql_finds_a_connection_that_died_and_nobody_notices(t: Test) {
    if t.engine() == Engine::Sqlite {
        return;
    }
    // It would not be asked for a sign of life.
    let options = PoolOptions::new().max_size(1).validate_after(std::time::Duration::from_secs(60));
    let db = t.builder().pool(options).on_acquire("test:hello", "SELECT 1").open().await.unwrap();
    for n in 1..3 {
        kill_all(&t, &db).await;
        db.raw("SELECT 1", ()).fetch_one::<i64>().await.unwrap();
        assert_eq!(db.stats().broken_closed, n);
    }
    assert_exact(&db.stats());
}
