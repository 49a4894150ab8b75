//! A database, or a schema, for each test.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use orm::{Db, DbBuilder, Engine, PoolOptions, Pooler};

use crate::pgbouncer::PgBouncer;
use crate::plain::Plain;
use crate::proxy::Proxy;
use crate::watch::Events;

/// Where tests make their databases.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Sqlite,
    Postgres(String),
    /// PostgreSQL, with a pooler of transactions in front of it.
    PgBouncer(String),
    MySql(String),
}

impl Place {
    /// The place for an engine, or the variable that is to name it.
    pub(crate) fn of(engine: Engine) -> Result<Self, &'static str> {
        let server = |variable: &'static str| std::env::var(variable).ok().filter(|it| !it.is_empty()).ok_or(variable);
        match engine {
            Engine::Sqlite => Ok(Self::Sqlite),
            Engine::Postgres => server("ORM_TEST_POSTGRES_URL").map(Self::Postgres),
            _ => server("ORM_TEST_MYSQL_URL").map(Self::MySql),
        }
    }
}

/// A database of a test's own; it is an [`orm::Db`] on it.
#[derive(Debug)]
pub struct Test {
    db: Db,
    engine: Engine,
    url: String,
    name: String,
    /// What its handles go through.
    bouncer: Option<Arc<PgBouncer>>,
    cleaner: Cleaner,
    events: Events,
}

impl Test {
    pub(crate) async fn open(place: &Place, case: &str) -> orm::Result<Self> {
        let name = unique(case);
        let (url, cleaner) = match place {
            Place::Sqlite => {
                let folder = Arc::new(tempfile::tempdir().expect("a folder for temporary files"));
                (format!("sqlite://{}/test.db", folder.path().display()), Cleaner::Folder(folder))
            }
            Place::Postgres(server) | Place::PgBouncer(server) => {
                // A schema is made ten times faster than a database.
                Plain::open(server).await.execute(&format!("CREATE SCHEMA {name}")).await;
                let between = if server.contains('?') { '&' } else { '?' };
                (
                    format!("{server}{between}options[search_path]={name}&application_name={name}"),
                    Cleaner::Schema(server.clone(), name.clone()),
                )
            }
            Place::MySql(server) => {
                Plain::open(server).await.execute(&format!("CREATE DATABASE {name}")).await;
                (with_database(server, &name), Cleaner::Database(server.clone(), name.clone()))
            }
        };
        let bouncer = match place {
            Place::PgBouncer(server) => Some(Arc::new(PgBouncer::start(server, &name).await)),
            _ => None,
        };
        let db = builder_through(bouncer.as_deref(), &url).open().await?;
        Ok(Self { engine: db.engine().await?, db, url, name, bouncer, cleaner, events: Events::default() })
    }

    /// With what hears the events of its runtime.
    pub(crate) fn with_events(self, events: Events) -> Self {
        Self { events, ..self }
    }

    /// What was said by events (`tracing`) in the tasks of the test.
    pub(crate) fn events(&self) -> &Events {
        &self.events
    }

    /// The kind of database.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The URL of this test's database.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The name that nothing else has: of its schema or database, and of its
    /// connections on PostgreSQL.
    #[must_use]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A builder for another handle to this test's database.
    pub fn builder(&self) -> DbBuilder {
        builder_through(self.bouncer.as_deref(), &self.url)
    }

    /// A builder for a handle that reaches the server over a network that can
    /// break; SQLite has none.
    pub(crate) async fn behind_network(&self) -> (Option<Proxy>, DbBuilder) {
        let port = match self.engine {
            Engine::Sqlite => return (None, self.builder()),
            Engine::Postgres => 5432,
            _ => 3306,
        };
        let proxy = Proxy::to(&self.url, port).await;
        let builder = builder(&proxy.url(&self.url));
        (Some(proxy), builder)
    }

    /// The handle, to clone or to move.
    #[must_use]
    pub fn db(&self) -> Db {
        self.db.clone()
    }

    /// A connection that knows nothing of `orm`, to compare with.
    pub async fn plain(&self) -> Plain {
        Plain::open(&self.url).await
    }

    pub(crate) fn cleaner(&self) -> Cleaner {
        self.cleaner.clone()
    }
}

impl Deref for Test {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

/// Few connections, because many tests run at once.
fn builder(url: &str) -> DbBuilder {
    Db::builder(url).pool(PoolOptions::new().max_size(5).wait_timeout(Duration::from_secs(30)).connect_timeout(Duration::from_secs(30)))
}

/// The same, through a pooler if there is one.
fn builder_through(bouncer: Option<&PgBouncer>, url: &str) -> DbBuilder {
    match bouncer {
        Some(bouncer) => builder(&bouncer.url()).pooler(Pooler::Transaction),
        None => builder(url),
    }
}

/// Removes what a test made.
#[derive(Debug, Clone)]
pub(crate) enum Cleaner {
    Folder(Arc<tempfile::TempDir>),
    Schema(String, String),
    Database(String, String),
}

impl Cleaner {
    pub(crate) async fn clean(self) {
        match self {
            Self::Folder(folder) => drop(folder),
            Self::Schema(server, name) => Plain::open(&server).await.execute(&format!("DROP SCHEMA {name} CASCADE")).await,
            Self::Database(server, name) => Plain::open(&server).await.execute(&format!("DROP DATABASE {name}")).await,
        }
    }
}

/// A name that no other test has, also of another run at the same time.
fn unique(case: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let short: String = case.replace('-', "_").to_lowercase();
    let short: String = short.rsplit("::").next().unwrap_or_default().chars().take(24).collect();
    format!("orm_test_{}_{}_{short}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The URL with another database in its path.
fn with_database(url: &str, name: &str) -> String {
    let (base, query) = url.split_once('?').map_or((url, None), |(base, query)| (base, Some(query)));
    let start = base.find("://").map_or(0, |at| at + 3);
    let host = base[start..].find('/').map_or(base, |at| &base[..start + at]);
    match query {
        Some(query) => format!("{host}/{name}?{query}"),
        None => format!("{host}/{name}"),
    }
}
