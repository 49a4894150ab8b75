//! Run with `cargo run --example remote_settings`.
//!
//! Settings that come over the network: a source of the program's own asks a
//! service for them, and waits there for the next ones. They are changed while
//! requests are served, and no request fails for it.
#![allow(clippy::print_stdout, reason = "a program that prints")]

use std::error::Error as StdError;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use orm::prelude::*;
use orm::{ConfigEvent, ConfigSource, ConfigWatch, DbConfig, Error};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

/// What the service keeps: the settings, and how often they were changed.
type Kept = watch::Sender<(u64, Value)>;

/// Answers once there is something newer than what is asked with.
async fn newer(State(kept): State<Kept>, Path(than): Path<u64>) -> Json<Value> {
    let mut kept = kept.subscribe();
    let newest = kept.wait_for(|it| it.0 > than).await.map(|it| it.clone());
    // It ends with the service.
    let (version, settings) = newest.unwrap_or_default();
    Json(json!({ "version": version, "settings": settings }))
}

/// Settings that a service keeps.
struct Remote {
    service: SocketAddr,
    /// Which ones were loaded.
    version: u64,
}

impl Remote {
    /// Asks for what is newer than this, and waits until there is such.
    async fn newer(&self, than: u64) -> Result<Value, Box<dyn StdError + Send + Sync>> {
        let mut stream = TcpStream::connect(self.service).await?;
        let head = format!("GET /settings/{than} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.service);
        stream.write_all(head.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let body = answer.split_once("\r\n\r\n").ok_or("an answer without a body")?.1;
        Ok(serde_json::from_str(body)?)
    }
}

impl ConfigSource for Remote {
    async fn load(&mut self) -> orm::Result<DbConfig> {
        // Its own words could repeat a password.
        let wrong = |reason: String| Error::Configuration { setting: format!("the settings of {}", self.service), reason };
        let mut answer = self.newer(0).await.map_err(|_| wrong("the service cannot be asked".to_owned()))?;
        // Said also of those that cannot be used: they are not asked for again.
        self.version = answer["version"].as_u64().unwrap_or_default();
        let config: DbConfig = serde_json::from_value(answer["settings"].take()).map_err(|error| wrong(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    async fn changed(&mut self) -> bool {
        // Where the service is away, what holds goes on to hold.
        while self.newer(self.version).await.is_err() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        true
    }
}

/// What a request writes.
#[derive(Debug, Clone, Model)]
struct Visit {
    #[orm(key, auto)]
    id: i64,
    ward: String,
}

/// Requests, until it is over; says how many failed.
async fn requests(db: Db, answered: Arc<AtomicI64>, over: Arc<AtomicBool>) -> u32 {
    let mut failed = 0;
    while !over.load(Ordering::Relaxed) {
        match db.create(Visit { id: 0, ward: "emergency".into() }).await {
            Ok(_) => _ = answered.fetch_add(1, Ordering::Relaxed),
            Err(error) => {
                eprintln!("{error}");
                failed += 1;
            }
        }
    }
    failed
}

/// An event in one line.
fn shown(event: &ConfigEvent) -> String {
    match event {
        ConfigEvent::Changed(it) => {
            format!("now {:?}, for new connections {:?}, after a restart {:?}", it.live, it.replaced, it.restart)
        }
        ConfigEvent::Kept { error, .. } => match error {
            Error::Configuration { reason, .. } => format!("as before, for {reason}"),
            other => format!("as before, for {other}"),
        },
        _ => "something else".to_owned(),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let folder = std::env::temp_dir().join(format!("orm-remote-settings-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let url = format!("sqlite://{}/visits.db", folder.display());

    // Elsewhere it is another program.
    let kept = Kept::new((1, json!({ "url": url, "pool": { "max_size": 4 } })));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let service = listener.local_addr()?;
    let router = Router::new().route("/settings/{than}", get(newer)).with_state(kept.clone());
    let server = tokio::spawn(axum::serve(listener, router).into_future());

    let mut source = Remote { service, version: 0 };
    let config = source.load().await?;
    let db = config.builder().open().await?;
    db.create_tables::<Visit>().await?;
    let (told, mut heard) = mpsc::unbounded_channel();
    let watch = ConfigWatch::start(&db, config, source, move |event| drop(told.send(shown(event))));

    let (answered, over) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicBool::new(false)));
    let tasks: Vec<_> = (0..4).map(|_| tokio::spawn(requests(db.clone(), Arc::clone(&answered), Arc::clone(&over)))).collect();
    for (what, settings) in [
        ("less time for statements", json!({ "url": url, "timeout": "20s", "pool": { "max_size": 4 } })),
        ("more connections", json!({ "url": url, "timeout": "20s", "pool": { "max_size": 8 } })),
        ("a mistake in writing", json!({ "url": url, "timeout": "20s", "pool": { "max_sise": 9 } })),
        ("younger connections", json!({ "url": url, "timeout": "20s", "pool": { "max_size": 8, "max_lifetime": "1min" } })),
        (
            "another name of tables",
            json!({ "url": url, "timeout": "20s", "table_prefix": "ward_", "pool": { "max_size": 8, "max_lifetime": "1min" } }),
        ),
    ] {
        kept.send_modify(|it| *it = (it.0 + 1, settings));
        println!("{what}: {}", heard.recv().await.ok_or("the watch has ended")?);
        // Under what holds now there are requests, too.
        let before = answered.load(Ordering::Relaxed);
        while answered.load(Ordering::Relaxed) < before + 10 {
            tokio::task::yield_now().await;
        }
    }
    over.store(true, Ordering::Relaxed);
    let mut failed = 0;
    for it in tasks {
        failed += it.await?;
    }
    let stored = i64::try_from(db.find::<Visit>().count().await?)?;
    println!(
        "failed requests: {failed}; lost: {}; connections at most: {}",
        answered.load(Ordering::Relaxed) - stored,
        db.stats().max_open
    );

    drop(watch);
    server.abort();
    println!("all work was done in time: {}", db.shutdown(Duration::from_secs(5)).await.is_clean());
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
