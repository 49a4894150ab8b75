//! FT-07: a connection that is ended by the server at each point of a transaction,
//! a server process that is killed in the middle of one, and commits whose answers are lost.
//!
//! Raw sqlx reports 57P01 and then an unexpected end of the file. Seen failing
//! with a `Session::commit` that says `Ok` whatever came of it: lost 2 of 12.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use orm::{Db, Engine, Error, PoolOptions};

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::servers::Server;
use crate::faults::storm::{Drop, row};
use crate::plain::Plain;

/// What a transaction does at each of its points.
const POINTS: i64 = 6;

#[derive(Debug, Default)]
struct Sum {
    trials: u64,
    survived: u64,
    lost: u64,
    unnamed: u64,
}

pub(crate) async fn run(ground: Ground) -> Seen {
    let db = ground.pool(2).await;
    db.create_tables::<Drop>().await.unwrap();
    let mut plain = ground.plain().await;
    let mut sum = Sum::default();
    for round in 0..ground.size(2, 50) {
        for point in 0..POINTS {
            let operation = round * POINTS + point;
            // The connection of the transaction is the one it names itself by.
            let ended = transaction(&db, operation, point, Strike::Server(&ground)).await;
            sum.judge(&mut plain, operation, point, ended).await;
        }
    }
    let points = if ground.engine() == Engine::Postgres { ground.size(4..5, 0..POINTS - 1) } else { 0..0 };
    let killed = killed_processes(points).await;
    db.create(row(-1)).await.unwrap();
    let again = unanswered(&ground, &mut plain, &mut sum).await;
    Seen::new()
        .count("trials", sum.trials)
        .zero("survived", sum.survived + killed.0)
        .zero("lost", sum.lost)
        .zero("unnamed", sum.unnamed + killed.1)
        .zero("again", again)
        .zero("dirty", ground.dirty(&mut plain).await)
}

/// Commits whose answers are lost, in a session that runs again what had to give way. Says how
/// many were run again, though they may have been done.
async fn unanswered(ground: &Ground, plain: &mut Plain, sum: &mut Sum) -> u64 {
    let (Some(network), builder) = ground.behind_network().await else { return 0 };
    let db = builder.pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let mut again = 0;
    for operation in 10_000..10_000 + ground.size(2, 50) {
        network.cut_reply_to(b"COMMIT");
        let tries = AtomicU64::new(0);
        let ended = db.session().retry(5).transaction(async |tx| {
            tries.fetch_add(1, Ordering::Relaxed);
            for _ in 0..3 {
                tx.create(row(operation)).await?;
            }
            Ok(())
        });
        let ended = ended.await;
        network.heal();
        again += tries.into_inner() - 1;
        sum.unnamed += u64::from(!matches!(ended, Err(Error::OutcomeUnknown { .. })));
        // The server heard it, and does it once.
        let count = format!("SELECT count(*) FROM storm WHERE operation = {operation}");
        while plain.one(&count).await == "0" {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        sum.lost += u64::from(plain.one(&count).await != "3");
    }
    again
}

/// Two writes and one in an inner transaction; struck at a point.
async fn transaction(db: &Db, operation: i64, point: i64, strike: Strike<'_>) -> orm::Result<()> {
    let own = if db.engine().await? == Engine::Postgres { "SELECT pg_backend_pid()::bigint" } else { "SELECT connection_id()" };
    db.transaction(async |tx| {
        let id: i64 = tx.raw(own, ()).fetch_one().await?;
        let strike = async |now: i64| {
            if now == point {
                strike.hit(id).await
            }
        };
        strike(0).await;
        tx.create(row(operation)).await?;
        strike(1).await;
        tx.transaction(async |tx| {
            strike(2).await;
            tx.create(row(operation)).await?;
            strike(3).await;
            Ok(())
        })
        .await?;
        strike(4).await;
        tx.create(row(operation)).await?;
        // The last point is before the commit.
        strike(5).await;
        Ok(())
    })
    .await
}

impl Sum {
    async fn judge(&mut self, plain: &mut Plain, operation: i64, point: i64, ended: orm::Result<()>) {
        self.trials += 1;
        let rows: u64 = plain.one(&format!("SELECT count(*) FROM storm WHERE operation = {operation}")).await.parse().unwrap();
        match ended {
            Ok(()) => self.lost += u64::from(rows != 3),
            Err(error) => {
                // Before the commit was sent it is known; after it all or nothing is there.
                let unknown = matches!(error, Error::OutcomeUnknown { .. });
                self.survived += u64::from(if unknown { rows != 0 && rows != 3 } else { rows != 0 });
                let named = if point < POINTS - 1 { matches!(error, Error::ConnectionLost { .. }) } else { unknown };
                if !named {
                    println!("at point {point}: {error:?}");
                }
                self.unnamed += u64::from(!named);
            }
        }
    }
}

/// How a connection is ended.
#[derive(Clone, Copy)]
enum Strike<'g> {
    /// The server is asked to.
    Server(&'g Ground),
    /// Its process is killed.
    Kill,
}

impl Strike<'_> {
    async fn hit(self, id: i64) {
        match self {
            Self::Server(ground) => {
                let end =
                    if ground.engine() == Engine::Postgres { format!("SELECT pg_terminate_backend({id})") } else { format!("KILL {id}") };
                ground.plain().await.execute(&end).await;
            }
            Self::Kill => {
                let killed = std::process::Command::new("kill").args(["-KILL", &id.to_string()]).status();
                assert!(killed.unwrap().success());
            }
        }
    }
}

/// Kills the process of one connection of a server of its own, at each of the points:
/// PostgreSQL then ends all others. Says how many rows of the transactions stayed, and how
/// many of these did not say what had happened.
async fn killed_processes(points: std::ops::Range<i64>) -> (u64, u64) {
    if points.is_empty() {
        return (0, 0);
    }
    let server = Server::start(Engine::Postgres).await;
    let db = Db::open(&server.url()).await.unwrap();
    db.create_tables::<Drop>().await.unwrap();
    let (mut survived, mut unnamed) = (0, 0);
    for point in points {
        let ended = transaction(&db, point, point, Strike::Kill).await;
        println!("killed at point {point}: {ended:?}");
        unnamed += u64::from(!matches!(ended, Err(Error::ConnectionLost { .. })));
        // The pool finds its way back by itself, when the server has noticed and is up again.
        let end = Instant::now() + Duration::from_secs(60);
        while let Err(error) = db.create(row(-2)).await {
            assert!(matches!(error, Error::OutcomeUnknown { .. } | Error::Connect { .. } | Error::PoolExhausted { .. }), "{error:?}");
            assert!(Instant::now() < end, "the server did not come back: {error}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let rows = format!("SELECT count(*) FROM storm WHERE operation = {point}");
        survived += Plain::open(&server.url()).await.one(&rows).await.parse::<u64>().unwrap();
    }
    (survived, unnamed)
}
