//! What is measured, and what it is to reach.

use std::hint::black_box;
use std::time::{Duration, Instant};

use orm::prelude::*;
use orm::{Db, First};

use crate::harness::{Goal, Work};
use crate::models::{Entry, User, entry, key};
use crate::peers::Sea;
use crate::timed;

/// The works that every contestant does.
pub fn plain(engine: &'static str) -> Vec<Work> {
    let base = match engine {
        "sqlite" => "rusqlite",
        "postgres" => "tokio_postgres",
        _ => "sqlx_held",
    };
    let work = |name| Work::new(name, engine, base);
    match engine {
        "sqlite" => vec![
            work("point_read").goal(Goal::AtMost("orm", "rusqlite", 3.0)).goal(Goal::AtLeast("sea_orm", "orm", 8.0)),
            work("load_10000").slow().goal(Goal::AtMost("orm", "rusqlite", 1.15)).goal(Goal::AtLeast("sea_orm", "orm", 3.5)),
            work("insert_one").goal(Goal::AtMost("orm_inline", "rusqlite", 1.5)).goal(Goal::AtMost("orm", "sqlx_held", 1.0)),
            work("update_one").goal(Goal::AtMost("orm_inline", "rusqlite", 2.0)).goal(Goal::AtMost("orm", "sqlx_held", 1.0)),
            work("transaction_read").goal(Goal::AtMost("orm", "sqlx_held", 1.0)).goal(Goal::AtLeast("sea_orm", "orm", 1.6)),
        ],
        "postgres" => vec![
            work("point_read").goal(Goal::AtMost("orm", "sqlx_held", 1.2)).goal(Goal::AtLeast("sea_orm", "orm", 2.5)),
            Work::new("point_fine", engine, "sqlx_held").fine().goal(Goal::AtMost("orm_pinned", "sqlx_held", 1.1)),
            Work::new("point_64x10", engine, "sqlx_pool")
                .goal(Goal::AtLeast("sqlx_pool", "orm", 2.0))
                .goal(Goal::AtLeast("deadpool", "orm", 0.9)),
            work("load_10000").slow().goal(Goal::AtMost("orm", "sqlx_held", 1.05)).goal(Goal::AtLeast("sea_orm", "orm", 1.0)),
            work("insert_one").goal(Goal::AtMost("orm", "tokio_postgres", 1.35)).goal(Goal::AtLeast("sea_orm", "orm", 1.4)),
            work("update_one").goal(Goal::AtMost("orm", "tokio_postgres", 1.35)).goal(Goal::AtLeast("sea_orm", "orm", 1.4)),
            work("transaction_read").goal(Goal::AtMost("orm", "tokio_postgres", 1.4)).goal(Goal::AtLeast("sea_orm", "orm", 1.6)),
        ],
        _ => vec![
            work("point_read").goal(Goal::AtMost("orm", "sqlx_held", 1.2)).goal(Goal::AtLeast("sea_orm", "orm", 1.5)),
            work("load_10000").slow().goal(Goal::AtMost("orm", "sqlx_held", 1.05)),
            work("insert_one").goal(Goal::AtMost("orm", "sqlx_held", 1.2)).goal(Goal::AtLeast("sea_orm", "orm", 2.2)),
            work("update_one").goal(Goal::AtMost("orm", "sqlx_held", 1.2)),
            work("transaction_read").goal(Goal::AtMost("orm", "sqlx_held", 1.2)).goal(Goal::AtLeast("sea_orm", "orm", 1.6)),
        ],
    }
}

