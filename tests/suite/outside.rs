//! The pool's handle, used inside a transaction by mistake.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use futures_util::future::try_join_all;
use orm::prelude::*;
use orm::service::{RequestSession, SessionLayer};
use orm::{Engine, Error, PoolOptions};
use tracing::instrument::WithSubscriber as _;

use super::requests::{ask, request};
use super::transactions::names;
use crate::models::{User, user};
use crate::watch::{Events, Log};
use crate::{Test, cases};

cases![
    both_places_are_named_in_a_warning,
    it_is_an_error_under_strict,
    who_would_wait_for_itself_is_told_at_once,
    what_comes_back_by_itself_is_waited_for,
    who_may_wait_for_itself_is_warned_of,
    other_tasks_and_other_databases_are_not_meant,
    hooks_are_inside_their_transaction,
    what_runs_in_a_transaction_of_its_own_is_inside_of_it,
    the_pools_handle_is_found_out_in_a_request,
];

/// Fails unless the error names both places, which are in this file.
#[track_caller]
fn is_refused<T: std::fmt::Debug>(result: orm::Result<T>) {
    match result {
        Err(Error::OutsideTransaction { transaction, statement }) => {
            assert!(transaction.starts_with(file!()) && statement.starts_with(file!()), "{transaction} {statement}");
            assert_ne!(transaction, statement);
        }
        other => panic!("{other:?}"),
    }
}

async fn both_places_are_named_in_a_warning(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let events = Events::default();
    let work = async {
        t.find::<User>().await.unwrap();
        t.transaction(async |tx| {
            tx.find::<User>().await?;
            assert!(events.take().is_empty());
            t.find::<User>().await?;
            Ok(())
        })
        .await
        .unwrap();
        t.find::<User>().await.unwrap();
    };
    work.with_subscriber(events.clone()).await;
    let warnings = events.take();
    let [warning] = &warnings[..] else { panic!("{warnings:?}") };
    assert!(warning.contains("made on the pool inside a transaction"), "{warning}");
    assert_eq!(warning.matches(file!()).count(), 2, "{warning}");
}

async fn it_is_an_error_under_strict(t: Test) {
    let db = t.builder().strict().open().await.unwrap();
    db.create_tables::<User>().await.unwrap();
    db.transaction(async |tx| {
        is_refused(db.find::<User>().await);
        is_refused(db.get::<User>(1).await);
        is_refused(db.create(user("ann", 1)).await);
        is_refused(db.raw("SELECT 1", ()).execute().await);
        is_refused(db.find::<User>().stream().next().await.unwrap());
        is_refused(db.execute_script("SELECT 1; SELECT 2").await);
        is_refused(db.create_tables::<User>().await);
        is_refused(db.transaction(async |_| Ok(())).await);
        is_refused(db.begin().await.map(drop));
        is_refused(db.session().retry(1).transaction(async |_| Ok(())).await);
        // Also deeper down, and at the same time.
        tx.transaction(async |_| Ok(is_refused(db.find::<User>().await))).await?;
        let both = tokio::join!(db.find::<User>().into_future(), tx.find::<User>().into_future());
        is_refused(both.0);
        both.1?;
        // The record comes back as from any error.
        let failed = db.create(user("bob", 1)).or_return().await.unwrap_err();
        assert_eq!(failed.into_record().name, "bob");
        tx.create(user("cleo", 1)).await
    })
    .await
    .unwrap();
    assert_eq!(names(&t).await, ["cleo"]);
    db.find::<User>().await.unwrap();
    // One session alone.
    let strict = t.session().strict();
    t.transaction(async |_| Ok(is_refused(strict.find::<User>().await))).await.unwrap();
}

async fn who_would_wait_for_itself_is_told_at_once(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    db.transaction(async |tx| {
        is_refused(db.create(user("ann", 1)).await);
        is_refused(db.transaction(async |_| Ok(())).await);
        // SQLite's reads have connections of their own.
        let read = db.find::<User>().await;
        if t.engine() == Engine::Sqlite {
            read.map(drop)?
        } else {
            is_refused(read)
        }
        tx.create(user("bob", 1)).await
    })
    .await
    .unwrap();
    assert_eq!(names(&t).await, ["bob"]);
    // With two there is one left, but not for a third.
    let db = t.builder().pool(PoolOptions::new().max_size(2)).open().await.unwrap();
    if t.engine() != Engine::Sqlite {
        let inner = db.transaction(async |_| db.transaction(async |_| Ok(is_refused(db.find::<User>().await))).await);
        inner.await.unwrap();
    }
}

/// Seen failing: what ran beside a transaction of the same task was refused where that had the
/// last connection, though nobody keeps it in a variable.
async fn what_comes_back_by_itself_is_waited_for(t: Test) {
    let db = t.builder().strict().pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    db.create_tables::<User>().await.unwrap();
    db.create_tables::<Careful>().await.unwrap();
    let session = db.session().with(Log::new());
    let read = db.session().read_only();
    // In one task, which the warnings are about.
    let task = tokio::spawn(async move {
        let closures = (0..4).map(|n| session.transaction(async move |tx| tx.create(user("ann", n)).await));
        let hooked = (0..4).map(|_| session.create(Careful::default()).into_future());
        let guarded = (0..4).map(|_| read.find::<User>().into_future());
        tokio::join!(try_join_all(closures), try_join_all(hooked), try_join_all(guarded))
    });
    let (closures, hooked, guarded) = task.await.unwrap();
    assert_eq!((closures.unwrap().len(), hooked.unwrap().len(), guarded.unwrap().len()), (4, 4, 4));
    // What is kept is another thing.
    let kept = db.begin().await.unwrap();
    let task = tokio::spawn(async move {
        let kept = [db.begin().await, db.begin().await];
        kept.map(|it| it.map(drop))
    });
    kept.rollback().await;
    let [first, second] = task.await.unwrap();
    first.unwrap();
    let error = second.unwrap_err();
    assert!(matches!(error, Error::WouldDeadlock { max: 1, holder: Some(_), .. }) && !error.is_retryable(), "{error:?}");
    assert_eq!(error.to_string().matches(file!()).count(), 2, "{error}");
}

