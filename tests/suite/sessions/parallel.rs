//! Several reads at once: all or none, and whatever there is.

use std::sync::{Condvar, Mutex};
use std::time::Duration;

use futures_util::future::{join_all, try_join_all};
use orm::{AssertSqlSafe, Cells, Engine, Error, FromRow, PoolOptions, RowRef};
use tokio::sync::Notify;

use crate::models::{User, user};
use crate::{Plain, Test, cases};

cases![
    the_first_failure_stops_the_other_reads_on_the_server_too,
    reads_that_are_waited_for_together_come_back_with_what_there_is,
    three_reads_of_different_things_at_once,
    reads_of_sqlite_overlap,
];

/// A read that does not end by itself; a mark shows where it runs.
fn endless(engine: Engine, mark: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(match engine {
        Engine::Postgres => format!("SELECT 1::bigint /* {mark} */ FROM pg_sleep(600)"),
        Engine::Sqlite => {
            format!("SELECT count(*) /* {mark} */ FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n)")
        }
        _ => format!("SELECT CAST(sleep(600) AS SIGNED) /* {mark} */"),
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

/// A mark that no other test has, and that is not in the text which looks for it.
fn mark(t: &Test) -> String {
    let name: String = t.url().rsplit(['/', '=']).find(|it| it.contains("orm_test")).unwrap_or("here").to_owned();
    format!("mark {name}")
}

/// FT-52. Seen failing with a cancel that only drops the futures
/// (`Cancel::send` returning at once): seven sleep on the server for ten minutes.
async fn the_first_failure_stops_the_other_reads_on_the_server_too(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().pool(PoolOptions::new().max_size(8)).open().await.unwrap();
    let (mark, engine) = (mark(&t), t.engine());
    let request = db.session().timeout(Duration::from_secs(300));
    let all_run = Notify::new();
    let slow = (0..7).map(|_| async { request.raw(endless(engine, &mark), ()).fetch::<i64>().await });
    let fails = async {
        all_run.notified().await;
        request.raw("SELECT id FROM no_such_table", ()).fetch::<i64>().await
    };
    let mut plain = t.plain().await;
    let watch = async {
        if engine == Engine::Sqlite {
            while db.stats().in_use < 7 {
                tokio::task::yield_now().await;
            }
        } else {
            while running(&mut plain, engine, &mark).await < 7 {}
        }
        all_run.notify_one();
    };
    let all = futures_util::future::try_join(try_join_all(slow), fails);
    let (ended, ()) = tokio::join!(all, watch);
    let error = ended.unwrap_err();
    assert!(matches!(error, Error::MissingTable { .. }), "the first error is the one that is returned: {error:?}");
    // All are stopped, and their connections come back and are used again.
    if engine != Engine::Sqlite {
        while running(&mut plain, engine, &mark).await > 0 {}
    }
    while db.stats().in_use > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let opened = db.stats().opened;
    let again = join_all((0..8).map(|_| async { request.raw("SELECT 7", ()).fetch_one::<i32>().await })).await;
    assert!(again.into_iter().all(|it| it.unwrap() == 7));
    assert!(db.stats().opened <= opened + 1, "{:?}", db.stats());
    assert_eq!(db.stats().broken_closed, 0);
}

async fn reads_that_are_waited_for_together_come_back_with_what_there_is(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create_many([user("ann", 1), user("bob", 2)]).await.unwrap();
    let request = t.session().timeout(Duration::from_secs(60));
    let (users, missing, count) = tokio::join!(
        request.find::<User>().order(User::NAME.asc()),
        request.raw("SELECT id FROM no_such_table", ()).fetch::<i64>(),
        request.find().where_(User::AGE.gt(1)).count(),
    );
    assert_eq!(users.unwrap().len(), 2);
    assert!(matches!(missing, Err(Error::MissingTable { .. })));
    assert_eq!(count.unwrap(), 1);
}

async fn three_reads_of_different_things_at_once(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create_many([user("ann", 1), user("bob", 2)]).await.unwrap();
    let request = t.session();
    let (users, ages, any) = tokio::try_join!(
        request.find::<User>().order(User::ID.asc()),
        request.find::<User>().order(User::ID.asc()).select(User::AGE),
        request.find().where_(User::NAME.eq("bob")).exists(),
    )
    .unwrap();
    assert_eq!((users.len(), ages, any), (2, vec![1, 2], true));
    // In a transaction there is one connection, and they wait for one another.
    let (count, first) = t.transaction(async |tx| tokio::try_join!(tx.find::<User>().count(), tx.find::<User>().first())).await.unwrap();
    assert_eq!((count, first.unwrap().name.as_str()), (2, "ann"));
}

/// Two rows that are read at the same time: each waits for the other.
#[derive(Debug)]
struct Meeting;

static THERE: Mutex<u32> = Mutex::new(0);
static CAME: Condvar = Condvar::new();

impl FromRow for Meeting {
    fn positions(_: &dyn Cells) -> orm::Result<Vec<usize>> {
        Ok(Vec::new())
    }

    fn from_row(_: &RowRef<'_>) -> orm::Result<Self> {
        let mut there = THERE.lock().unwrap();
        *there += 1;
        CAME.notify_all();
        let (there, late) = CAME.wait_timeout_while(there, Duration::from_secs(30), |it| *it < 2).unwrap();
        assert!(!late.timed_out() || *there >= 2);
        if *there < 2 { Err(Error::other("the other read did not begin before this one ended")) } else { Ok(Self) }
    }
}

/// Seen failing with one reader (`PoolOptions::max_size(1)`).
async fn reads_of_sqlite_overlap(t: Test) {
    // Servers hand their rows to one thread, which must not wait here.
    if t.engine() != Engine::Sqlite {
        return;
    }
    let text = "SELECT max(i) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000) SELECT i FROM n)";
    let request = t.session();
    let both = tokio::try_join!(request.raw(text, ()).fetch_one::<Meeting>(), request.raw(text, ()).fetch_one::<Meeting>()).unwrap();
    assert!(matches!(both, (Meeting, Meeting)));
}