/// Ten thousand records at once, and one after the other: 1,000 of them, times ten.
/// `db` waits for the disk as a server does that nobody has tuned: so a loop
/// waits for each record, which is what the loop costs.
pub fn create_many(engine: &'static str, db: &Db, sea: &Sea) -> Work {
    let least = if engine == "sqlite" { 8.0 } else { 12.0 };
    let mut work = Work::new("create_many_10000", engine, "orm").slow().goal(Goal::AtLeast("orm_singles", "orm", least));
    work = work.goal(Goal::AtLeast("sea_orm", "orm", 1.0));
    let many = db.clone();
    work.contestant("orm", move |_| {
        let db = many.clone();
        async move {
            empty(&db).await;
            let entries: Vec<Entry> = (0..10_000).map(entry).collect();
            let start = Instant::now();
            let stored = db.create_many(entries).await.unwrap();
            let took = start.elapsed();
            assert!(stored.len() == 10_000 && stored[9_999].id > 0);
            nanos(took)
        }
    });
    for (name, copied) in [("orm_insert_many", false), ("orm_copy", true)] {
        let many = db.clone();
        work.contestant(name, move |_| {
            let db = many.clone();
            async move {
                empty(&db).await;
                let entries: Vec<Entry> = (0..10_000).map(entry).collect();
                let start = Instant::now();
                let insert = db.insert_many(entries);
                let stored = if copied { insert.copy() } else { insert }.await.unwrap();
                let took = start.elapsed();
                assert_eq!(stored, 10_000);
                nanos(took)
            }
        });
    }
    let singles = db.clone();
    work.contestant("orm_singles", move |_| {
        let db = singles.clone();
        async move {
            empty(&db).await;
            let entries: Vec<Entry> = (0..1_000).map(entry).collect();
            let start = Instant::now();
            for it in entries {
                db.create(it).await.unwrap();
            }
            nanos(start.elapsed()) * 10.0
        }
    });
    let (db, sea) = (db.clone(), sea.clone());
    work.contestant("sea_orm", move |_| {
        let (db, sea) = (db.clone(), sea.clone());
        async move {
            empty(&db).await;
            let start = Instant::now();
            sea.insert_many(10_000).await;
            nanos(start.elapsed())
        }
    });
    work
}

async fn empty(db: &Db) {
    db.delete_all(every::<Entry>()).await.unwrap();
}

fn nanos(it: Duration) -> f64 {
    it.as_nanos() as f64
}

/// What the default chain adds to a statement of a model without hooks.
///
/// `default` and `short` read by key from SQLite in memory, through the default
/// chain and through `orm:query` alone. `hollow` is the default chain with an
/// answer out of nothing in the place of `orm:query`, `empty` that link alone:
/// their difference is what a link adds, and `hollow` all that there is around
/// a statement.
pub fn chain_overhead(memory: &Db) -> Work {
    let mut work = Work::new("chain_overhead", "sqlite", "default")
        .goal(Goal::Within("hollow", 1_000.0))
        .goal(Goal::More("hollow", "empty", 1_000.0))
        .goal(Goal::More("default", "short", 1_000.0));
    let short = memory.with_callbacks(|on| _ = on.query().remove("orm:after_find")).unwrap();
    let hollow = memory.with_callbacks(|on| _ = on.query().replace("orm:query", nothing)).unwrap();
    let empty = memory.with_callbacks(|on| _ = on.query().replace("orm:query", nothing).remove("orm:after_find")).unwrap();
    for (name, db) in [("default", memory), ("short", &short)] {
        let db = db.clone();
        work.contestant(name, move |slice| {
            let db = db.clone();
            async move { timed!(slice, 16, n => assert!(db.find().where_(User::ID.eq(key(n))).first().await.unwrap().is_some())) }
        });
    }
    for (name, db) in [("hollow", hollow), ("empty", empty)] {
        work.contestant(name, move |slice| {
            let db = db.clone();
            async move { timed!(slice, 64, n => assert!(db.find().where_(User::ID.eq(key(n))).first().await.unwrap().is_none())) }
        });
    }
    work
}

/// Answers without a database.
async fn nothing(cx: &mut Context) -> orm::Result<()> {
    cx.answer_with(Vec::<User>::new())
}

