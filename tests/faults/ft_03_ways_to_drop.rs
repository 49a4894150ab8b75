//! FT-03: the ways in which services drop futures: time-outs, `select!`, aborted
//! tasks, and clients that hang up.
//!
//! Seen failing without `lease.begins()` in `Session::begin`, as FT-02.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use orm::Db;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::chance::Dice;
use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::storm::{Drop, Told, pair};

const TASKS: u32 = 16;
const CONNECTIONS: usize = 10;
const WAYS: [Way; 4] = [Way::TimeOut, Way::Select, Way::Abort, Way::HangUp];

#[derive(Debug, Clone, Copy)]
enum Way {
    TimeOut,
    Select,
    Abort,
    HangUp,
}

pub(crate) async fn run(ground: Ground) -> Seen {
    let db = ground.pool(CONNECTIONS).await;
    db.create_tables::<Drop>().await.unwrap();
    let service = Arc::new(serve(db.clone()).await);
    let each = i64::from(ground.size(160, 10_000) / TASKS);
    let mut all = Vec::new();
    for (round, way) in (0..).zip(WAYS) {
        let tasks = (0..TASKS).map(|task| {
            let first = (i64::from(round * TASKS) + i64::from(task)) * each;
            let dice = ground.dice(u64::from(round * TASKS + task));
            tokio::spawn(operations(db.clone(), Arc::clone(&service), way, dice, first, each))
        });
        let told = Told::of(futures_util::future::join_all(tasks).await.into_iter().map(Result::unwrap));
        println!("{way:?}: {} acknowledged, {} dropped", told.acknowledged.len(), told.dropped.len());
        assert!(told.dropped.len() > 3, "nothing was dropped");
        all.push(told);
    }
    // A handler whose client is gone runs until its next point where it waits.
    Told::of(all).judge(&ground, &db, |_| 2).await
}

async fn operations(db: Db, service: Arc<std::net::SocketAddr>, way: Way, mut dice: Dice, first: i64, count: i64) -> Told {
    let mut told = Told::default();
    for operation in first..first + count {
        let time = Duration::from_micros(u64::try_from(dice.below(12_000)).unwrap());
        let ended = match way {
            Way::TimeOut => tokio::time::timeout(time, pair(&db, operation)).await.ok(),
            Way::Select => tokio::select! {
                done = pair(&db, operation) => Some(done),
                () = tokio::time::sleep(time) => None,
            },
            Way::Abort => {
                let db = db.clone();
                let task = tokio::spawn(async move { pair(&db, operation).await });
                tokio::time::sleep(time).await;
                task.abort();
                task.await.ok()
            }
            Way::HangUp => tokio::time::timeout(time, ask(&service, operation)).await.ok().map(Ok),
        };
        told.note(operation, ended);
    }
    told
}

async fn serve(db: Db) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/{operation}", post(write)).with_state(db);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

async fn write(State(db): State<Db>, Path(operation): Path<i64>) -> StatusCode {
    pair(&db, operation).await.map_or(StatusCode::INTERNAL_SERVER_ERROR, |()| StatusCode::OK)
}

/// Asks the service; dropped, it hangs up.
async fn ask(service: &std::net::SocketAddr, operation: i64) {
    let mut stream = TcpStream::connect(service).await.unwrap();
    stream.write_all(format!("POST /{operation} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
