//! A database of the run's own, with its tables, and the contestants on it.

use std::path::PathBuf;

use ::sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use orm::{Db, SqliteOptions};
use tokio::sync::Mutex;

use crate::harness::Work;
use crate::models::{Entry, USERS, User, user};
use crate::peers::{Deadpool, MySqlHeld, MySqlPool, Ours, PgHeld, PgPool, Rusqlite, Sea, SqliteHeld, SqlitePool, TokioPostgres, enter};

/// Where a database was made, to take it away again.
pub enum Place {
    Sqlite { folder: tempfile::TempDir },
    Server { admin: String, name: String, url: String },
}

impl Place {
    /// Makes a database; `None` where there is no server.
    pub async fn make(engine: &'static str) -> Option<Self> {
        let variable = match engine {
            "sqlite" => return Some(Self::Sqlite { folder: tempfile::tempdir().unwrap() }),
            "postgres" => "POSTGRES_URL",
            _ => "MYSQL_URL",
        };
        let admin = ["ORM_BENCH_", "ORM_TEST_"].iter().find_map(|it| std::env::var(format!("{it}{variable}")).ok());
        let Some(admin) = admin.filter(|it| !it.is_empty()) else {
            println!("!!! {engine} IS SKIPPED: neither ORM_BENCH_{variable} nor ORM_TEST_{variable} is set");
            return None;
        };
        let name = format!("orm_bench_{}", std::process::id());
        let (base, query) = admin.split_once('?').map_or((&*admin, ""), |(base, query)| (base, query));
        let host = base.rfind('/').filter(|at| *at > base.find("://").map_or(0, |it| it + 2)).map_or(base, |at| &base[..at]);
        let url = if query.is_empty() { format!("{host}/{name}") } else { format!("{host}/{name}?{query}") };
        run(&admin, &format!("CREATE DATABASE {name}")).await;
        if engine == "postgres" {
            // The disk is no contestant.
            run(&admin, &format!("ALTER DATABASE {name} SET synchronous_commit = off")).await;
        }
        Some(Self::Server { admin, name, url })
    }

    pub async fn clean(self) {
        if let Self::Server { admin, name, .. } = self {
            let force = if admin.starts_with("postgres") { " WITH (FORCE)" } else { "" };
            run(&admin, &format!("DROP DATABASE {name}{force}")).await;
        }
    }

    fn file(&self) -> Option<PathBuf> {
        match self {
            Self::Sqlite { folder } => Some(folder.path().join("bench.db")),
            Self::Server { .. } => None,
        }
    }

    pub fn url(&self) -> String {
        match self {
            Self::Sqlite { .. } => format!("sqlite://{}", self.file().unwrap_or_default().display()),
            Self::Server { url, .. } => url.clone(),
        }
    }

    /// Opens the database through `orm` and fills it.
    pub async fn open(&self) -> Db {
        let db = Db::open(&self.url()).await.unwrap();
        db.create_tables::<(User, Entry)>().await.unwrap();
        db.create_many((0..USERS).map(user)).await.unwrap();
        db
    }

    /// A handle whose commits wait for the disk.
    pub async fn durable(&self) -> Db {
        let url = self.url();
        if !url.starts_with("postgres") {
            return Db::open(&url).await.unwrap();
        }
        let between = if url.contains('?') { '&' } else { '?' };
        Db::open(&format!("{url}{between}options[synchronous_commit]=on")).await.unwrap()
    }

    /// Adds every contestant to the plain works.
    pub async fn enter(&self, engine: &'static str, db: &Db, works: &mut [Work]) -> Sea {
        let url = self.url();
        enter("orm", Ours(db.session()), works);
        match engine {
            "sqlite" => {
                let inline = Db::builder(&url).sqlite(SqliteOptions::new().inline_writes(true)).open().await.unwrap();
                enter("orm_inline", Ours(inline.session()), works);
                enter("rusqlite", Rusqlite::open(&self.file().unwrap()), works);
                let options: ::sqlx::sqlite::SqliteConnectOptions = url.parse().unwrap();
                let options = options.synchronous(::sqlx::sqlite::SqliteSynchronous::Normal);
                enter("sqlx_held", SqliteHeld(Mutex::new(options.connect().await.unwrap())), works);
                enter("sqlx_pool", SqlitePool(::sqlx::SqlitePool::connect_with(options).await.unwrap()), works);
            }
            "postgres" => {
                enter("orm_pinned", Ours(db.session().pinned()), works);
                enter("tokio_postgres", TokioPostgres::open(&url).await, works);
                enter("deadpool", Deadpool::open(&url, 10), works);
                enter("sqlx_held", PgHeld(Mutex::new(::sqlx::PgConnection::connect(&url).await.unwrap())), works);
                enter("sqlx_pool", PgPool(::sqlx::PgPool::connect(&url).await.unwrap()), works);
            }
            _ => {
                let url = url.replacen("mariadb:", "mysql:", 1);
                enter("sqlx_held", MySqlHeld(Mutex::new(::sqlx::MySqlConnection::connect(&url).await.unwrap())), works);
                enter("sqlx_pool", MySqlPool(::sqlx::MySqlPool::connect(&url).await.unwrap()), works);
            }
        }
        let sea = Sea::open(&url.replacen("mariadb:", "mysql:", 1)).await;
        enter("sea_orm", sea.clone(), works);
        sea
    }
}

async fn run(url: &str, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    if url.starts_with("postgres") {
        let mut conn = ::sqlx::PgConnection::connect(url).await.unwrap();
        ::sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
    } else {
        let mut conn = ::sqlx::MySqlConnection::connect(&url.replacen("mariadb:", "mysql:", 1)).await.unwrap();
        ::sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
    }
}

/// The works that are about one database alone, or about `orm` alone.
pub async fn special(engine: &'static str, place: &Place, db: &Db, durable: &Db, sea: &Sea, works: &mut Vec<Work>) {
    works.push(crate::works::create_many(engine, durable, sea));
    works.push(crate::streams::stream(engine, db, &place.url()));
    if engine != "mysql" {
        works.push(crate::pool::open_close(engine, db));
    }
    if engine == "postgres" {
        works.push(crate::pool::goodput(&place.url()).await);
        works.push(crate::pool::goodput_crowd(&place.url()).await);
        works.push(crate::lend::postgres(db, &place.url()).await);
    }
    if engine == "mysql" {
        works.push(crate::lend::mysql(db, &place.url()).await);
    }
    if engine == "sqlite" {
        works.push(crate::pool::leak_detection().await);
        let memory = Db::open("sqlite::memory:").await.unwrap();
        memory.create_tables::<User>().await.unwrap();
        memory.create_many((0..USERS).map(user)).await.unwrap();
        works.push(crate::works::chain_overhead(&memory));
        works.push(crate::works::build_cached(&memory));
        works.push(crate::works::conditions_20(&memory));
        works.push(crate::works::session_open(&memory));
    }
}
