//! Shares of the pool.

use std::time::Duration;

use futures_util::future::join_all;
use orm::{Error, PoolOptions};

use super::{assert_exact, until, while_all_are_held};
use crate::models::{User, user};
use crate::{Test, cases};

cases![
    a_lane_leaves_connections_for_the_rest,
    a_transaction_has_one_place_in_its_lane,
    who_waits_too_long_in_a_lane_is_told_so,
    lanes_that_are_not_there_are_errors,
];

async fn a_lane_leaves_connections_for_the_rest(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().pool(PoolOptions::new().max_size(3)).lane("batch", 2).open().await.unwrap();
    let batch = db.session().lane("batch").read_only();
    while_all_are_held(&batch, 2, async {
        let more: Vec<_> = (0..5)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move { db.session().lane("batch").find::<User>().count().await })
            })
            .collect();
        until(&db, |it| it.waiting == 5).await;
        // All others find a connection at once.
        assert_eq!(db.find::<User>().count().await.unwrap(), 0);
        for it in &more[..2] {
            it.abort();
        }
        until(&db, |it| it.waiting == 3).await;
    })
    .await;
    assert_exact(&until(&db, |it| it.waiting == 0 && it.in_use == 0).await);
    // Nobody who gave up took a place along.
    join_all((0..10).map(|_| async { batch.find::<User>().count().await.unwrap() })).await;
}

async fn a_transaction_has_one_place_in_its_lane(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().lane("one", 1).open().await.unwrap();
    let one = db.session().lane("one");
    one.transaction(async |tx| {
        tx.create(user("ann", 1)).await?;
        tx.transaction(async |tx| tx.session().lane("one").create(user("bob", 1)).await).await
    })
    .await
    .unwrap();
    one.session().pinned().find::<User>().await.unwrap();
    assert_eq!(one.find::<User>().count().await.unwrap(), 2);
}

async fn who_waits_too_long_in_a_lane_is_told_so(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let limit = Duration::from_millis(20);
    let db = t.builder().pool(PoolOptions::new().max_size(3).wait_timeout(limit)).lane("one", 1).open().await.unwrap();
    let one = db.session().lane("one").read_only();
    while_all_are_held(&one, 1, async {
        let error = db.session().lane("one").find::<User>().await.unwrap_err();
        assert!(matches!(error, Error::PoolExhausted { phase: "its lane", waited, .. } if waited >= limit), "{error:?}");
    })
    .await;
    assert_eq!(db.stats().timed_out, 1);
    one.find::<User>().await.unwrap();
    // The wait is part of the time that a session has.
    let db = t.builder().lane("one", 1).open().await.unwrap();
    let one = db.session().lane("one").read_only();
    while_all_are_held(&one, 1, async {
        let error = db.session().lane("one").timeout(limit).find::<User>().await.unwrap_err();
        assert!(matches!(error, Error::PoolExhausted { phase: "its lane", deadline: true, .. }), "{error:?}");
    })
    .await;
}

async fn lanes_that_are_not_there_are_errors(t: Test) {
    let db = t.builder().lane("batch", 2).lane("web", 3).open().await.unwrap();
    let error = db.session().lane("bach").raw("SELECT 1", ()).execute().await.unwrap_err();
    assert!(matches!(error, Error::UnknownLane { lane: "bach", .. }), "{error:?}");
    assert!(error.to_string().contains("batch, web"), "{error}");
    for wrong in [t.builder().lane("none", 0), t.builder().lane("twice", 1).lane("twice", 2)] {
        let error = wrong.lazy().unwrap_err();
        assert!(matches!(error, Error::Configuration { .. }) && error.to_string().contains("the lane `"), "{error}");
    }
}