/// As `.strict()`, where a program is made.
async fn who_may_wait_for_itself_is_warned_of(t: Test) {
    let options = PoolOptions::new().max_size(1).wait_timeout(Duration::from_millis(10));
    let db = t.builder().pool(options).open().await.unwrap();
    let events = Events::default();
    let work = tokio::spawn(
        async move {
            let kept = db.begin().await.unwrap();
            let error = db.begin().await.map(drop).unwrap_err();
            assert!(error.is_pool_exhausted() && error.to_string().contains("may wait for itself"), "{error}");
            kept.rollback().await;
        }
        .with_subscriber(events.clone()),
    );
    work.await.unwrap();
    let warnings = events.take();
    let [warning] = &warnings[..] else { panic!("{warnings:?}") };
    assert!(warning.contains("has all of them itself"), "{warning}");
    assert_eq!(warning.matches(file!()).count(), 2, "{warning}");
}

async fn other_tasks_and_other_databases_are_not_meant(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().strict().open().await.unwrap();
    let other = t.builder().strict().open().await.unwrap();
    db.transaction(async |tx| {
        other.find::<User>().await?;
        let inner = db.clone();
        tokio::spawn(async move { inner.find::<User>().await }).await.unwrap()?;
        // Another handle over the same pool is the same database.
        is_refused(db.with_callbacks(|_| {})?.find::<User>().await);
        tx.find::<User>().await
    })
    .await
    .unwrap();
}

#[derive(Debug, Default, Model)]
#[orm(hooks)]
struct Careful {
    #[orm(key, auto)]
    id: i64,
}

impl Hooks for Careful {
    async fn before_create(&mut self, db: &Session) -> orm::Result<()> {
        let log = db.settings().get::<Log>().cloned().unwrap();
        log.write(format!("{} before", db.find::<Self>().count().await?));
        Ok(())
    }
}

async fn hooks_are_inside_their_transaction(t: Test) {
    let db = t.builder().strict().pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    db.create_tables::<Careful>().await.unwrap();
    let log = Log::new();
    let session = db.session().with(log.clone());
    session.create(Careful::default()).await.unwrap();
    session.transaction(async |tx| tx.create(Careful::default()).await).await.unwrap();
    assert_eq!(log.take(), ["0 before", "1 before"]);
}

/// Asks the pool's handle, which it was given.
async fn meddle(cx: &mut Context) -> orm::Result<()> {
    let db = cx.session().settings().get::<Db>().cloned().unwrap();
    is_refused(db.find::<Careful>().await);
    is_refused(db.create(Careful::default()).await);
    Ok(())
}

/// Seen failing for a write that has its transaction from `orm:transaction`, and for
/// `insert_many`: nothing was said, and on a pool of one it waited for its own connection.
async fn what_runs_in_a_transaction_of_its_own_is_inside_of_it(t: Test) {
    let db = t.builder().strict().pool(PoolOptions::new().max_size(1).wait_timeout(Duration::from_millis(200))).open().await.unwrap();
    db.create_tables::<(Careful, User)>().await.unwrap();
    let meddling = db.with_callbacks(|on| _ = on.create().register("test:meddle", meddle)).unwrap();
    let session = meddling.session().with(Log::new()).with(db.clone());
    session.create(Careful::default()).await.unwrap();
    session.transaction(async |tx| tx.create(Careful::default()).await).await.unwrap();
    // Each part needs none of its own.
    let parts = session.session().without_implicit_transactions();
    assert_eq!(parts.insert_many((0..10_001).map(|_| user("many", 1))).await.unwrap(), 10_001);
    // And outside again.
    assert_eq!(db.find::<Careful>().count().await.unwrap(), 2);
}

/// Seen failing: nothing was said, and with one connection it waited for itself.
async fn the_pools_handle_is_found_out_in_a_request(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().strict().pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let pool = db.clone();
    let handle = async move |session: RequestSession| {
        // Nothing is begun yet.
        pool.find::<User>().await?;
        let tx = session.session().await?;
        let refused = pool.create(user("ann", 1)).await;
        let Err(Error::OutsideTransaction { transaction, statement }) = refused else { panic!("{refused:?}") };
        assert!(transaction.starts_with(file!()) && statement.starts_with(file!()), "{transaction} {statement}");
        tx.create(user("bob", 1)).await?;
        Ok::<_, Error>(StatusCode::CREATED)
    };
    let router = Router::new().route("/", post(handle)).layer(SessionLayer::new(db.clone()).transaction());
    assert_eq!(ask(&router, request("POST", "/")).await.0, 201);
    db.find::<User>().await.unwrap();
    assert_eq!(names(&t).await, ["bob"]);
}
