//! Transactions that are run again when they had to give way.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use orm::prelude::*;
use orm::{Engine, Error, Isolation, PoolOptions, SqliteMode};
use tokio::sync::Barrier;

use super::pool::until;
use super::transactions::names;
use crate::models::{User, user};
use crate::{Test, cases};

cases![
    a_transaction_that_gave_way_is_run_again_from_its_start,
    a_conflict_is_found_behind_the_programs_own_error,
    a_conflict_that_was_swallowed_is_found_too,
    a_conflict_that_a_nested_transaction_undid_is_no_reason_after_a_commit,
    the_last_error_comes_back_when_all_attempts_failed,
    what_is_no_conflict_is_not_run_again,
    a_commit_that_may_have_taken_place_is_not_run_again,
    a_nested_transaction_is_not_run_again_by_itself,
    nothing_is_run_again_after_the_deadline,
    money_moves_in_serializable_transactions_and_none_is_lost,
    two_doctors_do_not_leave_at_the_same_time,
    crossed_updates_are_all_done_once,
];

/// A session of which a transaction that reads before [`meddle`] cannot write behind it.
fn touchy(db: &Db) -> Session {
    db.session().isolation(Isolation::RepeatableRead).sqlite_mode(SqliteMode::Deferred)
}

/// Reads Ann, lets somebody else change her, and changes her.
async fn change(t: &Test, tx: &Session, meddle: bool) -> orm::Result<User> {
    if t.engine() == Engine::MariaDb {
        // Otherwise the change of the other one is overwritten unseen.
        tx.raw("SET SESSION innodb_snapshot_isolation = ON", ()).execute().await?;
    }
    let ann = tx.find().where_(User::NAME.eq("ann")).first().await?.unwrap();
    if meddle {
        t.plain().await.execute("UPDATE users SET age = age + 10 WHERE name = 'ann'").await;
    }
    let age = ann.age + 1;
    tx.update(ann).set(User::AGE, age).await
}

async fn with_ann(t: &Test) -> Db {
    t.create_tables::<User>().await.unwrap();
    t.create_many([user("ann", 1), user("bystander", 9)]).await.unwrap();
    t.builder().pool(PoolOptions::new().max_size(1)).open().await.unwrap()
}

async fn ages(t: &Test) -> Vec<u8> {
    t.find::<User>().order(User::ID.asc()).select(User::AGE).await.unwrap()
}

async fn a_transaction_that_gave_way_is_run_again_from_its_start(t: Test) {
    let db = with_ann(&t).await;
    let attempts = Mutex::new(Vec::new());
    // What is borrowed from the program is captured as it is.
    let note = "written by the transaction".to_owned();
    let changed = touchy(&db)
        .retry(3)
        .transaction(async |tx| {
            attempts.lock().unwrap().push(tx.attempt());
            let changed = tx.transaction(async |tx| change(&t, tx, tx.attempt() < 3).await).await?;
            tx.create(user(&note, 1)).await?;
            Ok(changed)
        })
        .await
        .unwrap();
    assert_eq!(*attempts.lock().unwrap(), [1, 2, 3]);
    assert_eq!(changed.age, 22);
    assert_eq!(ages(&t).await, [22, 9, 1]);
    assert_eq!((db.attempt(), db.stats().in_use), (1, 0));
}

/// An error of a program, which does not tell what was below it.
#[derive(Debug, PartialEq)]
struct Sorry;

impl From<Error> for Sorry {
    fn from(_: Error) -> Self {
        Self
    }
}

async fn a_conflict_is_found_behind_the_programs_own_error(t: Test) {
    let db = with_ann(&t).await;
    let tries = AtomicU32::new(0);
    let changed = touchy(&db)
        .retry(1)
        .try_transaction(async |tx| {
            let meddle = tries.fetch_add(1, Ordering::Relaxed) == 0;
            change(&t, tx, meddle).await.map_err(|_| Sorry)
        })
        .await;
    assert_eq!(changed.unwrap().age, 12);
    assert_eq!(tries.into_inner(), 2);
    assert_eq!(ages(&t).await, [12, 9]);
}

