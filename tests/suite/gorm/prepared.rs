//! Prepared statements, as GORM tests them. Here every statement is prepared
//! once for each connection, and there is no mode for it.

use std::time::Duration;

use futures_util::future::join_all;
use orm::prelude::*;
use orm::{AssertSqlSafe, Engine, Error, PoolOptions};

use crate::models::{User, user};
use crate::{Test, cases};

cases![
    a_deadline_does_not_spoil_statements_that_are_prepared,
    statements_are_prepared_inside_a_transaction,
    a_connection_keeps_a_bounded_number_of_prepared_statements,
    a_hundred_tasks_on_one_connection_end,
    what_a_prepared_statement_wrote_is_undone_with_its_transaction,
    prepared_statements_go_with_their_connection_and_are_made_anew,
    a_handle_that_is_closed_while_statements_are_prepared_ends_them,
];

/// A handle with so many connections, and the table of users.
async fn pool_of(t: &Test, connections: usize) -> Db {
    t.create_tables::<User>().await.unwrap();
    t.builder().pool(PoolOptions::new().max_size(connections).wait_timeout(Duration::from_secs(60))).open().await.unwrap()
}

// gorm: prepared_stmt:TestPreparedStmt
async fn a_deadline_does_not_spoil_statements_that_are_prepared(t: Test) {
    let db = pool_of(&t, 1).await;
    let late = db.session().timeout(Duration::from_secs(60));
    let ann = late.create(user("ann", 1)).await.unwrap();
    assert_eq!(late.get::<User>(ann.id).await.unwrap(), ann);
    let over = db.session().timeout(Duration::ZERO);
    assert!(matches!(over.create(user("bob", 1)).await, Err(Error::Timeout { .. })));
    // Another one holds the record, so this one is stopped while it runs.
    t.transaction(async |tx| {
        tx.update(ann.clone()).set(User::AGE, 2).await?;
        let stopped = db.session().timeout(Duration::from_millis(50)).update(ann.clone()).set(User::AGE, 3).await;
        // A server that is slow to say that it has stopped it is not waited for.
        assert!(matches!(stopped, Err(Error::Timeout { .. } | Error::OutcomeUnknown { .. })), "{stopped:?}");
        Ok(())
    })
    .await
    .unwrap();
    let bob = db.create(user("bob", 1)).await.unwrap();
    assert_eq!(db.get::<User>(bob.id).await.unwrap(), bob);
    assert_eq!(db.update(ann.clone()).set(User::AGE, 4).await.unwrap().age, 4);
    assert_eq!(db.get::<User>(bob.id).await.unwrap().age, 1);
}

// gorm: prepared_stmt:TestPreparedStmtFromTransaction
async fn statements_are_prepared_inside_a_transaction(t: Test) {
    let db = pool_of(&t, 1).await;
    db.create(user("bystander", 1)).await.unwrap();
    db.transaction(async |tx| {
        tx.delete_all(User::NAME.eq("zoe")).await?;
        tx.create(user("zoe", 1)).await
    })
    .await
    .unwrap();
    assert_eq!(db.delete_all(User::NAME.eq("zoe")).await.unwrap(), 1);
    let gone = db.transaction(async |tx| tx.delete_all(User::NAME.eq("zoe")).await).await.unwrap();
    assert_eq!(gone, 0);
    assert_eq!(db.find::<User>().count().await.unwrap(), 1);
}

