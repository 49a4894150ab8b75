//! What the program has to say about each connection.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use orm::{ConnectionInfo, Engine, Error, PoolOptions, Verdict};

use super::{assert_exact, until};
use crate::models::User;
use crate::{Test, cases};

cases![
    hooks_see_each_connection_that_is_used_again,
    a_hook_that_says_so_closes_the_connection,
    a_hook_that_panics_closes_the_connection_and_nothing_leaks,
];

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