/// Opens a session with one option, and drops it.
pub fn session_open(memory: &Db) -> Work {
    let mut work = Work::new("session_open", "sqlite", "plain");
    macro_rules! contestant {
        ($name:literal, $it:ident => $session:expr) => {
            work = work.goal(Goal::Within($name, 200.0));
            let db = memory.clone();
            work.contestant($name, move |slice| {
                let db = db.clone();
                async move {
                    timed!(slice, 1024, n => {
                        let $it = black_box(&db);
                        black_box(n);
                        drop(black_box($session));
                    })
                }
            });
        };
    }
    contestant!("plain", it => it.session());
    contestant!("timeout", it => it.session().timeout(Duration::from_secs(3)));
    contestant!("read_only", it => it.session().read_only());
    contestant!("unscoped", it => it.session().unscoped());
    contestant!("tag", it => it.session().tag("request_id", "01J8ZC"));
    contestant!("dry_run", it => it.session().dry_run());
    contestant!("pinned", it => it.session().pinned());
    work
}

/// Making a statement whose text is known.
///
/// `hollow` answers out of nothing, `rendered` renders first. `built` does that
/// as well, and builds the statement a second time: so it takes longer than
/// `hollow` by what it costs to build and to render one.
pub fn build_cached(memory: &Db) -> Work {
    let mut work = Work::new("build_cached", "sqlite", "hollow")
        .goal(Goal::More("rendered", "hollow", 500.0))
        .goal(Goal::More("built", "hollow", 1_000.0));
    let hollow = memory.with_callbacks(|on| _ = on.query().replace("orm:query", nothing)).unwrap();
    let rendered = renders(memory);
    for (name, db) in [("hollow", &hollow), ("rendered", &rendered)] {
        let db = db.clone();
        work.contestant(name, move |slice| {
            let db = db.clone();
            async move { timed!(slice, 64, n => assert!(by_key(&db, n).await.unwrap().is_none())) }
        });
    }
    work.contestant("built", move |slice| {
        let db = rendered.clone();
        async move {
            timed!(slice, 64, n => {
                drop(black_box(by_key(&db, black_box(n))));
                assert!(by_key(&db, n).await.unwrap().is_none());
            })
        }
    });
    work
}

fn by_key(db: &Db, n: u64) -> First<'_, User> {
    db.find().where_(User::ID.eq(key(n))).first()
}

/// What twenty optional conditions cost more than one, all of them given:
/// building and rendering a statement whose text is known.
pub fn conditions_20(memory: &Db) -> Work {
    let mut work = Work::new("conditions_20", "sqlite", "one").goal(Goal::More("twenty", "one", 5_000.0));
    let rendered = renders(memory);
    for (name, sets) in [("one", 0), ("twenty", 5)] {
        let db = rendered.clone();
        work.contestant(name, move |slice| {
            let db = db.clone();
            async move {
                timed!(slice, 16, n => {
                    let mut users = db.find::<User>();
                    if sets == 0 {
                        users = users.where_opt(black_box(Some(key(n))).map(|it| User::ID.eq(it)));
                    }
                    for set in 0..sets {
                        let (id, age) = black_box((Some(key(n)), Some(set)));
                        let (name, email) = black_box((Some("user number 7"), Some("user7@example.org")));
                        users = users
                            .where_opt(id.map(|it| User::ID.eq(it)))
                            .where_opt(age.map(|it| User::AGE.gt(it)))
                            .where_opt(name.map(|it| User::NAME.ne(it)))
                            .where_opt(email.map(|it| User::EMAIL.eq(it)));
                    }
                    assert!(users.await.unwrap().is_empty());
                })
            }
        });
    }
    work
}

/// A handle whose reads are rendered, and answered out of nothing.
fn renders(memory: &Db) -> Db {
    memory.with_callbacks(|on| _ = on.query().replace("orm:query", render)).unwrap()
}

async fn render(cx: &mut Context) -> orm::Result<()> {
    black_box(cx.sql().await?);
    cx.answer_with(Vec::<User>::new())
}
