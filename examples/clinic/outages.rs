//! What the service does while it lacks something: a part of its check.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use orm::Databases;
use serde_json::json;

use crate::client::{Client, Result};
use crate::place::Place;

/// How long is waited for what comes by itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks as the platform does.
pub(crate) async fn health(client: Client, live: u16, ready: u16) -> Result<()> {
    let said = |status, well, ill| if status == 200 { ("/status", json!(well)) } else { ("/detail", json!(ill)) };
    let (at, expected) = said(live, "live", "the service is ending");
    client.get("/live", live, at, expected).await?;
    let (at, expected) = said(ready, "ready", "the database cannot be used now");
    client.get("/ready", ready, at, expected).await
}

pub(crate) async fn run(client: Client, databases: &Databases, place: &Place) -> Result<()> {
    if place.is_files() {
        away(client, &place.folder).await?;
    }
    let db = databases.get("main")?;
    client.get("/trials", 200, "/trials/0/title", json!("Rush")).await?;
    // Settings are changed while it runs: one connection is left, of SQLite's one to read and one
    // to write, for which nobody waits for long.
    let before = db.stats().max_open;
    let (settings, writers) = (place.settings(), usize::from(place.is_files()));
    write(&place.folder, &settings.replace("max_size = 8", "max_size = 1\nwait_timeout = \"50ms\""))?;
    until(async || db.stats().max_open == 1 + writers).await?;
    println!("at most {} connections, as clinic.toml says now", db.stats().max_open);
    exhausted(client, databases).await?;
    write(&place.folder, &settings)?;
    until(async || db.stats().max_open == before).await?;
    println!("at most {} connections, as clinic.toml says again", db.stats().max_open);
    Ok(())
}

/// Without its files it is not ready, and yet there is no reason to start it anew.
async fn away(client: Client, folder: &Path) -> Result<()> {
    let [main, reports] = ["clinic.db", "reports.db"].map(|it| (folder.join(it), folder.join(format!("{it}.away"))));
    fs::rename(&main.0, &main.1)?;
    health(client, 200, 503).await?;
    fs::rename(&main.1, &main.0)?;
    health(client, 200, 200).await?;
    // This one is not needed.
    fs::rename(&reports.0, &reports.1)?;
    client.get("/ready", 200, "/missing/0", json!("reports")).await?;
    fs::rename(&reports.1, &reports.0)?;
    client.get("/ready", 200, "/missing", json!([])).await
}

/// While somebody has the one connection, too many wait in vain: then they are told
/// so at once, and the list of trials is the one that was known last.
async fn exhausted(client: Client, databases: &Databases) -> Result<()> {
    let held = databases.get("main")?.session().read_only().begin().await?;
    held.raw("SELECT 1", ()).fetch_one::<i64>().await?;
    client.get("/ready", 200, "/degraded/0", json!("main: all connections are lent (1 of 1)")).await?;
    until(async || {
        let asked = join_all((0..12).map(|_| client.send("GET", "/patients/1", &json!(null)))).await;
        // None was waited for.
        asked.iter().all(|it| it.as_ref().is_ok_and(|it| it.0 == 503))
            && client.send("GET", "/trials", &json!(null)).await.is_ok_and(|it| it.1["old"] == json!(true))
    })
    .await?;
    println!("without a free connection, the list of trials is the one that was known last");
    client.get("/patients/1", 503, "/detail", json!("the service is busy; try again later")).await?;
    held.rollback().await;
    until(async || client.send("GET", "/trials", &json!(null)).await.is_ok_and(|it| it.1["old"] == json!(false))).await?;
    client.get("/trials", 200, "/old", json!(false)).await
}

/// In one step, so that nobody reads half of it.
fn write(folder: &Path, settings: &str) -> Result<()> {
    fs::write(folder.join("new.toml"), settings)?;
    Ok(fs::rename(folder.join("new.toml"), folder.join("clinic.toml"))?)
}

async fn until(is_so: impl AsyncFn() -> bool) -> Result<()> {
    let begun = Instant::now();
    while !is_so().await {
        if begun.elapsed() > PATIENCE {
            return Err("what was waited for did not come".into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