/// The transaction is gone on MariaDB, and of no use on PostgreSQL: its commit is refused.
async fn a_conflict_that_was_swallowed_is_found_too(t: Test) {
    if t.engine() == Engine::Sqlite {
        // There the transaction goes on, and what it did otherwise is committed.
        return;
    }
    let db = with_ann(&t).await;
    let told = touchy(&db)
        .retry(1)
        .transaction(async |tx| {
            let told = change(&t, tx, tx.attempt() == 1).await.map_err(|error| error.is_conflict());
            Ok((tx.attempt(), told.map(|it| it.age)))
        })
        .await;
    assert_eq!(told.unwrap(), (2, Ok(12)));
    assert_eq!(ages(&t).await, [12, 9]);
}

async fn a_conflict_that_a_nested_transaction_undid_is_no_reason_after_a_commit(t: Test) {
    if t.engine().is_mysql_family() {
        // There the whole transaction is gone.
        return;
    }
    let db = with_ann(&t).await;
    let told = touchy(&db)
        .retry(3)
        .transaction(async |tx| {
            let inner = tx.transaction(async |tx| change(&t, tx, true).await).await;
            assert!(inner.unwrap_err().is_conflict());
            Ok(tx.attempt())
        })
        .await;
    assert_eq!(told.unwrap(), 1);
    assert_eq!(ages(&t).await, [11, 9]);
}

async fn the_last_error_comes_back_when_all_attempts_failed(t: Test) {
    let db = with_ann(&t).await;
    for (times, tries) in [(2, 3), (0, 1)] {
        let tried = AtomicU32::new(0);
        let ended = touchy(&db).retry(times).transaction(async |tx| {
            tried.fetch_add(1, Ordering::Relaxed);
            change(&t, tx, true).await
        });
        let ended = ended.await;
        assert!(matches!(ended, Err(Error::SerializationFailure { .. })), "{ended:?}");
        assert_eq!(tried.into_inner(), tries);
    }
    assert_eq!(ages(&t).await, [41, 9]);
}

async fn what_is_no_conflict_is_not_run_again(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create(User { email: Some("a@x".into()), ..user("ann", 1) }).await.unwrap();
    let tries = AtomicU32::new(0);
    let retry = || t.session().retry(5);
    let twin = retry().transaction(async |tx| {
        tries.fetch_add(1, Ordering::Relaxed);
        tx.create(User { email: Some("a@x".into()), ..user("bob", 1) }).await
    });
    assert!(twin.await.unwrap_err().is_unique_violation());
    let refused = retry().try_transaction(async |_| {
        tries.fetch_add(1, Ordering::Relaxed);
        Err::<(), _>(Sorry)
    });
    assert_eq!(refused.await, Err(Sorry));
    assert_eq!(tries.into_inner(), 2);
    assert_eq!(names(&t).await, ["ann"]);
}

async fn a_commit_that_may_have_taken_place_is_not_run_again(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let (Some(network), builder) = t.behind_network().await else { return };
    let db = builder.pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let tries = AtomicU32::new(0);
    network.cut_reply_to(b"COMMIT");
    let ended = db
        .session()
        .retry(5)
        .transaction(async |tx| {
            tries.fetch_add(1, Ordering::Relaxed);
            tx.create(user("ann", 1)).await
        })
        .await;
    assert!(matches!(ended, Err(Error::OutcomeUnknown { .. })), "{ended:?}");
    assert_eq!(tries.into_inner(), 1);
    network.heal();
    db.create(user("bob", 1)).await.unwrap();
    assert_eq!(names(&t).await, ["ann", "bob"]);
}

async fn a_nested_transaction_is_not_run_again_by_itself(t: Test) {
    let db = with_ann(&t).await;
    db.transaction(async |tx| {
        let nested = tx.session().retry(3).transaction(async |_| Ok(())).await;
        assert!(matches!(nested, Err(Error::Configuration { .. })), "{nested:?}");
        tx.create(user("cleo", 3)).await
    })
    .await
    .unwrap();
    assert_eq!(ages(&t).await, [1, 9, 3]);
}

async fn nothing_is_run_again_after_the_deadline(t: Test) {
    let db = with_ann(&t).await;
    // Without the deadline this would go on for half of for ever.
    let end = Instant::now() + Duration::from_millis(300);
    let ended = touchy(&db).deadline(end).retry(u32::MAX).transaction(async |tx| change(&t, tx, true).await).await;
    let error = ended.unwrap_err();
    assert!(error.is_conflict() || matches!(error, Error::Timeout { .. } | Error::RolledBack { .. }), "{error:?}");
    // A begin that the deadline met is read to its end before its connection goes home.
    until(&db, |it| it.in_use == 0).await;
}

