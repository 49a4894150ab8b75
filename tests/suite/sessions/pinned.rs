//! Sessions that keep their connection.

use futures_util::future::join_all;
use orm::prelude::*;
use orm::{Engine, Error, PoolOptions};
use tokio::sync::Notify;

use crate::models::{User, user};
use crate::{Test, cases};

cases![
    what_is_set_on_a_pinned_connection_stays_and_nobody_else_finds_it,
    statements_of_a_pinned_session_wait_for_one_another,
    a_transaction_runs_on_the_pinned_connection,
    a_statement_that_is_dropped_leaves_the_pinned_connection_as_it_was,
    a_transaction_that_is_dropped_is_undone_on_a_pinned_connection_too,
    a_pinned_session_takes_its_connection_when_it_needs_it,
    a_name_that_a_pinned_session_locked_is_free_when_it_has_ended,
];

const TEMPORARY: &str = "CREATE TEMPORARY TABLE picked (id BIGINT)";

async fn pick(db: &Session, id: i64) -> orm::Result<u64> {
    db.raw("INSERT INTO picked VALUES (?)", id).execute().await
}

async fn picked(db: &Session) -> orm::Result<Vec<i64>> {
    db.raw("SELECT id FROM picked ORDER BY id", ()).fetch().await
}

// gorm: connection:TestWithSingleConnection
async fn what_is_set_on_a_pinned_connection_stays_and_nobody_else_finds_it(t: Test) {
    let db = t.builder().pool(PoolOptions::new().max_size(2)).open().await.unwrap();
    for _ in 0..3 {
        let one = db.session().pinned();
        assert!(one.is_pinned() && !one.in_transaction());
        one.raw(TEMPORARY, ()).execute().await.unwrap();
        pick(&one, 7).await.unwrap();
        // Sessions made of it have the same.
        pick(&one.child(), 8).await.unwrap();
        assert_eq!(picked(&one).await.unwrap(), [7, 8]);
        assert!(matches!(picked(&db).await.unwrap_err(), Error::MissingTable { .. }));
        assert_eq!(db.stats().in_use, 1);
        drop(one);
        // However often it is asked: no connection of the pool has it.
        for _ in 0..3 {
            assert!(matches!(picked(&db).await.unwrap_err(), Error::MissingTable { .. }));
        }
        assert_eq!(db.stats().in_use, 0);
    }
    assert_eq!(db.stats().pinned_closed, 3);
    assert_eq!(db.stats().broken_closed, 0);
}

async fn statements_of_a_pinned_session_wait_for_one_another(t: Test) {
    let one = t.session().pinned();
    one.raw(TEMPORARY, ()).execute().await.unwrap();
    let all = join_all((0..20).map(|id| pick(&one, id))).await;
    assert!(all.into_iter().all(|it| it.unwrap() == 1));
    assert_eq!(picked(&one).await.unwrap(), (0..20).collect::<Vec<_>>());
    assert_eq!(t.stats().in_use, 1);
}

async fn a_transaction_runs_on_the_pinned_connection(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let one = t.session().pinned();
    one.raw(TEMPORARY, ()).execute().await.unwrap();
    for name in ["ann", "bob"] {
        one.transaction(async |tx| {
            pick(tx, 1).await?;
            tx.create(user(name, 1)).await?;
            // What runs outside would wait for this transaction, and it for that.
            assert!(matches!(picked(&one).await, Err(Error::SessionBusy)));
            assert!(matches!(one.transaction(async |_| Ok(())).await, Err(Error::SessionBusy)));
            tx.session().pinned().find::<User>().count().await?;
            Ok(())
        })
        .await
        .unwrap();
    }
    let undone = one.transaction(async |tx| pick(tx, 2).await.and(Err::<(), _>(Error::other("undo")))).await;
    assert_eq!(undone.unwrap_err().to_string(), "undo");
    assert_eq!(picked(&one).await.unwrap(), [1, 1]);
    assert_eq!(t.find::<User>().count().await.unwrap(), 2);
}

