//! FT-08: a network that takes everything and passes nothing on, when four
//! connections are released, asked something, opened or committed; then it heals.
//!
//! Raw sqlx asks a connection that comes back for a sign of life, without a bound:
//! four of them in a silent network pin its pool for ever. Seen failing with a server that
//! had half a second to be heard at the deadline (the query's session was 510 ms late), and
//! with a commit that was waited for five seconds beyond it. `running` was 1 while the connection
//! over which statements are stopped was waited for without a bound.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use orm::{Db, Engine, Error, PoolOptions};
use tokio::sync::Semaphore;

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::storm::{Drop, row};

const CONNECTIONS: usize = 4;
const DEADLINE: Duration = Duration::from_millis(400);

/// When all four must be there again.
const WHOLE: Duration = Duration::from_secs(5);

/// When the network falls silent.
#[derive(Debug, Clone, Copy, PartialEq)]
enum When {
    Release,
    Query,
    Connect,
    Commit,
}

pub(crate) async fn run(ground: Ground) -> Seen {
    // What falls silent while it is released is given up after that time, and opened anew when
    // it is wanted; both together are to be over in time. With less time, a connection would be
    // given up before its statement can be stopped over another one.
    let release = WHOLE - Duration::from_millis(200);
    ground.create_tables::<Drop>().await.unwrap();
    let mut seen = Seen::new();
    let (mut late, mut early, mut unnamed, mut running) = (Duration::ZERO, Duration::ZERO, 0_u64, 0_u64);
    for (figure, when) in
        [("release_ms", When::Release), ("query_ms", When::Query), ("connect_ms", When::Connect), ("commit_ms", When::Commit)]
    {
        let (Some(proxy), builder) = ground.behind_network().await else { continue };
        let options = PoolOptions::new().max_size(CONNECTIONS).connect_timeout(Duration::from_secs(2)).wait_timeout(WHOLE * 4);
        let db = builder.pool(options.release_timeout(release)).lazy().unwrap();
        if when != When::Connect {
            all_at_once(&db).await;
        }
        let turn = Arc::new(Turn { ready: Semaphore::new(0), go: Semaphore::new(0) });
        let work = (0..CONNECTIONS).map(|n| tokio::spawn(strike(db.clone(), n, when, ground.engine(), Arc::clone(&turn))));
        let work: Vec<_> = work.collect();
        let silent = match when {
            When::Query => {
                until(&db, |it| it.in_use == CONNECTIONS).await;
                Instant::now()
            }
            When::Connect => Instant::now(),
            When::Release | When::Commit => {
                let ready = turn.ready.acquire_many(u32::try_from(CONNECTIONS).unwrap());
                // One whose time was up before is not waited for.
                let _ = tokio::time::timeout(Duration::from_secs(10), ready).await;
                Instant::now()
            }
        };
        proxy.silence();
        turn.go.add_permits(CONNECTIONS);
        for ended in join_all(work).await {
            let (error, took) = ended.unwrap();
            if let Some(took) = took {
                late = late.max(took.saturating_sub(DEADLINE));
                early = early.max(DEADLINE.saturating_sub(took));
            }
            let named = matches!(
                error,
                None | Some(
                    Error::PoolExhausted { deadline: true, .. }
                        | Error::Timeout { .. }
                        | Error::OutcomeUnknown { .. }
                        | Error::RolledBack { .. }
                        | Error::ConnectionLost { .. }
                )
            );
            if !named {
                println!("{when:?}: {error:?}");
            }
            unnamed += u64::from(!named);
        }
        let healed = Instant::now();
        proxy.heal();
        all_at_once(&db).await;
        println!("{when:?}: silent for {:?}, whole {:?} after it was healed", healed - silent, healed.elapsed());
        let back = u64::try_from(healed.elapsed().as_millis()).unwrap();
        seen = seen.within(figure, back, ground.size(0..=ms(WHOLE) + 2_000, 0..=ms(WHOLE)));
        if when == When::Query {
            running += still_running(&ground, &db).await;
        }
    }
    seen.zero("unnamed", unnamed).zero("running", running).zero("early_ms", ms(early)).within(
        "late_ms",
        ms(late),
        ground.size(0..=ms(LATE) * 5, 0..=ms(LATE)),
    )
}

fn ms(it: Duration) -> u64 {
    u64::try_from(it.as_millis()).unwrap()
}

/// The network falls silent when all have written, and they go on then.
struct Turn {
    ready: Semaphore,
    go: Semaphore,
}

impl Turn {
    async fn wait(&self) {
        self.ready.add_permits(1);
        self.go.acquire().await.unwrap().forget();
    }
}

/// How long after its deadline a session may say so, also of a commit.
const LATE: Duration = Duration::from_millis(50);

/// Uses all connections at the same time.
async fn all_at_once(db: &Db) {
    let begun = join_all((0..CONNECTIONS).map(|_| async { db.begin().await.unwrap() })).await;
    for it in begun {
        it.raw("SELECT 1", ()).fetch_one::<i32>().await.unwrap();
        it.rollback().await;
    }
}

/// How many statements the server still has of a session whose time is up.
async fn still_running(ground: &Ground, db: &Db) -> u64 {
    let late = db.session().timeout(DEADLINE).raw(super::minute(ground.engine()), ()).execute().await;
    assert!(late.is_err());
    let mut plain = ground.plain().await;
    let running = match ground.engine() {
        Engine::Postgres => format!(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = '{}' AND state = 'active' AND query LIKE '%pg_sleep(60)%'
             AND pid <> pg_backend_pid()",
            ground.name()
        ),
        _ => "SELECT count(*) FROM information_schema.processlist WHERE db = database() AND info LIKE 'SELECT SLEEP%'".to_owned(),
    };
    let start = Instant::now();
    loop {
        let running = plain.one(&running).await.parse().unwrap();
        if running == 0 || start.elapsed() > WHOLE {
            return running;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn until(db: &Db, reached: impl Fn(&orm::PoolStats) -> bool) {
    let start = Instant::now();
    while !reached(&db.stats()) {
        assert!(start.elapsed() < Duration::from_secs(30), "never reached: {:?}", db.stats());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// What one of the connections is used for; says how it ended, and how long that took where it
/// has a deadline.
async fn strike(db: Db, n: usize, when: When, engine: Engine, turn: Arc<Turn>) -> (Option<Error>, Option<Duration>) {
    let operation = i64::try_from(n).unwrap();
    let start = Instant::now();
    let short = db.session().timeout(DEADLINE);
    let ended = match when {
        When::Query => short.raw(super::minute(engine), ()).execute().await.map(drop),
        When::Connect => {
            // The network is silent before this begins.
            turn.wait().await;
            let error = short.find::<Drop>().count().await;
            error.map(drop)
        }
        When::Commit => {
            short
                .transaction(async |tx| {
                    tx.create(row(operation)).await?;
                    turn.wait().await;
                    Ok(())
                })
                .await
        }
        When::Release => {
            let tx = db.begin().await.unwrap();
            tx.create(row(operation)).await.unwrap();
            turn.wait().await;
            drop(tx);
            return (None, None);
        }
    };
    (ended.err(), Some(start.elapsed()))
}
