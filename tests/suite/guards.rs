//! Transactions that are ended by hand.

use std::pin::Pin;
use std::time::Duration;

use futures_util::future::join_all;
use orm::prelude::*;
use orm::{Error, PoolOptions, Transaction};

use super::pool::until;
use super::transactions::names;
use crate::chance::cancel_after;
use crate::models::{User, user};
use crate::{Test, cases};

cases![
    what_is_not_committed_is_rolled_back,
    a_transaction_can_be_kept_and_moved,
    nested_transactions_are_ended_by_hand,
    a_transaction_does_not_end_before_those_inside_it,
    a_rollback_has_undone_those_inside_it_when_it_returns,
    what_follows_a_rollback_finds_no_locks,
    a_connection_goes_home_when_who_waited_for_it_is_dropped,
    a_transaction_is_ended_at_its_deadline_wherever_it_is,
    what_follows_its_end_at_the_deadline_is_done_to_its_end,
    dropped_at_any_moment_it_leaves_nothing,
    statements_at_the_same_time_wait_for_each_other,
];

async fn one(t: &Test) -> Db {
    t.create_tables::<User>().await.unwrap();
    t.builder().pool(PoolOptions::new().max_size(1)).open().await.unwrap()
}

async fn what_is_not_committed_is_rolled_back(t: Test) {
    let db = one(&t).await;
    let tx = db.begin().await.unwrap();
    assert!(tx.in_transaction());
    tx.create(user("ann", 1)).await.unwrap();
    assert!(names(&t).await.is_empty());
    tx.commit().await.unwrap();
    assert_eq!(names(&t).await, ["ann"]);

    let tx = db.begin().await.unwrap();
    tx.create(user("bob", 1)).await.unwrap();
    tx.rollback().await;
    let tx = db.begin().await.unwrap();
    tx.create(user("cleo", 1)).await.unwrap();
    drop(tx);
    let task = tokio::spawn({
        let db = db.clone();
        async move {
            let tx = db.begin().await.unwrap();
            tx.create(user("dan", 1)).await.unwrap();
            panic!("on purpose");
        }
    });
    assert!(task.await.unwrap_err().is_panic());
    db.create(user("after", 1)).await.unwrap();
    assert_eq!(names(&t).await, ["after", "ann"]);
    assert_eq!(db.stats().in_use, 0);
}

async fn a_transaction_can_be_kept_and_moved(t: Test) {
    struct Basket {
        tx: Transaction,
    }
    async fn add(db: &Session, name: &str) -> orm::Result<()> {
        db.create(user(name, 1)).await.map(drop)
    }
    let db = one(&t).await;
    let basket = Basket { tx: db.begin().await.unwrap() };
    let basket = tokio::spawn(async move {
        add(&basket.tx, "ann").await.unwrap();
        basket
    });
    let basket = basket.await.unwrap();
    add(&basket.tx, "bob").await.unwrap();
    basket.tx.commit().await.unwrap();
    assert_eq!(names(&t).await, ["ann", "bob"]);
}

async fn nested_transactions_are_ended_by_hand(t: Test) {
    let db = one(&t).await;
    let tx = db.begin().await.unwrap();
    tx.create(user("ann", 1)).await.unwrap();
    for name in ["rolled back", "dropped", "kept"] {
        let inner = tx.begin().await.unwrap();
        inner.create(user(name, 1)).await.unwrap();
        assert!(matches!(tx.create(user("early", 1)).await, Err(Error::SessionBusy)));
        // One beside it would be inside it.
        assert!(matches!(tx.begin().await, Err(Error::SessionBusy)));
        match name {
            "rolled back" => inner.rollback().await,
            "dropped" => drop(inner),
            _ => inner.commit().await.unwrap(),
        }
    }
    tx.transaction(async |tx| tx.create(user("by a closure", 1)).await).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(names(&t).await, ["ann", "by a closure", "kept"]);
}

