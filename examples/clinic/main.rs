//! Run with `cargo run --example clinic`, or `… clinic -- 8080` for another port,
//! and `… clinic -- 8080 examples/clinic/clinic.toml` for settings from a file. On servers it
//! runs with the same code: `--features servers`, and their addresses in the file or in
//! `CLINIC_DB__URL` and `CLINIC_REPORTS__URL`.
//!
//! A web service over SQLite files: patients, trials, questionnaires, and reports
//! in a database of their own, which it can do without. On SIGTERM it answers what
//! it has begun with, and ends. With `--check` it serves temporary files on a free
//! port, talks to itself over HTTP, prints what was said, and fails where an answer
//! is wrong; with `--check postgres://…` or `--check mysql://…` it does so with databases
//! of its own on that server.
#![allow(clippy::print_stdout, reason = "a program that prints")]

mod check;
mod client;
mod error;
mod health;
mod input;
mod known;
mod log;
mod models;
mod outages;
mod overview;
mod place;
mod reports;
mod routes;
mod serve;
mod settings;
mod store;

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use orm::prelude::*;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    log::to_stderr()?;
    let argument = std::env::args().nth(1);
    if argument.as_deref() == Some("--check") {
        return check::run(std::env::args().nth(2).as_deref()).await;
    }
    let port: u16 = argument.as_deref().unwrap_or("3000").parse().map_err(|_| "expected a port, or --check")?;
    let stop = serve::told_to_stop();
    let (databases, _watches) = match std::env::args().nth(2) {
        Some(file) => settings::open(Path::new(&file), Duration::from_secs(1)).await.map(|(all, watches)| (all, Some(watches)))?,
        None => (store::open(Db::builder("sqlite://clinic.db"), Db::builder("sqlite://reports.db")).await?, None),
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve::until(listener, databases, stop).await?;
    println!("stopped");
    Ok(())
}
