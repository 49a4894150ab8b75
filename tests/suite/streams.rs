//! Reading more records than fit into memory.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt};
use orm::prelude::*;
use orm::{Engine, Error, PoolOptions};

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
    a_stream_has_an_order_of_columns,
    a_stream_comes_in_any_order_of_columns_with_null_in_its_place,
    hooks_that_change_what_a_stream_is_sorted_by_do_not_lead_it_astray,
    selected_columns_are_streamed_too,
    groups_and_distinct_rows_are_no_stream,
    a_stream_that_is_left_alone_holds_no_connection,
    a_stream_that_is_dropped_early_reads_one_batch,
    a_stream_that_is_dropped_while_it_reads_stops_its_statement,
    a_lost_connection_is_an_error_and_no_end_of_a_stream,
    a_stream_goes_on_behind_what_is_stored_not_what_is_read,
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
        assert!(cx.len() <= 2_000);
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

async fn a_stream_has_an_order_of_columns(t: Test) {
    many(&t, 1).await;
    for order in [User::NAME.lower().asc(), User::AGE.plus(1).desc()] {
        let mut users = t.find().order(order).stream();
        let error = users.next().await.unwrap().unwrap_err();
        assert!(matches!(error, Error::Invalid(_)) && error.to_string().contains("sorted by columns"), "{error}");
        assert!(users.next().await.is_none());
    }
}

/// Records with few different values, and NULL among them.
#[derive(Debug, Clone, PartialEq, Model)]
struct Mark {
    #[orm(key)]
    page: i32,
    #[orm(key)]
    line: i32,
    color: Option<String>,
    weight: Option<f64>,
    on: bool,
}

async fn marks(t: &Test) {
    t.create_tables::<Mark>().await.unwrap();
    let mark = |n: i32| Mark {
        page: n % 7,
        line: n,
        color: (n % 5 > 0).then(|| ["red", "Green", "blue", "b"][usize::try_from(n % 4).unwrap()].to_owned()),
        weight: (n % 3 > 0).then(|| f64::from(n % 11) / 3.0),
        on: n % 2 == 0,
    };
    t.create_many((0..1_700).map(mark)).await.unwrap();
}

async fn a_stream_comes_in_any_order_of_columns_with_null_in_its_place(t: Test) {
    marks(&t).await;
    let orders = [
        vec![Mark::COLOR.asc()],
        vec![Mark::COLOR.desc()],
        vec![Mark::COLOR.asc().nulls_last()],
        vec![Mark::COLOR.desc().nulls_first()],
        vec![Mark::WEIGHT.desc(), Mark::COLOR.asc().nulls_last()],
        vec![Mark::ON.desc(), Mark::WEIGHT.asc(), Mark::COLOR.desc().nulls_first()],
        vec![Mark::LINE.desc()],
        vec![Mark::PAGE.desc(), Mark::LINE.desc()],
    ];
    for order in orders {
        let name = format!("{order:?}");
        let query = || order.iter().cloned().fold(t.find::<Mark>(), orm::Find::order);
        // The list gets what the stream adds: each row has its own place then.
        let list = query().order(Mark::PAGE.asc()).order(Mark::LINE.asc()).await.unwrap();
        let streamed: Vec<Mark> = query().stream().try_collect().await.unwrap();
        assert!(streamed == list, "{name}: {} of {}", streamed.len(), list.len());
        let part: Vec<Mark> = query().where_(Mark::ON.eq(true)).offset(30).limit(700).stream().try_collect().await.unwrap();
        let list: Vec<Mark> = list.into_iter().filter(|it| it.on).skip(30).take(700).collect();
        assert!(part == list, "{name}: {} of {}", part.len(), list.len());
    }
}

