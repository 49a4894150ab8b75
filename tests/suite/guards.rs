//! Transactions that are ended by hand.

use std::time::Duration;

use futures_util::future::join_all;
use orm::prelude::*;
use orm::{Error, PoolOptions, Transaction};

use super::transactions::names;
use crate::chance::cancel_after;
use crate::models::{User, user};
use crate::{Test, cases};

cases![
    what_is_not_committed_is_rolled_back,
    a_transaction_can_be_kept_and_moved,
    nested_transactions_are_ended_by_hand,
    a_transaction_does_not_end_before_those_inside_it,
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
