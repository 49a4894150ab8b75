//! Sessions in services: in spawned tasks, behind HTTP, on every kind of runtime.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use orm::prelude::*;
use orm::{Db, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::models::{User, user};
use crate::{Test, cases};

cases![
    transactions_run_in_spawned_tasks,
    a_service_answers_over_http,
    a_client_that_hangs_up_leaves_nothing_behind,
    sessions_run_on_one_thread,
    a_runtime_that_ends_leaves_no_transaction_open,
];

/// What a handler answers when it fails.
#[derive(Debug)]
enum Failure {
    Full,
    Database(Error),
}

impl From<Error> for Failure {
    fn from(it: Error) -> Self {
        Self::Database(it)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Full => StatusCode::CONFLICT,
            Self::Database(it) if it.is_not_found() => StatusCode::NOT_FOUND,
            Self::Database(it) if it.is_unique_violation() => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        status.into_response()
    }
}

async fn sign_up(db: &Session, name: &str) -> orm::Result<User> {
    db.create(User { email: Some(format!("{name}@x")), ..user(name, 1) }).await
}

async fn read(State(db): State<Db>, Path(id): Path<i64>) -> Result<String, Failure> {
    Ok(db.get::<User>(id).await?.name)
}

async fn list(State(db): State<Db>) -> Result<String, Failure> {
    let names: Vec<String> = db.find::<User>().order(User::NAME.asc()).await?.into_iter().map(|it| it.name).collect();
    Ok(names.join(","))
}

/// Borrows locals, and nests.
async fn invite(State(db): State<Db>, Path(names): Path<String>) -> Result<String, Failure> {
    let names: Vec<&str> = names.split(',').collect();
    let signed = db
        .try_transaction(async |tx| {
            let mut signed = Vec::new();
            for name in &names {
                let one = tx.transaction(async |tx| sign_up(tx, name).await).await?;
                signed.push(one.name);
            }
            if tx.find::<User>().count().await? > 3 {
                return Err(Failure::Full);
            }
            Ok(signed)
        })
        .await?;
    Ok(signed.join(","))
}

async fn slow(State((db, begun)): State<(Db, Arc<tokio::sync::Notify>)>) -> Result<(), Failure> {
    db.transaction(async |tx| {
        sign_up(tx, "never").await?;
        begun.notify_one();
        std::future::pending().await
    })
    .await
    .map_err(Failure::from)
}

/// Serves, and says where.
async fn serve(router: Router) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// Asks, and says the status and the body.
async fn ask(address: std::net::SocketAddr, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

async fn transactions_run_in_spawned_tasks(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|n| {
            let db = t.db();
            tokio::spawn(async move {
                let names = [format!("a{n}"), format!("b{n}")];
                db.transaction(async |tx| {
                    let first = sign_up(tx, &names[0]).await?;
                    let second = tx
                        .transaction(async |tx| {
                            let it = sign_up(tx, &names[1]).await?;
                            tx.update(it).set(User::AGE, User::AGE.plus(first.age)).await
                        })
                        .await?;
                    assert_eq!(second.age, 2);
                    futures_util::future::try_join_all(
                        names.iter().map(|it| async move { tx.find().where_(User::NAME.eq(it.as_str())).first().await }),
                    )
                    .await
                })
                .await
            })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap().unwrap().iter().all(Option::is_some));
    }
    assert_eq!(t.find::<User>().count().await.unwrap(), 16);
}

async fn a_service_answers_over_http(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let router =
        Router::new().route("/users", get(list)).route("/users/{id}", get(read)).route("/invite/{names}", post(invite)).with_state(t.db());
    let address = serve(router).await;
    assert_eq!(ask(address, "POST /invite/ann,bob").await, (200, "ann,bob".to_owned()));
    assert_eq!(ask(address, "POST /invite/cleo,ann").await.0, 422);
    assert_eq!(ask(address, "POST /invite/cleo,dan").await.0, 409);
    assert_eq!(ask(address, "GET /users").await, (200, "ann,bob".to_owned()));
    let ann = t.find().where_(User::NAME.eq("ann")).first().await.unwrap().unwrap();
    assert_eq!(ask(address, &format!("GET /users/{}", ann.id)).await, (200, "ann".to_owned()));
    assert_eq!(ask(address, "GET /users/99999").await.0, 404);
    assert_eq!(t.stats().in_use, 0);
}

async fn a_client_that_hangs_up_leaves_nothing_behind(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let begun = Arc::new(tokio::sync::Notify::new());
    let address = serve(Router::new().route("/slow", post(slow)).with_state((t.db(), Arc::clone(&begun)))).await;
    for _ in 0..4 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        begun.notified().await;
        assert_eq!(t.stats().in_use, 1);
        drop(stream);
        while t.stats().in_use > 0 {
            tokio::task::yield_now().await;
        }
        sign_up(&t, "after").await.unwrap();
        assert_eq!(super::transactions::names(&t).await, ["after"]);
        t.delete_all(every::<User>()).await.unwrap();
    }
}