async fn hooks_that_change_what_a_stream_is_sorted_by_do_not_lead_it_astray(t: Test) {
    #[derive(Debug, Clone, PartialEq, Model)]
    #[orm(table = "marks", hooks)]
    struct Masked {
        #[orm(key)]
        page: i32,
        #[orm(key)]
        line: i32,
        color: Option<String>,
    }
    impl Hooks for Masked {
        async fn after_find(&mut self, _: &Session) -> orm::Result<()> {
            (self.page, self.line, self.color) = (-1, 0, Some("***".to_owned()));
            Ok(())
        }
    }
    marks(&t).await;
    let by_color: Vec<Masked> = t.find().order(Masked::COLOR.asc()).stream().try_collect().await.unwrap();
    let by_key: Vec<Masked> = t.find().stream().try_collect().await.unwrap();
    assert_eq!((by_color.len(), by_key.len()), (1_700, 1_700));
    assert!(by_color.iter().all(|it| it.color.as_deref() == Some("***")));
}

async fn selected_columns_are_streamed_too(t: Test) {
    marks(&t).await;
    let query = || t.find().where_(Mark::ON.eq(true)).select((Mark::COLOR, Mark::LINE.plus(1))).order(Mark::COLOR.desc());
    let list = query().order(Mark::PAGE.asc()).order(Mark::LINE.asc()).await.unwrap();
    let streamed: Vec<(Option<String>, i32)> = query().stream().try_collect().await.unwrap();
    assert_eq!((streamed.len(), streamed == list), (850, true));
    let single: Vec<bool> = t.find::<Mark>().select(Mark::ON).limit(1_200).stream().try_collect().await.unwrap();
    assert_eq!(single.len(), 1_200);
    let inside = t.transaction(async |tx| tx.find::<Mark>().select(Mark::LINE).stream().try_collect::<Vec<i32>>().await).await.unwrap();
    assert_eq!(inside.len(), 1_700);
}

async fn groups_and_distinct_rows_are_no_stream(t: Test) {
    marks(&t).await;
    let query = || t.find::<Mark>().select(Mark::COLOR);
    for mut it in [query().distinct().stream(), query().group_by(Mark::COLOR).stream()] {
        let error = it.next().await.unwrap().unwrap_err();
        assert!(matches!(error, Error::Invalid(_)) && error.to_string().contains("read it as a list"), "{error}");
    }
    let error = t.find::<Mark>().select(Mark::LINE.max()).stream().next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error}");
}

/// FT-36, the consumer that stalls. Seen failing with a page that keeps its lease.
async fn a_stream_that_is_left_alone_holds_no_connection(t: Test) {
    many(&t, 3_000).await;
    let db = t.builder().pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let mut users = db.find::<User>().stream();
    for _ in 0..700 {
        users.next().await.unwrap().unwrap();
        assert_eq!(db.stats().in_use, 0);
    }
    // What changes meanwhile behind its place is seen.
    db.delete_all(User::ID.gt(2_900)).await.unwrap();
    assert_eq!(users.count().await, 2_200);
}

/// FT-36, the consumer that goes at the fifth row. Seen failing with a stream
/// that collects all pages first.
async fn a_stream_that_is_dropped_early_reads_one_batch(t: Test) {
    static SEEN: AtomicUsize = AtomicUsize::new(0);
    async fn count(cx: &mut Context) -> orm::Result<()> {
        SEEN.fetch_add(cx.len(), Ordering::Relaxed);
        Ok(())
    }
    many(&t, 3_000).await;
    let db = t.with_callbacks(|on| _ = on.row().after("*").register("test:count", count)).unwrap();
    let before = SEEN.load(Ordering::Relaxed);
    let mut users = db.find::<User>().stream();
    for _ in 0..5 {
        users.next().await.unwrap().unwrap();
    }
    drop(users);
    assert_eq!(SEEN.load(Ordering::Relaxed) - before, 64);
    assert_eq!(db.stats().in_use, 0);
}