async fn a_statement_that_is_dropped_leaves_the_pinned_connection_as_it_was(t: Test) {
    let endless = match t.engine() {
        Engine::Postgres => "SELECT 1::bigint FROM pg_sleep(60)",
        Engine::Sqlite => "SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n)",
        _ => "SELECT CAST(sleep(60) AS SIGNED)",
    };
    let one = t.session().pinned();
    one.raw(TEMPORARY, ()).execute().await.unwrap();
    pick(&one, 7).await.unwrap();
    for _ in 0..3 {
        let late = one.child().timeout(std::time::Duration::from_millis(30)).raw(endless, ()).fetch::<i64>().await;
        assert!(matches!(late, Err(Error::Timeout { .. } | Error::OutcomeUnknown { .. })), "{late:?}");
        tokio::select! {
            biased;
            it = one.raw(endless, ()).fetch::<i64>() => panic!("{it:?}"),
            () = tokio::task::yield_now() => {}
        }
        // Waits until the one that was dropped has let go.
        assert_eq!(picked(&one).await.unwrap(), [7]);
    }
    drop(one);
    // The thread of a statement that was dropped may be the last to let go.
    while t.stats().in_use > 0 {
        tokio::task::yield_now().await;
    }
}

async fn a_transaction_that_is_dropped_is_undone_on_a_pinned_connection_too(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let one = t.session().pinned();
    let begun = Notify::new();
    tokio::select! {
        biased;
        ended = one.transaction(async |tx| {
            tx.create(user("never", 1)).await?;
            begun.notify_one();
            std::future::pending::<orm::Result<()>>().await
        }) => panic!("{ended:?}"),
        () = begun.notified() => {}
    }
    // The connection of a server is closed, which undoes all; what was set on it
    // is lost, and that is said.
    match one.find::<User>().count().await {
        Ok(count) => assert_eq!((count, t.engine()), (0, Engine::Sqlite)),
        Err(error) => assert!(error.is_connection_lost() && t.engine() != Engine::Sqlite, "{error:?}"),
    }
    drop(one);
    assert_eq!(t.find::<User>().count().await.unwrap(), 0);
    assert_eq!(t.stats().in_use, 0);
}

async fn a_pinned_session_takes_its_connection_when_it_needs_it(t: Test) {
    let db = t.builder().pool(PoolOptions::new().max_size(1).wait_timeout(std::time::Duration::from_millis(1))).open().await.unwrap();
    let (one, two) = (db.session().pinned(), db.session().pinned());
    assert_eq!(db.stats().in_use, 0);
    one.raw("SELECT 1", ()).fetch::<i32>().await.unwrap();
    let error = two.raw("SELECT 1", ()).fetch::<i32>().await.unwrap_err();
    assert!(matches!(error, Error::PoolExhausted { .. }), "{error:?}");
    drop(one);
    // It was only late, and can try again.
    assert_eq!(two.raw("SELECT 7", ()).fetch_one::<i32>().await.unwrap(), 7);
}

async fn a_name_that_a_pinned_session_locked_is_free_when_it_has_ended(t: Test) {
    let (lock, is_free) = match t.engine() {
        Engine::Sqlite => return,
        Engine::Postgres => {
            ("SELECT pg_try_advisory_lock(hashtext(current_schema()))", "SELECT pg_try_advisory_lock(hashtext(current_schema()))")
        }
        _ => ("SELECT get_lock(database(), 0) = 1", "SELECT is_free_lock(database()) = 1"),
    };
    let one = t.session().pinned();
    assert!(one.raw(lock, ()).fetch_one::<bool>().await.unwrap());
    let mut plain = t.plain().await;
    assert!(["false", "0"].contains(&plain.one(is_free).await.as_str()));
    drop(one);
    // The server hears of the end a moment later.
    while ["false", "0"].contains(&plain.one(is_free).await.as_str()) {}
}
