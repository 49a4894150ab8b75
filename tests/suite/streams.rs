//! Reading more records than fit into memory.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, TryStreamExt};
use orm::prelude::*;
use orm::{Error, PoolOptions};

use crate::models::{User, user};
use crate::{Test, cases};

cases![
    a_stream_reads_every_record_once_in_the_order_of_the_key,
    a_stream_keeps_conditions_limit_and_offset,
    a_stream_passes_the_chain_row_batch_by_batch,
    statements_made_while_a_stream_is_read_do_not_wait_for_it,
    a_stream_in_a_transaction_sees_its_writes,
    a_stream_that_is_dropped_leaves_nothing_behind,
    a_stream_of_a_composite_key_is_complete,
    a_stream_needs_a_key_and_no_order,
];

async fn many(t: &Test, count: usize) {
    t.create_tables::<User>().await.unwrap();
    t.create_many((0..count).map(|n| user(&format!("user {n}"), u8::try_from(n % 100).unwrap()))).await.unwrap();
}

async fn a_stream_reads_every_record_once_in_the_order_of_the_key(t: Test) {
    for count in [0, 1, 499, 500, 501, 1_234] {
        t.raw("DROP TABLE IF EXISTS users", ()).execute().await.unwrap();
        many(&t, count).await;
        let streamed: Vec<User> = t.find().stream().try_collect().await.unwrap();
        assert_eq!(streamed, t.find().order(User::ID.asc()).await.unwrap());
        assert_eq!(streamed.len(), count);
    }
}

async fn a_stream_keeps_conditions_limit_and_offset(t: Test) {
    many(&t, 2_000).await;
    for (limit, offset) in [(u64::MAX, 0), (600, 0), (500, 3), (1, 0), (0, 0), (700, 650)] {
        let query = || t.find().where_(User::AGE.lt(70)).limit(limit).offset(offset);
        let streamed: Vec<User> = query().stream().try_collect().await.unwrap();
        assert_eq!(streamed, query().order(User::ID.asc()).await.unwrap(), "{limit} {offset}");
    }
}

async fn a_stream_passes_the_chain_row_batch_by_batch(t: Test) {
    static BATCHES: AtomicUsize = AtomicUsize::new(0);
    async fn count(cx: &mut Context) -> orm::Result<()> {
        assert!(cx.len() <= 500);
        BATCHES.fetch_add(cx.len(), Ordering::Relaxed);
        Ok(())
    }
    many(&t, 1_100).await;
    let db = t
        .with_callbacks(|on| {
            on.row().after("*").register("test:count", count);
        })
        .unwrap();
    let before = BATCHES.load(Ordering::Relaxed);
    assert_eq!(db.find::<User>().stream().count().await, 1_100);
    assert_eq!(BATCHES.load(Ordering::Relaxed) - before, 1_100);
}

async fn statements_made_while_a_stream_is_read_do_not_wait_for_it(t: Test) {
    many(&t, 1_200).await;
    // One connection: a stream that kept it would keep it from us.
    let db = t.builder().pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let mut users = db.find::<User>().stream();
    let mut read = 0_u64;
    while let Some(it) = users.next().await {
        let it = it.unwrap();
        read += 1;
        if read.is_multiple_of(300) {
            db.update(it).set(User::NAME, "seen").await.unwrap();
        }
    }
    assert_eq!(read, 1_200);
    assert_eq!(db.find().where_(User::NAME.eq("seen")).count().await.unwrap(), 4);
}

async fn a_stream_in_a_transaction_sees_its_writes(t: Test) {
    many(&t, 600).await;
    let error = t
        .transaction(async |tx| {
            tx.create(user("new", 1)).await?;
            let mut users = tx.find::<User>().stream();
            let mut names = Vec::new();
            while let Some(it) = users.next().await {
                names.push(it?.name);
                tx.find::<User>().count().await?;
            }
            assert_eq!((names.len(), names.last().map(String::as_str)), (601, Some("new")));
            Err::<(), _>(Error::other("undo"))
        })
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "undo");
    assert_eq!(t.find::<User>().count().await.unwrap(), 600);
}

async fn a_stream_that_is_dropped_leaves_nothing_behind(t: Test) {
    many(&t, 1_500).await;
    let mut users = t.find::<User>().stream();
    users.next().await.unwrap().unwrap();
    drop(users);
    assert_eq!(t.stats().in_use, 0);
    assert_eq!(t.find::<User>().count().await.unwrap(), 1_500);
}

async fn a_stream_of_a_composite_key_is_complete(t: Test) {
    #[derive(Debug, Clone, PartialEq, Model)]
    struct Seat {
        #[orm(key)]
        row: i32,
        #[orm(key)]
        place: String,
    }
    t.create_tables::<Seat>().await.unwrap();
    let seats: Vec<Seat> = (0..40).flat_map(|row| (0..30).map(move |n| Seat { row, place: format!("p{n:02}") })).collect();
    t.create_many(seats.clone()).await.unwrap();
    let streamed: Vec<Seat> = t.find().stream().try_collect().await.unwrap();
    assert_eq!(streamed, seats);
}

async fn a_stream_needs_a_key_and_no_order(t: Test) {
    #[derive(Debug, Model)]
    struct Event {
        text: String,
    }
    many(&t, 1).await;
    t.create_tables::<Event>().await.unwrap();
    t.create(Event { text: "x".into() }).await.unwrap();
    let error = t.find::<Event>().stream().next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::NoKey { model: "Event", operation: "stream" }), "{error:?}");
    let error = t.find().order(User::AGE.asc()).stream().next().await.unwrap().unwrap_err();
    assert!(error.to_string().contains("order of its key"), "{error}");
    assert_eq!(t.find::<Event>().await.unwrap()[0].text, "x");
}
