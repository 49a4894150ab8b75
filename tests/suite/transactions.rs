//! What a transaction leaves behind, however it ends.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use orm::prelude::*;
use orm::{Engine, Error, PoolOptions};

use crate::chance::cancel_after;
use crate::models::{User, user};
use crate::{Test, cases};

cases![
    what_is_done_in_a_transaction_is_committed_with_its_value,
    an_error_undoes_everything,
    a_panic_is_resumed_and_undoes_everything,
    a_transaction_that_is_dropped_at_any_moment_leaves_nothing,
    a_program_can_use_its_own_error_type,
    statements_made_at_the_same_time_wait_for_each_other,
    a_transaction_takes_one_connection,
    a_failed_statement_is_not_committed_by_accident,
    an_unfinished_statement_spoils_the_transaction,
    a_session_kept_beyond_its_transaction_is_of_no_use,
    a_session_kept_elsewhere_holds_no_dropped_transaction_open,
    no_update_is_lost,
];

/// The names that somebody else sees.
pub(super) async fn names(t: &Test) -> Vec<String> {
    t.plain().await.rows("SELECT name FROM users ORDER BY name").await.concat()
}

async fn what_is_done_in_a_transaction_is_committed_with_its_value(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let (ann, bob) = t
        .transaction(async |tx| {
            assert!(tx.in_transaction() && !t.in_transaction());
            let ann = tx.create(user("ann", 1)).await?;
            let bob = tx.create(user("bob", 2)).await?;
            assert_eq!(tx.find::<User>().count().await?, 2);
            assert!(names(&t).await.is_empty(), "seen before the commit");
            Ok((ann, bob))
        })
        .await
        .unwrap();
    assert_eq!(t.find::<User>().order(User::ID.asc()).await.unwrap(), [ann, bob]);
    assert_eq!(names(&t).await, ["ann", "bob"]);
}

async fn an_error_undoes_everything(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create(user("bystander", 1)).await.unwrap();
    let failed = t
        .transaction(async |tx| {
            tx.create(user("ann", 1)).await?;
            tx.update_all(every::<User>()).set(User::AGE, 99).await?;
            Err::<(), _>(Error::other("on purpose"))
        })
        .await;
    assert_eq!(failed.unwrap_err().to_string(), "on purpose");
    assert_eq!(t.find::<User>().await.unwrap().iter().map(|it| (it.name.as_str(), it.age)).collect::<Vec<_>>(), [("bystander", 1)]);
    assert_eq!(names(&t).await, ["bystander"]);
}

async fn a_panic_is_resumed_and_undoes_everything(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    for nested in [false, true] {
        let task = tokio::spawn({
            let db = db.clone();
            async move {
                db.transaction(async |tx| {
                    tx.create(user("ann", 1)).await?;
                    if nested {
                        tx.transaction(async |_| -> orm::Result<()> { panic!("on purpose") }).await?;
                    }
                    assert!(nested, "on purpose");
                    Ok(())
                })
                .await
            }
        });
        let panic = task.await.unwrap_err().into_panic();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"on purpose"));
        assert!(names(&t).await.is_empty());
        // The connection is as good as new: what is written now is seen by others.
        db.create(user("after", 1)).await.unwrap();
        assert_eq!(names(&t).await, ["after"]);
        db.delete_all(every::<User>()).await.unwrap();
    }
}

/// With sqlx's own `begin`, dropped while `BEGIN` is on its way, the connection
/// went back to the pool inside a transaction: the next write was acknowledged,
/// seen by nobody, and lost. With its nested `begin`, the outer transaction was
/// rolled back and went on in autocommit. (A canary among the tests of the
/// drivers shows when sqlx no longer does this.)
async fn a_transaction_that_is_dropped_at_any_moment_leaves_nothing(t: Test) {
    t.create_tables::<User>().await.unwrap();
    // A network makes replies late enough to be dropped before they come; one
    // connection, so that the next statement gets the one that was left.
    let (_network, builder) = t.behind_network().await;
    let db = builder.pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let (mut dropped, mut ended_well) = (0, 0);
    for k in (0..30).flat_map(|k| [k, k, k]) {
        let done = AtomicBool::new(false);
        let ended = cancel_after(
            k,
            db.transaction(async |tx| {
                tx.create(user("one", 1)).await?;
                tx.transaction(async |tx| tx.create(user("two", 2)).await).await?;
                tx.update_all(User::NAME.eq("one")).set(User::AGE, 3).await?;
                done.store(true, Ordering::Relaxed);
                Ok(())
            }),
        )
        .await;
        db.create(user("after", 1)).await.unwrap();
        let seen = names(&t).await;
        if let Some(ended) = ended {
            ended.unwrap();
            assert_eq!(seen, ["after", "one", "two"]);
            ended_well += 1;
        } else {
            // A commit that nobody waited for may have taken place.
            let committed = done.load(Ordering::Relaxed) && seen == ["after", "one", "two"];
            assert!(committed || seen == ["after"], "dropped at moment {k}: {seen:?}");
            dropped += 1;
        }
        db.delete_all(every::<User>()).await.unwrap();
    }
    assert!(dropped > 0 && ended_well > 0, "{dropped} dropped, {ended_well} not");
    assert_eq!(db.stats().in_use, 0);
}