/// FT-36, dropped in the middle of a page. Seen failing without `stop` in
/// `Supervised`: the connection stays in use for ten minutes.
async fn a_stream_that_is_dropped_while_it_reads_stops_its_statement(t: Test) {
    /// Makes each page but the first one endless.
    async fn slow_down(cx: &mut Context) -> orm::Result<()> {
        let Some(slow) = cx.setting::<Slow>() else { return Ok(()) };
        if slow.1.swap(true, Ordering::Relaxed) {
            let text = slow.0;
            cx.add_condition::<User>(sql(text, ()));
        }
        Ok(())
    }
    struct Slow(&'static str, AtomicBool);

    many(&t, 600).await;
    let db = t.builder().pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let db = db.with_callbacks(|on| _ = on.row().before("orm:row").register("test:slow", slow_down)).unwrap();
    let slow = match t.engine() {
        Engine::Postgres => "pg_sleep(600) IS NULL",
        Engine::Sqlite => "(SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n)) = 0",
        _ => "sleep(600) = 1",
    };
    let mut users = db.find::<User>().with(Slow(slow, AtomicBool::new(false))).stream();
    // The first page, which is small, because texts may be large.
    for _ in 0..64 {
        users.next().await.unwrap().unwrap();
    }
    tokio::select! {
        biased;
        it = users.next() => panic!("{it:?}"),
        () = async { while db.stats().in_use == 0 { tokio::task::yield_now().await; } } => {}
    }
    drop(users);
    // The only connection comes back, and it is the same.
    assert_eq!(db.find::<User>().count().await.unwrap(), 600);
    assert_eq!((db.stats().broken_closed, db.stats().in_use), (0, 0));
}

/// Seen failing with a stream that takes a page which broke off for the last one.
async fn a_lost_connection_is_an_error_and_no_end_of_a_stream(t: Test) {
    many(&t, 4_000).await;
    let (Some(network), builder) = t.behind_network().await else { return };
    let db = builder.pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let whole = db.find::<User>().stream().count().await;
    assert_eq!(whole, 4_000);
    for bytes in [0, 1, 5, 100, 1_000, 9_000, 20_000, 40_000] {
        let mut users = db.find::<User>().stream();
        // The first page is there before the network breaks.
        users.next().await.unwrap().unwrap();
        network.cut_after(bytes);
        let mut read = 1;
        let error = loop {
            match users.next().await {
                Some(Ok(_)) => read += 1,
                Some(Err(error)) => break error,
                None => panic!("the stream ended after {read} of 4000, {bytes} bytes before its network"),
            }
        };
        assert!(error.is_connection_lost() || matches!(error, Error::Connect { .. }), "{error:?}");
        assert!([64, 64 + 512, 64 + 512 + 2_000].contains(&read), "{read}");
        assert!(users.next().await.is_none(), "it goes on after its error");
        network.heal();
        assert_eq!(db.find::<User>().count().await.unwrap(), 4_000);
    }
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "prices")]
struct Price {
    #[orm(key)]
    id: i64,
    price: f32,
    at: Option<DateTime<Utc>>,
}

// Seen failing on SQLite: 500 of 1,200 records were read.
async fn a_stream_goes_on_behind_what_is_stored_not_what_is_read(t: Test) {
    t.create_tables::<Price>().await.unwrap();
    let changed = "UPDATE prices SET at = '2024-02-29T12:00:00Z'";
    for start in [0.1_f32, 0.3] {
        t.delete_all(every::<Price>()).await.unwrap();
        t.create_many((1..=1_200).map(|id| Price { id, price: start, at: Some(DateTime::UNIX_EPOCH) })).await.unwrap();
        // SQLite keeps the product with 64 bits.
        t.update_all(every::<Price>()).set(Price::PRICE, Price::PRICE.times(1.1)).await.unwrap();
        let all: Vec<i64> = (1..=1_200).collect();
        let records = t.find::<Price>().order(Price::PRICE.asc()).stream().take(1_300);
        assert_eq!(records.map_ok(|it| it.id).try_collect::<Vec<_>>().await.unwrap(), all, "{start}");
        let rows = t.find::<Price>().order(Price::PRICE.asc()).select(Price::ID).stream().take(1_300);
        assert_eq!(rows.try_collect::<Vec<_>>().await.unwrap(), all, "{start}");
        if t.engine() == Engine::Sqlite {
            // Another program writes times in its own way.
            t.raw(changed, ()).execute().await.unwrap();
            let records = t.find::<Price>().order(Price::AT.asc()).stream().take(1_300);
            assert_eq!(records.map_ok(|it| it.id).try_collect::<Vec<_>>().await.unwrap(), all);
            let rows = t.find::<Price>().order(Price::AT.desc()).select(Price::ID).stream().take(1_300);
            assert_eq!(rows.try_collect::<Vec<_>>().await.unwrap().len(), 1_200);
        }
    }
}
