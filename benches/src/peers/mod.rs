//! The contestants: the same operations on each.

mod lite;
mod ours;
mod pg;
mod sea;
mod sqlx;

pub use self::lite::Rusqlite;
pub use self::ours::Ours;
pub use self::pg::{Deadpool, TokioPostgres};
pub use self::sea::Sea;
pub use self::sqlx::{MySqlHeld, MySqlPool, PgHeld, PgPool, SqliteHeld, SqlitePool};

use std::future::Future;
use std::sync::Arc;

use crate::harness::Work;
use crate::models::{USERS, key};
use crate::timed;

/// What every contestant can do. All of them check what they read as far as it
/// costs nothing.
pub trait Peer: Send + Sync + 'static {
    /// Reads a user by the key.
    fn read(&self, id: i64) -> impl Future<Output = i64> + Send;
    /// Reads all users, and says how many there are.
    fn load(&self) -> impl Future<Output = usize> + Send;
    /// Writes the n-th entry, and says its key.
    fn insert(&self, n: i64) -> impl Future<Output = i64> + Send;
    /// Changes the age of a user.
    fn update(&self, id: i64, age: i32) -> impl Future<Output = ()> + Send;
    /// Reads a user by the key in a transaction.
    fn transaction_read(&self, id: i64) -> impl Future<Output = i64> + Send;
}

/// Adds a contestant to each of the plain works.
pub fn enter<P: Peer>(name: &'static str, peer: P, works: &mut [Work]) {
    let peer = Arc::new(peer);
    for work in works {
        let peer = Arc::clone(&peer);
        match work.name {
            "point_read" | "point_fine" => work.contestant(name, move |slice| {
                let peer = Arc::clone(&peer);
                async move {
                    timed!(slice, 8, n => {
                        let id = key(n);
                        assert_eq!(peer.read(id).await, id);
                    })
                }
            }),
            "load_10000" => work.contestant(name, move |slice| {
                let peer = Arc::clone(&peer);
                async move { timed!(slice, 1, _n => assert_eq!(peer.load().await, usize::try_from(USERS).unwrap())) }
            }),
            "insert_one" => work.contestant(name, move |slice| {
                let peer = Arc::clone(&peer);
                async move { timed!(slice, 4, n => assert!(peer.insert(n as i64).await > 0)) }
            }),
            "update_one" => work.contestant(name, move |slice| {
                let peer = Arc::clone(&peer);
                async move { timed!(slice, 4, n => peer.update(key(n), (n % 90) as i32).await) }
            }),
            "transaction_read" => work.contestant(name, move |slice| {
                let peer = Arc::clone(&peer);
                async move {
                    timed!(slice, 4, n => {
                        let id = key(n);
                        assert_eq!(peer.transaction_read(id).await, id);
                    })
                }
            }),
            "point_64x10" => work.contestant(name, move |slice| {
                let peer = Arc::clone(&peer);
                async move { crowd(slice, peer).await }
            }),
            _ => {}
        }
    }
}

/// 64 tasks that read by key: the time per read, all of them together.
async fn crowd<P: Peer>(slice: std::time::Duration, peer: Arc<P>) -> f64 {
    let start = std::time::Instant::now();
    let end = start + slice;
    let tasks = (0..64u64).map(|task| {
        let peer = Arc::clone(&peer);
        tokio::spawn(async move {
            let mut done = 0u64;
            while std::time::Instant::now() < end {
                let id = key(task * 1_000 + done);
                assert_eq!(peer.read(id).await, id);
                done += 1;
            }
            done
        })
    });
    let mut done = 0;
    for task in tasks.collect::<Vec<_>>() {
        done += task.await.expect("a reader failed");
    }
    start.elapsed().as_nanos() as f64 / done as f64
}
