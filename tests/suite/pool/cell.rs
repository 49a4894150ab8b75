//! Databases that are opened by whoever needs them first.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::join_all;
use orm::{Db, DbBuilder, DbCell, Error, PoolOptions};

use crate::models::User;
use crate::{Test, cases};

cases![a_cell_opens_its_database_once_and_forgets_a_failure];

static URL: OnceLock<String> = OnceLock::new();
static THERE: AtomicBool = AtomicBool::new(false);
static TRIES: AtomicUsize = AtomicUsize::new(0);

fn builder() -> DbBuilder {
    TRIES.fetch_add(1, Ordering::SeqCst);
    let url = URL.get().filter(|_| THERE.load(Ordering::SeqCst));
    // A thousand wait for ten, also where the server is busy with others.
    let options = PoolOptions::new().wait_timeout(Duration::from_secs(60));
    Db::builder(url.map_or("sqlite:///nowhere/at/all.db", |it| it.as_str())).pool(options)
}

async fn a_cell_opens_its_database_once_and_forgets_a_failure(t: Test) {
    t.create_tables::<User>().await.unwrap();
    URL.set(t.url().to_owned()).unwrap();
    let cell = Arc::new(DbCell::new(builder));
    assert!(matches!(cell.get().await, Err(Error::Connect { .. })) && cell.get_if_open().is_none());
    THERE.store(true, Ordering::SeqCst);
    let tasks = (0..1_000).map(|_| {
        let cell = Arc::clone(&cell);
        tokio::spawn(async move { cell.get().await.unwrap().find::<User>().count().await.unwrap() })
    });
    for ended in join_all(tasks).await {
        assert_eq!(ended.unwrap(), 0);
    }
    assert_eq!(TRIES.load(Ordering::SeqCst), 2);
    assert!(cell.get_if_open().is_some());
}
