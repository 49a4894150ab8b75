//! What runs with every statement allocates nothing, or one box per link.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::future::{Future, IntoFuture as _};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use allocation_counter::measure;
use futures_util::FutureExt as _;
use orm::prelude::*;

#[derive(Debug, Clone, PartialEq, Model)]
struct Person {
    #[orm(key, auto)]
    id: i64,
    /// Numbers need no memory of their own, so nothing but the record is read.
    age: i32,
    height: Option<f64>,
}

/// A runtime on this thread: what a statement allocates elsewhere would not be counted.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// How often an operation allocates once everything is warm.
async fn allocations<F: Future>(operation: impl Fn() -> F) -> u64 {
    for _ in 0..3 {
        operation().await;
    }
    let counts = [(); 3].map(|()| measure(|| drop(operation().now_or_never().expect("it needs no waiting"))).count_total);
    assert!(counts.iter().all(|it| *it == counts[0]), "{counts:?}");
    counts[0]
}

/// A database in memory, with one person in it.
async fn database() -> Db {
    let db = Db::open("sqlite::memory:").await.unwrap();
    db.create_tables::<Person>().await.unwrap();
    db.create(Person { id: 0, age: 30, height: None }).await.unwrap();
    db
}

/// Answers without a database.
async fn nothing(cx: &mut Context) -> orm::Result<()> {
    cx.answer_with(Vec::<Person>::new())
}

async fn pass(_: &mut Context) -> orm::Result<()> {
    Ok(())
}

#[test]
fn metadata_and_columns_are_constants() {
    let info = measure(|| {
        let meta = black_box(<Person as Model>::META);
        black_box(meta.fields.iter().filter(|it| it.nullable).count());
        black_box(meta.position("height").unwrap());
        black_box((Person::ID, Person::AGE, Person::HEIGHT));
    });
    assert_eq!(info.count_total, 0, "{info:?}");
}

#[test]
fn a_text_that_is_known_is_rendered_without_allocating() {
    /// Renders in the place of `orm:query`, and counts.
    struct Render(Arc<AtomicU64>);

    impl Callback for Render {
        async fn call(&self, cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
            cx.sql().await?;
            let again = measure(|| drop(black_box(cx.sql().now_or_never())));
            self.0.store(again.count_total, Ordering::Relaxed);
            cx.answer_with(Vec::<Person>::new())?;
            next.run(cx).await
        }
    }

    runtime().block_on(async {
        let count = Arc::new(AtomicU64::new(u64::MAX));
        let db = database().await;
        let db = db.with_callbacks(|on| _ = on.query().replace("orm:query", Render(Arc::clone(&count)))).unwrap();
        let people = db.find().where_(Person::AGE.gt(18)).order(Person::ID.asc()).limit(10).offset(3);
        assert_eq!(people.await.unwrap(), []);
        assert_eq!(count.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn a_link_costs_one_allocation() {
    runtime().block_on(async {
        let db = database().await;
        let bare = db.with_callbacks(|on| _ = on.query().replace("orm:query", nothing).remove("orm:after_find")).unwrap();
        let default = db.with_callbacks(|on| _ = on.query().replace("orm:query", nothing)).unwrap();
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|it| format!("app:{it}"));
        let more = default.with_callbacks(|on| names.iter().for_each(|it| _ = on.query().register(it.clone(), pass))).unwrap();

        let bare = allocations(|| bare.find::<Person>().into_future()).await;
        // Links that do not apply cost nothing, as `orm:after_find` of a model without hooks.
        assert_eq!(allocations(|| default.find::<Person>().into_future()).await, bare);
        assert_eq!(allocations(|| more.find::<Person>().into_future()).await, bare + 8);
        // The builder's future, the session's, that of the link, the session that
        // callbacks see, what they may put in the place of the records, and the
        // statement, which is copied less often for it.
        assert!(bare <= 6, "{bare}");
    });
}

#[test]
fn a_read_by_key_allocates_little_beside_its_links_and_its_record() {
    runtime().block_on(async {
        let db = database().await;
        assert_eq!(db.get::<Person>(1).await.unwrap().age, 30);
        let count = allocations(|| db.get::<Person>(1).into_future()).await;
        assert!(count <= 13, "{count}");
    });
}
