//! Run with `cargo run --example clinic`, or `… clinic -- 8080` for another port.
//!
//! A web service over one SQLite file: patients, trials, questionnaires.
//! With `--check` it serves a temporary file on a free port, talks to itself
//! over HTTP, prints what was said, and fails where an answer is wrong.
#![allow(clippy::print_stdout, reason = "a program that prints")]

mod check;
mod error;
mod input;
mod models;
mod routes;
mod store;

use std::error::Error;

use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let argument = std::env::args().nth(1);
    if argument.as_deref() == Some("--check") {
        return check::run().await;
    }
    let port: u16 = argument.as_deref().unwrap_or("3000").parse().map_err(|_| "expected a port, or --check")?;
    let db = store::open("sqlite://clinic.db").await?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, routes::router(db)).await?;
    Ok(())
}
