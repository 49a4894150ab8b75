//! FT-03: the ways in which services drop futures: time-outs, `select!`, aborted
//! tasks, and clients that hang up.
//!
//! Seen failing without `lease.begins()` in `Session::begin`, as FT-02.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

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
use crate::faults::storm::{Cut, Drop, Kind, Told, pair, percent, row, undone};

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
    let service = serve(db.clone()).await;
    let mut all = Vec::new();
    let (mut time, mut whole) = (Duration::ZERO, Duration::ZERO);
    for (round, way) in (0..).zip(WAYS) {
        whole += storm(&ground, &db, service, way, round, false).await.1;
        ground.plain().await.execute(&format!("DELETE FROM storm WHERE operation >= {}", first(&ground, round, 0))).await;
        let (told, took) = storm(&ground, &db, service, way, round, true).await;
        println!("{way:?}: {} acknowledged, {} undone, {} dropped", told.acknowledged.len(), told.undone.len(), told.dropped.len());
        assert!(told.dropped.len() > 3, "nothing was dropped");
        time += took;
        all.push(told);
        // A handler whose client is gone runs until its next point where it waits.
        ground.rest(&db).await;
    }
    let percent = percent(time, whole);
    Told::of(all).judge(&ground, &db).await.beside("percent_of_undisturbed", percent, 0..=ground.size(2_000, 200))
}

/// The first operation of a task in a round.
fn first(ground: &Ground, round: u32, task: u32) -> i64 {
    i64::from(round * TASKS + task) * each(ground)
}

fn each(ground: &Ground) -> i64 {
    i64::from(ground.size(240, 10_000) / TASKS)
}

/// All operations of a way, with futures dropped or not, and the time they took.
async fn storm(ground: &Ground, db: &Db, service: SocketAddr, way: Way, round: u32, drops: bool) -> (Told, Duration) {
    let begun = Instant::now();
    let tasks = (0..TASKS).map(|task| {
        let of = Task { db: db.clone(), service, way, drops };
        tokio::spawn(of.operations(ground.dice(u64::from(round * TASKS + task)), first(ground, round, task), each(ground)))
    });
    let told = Told::of(futures_util::future::join_all(tasks).await.into_iter().map(Result::unwrap));
    (told, begun.elapsed())
}

struct Task {
    db: Db,
    service: SocketAddr,
    way: Way,
    drops: bool,
}

impl Task {
    async fn operations(self, mut dice: Dice, first: i64, count: i64) -> Told {
        let mut told = Told::default();
        for operation in first..first + count {
            let kind = Kind::of(operation);
            let most = if matches!(kind, Kind::Pair) { 12_000 } else { 5_000 };
            let time = Duration::from_micros(u64::try_from(dice.below(most)).unwrap());
            let ended = self.operation(kind, operation, time).await;
            match kind {
                Kind::Undone => {
                    ended.expect("it was awaited").unwrap_err();
                    told.undone.push(operation);
                }
                _ => told.note(operation, ended),
            }
        }
        told
    }

    /// Makes one operation; nothing comes of what was dropped before its end.
    async fn operation(&self, kind: Kind, operation: i64, time: Duration) -> Option<orm::Result<()>> {
        let cut = match self.way {
            _ if !self.drops => Cut::Never,
            Way::Select => Cut::Select(time),
            _ => Cut::TimeOut(time),
        };
        let is_pair = matches!(kind, Kind::Pair);
        match self.way {
            Way::TimeOut | Way::Select if is_pair => cut.of(pair(&self.db, operation)).await,
            Way::TimeOut | Way::Select => Some(awaited(&self.db, kind, operation, cut).await),
            Way::Abort => {
                let db = self.db.clone();
                let task = tokio::spawn(async move { awaited(&db, kind, operation, cut).await });
                if is_pair && self.drops {
                    tokio::time::sleep(time).await;
                    task.abort();
                }
                task.await.ok()
            }
            Way::HangUp if is_pair => cut.of(ask(self.service, kind, operation, Duration::ZERO)).await,
            Way::HangUp => {
                let time = if self.drops { time } else { Duration::from_secs(60) };
                Some(ask(self.service, kind, operation, time).await)
            }
        }
    }
}

/// An operation that is not dropped as a whole.
async fn awaited(db: &Db, kind: Kind, operation: i64, cut: Cut) -> orm::Result<()> {
    match kind {
        Kind::Pair => pair(db, operation).await,
        Kind::Single => db.create(row(operation)).await.map(drop),
        Kind::Undone => undone(db, operation, cut).await,
    }
}

async fn serve(db: Db) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/{operation}/{micros}", post(write)).with_state(db);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

async fn write(State(db): State<Db>, Path((operation, micros)): Path<(i64, u64)>) -> StatusCode {
    let cut = Cut::TimeOut(Duration::from_micros(micros));
    awaited(&db, Kind::of(operation), operation, cut).await.map_or(StatusCode::INTERNAL_SERVER_ERROR, |()| StatusCode::OK)
}

/// Asks the service; dropped, it hangs up.
async fn ask(service: SocketAddr, kind: Kind, operation: i64, time: Duration) -> orm::Result<()> {
    let mut stream = TcpStream::connect(service).await.unwrap();
    let request = format!("POST /{operation}/{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", time.as_micros());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    if matches!(kind, Kind::Undone) {
        assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
        return Err(orm::Error::other("on purpose"));
    }
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    Ok(())
}
