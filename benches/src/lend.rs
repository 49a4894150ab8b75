//! What it costs to have a connection and to give it back.

use std::sync::Arc;

use ::sqlx::{Connection as _, query_scalar};
use orm::Db;
use tokio::sync::Mutex;

use crate::harness::{Goal, Work};
use crate::timed;

/// A trivial statement, on a connection of the pool and on one that is kept: what the first takes
/// more is what it costs to have it and to give it back. The pool of sqlx, with its defaults, asks
/// for a sign of life each time, before and after.
fn work(engine: &'static str, db: &Db) -> Work {
    let goal = Goal::Part(["orm", "orm_pinned", "sqlx_pool", "sqlx_held"], 0.6);
    let mut work = Work::new("acquire_release", engine, "sqlx_held").fine().goal(goal);
    for (name, session) in [("orm", db.session()), ("orm_pinned", db.session().pinned())] {
        let session = Arc::new(session);
        work.contestant(name, move |slice| {
            let session = Arc::clone(&session);
            async move { timed!(slice, 8, _n => assert_eq!(session.raw("SELECT 1", ()).fetch_one::<i32>().await.unwrap(), 1)) }
        });
    }
    work
}

/// The contestants of sqlx on a database.
macro_rules! peers {
    ($name:ident, $engine:literal, $pool:ty, $conn:ty) => {
        pub async fn $name(db: &Db, url: &str) -> Work {
            let url = url.replacen("mariadb:", "mysql:", 1);
            let mut work = work($engine, db);
            let pool = <$pool>::connect(&url).await.unwrap();
            work.contestant("sqlx_pool", move |slice| {
                let pool = pool.clone();
                async move {
                    timed!(slice, 8, _n => {
                        let mut lent = pool.acquire().await.unwrap();
                        assert_eq!(query_scalar::<_, i32>("SELECT 1").fetch_one(&mut *lent).await.unwrap(), 1);
                    })
                }
            });
            let held = Arc::new(Mutex::new(<$conn>::connect(&url).await.unwrap()));
            work.contestant("sqlx_held", move |slice| {
                let held = Arc::clone(&held);
                async move {
                    let mut held = held.lock().await;
                    timed!(slice, 8, _n => {
                        assert_eq!(query_scalar::<_, i32>("SELECT 1").fetch_one(&mut *held).await.unwrap(), 1);
                    })
                }
            });
            work
        }
    };
}

peers!(postgres, "postgres", ::sqlx::PgPool, ::sqlx::PgConnection);
peers!(mysql, "mysql", ::sqlx::MySqlPool, ::sqlx::MySqlConnection);
