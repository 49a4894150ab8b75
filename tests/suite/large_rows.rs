//! Rows of which few fit into memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::TryStreamExt;
use orm::prelude::*;

use crate::{Test, cases};

cases![a_stream_of_large_rows_never_has_many_in_memory, of_the_rows_of_text_the_first_is_kept_where_one_is_wanted,];

#[derive(Debug, Clone, PartialEq, Model)]
struct Scan {
    #[orm(key)]
    id: i64,
    pixels: Vec<u8>,
}

/// The largest page so far, in bytes of pixels.
#[derive(Default)]
struct Largest(AtomicUsize);

async fn weigh(cx: &mut Context) -> orm::Result<()> {
    let bytes: usize = cx.records().map(|it| it.get(Scan::PIXELS).unwrap().len()).sum();
    cx.setting::<Arc<Largest>>().unwrap().0.fetch_max(bytes, Ordering::Relaxed);
    Ok(())
}

/// Seen failing with pages of so many rows: 32 MiB at once, and 1 MiB rows would be 2 GiB.
async fn a_stream_of_large_rows_never_has_many_in_memory(t: Test) {
    const LARGE: usize = 256 * 1024;
    const MOST: usize = 8 * 1024 * 1024 + LARGE;
    t.create_tables::<Scan>().await.unwrap();
    // Some small ones first, by which the next page is judged; and again at the end.
    let len = |id: i64| if (300..430).contains(&id) { LARGE } else { 10 };
    let scans = (0..1_000).map(|id| Scan { id, pixels: vec![u8::try_from(id % 200).unwrap(); len(id)] });
    t.insert_many(scans.clone()).await.unwrap();
    let db = t.with_callbacks(|on| _ = on.row().after("*").register("test:weigh", weigh)).unwrap();
    for (limit, offset) in [(u64::MAX, 0), (400, 290), (100, 310), (20, 310)] {
        let largest = Arc::new(Largest::default());
        let session = db.session().with(Arc::clone(&largest));
        let mut wanted = scans.clone().skip(usize::try_from(offset).unwrap()).take(usize::try_from(limit).unwrap_or(usize::MAX));
        let mut all = session.find::<Scan>().limit(limit).offset(offset).stream();
        while let Some(scan) = all.next().await {
            assert!(Some(scan.unwrap()) == wanted.next(), "limit {limit}, offset {offset}");
        }
        assert_eq!(wanted.next(), None, "limit {limit}, offset {offset}");
        assert!((LARGE..=MOST).contains(&largest.0.load(Ordering::Relaxed)), "{largest:?}", largest = largest.0);
        let rows = session.find::<Scan>().limit(limit).offset(offset).select((Scan::ID, Scan::PIXELS)).stream();
        let ids: Vec<i64> = rows.map_ok(|it| it.0).try_collect().await.unwrap();
        let wanted = (0..1_000).skip(usize::try_from(offset).unwrap()).take(usize::try_from(limit).unwrap_or(usize::MAX));
        assert_eq!(ids, wanted.collect::<Vec<i64>>());
    }
}

async fn count_kept(cx: &mut Context) -> orm::Result<()> {
    cx.setting::<Arc<Largest>>().unwrap().0.store(cx.len(), Ordering::Relaxed);
    Ok(())
}

/// Seen failing where all were kept until the last was there.
async fn of_the_rows_of_text_the_first_is_kept_where_one_is_wanted(t: Test) {
    t.create_tables::<Scan>().await.unwrap();
    let insert = "INSERT INTO scans (id, pixels) VALUES (1, 'a'), (2, 'b'), (3, 'c') RETURNING id";
    let db = t.with_callbacks(|on| _ = on.raw().after("*").register("test:count_kept", count_kept)).unwrap();
    let kept = Arc::new(Largest::default());
    let session = db.session().with(Arc::clone(&kept));
    assert_eq!(session.raw(insert, ()).fetch_one::<i64>().await.unwrap(), 1);
    assert_eq!(kept.0.load(Ordering::Relaxed), 1);
    // What writes is done to its end.
    assert_eq!(session.find::<Scan>().count().await.unwrap(), 3);
    let ids = "SELECT id FROM scans ORDER BY id DESC";
    assert_eq!(session.raw(ids, ()).fetch_optional::<i64>().await.unwrap(), Some(3));
    assert_eq!(kept.0.load(Ordering::Relaxed), 1);
    assert_eq!(session.raw(ids, ()).fetch::<i64>().await.unwrap(), [3, 2, 1]);
    assert_eq!(kept.0.load(Ordering::Relaxed), 3);
}