async fn a_transaction_does_not_end_before_those_inside_it(t: Test) {
    let db = one(&t).await;
    let outer = db.begin().await.unwrap();
    outer.create(user("ann", 1)).await.unwrap();
    let inner = outer.begin().await.unwrap();
    inner.create(user("bob", 1)).await.unwrap();
    assert!(matches!(outer.commit().await, Err(Error::SessionBusy)));
    // All of it was rolled back, and its connection is free.
    assert!(matches!(inner.create(user("cleo", 1)).await, Err(Error::TransactionClosed)));
    assert!(matches!(inner.commit().await, Err(Error::TransactionClosed)));
    db.create(user("after", 1)).await.unwrap();
    assert_eq!(names(&t).await, ["after"]);
}

/// The connection is back, so that nothing is left to wait for. Seen failing where it was
/// left to a task: one was still in use.
async fn a_rollback_has_undone_those_inside_it_when_it_returns(t: Test) {
    let db = one(&t).await;
    let outer = db.begin().await.unwrap();
    outer.create(user("ann", 1)).await.unwrap();
    let middle = outer.begin().await.unwrap();
    middle.create(user("bob", 1)).await.unwrap();
    let inner = middle.begin().await.unwrap();
    inner.create(user("cleo", 1)).await.unwrap();
    // The one around it goes on at once.
    middle.rollback().await;
    assert!(matches!(inner.create(user("dan", 1)).await, Err(Error::TransactionClosed)));
    assert_eq!(outer.find::<User>().count().await.unwrap(), 1);
    let again = outer.begin().await.unwrap();
    again.create(user("eve", 1)).await.unwrap();
    outer.rollback().await;
    assert_eq!(db.stats().in_use, 0);
    assert!(matches!(again.commit().await, Err(Error::TransactionClosed)));
    drop(inner);
    db.create(user("after", 1)).await.unwrap();
    assert_eq!(names(&t).await, ["after"]);
}

/// What is told afterwards looks at the pool without waiting: nothing of the transaction is
/// there any more. Seen failing in each of the ways in which it can end.
async fn what_follows_a_rollback_finds_no_locks(t: Test) {
    let db = one(&t).await;
    let (told, mut hears) = tokio::sync::mpsc::unbounded_channel();
    for way in ["rollback", "commit", "deadline", "drop"] {
        let session = if way == "deadline" { db.session().timeout(Duration::from_millis(300)) } else { db.session() };
        let outer = session.begin().await.unwrap();
        outer.create(user("ann", 1)).await.unwrap();
        let inner = outer.begin().await.unwrap();
        inner.create(user("bob", 1)).await.unwrap();
        let (told, stats) = (told.clone(), db.clone());
        outer.after_rollback(async move |_| told.send(stats.stats().in_use).map_err(Error::other)).unwrap();
        match way {
            "rollback" => outer.rollback().await,
            "commit" => assert!(matches!(outer.commit().await, Err(Error::SessionBusy))),
            "drop" => drop(outer),
            _ => std::mem::forget(outer),
        }
        assert_eq!(hears.recv().await, Some(0), "{way}");
    }
    assert!(names(&t).await.is_empty());
}

/// Asks a future once; says whether it has to wait.
async fn waits<F: Future + Unpin>(future: &mut F) -> bool {
    std::future::poll_fn(|cx| std::task::Poll::Ready(Pin::new(&mut *future).poll(cx).is_pending())).await
}

/// Whose turn it is has the connection before it is asked again. Seen failing where only who
/// had got it gave it back: it stayed in its transaction as long as any handle.
async fn a_connection_goes_home_when_who_waited_for_it_is_dropped(t: Test) {
    let db = one(&t).await;
    let tx = db.begin().await.unwrap();
    let shared = tx.session();
    // A server may have answered before it is asked for the first time.
    let first = loop {
        let mut first = Box::pin(tx.create(user("ann", 1)).into_future());
        if waits(&mut first).await {
            break first;
        }
    };
    let mut second = Box::pin(shared.create(user("bob", 1)).into_future());
    assert!(waits(&mut second).await);
    // Hands it on to the second, which is not asked.
    first.await.unwrap();
    drop(tx);
    drop(second);
    until(&db, |it| it.in_use == 0).await;
    db.create(user("after", 1)).await.unwrap();
    drop(shared);
    assert_eq!(names(&t).await, ["after"]);
}