#[derive(Debug, Clone, Model)]
struct Account {
    #[orm(key)]
    id: i64,
    cents: i64,
}

/// Serializable transactions that read, think and write; without `retry` many are refused.
async fn money_moves_in_serializable_transactions_and_none_is_lost(t: Test) {
    t.create_tables::<Account>().await.unwrap();
    t.create_many((0..4).map(|id| Account { id, cents: 1_000 })).await.unwrap();
    let moved = join_all((0..8_i64).map(|task| {
        let db = t.db();
        tokio::spawn(async move {
            let mut moved = 0;
            for n in 0..10_i64 {
                let (from, to, cents) = (task % 4, (task + 1 + n % 3) % 4, 1 + n);
                let session = db.session().isolation(Isolation::Serializable).retry(1_000);
                moved += session
                    .transaction(async |tx| {
                        let [source, target]: [Account; 2] = [tx.get(from).await?, tx.get(to).await?];
                        if source.cents < cents {
                            return Ok(0);
                        }
                        let (less, more) = (source.cents - cents, target.cents + cents);
                        tx.update(source).set(Account::CENTS, less).await?;
                        tx.update(target).set(Account::CENTS, more).await?;
                        Ok(1)
                    })
                    .await
                    .unwrap();
            }
            moved
        })
    }))
    .await;
    assert!(moved.into_iter().map(Result::unwrap).sum::<i64>() > 0);
    let all: Vec<Account> = t.find::<Account>().await.unwrap();
    assert_eq!(all.iter().map(|it| it.cents).sum::<i64>(), 4_000);
    assert_eq!(t.stats().in_use, 0);
}

/// Each may leave while the other stays; at a lower level both see the other on
/// duty, and leave.
async fn two_doctors_do_not_leave_at_the_same_time(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let on_duty = |name| User { active: true, ..user(name, 40) };
    t.create_many([on_duty("ann"), on_duty("bob"), user("bystander", 1)]).await.unwrap();
    let both_read = Barrier::new(2);
    let leave = async |name: &'static str| {
        let session = t.session().isolation(Isolation::Serializable).sqlite_mode(SqliteMode::Deferred).retry(20);
        let left = session.transaction(async |tx| {
            let others = tx.find().where_(User::ACTIVE.eq(true).and(User::NAME.ne(name))).count().await?;
            if tx.attempt() == 1 && t.engine() != Engine::Sqlite {
                both_read.wait().await;
            }
            if others == 0 {
                return Ok(false);
            }
            tx.update_all(User::NAME.eq(name)).set(User::ACTIVE, false).await?;
            Ok(true)
        });
        left.await.unwrap()
    };
    let (ann, bob) = tokio::join!(leave("ann"), leave("bob"));
    assert!(ann != bob, "{ann} {bob}");
    assert_eq!(t.find().where_(User::ACTIVE.eq(true)).count().await.unwrap(), 1);
}

/// Two rows are changed in either order, so that some wait for each other.
async fn crossed_updates_are_all_done_once(t: Test) {
    /// Few: PostgreSQL looks for a deadlock after a second.
    const ROUNDS: i64 = 3;
    const TASKS: i64 = 2;
    t.create_tables::<Account>().await.unwrap();
    t.create_many((0..3).map(|id| Account { id, cents: 0 })).await.unwrap();
    let seen = Mutex::new(BTreeSet::new());
    let work = async |task: i64| {
        for _ in 0..ROUNDS {
            let (first, second) = if task % 2 == 0 { (0, 1) } else { (1, 0) };
            let done = t.session().retry(1_000).transaction(async |tx| {
                for id in [first, second] {
                    tx.update_all(Account::ID.eq(id)).set(Account::CENTS, Account::CENTS.plus(1)).await?;
                    tokio::task::yield_now().await;
                }
                Ok(tx.attempt())
            });
            let attempt = done.await.unwrap();
            seen.lock().unwrap().insert(attempt);
        }
    };
    join_all((0..TASKS).map(work)).await;
    let cents = t.find::<Account>().order(Account::ID.asc()).select(Account::CENTS).await.unwrap();
    assert_eq!(cents, [TASKS * ROUNDS, TASKS * ROUNDS, 0]);
    assert!(seen.lock().unwrap().contains(&1));
    assert_eq!(t.stats().in_use, 0);
}
