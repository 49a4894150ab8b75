//! What is done when a transaction has ended.

use std::sync::Arc;
use std::time::Duration;

use orm::prelude::*;
use orm::{Error, PoolOptions};
use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::{Notify, oneshot};

use super::transactions::names;
use crate::chance::cancel_after;
use crate::models::{User, user};
use crate::watch::Log;
use crate::{Test, cases};

cases![
    what_waits_for_the_commit_runs_after_it,
    what_waits_for_the_rollback_runs_after_it,
    nested_transactions_wait_for_the_outermost,
    what_fails_afterwards_changes_nothing,
    a_transaction_that_is_dropped_was_rolled_back,
    a_commit_that_nobody_waits_for_is_followed_up_all_the_same,
    nothing_follows_an_unknown_outcome,
    hooks_and_callbacks_can_wait_for_the_commit,
    only_an_open_transaction_has_an_end,
    each_attempt_ends_by_itself,
];

/// Writes to the log at either end.
fn note(tx: &Session, log: &Log, name: &'static str) {
    let (committed, undone) = (log.clone(), log.clone());
    tx.after_commit(async move |_| {
        committed.write(format!("{name} committed"));
        Ok(())
    })
    .unwrap();
    tx.after_rollback(async move |_| {
        undone.write(format!("{name} undone"));
        Ok(())
    })
    .unwrap();
}