async fn a_transaction_is_ended_at_its_deadline_wherever_it_is(t: Test) {
    let db = one(&t).await;
    let begin = async |name| {
        let short = db.session().timeout(Duration::from_millis(300));
        let tx = short.begin().await.unwrap();
        tx.create(user(name, 1)).await.unwrap();
        tx
    };
    let kept = begin("kept").await;
    // Waits for the only connection, which nobody gives back.
    db.create(user("after", 1)).await.unwrap();
    assert!(matches!(kept.create(user("late", 1)).await, Err(Error::Timeout { .. })));
    assert!(matches!(kept.commit().await, Err(Error::Timeout { .. })));
    std::mem::forget(begin("forgotten").await);
    db.create(user("later", 1)).await.unwrap();
    assert_eq!(names(&t).await, ["after", "later"]);
    // One that ended in time is not touched.
    begin("in time").await.commit().await.unwrap();
    assert_eq!(names(&t).await, ["after", "in time", "later"]);
    assert_eq!(db.stats().in_use, 0);
}

async fn what_follows_its_end_at_the_deadline_is_done_to_its_end(t: Test) {
    let db = one(&t).await;
    let (begun, hears_begun) = tokio::sync::oneshot::channel();
    let (goes_on, hears_going_on) = tokio::sync::oneshot::channel();
    let (done, hears_done) = tokio::sync::oneshot::channel();
    let tx = db.session().timeout(Duration::from_millis(100)).begin().await.unwrap();
    tx.after_rollback(async move |_| {
        begun.send(()).map_err(|()| Error::other("nobody hears"))?;
        hears_going_on.await.map_err(Error::other)?;
        done.send(()).map_err(|()| Error::other("nobody hears"))
    })
    .unwrap();
    hears_begun.await.unwrap();
    drop(tx);
    goes_on.send(()).unwrap();
    hears_done.await.unwrap();
}

async fn dropped_at_any_moment_it_leaves_nothing(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let (_network, builder) = t.behind_network().await;
    let db = builder.pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let (mut dropped, mut ended_well) = (0, 0);
    for k in (0..30).flat_map(|k| [k, k]) {
        let committing = std::sync::atomic::AtomicBool::new(false);
        let work = async {
            let tx = db.begin().await?;
            tx.create(user("one", 1)).await?;
            let inner = tx.begin().await?;
            inner.create(user("two", 1)).await?;
            inner.commit().await?;
            committing.store(true, std::sync::atomic::Ordering::Relaxed);
            tx.commit().await
        };
        let ended = cancel_after(k, work).await;
        db.create(user("after", 1)).await.unwrap();
        let seen = names(&t).await;
        if let Some(ended) = ended {
            ended.unwrap();
            assert_eq!(seen, ["after", "one", "two"]);
            ended_well += 1;
        } else {
            let committed = committing.into_inner() && seen == ["after", "one", "two"];
            assert!(committed || seen == ["after"], "dropped at moment {k}: {seen:?}");
            dropped += 1;
        }
        db.delete_all(every::<User>()).await.unwrap();
    }
    assert!(dropped > 0 && ended_well > 0, "{dropped} dropped, {ended_well} not");
    assert_eq!(db.stats().in_use, 0);
}

async fn statements_at_the_same_time_wait_for_each_other(t: Test) {
    let db = one(&t).await;
    let tx = db.begin().await.unwrap();
    let all = join_all((0..10).map(|n| tx.create(user("ann", n)).into_future())).await;
    assert!(all.iter().all(Result::is_ok));
    tx.commit().await.unwrap();
    assert_eq!(names(&t).await.len(), 10);
}
