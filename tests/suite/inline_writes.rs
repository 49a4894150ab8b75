//! Where SQLite's writes run.

use std::sync::Mutex;
use std::thread::ThreadId;

use orm::prelude::*;
use orm::{Binder, Cells, ConfigSource, DbConfig, Engine, FileSource, SqlType, SqliteOptions, Value};

use crate::{Test, cases};

cases![writes_of_one_record_run_where_they_are_awaited_if_that_is_said];

/// Says where it is handed to the database.
#[derive(Debug, Clone, PartialEq)]
struct Seen(i64);

static SEEN: Mutex<Vec<ThreadId>> = Mutex::new(Vec::new());

impl Field for Seen {
    const TYPE: SqlType = SqlType::BigInt;

    fn read(cells: &dyn Cells, at: usize) -> orm::Result<Self> {
        i64::read(cells, at).map(Self)
    }

    fn bind(&self, to: &mut dyn Binder) -> orm::Result<()> {
        SEEN.lock().unwrap().push(std::thread::current().id());
        self.0.bind(to)
    }

    fn to_value(&self) -> Value {
        self.0.to_value()
    }

    fn from_value(value: Value) -> orm::Result<Self> {
        i64::from_value(value).map(Self)
    }
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Sighting {
    #[orm(key, auto)]
    id: i64,
    seen: Seen,
}

/// Seen to fail where the option, or its key, did not reach the connection.
async fn writes_of_one_record_run_where_they_are_awaited_if_that_is_said(t: Test) {
    t.create_tables::<Sighting>().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clinic.toml");
    std::fs::write(&path, format!("[db]\nurl = '{}'\nsqlite.inline_writes = true", t.url())).unwrap();
    let config = FileSource::new(path).section("db").load().await.unwrap();
    assert!(config.sqlite.inline_writes && !DbConfig::default().sqlite.inline_writes);
    let builders = [
        (t.builder(), false),
        (t.builder().sqlite(SqliteOptions::new().inline_writes(true)), true),
        (config.builder(), true),
        (t.builder().sqlite(SqliteOptions::new().inline_writes(false)), false),
    ];
    let is_sqlite = t.engine() == Engine::Sqlite;
    for (builder, inline) in builders {
        // One thread awaits; there are others only for what may block.
        let written = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let db = builder.open().await.unwrap();
                SEEN.lock().unwrap().clear();
                let one = db.create(Sighting { id: 0, seen: Seen(1) }).await.unwrap();
                let one = db.save(Sighting { seen: Seen(2), ..one }).await.unwrap();
                assert_eq!(db.get::<Sighting>(one.id).await.unwrap(), one);
                let here = std::thread::current().id();
                let seen = std::mem::take(&mut *SEEN.lock().unwrap());
                // Servers ask for the weight of new records, too.
                assert!(!is_sqlite || seen.len() == 2 && seen.iter().all(|it| (*it == here) == inline), "{inline}");
                // Those of several run elsewhere in any case, and are seen by all.
                db.create_many([Sighting { id: 0, seen: Seen(3) }, Sighting { id: 0, seen: Seen(4) }]).await.unwrap();
                assert!(!is_sqlite || SEEN.lock().unwrap().iter().all(|it| *it != here));
            });
        });
        tokio::task::spawn_blocking(|| written.join().unwrap()).await.unwrap();
    }
    assert_eq!(t.find::<Sighting>().count().await.unwrap(), 12);
}