async fn what_waits_for_the_commit_runs_after_it(t: Test) {
    t.create_tables::<User>().await.unwrap();
    // With one connection: it is back already.
    let db = t.builder().pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let log = Log::new();
    let session = db.session().with(7_u8).timeout(Duration::from_secs(60));
    session
        .transaction(async |tx| {
            tx.create(user("ann", 1)).await?;
            note(tx, &log, "first");
            let inner = log.clone();
            tx.after_commit(async move |db| {
                assert!(!db.in_transaction() && db.time_left().is_none());
                assert_eq!(db.settings().get::<u8>(), Some(&7));
                assert_eq!(db.find::<User>().count().await?, 1);
                db.create(user("bob", 2)).await?;
                inner.write("second");
                Ok(())
            })?;
            note(tx, &log, "third");
            assert!(log.take().is_empty());
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(log.take(), ["first committed", "second", "third committed"]);
    assert_eq!(names(&t).await, ["ann", "bob"]);
}

async fn what_waits_for_the_rollback_runs_after_it(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let log = Log::new();
    let ended = db
        .transaction(async |tx| {
            note(tx, &log, "first");
            tx.after_rollback(async |db| db.create(user("bob", 2)).await.map(drop))?;
            tx.create(user("ann", 1)).await?;
            Err::<(), _>(Error::other("on purpose"))
        })
        .await;
    assert_eq!(ended.unwrap_err().to_string(), "on purpose");
    assert_eq!(log.take(), ["first undone"]);
    assert_eq!(names(&t).await, ["bob"]);
    // By hand, and by a panic.
    let tx = db.begin().await.unwrap();
    note(&tx, &log, "by hand");
    tx.rollback().await;
    assert_eq!(log.take(), ["by hand undone"]);
    let task = tokio::spawn({
        let log = log.clone();
        async move {
            db.transaction(async |tx| -> orm::Result<()> {
                note(tx, &log, "in a panic");
                panic!("on purpose")
            })
            .await
        }
    });
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(log.take(), ["in a panic undone"]);
}

async fn nested_transactions_wait_for_the_outermost(t: Test) {
    let log = Log::new();
    let fail = || Err::<(), _>(Error::other("on purpose"));
    let run = async |outer_fails: bool| {
        t.transaction(async |tx| {
            note(tx, &log, "outer");
            let undone = tx.transaction(async |tx| {
                note(tx, &log, "failing");
                tx.transaction(async |tx| Ok(note(tx, &log, "released into it"))).await?;
                fail()
            });
            assert!(undone.await.is_err());
            tx.transaction(async |tx| Ok(note(tx, &log, "inner"))).await?;
            assert!(log.take().is_empty());
            if outer_fails { fail() } else { Ok(()) }
        })
        .await
        .is_ok()
    };
    assert!(run(false).await);
    assert_eq!(log.take(), ["outer committed", "failing undone", "released into it undone", "inner committed"]);
    assert!(!run(true).await);
    assert_eq!(log.take(), ["outer undone", "failing undone", "released into it undone", "inner undone"]);
}

async fn what_fails_afterwards_changes_nothing(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let log = Log::new();
    let ann = t
        .transaction(async |tx| {
            tx.after_commit(async |_| Err(Error::other("on purpose")))?;
            tx.after_commit(async |_| panic!("on purpose"))?;
            note(tx, &log, "last");
            tx.create(user("ann", 1)).await
        })
        .await
        .unwrap();
    assert_eq!(log.take(), ["last committed"]);
    assert_eq!(t.get::<User>(ann.id).await.unwrap(), ann);
}

async fn a_transaction_that_is_dropped_was_rolled_back(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let (told, hear) = oneshot::channel();
    let (log, begun) = (Log::new(), Notify::new());
    tokio::select! {
        biased;
        ended = t.transaction(async |tx| {
            note(tx, &log, "dropped");
            tx.after_rollback(async move |db| {
                let seen = db.find::<User>().count().await?;
                told.send(seen).map_err(|_| Error::other("nobody listens"))
            })?;
            tx.create(user("ann", 1)).await?;
            begun.notify_one();
            std::future::pending::<orm::Result<()>>().await
        }) => panic!("{ended:?}"),
        () = begun.notified() => {}
    }
    assert_eq!(hear.await, Ok(0));
    assert_eq!(log.take(), ["dropped undone"]);
}

/// Dropped at each moment: where the row is there, what was to follow follows.
async fn a_commit_that_nobody_waits_for_is_followed_up_all_the_same(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let (_network, builder) = t.behind_network().await;
    let db = builder.pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let (mut dropped, mut followed) = (0, 0);
    // SQLite waits at one moment only, and may be done before: it gets more chances.
    let moments = (0..20).flat_map(|k| [k, k, k]).chain(std::iter::repeat_n(0, 10_000));
    for (n, k) in moments.enumerate() {
        if n >= 60 && dropped > 0 {
            break;
        }
        let (committed, mut hear_committed) = unbounded_channel();
        let (undone, mut hear_undone) = unbounded_channel();
        let registered = std::sync::atomic::AtomicBool::new(false);
        let work = db.transaction(async |tx| {
            tx.after_commit(async move |_| committed.send(()).map_err(Error::other))?;
            tx.after_rollback(async move |_| undone.send(()).map_err(Error::other))?;
            registered.store(true, std::sync::atomic::Ordering::Relaxed);
            tx.create(user("ann", 1)).await
        });
        dropped += usize::from(cancel_after(k, work).await.is_none());
        if registered.into_inner() {
            // One of the two happens, and only one.
            let is_committed = tokio::select! {
                Some(()) = hear_committed.recv() => true,
                Some(()) = hear_undone.recv() => false,
            };
            assert_eq!(db.find::<User>().count().await.unwrap(), u64::from(is_committed), "dropped at moment {k}");
            assert!(hear_committed.try_recv().is_err() && hear_undone.try_recv().is_err());
            followed += usize::from(is_committed);
        }
        db.delete_all(every::<User>()).await.unwrap();
    }
    assert!(dropped > 0 && followed > 0, "{dropped} {followed}");
}

async fn nothing_follows_an_unknown_outcome(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let (Some(network), builder) = t.behind_network().await else { return };
    let db = builder.pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let log = Log::new();
    network.cut_reply_to(b"COMMIT");
    let ended = db
        .transaction(async |tx| {
            note(tx, &log, "outer");
            tx.create(user("ann", 1)).await
        })
        .await;
    assert!(matches!(ended, Err(Error::OutcomeUnknown { .. })), "{ended:?}");
    assert!(log.take().is_empty());
}

/// A model that tells others when it is stored.
#[derive(Debug, Default, Model)]
#[orm(hooks)]
struct Told {
    #[orm(key, auto)]
    id: i64,
    name: String,
}

impl Hooks for Told {
    async fn after_create(&mut self, db: &Session) -> orm::Result<()> {
        let Some(log) = db.settings().get::<Log>().cloned() else { return Ok(()) };
        let name = self.name.clone();
        db.after_commit(async move |_| Ok(log.write(name)))
    }
}

async fn hooks_and_callbacks_can_wait_for_the_commit(t: Test) {
    t.create_tables::<Told>().await.unwrap();
    let log = Log::new();
    let db = t
        .with_callbacks(|on| {
            on.create().register("app:tell", async |cx: &mut Context| {
                let log = cx.session().settings().get::<Log>().cloned().unwrap();
                cx.session().after_commit(async move |_| Ok(log.write("by a callback")))
            });
        })
        .unwrap();
    let session = db.session().with(log.clone());
    let told = |name: &str| Told { name: name.to_owned(), ..Told::default() };
    session.create(told("ann")).await.unwrap();
    assert_eq!(log.take(), ["ann", "by a callback"]);
    let ended = session
        .transaction(async |tx| {
            tx.create(told("bob")).await?;
            assert!(log.take().is_empty());
            Err::<(), _>(Error::other("on purpose"))
        })
        .await;
    assert!(ended.is_err() && log.take().is_empty());
    session.transaction(async |tx| tx.create(told("cleo")).await).await.unwrap();
    assert_eq!(log.take(), ["cleo", "by a callback"]);
}

async fn only_an_open_transaction_has_an_end(t: Test) {
    let outside = t.after_commit(async |_| Ok(()));
    assert!(matches!(outside, Err(Error::NoTransaction { operation: "after_commit" })), "{outside:?}");
    let kept = t.transaction(async |tx| Ok(tx.session())).await.unwrap();
    assert!(matches!(kept.after_rollback(async |_| Ok(())), Err(Error::TransactionClosed)));
}

async fn each_attempt_ends_by_itself(t: Test) {
    let log = Arc::new(Log::new());
    let ended = t
        .session()
        .retry(2)
        .transaction(async |tx| {
            note(tx, &log, if tx.attempt() == 1 { "first" } else { "second" });
            if tx.attempt() == 1 { Err(Error::other("on purpose")) } else { Ok(()) }
        })
        .await;
    assert!(ended.is_err());
    assert_eq!(log.take(), ["first undone"]);
}