#[derive(Debug)]
enum Failure {
    Full(u64),
    Database(Error),
}

impl From<Error> for Failure {
    fn from(it: Error) -> Self {
        Self::Database(it)
    }
}

async fn a_program_can_use_its_own_error_type(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let sign_up = async |name: &str, email: &str| {
        t.try_transaction(async |tx| {
            tx.create(User { email: Some(email.to_owned()), ..user(name, 1) }).await?;
            match tx.find::<User>().count().await? {
                it if it > 2 => Err(Failure::Full(it)),
                it => Ok(it),
            }
        })
        .await
    };
    assert_eq!(sign_up("ann", "a@x").await.unwrap(), 1);
    assert!(matches!(sign_up("ann", "a@x").await, Err(Failure::Database(it)) if it.is_unique_violation()));
    assert_eq!(sign_up("bob", "b@x").await.unwrap(), 2);
    assert!(matches!(sign_up("cleo", "c@x").await, Err(Failure::Full(3))));
    assert_eq!(names(&t).await, ["ann", "bob"]);
}

async fn statements_made_at_the_same_time_wait_for_each_other(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let users = t
        .transaction(async |tx| {
            let all = join_all((0..10).map(|n| async move { tx.create(user("ann", n)).await })).await;
            all.into_iter().collect::<orm::Result<Vec<_>>>()
        })
        .await
        .unwrap();
    assert_eq!(users.iter().map(|it| it.age).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    assert_eq!(t.find::<User>().order(User::AGE.asc()).await.unwrap(), users);
}

/// `mysql://` leads to MariaDB as well; to find out which it is, each statement
/// of a transaction took another connection, and with a pool of one waited for itself.
async fn a_transaction_takes_one_connection(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    db.transaction(async |tx| {
        let ann = tx.create(user("ann", 1)).await?;
        tx.update(ann).set(User::AGE, User::AGE.plus(1)).await?;
        tx.transaction(async |tx| tx.delete_all(User::AGE.eq(9)).await).await?;
        assert_eq!(db.stats().in_use, 1);
        tx.create_many([user("bob", 1), user("cleo", 1)]).await
    })
    .await
    .unwrap();
    assert_eq!(names(&t).await, ["ann", "bob", "cleo"]);
}

async fn a_failed_statement_is_not_committed_by_accident(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let twin = || User { email: Some("a@x".into()), ..user("ann", 1) };
    let ended = t
        .transaction(async |tx| {
            tx.create(twin()).await?;
            assert!(tx.create(twin()).await.unwrap_err().is_unique_violation());
            match tx.create(user("bob", 1)).await {
                // What PostgreSQL would say, too, but without asking it.
                Err(Error::TransactionAborted { cause }) => assert!(cause.contains("unique"), "{cause}"),
                other => drop(other?),
            }
            Ok(())
        })
        .await;
    // Where the database goes on, so does the transaction; PostgreSQL answers
    // `COMMIT` with a friendly `ROLLBACK`, which is no success.
    if t.engine() == Engine::Postgres {
        assert!(matches!(&ended, Err(Error::RolledBack { cause }) if cause.contains("unique")), "{ended:?}");
        assert!(names(&t).await.is_empty());
    } else {
        ended.unwrap();
        assert_eq!(names(&t).await, ["ann", "bob"]);
    }
    t.create(user("after", 1)).await.unwrap();
    assert!(names(&t).await.contains(&"after".to_owned()));
}

async fn an_unfinished_statement_spoils_the_transaction(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let slow = match t.engine() {
        Engine::Sqlite => "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
        Engine::Postgres => "SELECT pg_sleep(0.2)",
        _ => "SELECT sleep(0.2)",
    };
    let db = t.builder().pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let ended = db
        .transaction(async |tx| {
            tx.create(user("ann", 1)).await?;
            assert!(cancel_after(0, tx.raw(slow, ()).execute()).await.is_none());
            assert!(matches!(tx.create(user("cleo", 1)).await, Err(Error::TransactionAborted { .. })));
            Ok(())
        })
        .await;
    assert!(matches!(ended, Err(Error::RolledBack { .. })), "{ended:?}");
    db.create(user("after", 1)).await.unwrap();
    assert_eq!(names(&t).await, ["after"]);
    // In a nested level: what was before it stands or falls, and we are told which.
    let ended = db
        .transaction(async |tx| {
            tx.create(user("ann", 1)).await?;
            let inner = tx.transaction(async |tx| Ok(cancel_after(0, tx.raw(slow, ()).execute()).await.is_none())).await;
            assert!(inner.is_err(), "{inner:?}");
            Ok(())
        })
        .await;
    match ended {
        Ok(()) => assert_eq!(names(&t).await, ["after", "ann"]),
        Err(Error::RolledBack { .. }) => assert_eq!(names(&t).await, ["after"]),
        Err(other) => panic!("{other:?}"),
    }
}

async fn a_session_kept_beyond_its_transaction_is_of_no_use(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let kept = db
        .transaction(async |tx| {
            tx.create(user("ann", 1)).await?;
            Ok(tx.session())
        })
        .await
        .unwrap();
    assert!(matches!(kept.create(user("bob", 1)).await, Err(Error::TransactionClosed)));
    assert!(matches!(kept.transaction(async |_| Ok(())).await, Err(Error::TransactionClosed)));
    // It does not keep the connection, either.
    db.create(user("cleo", 1)).await.unwrap();
    assert_eq!(names(&t).await, ["ann", "cleo"]);
}

async fn a_session_kept_elsewhere_holds_no_dropped_transaction_open(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let kept = std::sync::Mutex::new(None);
    let begun = tokio::sync::Notify::new();
    tokio::select! {
        biased;
        ended = db.transaction(async |tx| {
            tx.create(user("ann", 1)).await?;
            *kept.lock().unwrap() = Some(tx.session());
            begun.notify_one();
            std::future::pending::<orm::Result<()>>().await
        }) => panic!("{ended:?}"),
        () = begun.notified() => {}
    }
    let kept = kept.into_inner().unwrap().unwrap();
    db.create(user("after", 1)).await.unwrap();
    assert_eq!(names(&t).await, ["after"]);
    assert!(matches!(kept.create(user("bob", 1)).await, Err(Error::TransactionClosed)));
}

#[derive(Debug, Model)]
struct Counter {
    #[orm(key)]
    id: i64,
    n: i64,
}

/// SQLite with a plain `BEGIN`, as sqlx sends it, did 4 of 640 such transactions.
async fn no_update_is_lost(t: Test) {
    t.create_tables::<Counter>().await.unwrap();
    t.create_many([Counter { id: 1, n: 0 }, Counter { id: 2, n: 7 }]).await.unwrap();
    let lock = match t.engine() {
        Engine::Sqlite => "SELECT id, n FROM counters WHERE id = ?",
        _ => "SELECT id, n FROM counters WHERE id = ? FOR UPDATE",
    };
    let tasks = (0..64).map(|_| {
        let db = t.db();
        tokio::spawn(async move {
            for _ in 0..20 {
                db.transaction(async |tx| {
                    let it: Counter = tx.raw(lock, 1).fetch_one().await?;
                    tokio::task::yield_now().await;
                    let n = it.n + 1;
                    tx.update(it).set(Counter::N, n).await
                })
                .await
                .unwrap();
            }
        })
    });
    for ended in join_all(tasks).await {
        ended.unwrap();
    }
    let counts: Vec<i64> = t.find::<Counter>().order(Counter::ID.asc()).await.unwrap().iter().map(|it| it.n).collect();
    assert_eq!(counts, [64 * 20, 7]);
    assert_eq!(t.stats().in_use, 0);
}