/// What a small program does with a database.
async fn a_day(db: &Db) -> orm::Result<u64> {
    db.transaction(async |tx| {
        sign_up(tx, "ann").await?;
        tx.transaction(async |tx| sign_up(tx, "bob").await).await
    })
    .await?;
    let begun = tokio::sync::Notify::new();
    let dropped = db.transaction(async |tx| {
        sign_up(tx, "never").await?;
        begun.notify_one();
        std::future::pending::<orm::Result<()>>().await
    });
    tokio::select! {
        ended = dropped => panic!("{ended:?}"),
        () = begun.notified() => {}
    }
    let count = db.find::<User>().count().await?;
    db.delete_all(every::<User>()).await?;
    Ok(count)
}

/// A runtime of one thread, on a thread of its own, because this one has a runtime.
fn on_one_thread<T: Send + 'static>(work: impl FnOnce(tokio::runtime::Runtime) -> T + Send + 'static) -> std::thread::JoinHandle<T> {
    std::thread::spawn(|| work(tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()))
}

async fn sessions_run_on_one_thread(t: Test) {
    t.create_tables::<User>().await.unwrap();
    for local in [false, true] {
        let builder = t.builder();
        let day = on_one_thread(move |runtime| {
            let day = async {
                let db = builder.open().await.unwrap();
                a_day(&db).await.unwrap()
            };
            if local {
                tokio::task::LocalSet::new().block_on(&runtime, async { tokio::task::spawn_local(day).await.unwrap() })
            } else {
                runtime.block_on(day)
            }
        });
        let count = tokio::task::spawn_blocking(|| day.join().unwrap()).await.unwrap();
        assert_eq!(count, 2);
    }
}

/// The handle outlives the runtime that its transactions ran on, and is used on another one.
async fn a_runtime_that_ends_leaves_no_transaction_open(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().lazy().unwrap();
    let inside = db.clone();
    let ended = on_one_thread(move |runtime| {
        runtime.block_on(async {
            let begun = Arc::new(tokio::sync::Semaphore::new(0));
            for n in 0..3 {
                let (db, begun) = (inside.clone(), Arc::clone(&begun));
                tokio::spawn(async move {
                    db.transaction(async |tx| {
                        begun.add_permits(1);
                        sign_up(tx, &format!("never {n}")).await?;
                        std::future::pending::<orm::Result<()>>().await
                    })
                    .await
                });
            }
            let all = if inside.engine().await.unwrap() == orm::Engine::Sqlite { 1 } else { 3 };
            drop(begun.acquire_many(all).await.unwrap());
        });
        // Whatever goes on is dropped here, and outside of the runtime.
        runtime.shutdown_background();
    });
    tokio::task::spawn_blocking(|| ended.join().unwrap()).await.unwrap();
    // Connections of the old runtime can send, but never hear the answer: they
    // are not lent, or this would be written by one that cannot tell.
    sign_up(&db, "after").await.unwrap();
    assert_eq!(super::transactions::names(&t).await, ["after"]);
}
