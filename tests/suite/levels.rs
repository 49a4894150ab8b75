//! Transactions within transactions, and transactions that meet each other.

use orm::prelude::*;
use orm::{Engine, Error, PoolOptions};
use tokio::sync::{Barrier, Notify};

use super::transactions::names;
use crate::models::{User, user};
use crate::{Test, cases};

cases![
    an_inner_error_undoes_only_the_inner_part,
    a_dropped_inner_level_is_unwound_before_the_next_statement,
    a_dropped_inner_level_is_not_committed_with_the_outer_one,
    the_outer_session_waits_for_the_inner_one,
    levels_can_be_three_deep,
    levels_beside_each_other_end_on_their_own,
    many_failing_levels_leave_the_transaction_whole,
    an_outer_error_undoes_inner_levels_that_succeeded,
    a_failing_level_heals_the_transaction,
    a_caught_error_in_a_level_undoes_the_level,
    who_gives_way_in_a_deadlock_is_told_so,
    a_conflict_of_snapshots_can_be_tried_again,
];

async fn an_inner_error_undoes_only_the_inner_part(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.transaction(async |tx| {
        tx.create(user("ann", 1)).await?;
        let inner = tx
            .transaction(async |tx| {
                tx.create(user("bob", 1)).await?;
                tx.update_all(every::<User>()).set(User::AGE, 9).await?;
                Err::<(), _>(Error::other("on purpose"))
            })
            .await;
        assert_eq!(inner.unwrap_err().to_string(), "on purpose");
        assert_eq!(tx.find::<User>().count().await?, 1);
        tx.create(user("cleo", 1)).await
    })
    .await
    .unwrap();
    assert_eq!(names(&t).await, ["ann", "cleo"]);
    assert_eq!(t.find().where_(User::AGE.eq(9)).count().await.unwrap(), 0);
}

/// Begins a level, writes `name` in it, and drops it there.
async fn drop_a_level(tx: &Session, name: &str) {
    let begun = Notify::new();
    tokio::select! {
        biased;
        ended = tx.transaction(async |tx| {
            tx.create(user(name, 1)).await?;
            begun.notify_one();
            std::future::pending::<orm::Result<()>>().await
        }) => panic!("{ended:?}"),
        () = begun.notified() => {}
    }
}

async fn a_dropped_inner_level_is_unwound_before_the_next_statement(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.transaction(async |tx| {
        tx.create(user("ann", 1)).await?;
        drop_a_level(tx, "bob").await;
        assert_eq!(tx.find::<User>().count().await?, 1);
        drop_a_level(tx, "bob").await;
        tx.transaction(async |tx| {
            assert_eq!(tx.find::<User>().count().await?, 1);
            tx.create(user("cleo", 1)).await?;
            drop_a_level(tx, "bob").await;
            tx.create(user("dan", 1)).await
        })
        .await
    })
    .await
    .unwrap();
    assert_eq!(names(&t).await, ["ann", "cleo", "dan"]);
}