// GORM empties its cache after a time; here the oldest makes room for the newest.
// gorm: prepared_stmt:TestPreparedStmtLruFromTransaction
async fn a_connection_keeps_a_bounded_number_of_prepared_statements(t: Test) {
    let db = pool_of(&t, 1).await;
    db.create_many([user("ann", 1), user("bob", 2)]).await.unwrap();
    let kept = db
        .transaction(async |tx| {
            for n in 0..400 {
                let text = AssertSqlSafe(format!("SELECT count(*) + {n} FROM users WHERE age = ?"));
                assert_eq!(tx.raw(text, 1).fetch_one::<i64>().await?, n + 1);
            }
            tx.delete_all(User::NAME.eq("ann")).await?;
            tx.create(user("cleo", 1)).await?;
            match t.engine() {
                Engine::Postgres => tx.raw("SELECT count(*) FROM pg_prepared_statements", ()).fetch_one::<i64>().await,
                _ => Ok(0),
            }
        })
        .await
        .unwrap();
    assert!(kept < 200, "{kept} of 400 are kept");
    assert_eq!(db.delete_all(User::NAME.eq("cleo")).await.unwrap(), 1);
    assert_eq!(db.find::<User>().count().await.unwrap(), 1);
}

// gorm: prepared_stmt:TestPreparedStmtDeadlock
async fn a_hundred_tasks_on_one_connection_end(t: Test) {
    let db = pool_of(&t, 1).await;
    let tasks = (0..100).map(|_| {
        let db = db.clone();
        tokio::spawn(async move {
            db.create(user("ann", 1)).await.unwrap();
            db.find::<User>().first().await.unwrap().unwrap();
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    assert_eq!(db.stats().in_use, 0);
    assert_eq!(db.find::<User>().count().await.unwrap(), 100);
}

// gorm: prepared_stmt:TestPreparedStmtInTransaction
async fn what_a_prepared_statement_wrote_is_undone_with_its_transaction(t: Test) {
    let db = pool_of(&t, 1).await;
    let bystander = db.create(user("bystander", 1)).await.unwrap();
    let undone = db
        .transaction(async |tx| {
            let ann = tx.create(user("ann", 1)).await?;
            assert_eq!(tx.get::<User>(ann.id).await?, ann);
            Err::<(), _>(Error::other("undo"))
        })
        .await;
    assert_eq!(undone.unwrap_err().to_string(), "undo");
    assert_eq!(db.find::<User>().await.unwrap(), [bystander]);
}

// gorm: prepared_stmt:TestPreparedStmtClose
async fn prepared_statements_go_with_their_connection_and_are_made_anew(t: Test) {
    let db = pool_of(&t, 1).await;
    for n in 1..=3 {
        // The connection of a pinned session is closed at its end, with all that it had prepared.
        let one = db.session().pinned();
        one.create(user("ann", 1)).await.unwrap();
        assert_eq!(one.find().where_(User::AGE.eq(1)).count().await.unwrap(), n);
        drop(one);
        assert_eq!(db.find().where_(User::AGE.eq(1)).count().await.unwrap(), n);
    }
    if t.engine() == Engine::Postgres {
        // Taken away under a connection that goes on, they are prepared again.
        db.raw("DEALLOCATE ALL", ()).execute().await.unwrap();
    }
    assert_eq!(db.find().where_(User::AGE.eq(1)).count().await.unwrap(), 3);
}

// gorm: prepared_stmt:TestPreparedStmtConcurrentClose
async fn a_handle_that_is_closed_while_statements_are_prepared_ends_them(t: Test) {
    let db = pool_of(&t, 2).await;
    let tasks = (0..20).map(|n| {
        let db = db.clone();
        tokio::spawn(async move {
            let text = AssertSqlSafe(format!("SELECT count(*) + {n} FROM users"));
            db.raw(text, ()).fetch_one::<i64>().await
        })
    });
    let tasks: Vec<_> = tasks.collect();
    tokio::task::yield_now().await;
    db.close();
    for (n, task) in join_all(tasks).await.into_iter().enumerate() {
        match task.unwrap() {
            Ok(it) => assert_eq!(it, i64::try_from(n).unwrap()),
            Err(error) => assert!(matches!(error, Error::Closed), "{error:?}"),
        }
    }
    assert!(matches!(db.find::<User>().count().await, Err(Error::Closed)));
    assert_eq!(db.stats().in_use, 0);
    assert_eq!(t.find::<User>().count().await.unwrap(), 0);
}
