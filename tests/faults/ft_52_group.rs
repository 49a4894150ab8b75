//! FT-52: eight queries of one request at once, of which one fails.
//!
//! Seen failing with a cancel that only drops the futures (`Cancel::send` returning at
//! once): the other seven sleep on until their connections are closed after five seconds,
//! and on PostgreSQL for ten minutes. The first such round ends the experiment.
//!
//! On MariaDB the seven wait for a row that another connection has locked: it takes 2.0 s to end
//! about one `SLEEP` in a hundred, also when its own client program asks for that.

use std::time::{Duration, Instant};

use futures_util::future::{join_all, try_join, try_join_all};
use orm::{AssertSqlSafe, Engine, Error};
use tokio::sync::Notify;

use crate::Plain;
use crate::faults::ground::Ground;
use crate::faults::seen::Seen;

const SLOW: usize = 7;

/// Those that are left to the server go on; so long tells.
const LEFT_ALONE: Duration = Duration::from_secs(4);

pub(crate) async fn run(ground: Ground) -> Seen {
    let db = ground.pool(SLOW + 1).await;
    let engine = ground.engine();
    let mark = format!("mark {}", ground.name());
    let mut plain = ground.plain().await;
    let mut holder = ground.plain().await;
    if engine.is_mysql_family() {
        holder.execute("CREATE TABLE held (id BIGINT PRIMARY KEY); INSERT INTO held VALUES (1)").await;
        holder.execute("START TRANSACTION; SELECT id FROM held FOR UPDATE").await;
    }
    let (mut unnamed, mut times, mut unusable) = (0_u64, Vec::new(), 0_u64);
    let rounds = ground.size(2, 200);
    for _ in 0..rounds {
        let request = db.session().timeout(Duration::from_secs(300));
        let all_run = Notify::new();
        let slow = (0..SLOW).map(|_| async { request.raw(endless(engine, &mark), ()).fetch::<i64>().await });
        let fails = async {
            all_run.notified().await;
            request.raw("SELECT id FROM no_such_table", ()).fetch::<i64>().await
        };
        let watch = async {
            while db.stats().in_use < SLOW || (engine != Engine::Sqlite && running(&mut plain, engine, &mark).await < SLOW) {
                tokio::task::yield_now().await;
            }
            all_run.notify_one();
        };
        let all = async {
            let ended = try_join(try_join_all(slow), fails).await;
            (ended.unwrap_err(), Instant::now())
        };
        let ((error, failed), ()) = tokio::join!(all, watch);
        unnamed += u64::from(!matches!(error, Error::MissingTable { .. }));
        while engine != Engine::Sqlite && failed.elapsed() < LEFT_ALONE && running(&mut plain, engine, &mark).await > 0 {}
        if engine == Engine::Sqlite {
            ground.rest(&db).await;
        }
        times.push(u64::try_from(failed.elapsed().as_millis()).unwrap());
        // One round that is left alone is enough.
        if failed.elapsed() >= LEFT_ALONE {
            break;
        }
        ground.rest(&db).await;
        let again = join_all((0..=SLOW).map(|_| async { request.raw("SELECT 7", ()).fetch_one::<i32>().await })).await;
        unusable += again.iter().filter(|it| !matches!(it, Ok(7))).count() as u64;
    }
    if engine.is_mysql_family() {
        holder.execute("ROLLBACK").await;
    }
    times.sort_unstable();
    Seen::new()
        .count("rounds", rounds)
        .zero("unnamed", unnamed)
        .count("stopped_p99_ms", times[(times.len() - 1) * 99 / 100])
        .within("slowest_ms", times[times.len() - 1], ground.size(0..=3_999, 0..=100))
        .zero("unusable", unusable)
        .zero("reopened", db.stats().broken_closed)
        .zero("dirty", ground.dirty(&mut plain).await)
}

/// A read that does not end by itself; a mark shows where it runs.
fn endless(engine: Engine, mark: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(match engine {
        Engine::Postgres => format!("SELECT 1::bigint /* {mark} */ FROM pg_sleep(600)"),
        Engine::Sqlite => {
            format!("SELECT count(*) /* {mark} */ FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n)")
        }
        _ => format!("SELECT id /* {mark} */ FROM held FOR UPDATE"),
    })
}

/// How many of those run on the server.
async fn running(plain: &mut Plain, engine: Engine, mark: &str) -> usize {
    let sql = match engine {
        Engine::Postgres => {
            format!("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%{mark}%'")
        }
        _ => format!("SELECT count(*) FROM information_schema.processlist WHERE id <> connection_id() AND info LIKE '%{mark}%'"),
    };
    plain.one(&sql).await.parse().unwrap()
}