async fn a_dropped_inner_level_is_not_committed_with_the_outer_one(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.transaction(async |tx| {
        tx.create(user("ann", 1)).await?;
        tx.transaction(async |tx| {
            tx.create(user("cleo", 1)).await?;
            drop_a_level(tx, "bob").await;
            Ok(())
        })
        .await?;
        drop_a_level(tx, "bob").await;
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(names(&t).await, ["ann", "cleo"]);
}

async fn the_outer_session_waits_for_the_inner_one(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.transaction(async |tx| {
        let outer = tx;
        tx.transaction(async |tx| {
            tx.create(user("ann", 1)).await?;
            assert!(matches!(outer.create(user("bob", 1)).await, Err(Error::SessionBusy)));
            assert!(matches!(outer.find::<User>().await, Err(Error::SessionBusy)));
            assert!(matches!(outer.transaction(async |_| Ok(())).await, Err(Error::SessionBusy)));
            tx.create(user("cleo", 1)).await
        })
        .await?;
        outer.create(user("dan", 1)).await
    })
    .await
    .unwrap();
    assert_eq!(names(&t).await, ["ann", "cleo", "dan"]);
}

async fn levels_can_be_three_deep(t: Test) {
    t.create_tables::<User>().await.unwrap();
    for failing in 1..=3 {
        let outcome = |level: u8| if level == failing { Err(Error::other("on purpose")) } else { Ok(()) };
        let ended = t
            .transaction(async |tx| {
                tx.create(user("one", failing)).await?;
                let inner = tx
                    .transaction(async |tx| {
                        tx.create(user("two", failing)).await?;
                        let inner = tx
                            .transaction(async |tx| {
                                tx.create(user("three", failing)).await?;
                                outcome(3)
                            })
                            .await;
                        assert_eq!(inner.is_err(), failing == 3);
                        outcome(2)
                    })
                    .await;
                assert_eq!(inner.is_err(), failing == 2);
                outcome(1)
            })
            .await;
        assert_eq!(ended.is_err(), failing == 1);
        let stay = t.find().where_(User::AGE.eq(failing)).count().await.unwrap();
        assert_eq!(stay, u64::from(failing - 1));
    }
}

async fn levels_beside_each_other_end_on_their_own(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.transaction(async |tx| {
        for n in 0..6 {
            let ended = tx
                .transaction(async |tx| {
                    tx.create(user(&format!("user {n}"), 1)).await?;
                    if n % 2 == 0 { Ok(()) } else { Err(Error::other("on purpose")) }
                })
                .await;
            assert_eq!(ended.is_ok(), n % 2 == 0);
        }
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(names(&t).await, ["user 0", "user 2", "user 4"]);
}

async fn many_failing_levels_leave_the_transaction_whole(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.transaction(async |tx| {
        for n in 0..100 {
            let twin = || User { email: Some("a@x".into()), ..user("twin", 1) };
            let ended = tx
                .transaction(async |tx| {
                    tx.create(twin()).await?;
                    tx.create(twin()).await
                })
                .await;
            assert!(ended.unwrap_err().is_unique_violation(), "at {n}");
        }
        tx.create(user("ann", 1)).await
    })
    .await
    .unwrap();
    assert_eq!(names(&t).await, ["ann"]);
}

async fn an_outer_error_undoes_inner_levels_that_succeeded(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let ended = t
        .transaction(async |tx| {
            tx.transaction(async |tx| tx.create(user("ann", 1)).await).await?;
            Err::<(), _>(Error::other("on purpose"))
        })
        .await;
    assert!(ended.is_err());
    assert!(names(&t).await.is_empty());
}

async fn a_failing_level_heals_the_transaction(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let twin = || User { email: Some("a@x".into()), ..user("ann", 1) };
    t.transaction(async |tx| {
        tx.create(twin()).await?;
        let again = tx.transaction(async |tx| tx.create(twin()).await).await;
        assert!(again.unwrap_err().is_unique_violation());
        tx.create(user("bob", 1)).await
    })
    .await
    .unwrap();
    assert_eq!(names(&t).await, ["ann", "bob"]);
}

/// A level whose closure swallows the error of a statement cannot be released
/// on PostgreSQL: it is undone, and says so; the outer one goes on.
async fn a_caught_error_in_a_level_undoes_the_level(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let twin = || User { email: Some("a@x".into()), ..user("ann", 1) };
    t.transaction(async |tx| {
        tx.create(twin()).await?;
        let inner = tx
            .transaction(async |tx| {
                tx.create(user("bob", 1)).await?;
                assert!(tx.create(twin()).await.is_err());
                Ok(())
            })
            .await;
        assert_eq!(matches!(inner, Err(Error::RolledBack { .. })), t.engine() == Engine::Postgres, "{inner:?}");
        assert_eq!(inner.is_ok(), t.engine() != Engine::Postgres);
        tx.create(user("cleo", 1)).await
    })
    .await
    .unwrap();
    let expected: &[&str] = if t.engine() == Engine::Postgres { &["ann", "cleo"] } else { &["ann", "bob", "cleo"] };
    assert_eq!(names(&t).await, expected);
}

/// After a deadlock sqlx believes the transaction of the victim to be open: its
/// next statements are committed one by one, and its rollback undoes nothing.
async fn who_gives_way_in_a_deadlock_is_told_so(t: Test) {
    if t.engine() == Engine::Sqlite {
        // One transaction writes at a time, so none waits for another within it.
        return;
    }
    t.create_tables::<User>().await.unwrap();
    let [ann, bob]: [User; 2] = t.create_many([user("ann", 0), user("bob", 0)]).await.unwrap().try_into().unwrap();
    let both_have_one = Barrier::new(2);
    let victim = std::sync::Mutex::new(None);
    let cross = async |first: User, second: User, mark: u8| {
        t.transaction(async |tx| {
            tx.update(first).set(User::AGE, mark).await?;
            both_have_one.wait().await;
            let Err(error) = tx.update(second).set(User::AGE, mark).await else { return Ok(()) };
            // The victim goes on as if nothing had been.
            let after = tx.create(user("written after the deadlock", 1)).await;
            assert!(matches!(after, Err(Error::TransactionAborted { .. })), "{after:?}");
            *victim.lock().unwrap() = Some(error);
            Ok(())
        })
        .await
    };
    let ends = tokio::join!(cross(ann.clone(), bob.clone(), 1), cross(bob, ann, 2));
    let mark = match &ends {
        (Ok(()), Err(Error::RolledBack { .. })) => 1,
        (Err(Error::RolledBack { .. }), Ok(())) => 2,
        other => panic!("{other:?}"),
    };
    let error = victim.lock().unwrap().take().unwrap();
    assert!(matches!(error, Error::Deadlock { .. }) && error.is_retryable(), "{error:?}");
    let ages: Vec<u8> = t.find::<User>().await.unwrap().iter().map(|it| it.age).collect();
    assert_eq!(ages, [mark, mark]);
}

/// A transaction changes a row that another one changed since its snapshot.
async fn a_conflict_of_snapshots_can_be_tried_again(t: Test) {
    let isolation: &[&'static str] = match t.engine() {
        Engine::Postgres => &["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"],
        Engine::MariaDb => &["SET SESSION innodb_snapshot_isolation = ON"],
        // SQLite begins with the lock, and so sees what was there before.
        _ => return,
    };
    t.create_tables::<User>().await.unwrap();
    let ann = t.create(user("ann", 1)).await.unwrap();
    let db = t.builder().pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let mut meddle = true;
    loop {
        let ended = db
            .transaction(async |tx| {
                for text in isolation {
                    tx.raw(text, ()).execute().await?;
                }
                let it: User = tx.get(ann.id).await?;
                if meddle {
                    t.update(ann.clone()).set(User::AGE, User::AGE.plus(10)).await?;
                }
                let age = it.age + 1;
                tx.update(it).set(User::AGE, age).await
            })
            .await;
        if !meddle {
            assert_eq!(ended.unwrap().age, 12);
            break;
        }
        let error = ended.unwrap_err();
        assert!(matches!(error, Error::SerializationFailure { .. }) && error.is_retryable(), "{error:?}");
        meddle = false;
    }
    assert_eq!(t.get::<User>(ann.id).await.unwrap().age, 12);
}
