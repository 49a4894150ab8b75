//! A million records, one after the other: how fast, and how much memory.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ::sqlx::Connection as _;
use futures_util::TryStreamExt as _;
use orm::Db;
use tokio::sync::OnceCell;

use crate::harness::{Goal, Work};
use crate::memory::resident_kib;
use crate::models::{Line, User};

const LINES: u64 = 1_000_000;

/// Each turn reads all of them; what comes out is the time of one.
///
/// `orm_growth` is no time, but how many KiB more the process has at most while
/// it reads than it had before anything was read for the first time: what the
/// allocator kept of an earlier pass would be taken for free otherwise.
pub fn stream(engine: &'static str, db: &Db, url: &str) -> Work {
    let work = Work::new("stream_1000000", engine, "sqlx_held").goal(Goal::AtMost("orm", "sqlx_held", 1.67));
    let mut work = work.goal(Goal::Kib("orm_growth", 8.0 * 1024.0));
    let (filled, before) = (Arc::new(OnceCell::new()), Arc::new(OnceCell::new()));
    for name in ["orm", "orm_growth"] {
        let (db, filled, before) = (db.clone(), Arc::clone(&filled), Arc::clone(&before));
        work.contestant(name, move |_| {
            let (db, filled, before) = (db.clone(), Arc::clone(&filled), Arc::clone(&before));
            async move {
                filled.get_or_init(|| fill(&db)).await;
                let before = *before.get_or_init(async || resident_kib()).await;
                let (took, most) = ours(&db).await;
                if name == "orm" { per_line(took) } else { (most - before).max(0.0) }
            }
        });
    }
    let (db, url) = (db.clone(), url.to_owned());
    work.contestant("sqlx_held", move |_| {
        let (db, filled, url) = (db.clone(), Arc::clone(&filled), url.clone());
        async move {
            filled.get_or_init(|| fill(&db)).await;
            per_line(theirs(&url).await)
        }
    });
    work
}

macro_rules! fetch {
    ($conn:ty, $url:expr) => {{
        let mut conn = <$conn>::connect($url).await.unwrap();
        let start = Instant::now();
        let text = "SELECT id, name, age, email FROM streamed ORDER BY id";
        let mut rows = ::sqlx::query_as::<_, (i64, String, i32, Option<String>)>(text).fetch(&mut conn);
        let mut read = 0;
        while let Some((id, name, age, email)) = rows.try_next().await.unwrap() {
            assert!(Line { id, name, age, email }.id > 0);
            read += 1;
        }
        assert_eq!(read, LINES);
        start.elapsed()
    }};
}
/// Made of the users, a hundred times each.
async fn fill(db: &Db) {
    db.create_tables::<Line>().await.unwrap();
    let text =
        "INSERT INTO streamed (name, age, email) SELECT u.name, u.age, u.email FROM users u CROSS JOIN (SELECT id FROM users LIMIT 100) v";
    db.raw(text, ()).execute().await.unwrap();
    assert_eq!(db.find::<User>().count().await.unwrap() * 100, LINES);
}

/// How long it took, and how much memory there was at most.
async fn ours(db: &Db) -> (Duration, f64) {
    let (mut most, mut read) = (0.0_f64, 0);
    let start = Instant::now();
    let mut lines = db.find::<Line>().stream();
    while let Some(line) = lines.next().await {
        assert!(line.unwrap().id > 0);
        read += 1;
        if read % 10_000 == 0 {
            most = most.max(resident_kib());
        }
    }
    let took = start.elapsed();
    assert_eq!(read, LINES);
    (took, most)
}

async fn theirs(url: &str) -> Duration {
    match url.split(':').next() {
        Some("sqlite") => fetch!(::sqlx::SqliteConnection, url),
        Some("postgres" | "postgresql") => fetch!(::sqlx::PgConnection, url),
        _ => fetch!(::sqlx::MySqlConnection, &url.replacen("mariadb:", "mysql:", 1)),
    }
}

fn per_line(took: Duration) -> f64 {
    took.as_nanos() as f64 / LINES as f64
}
