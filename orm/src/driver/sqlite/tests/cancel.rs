//! Statements that are ended before they are done.

use std::time::{Duration, Instant};

use super::super::errors::Halt;
use super::super::step::{execute, execute_plain};
use super::*;
use crate::driver::Deadline;

const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";

fn within(limit: Duration) -> Limits {
    Limits { deadline: Some(Deadline { at: Instant::now() + limit, limit }), lock_wait: None }
}

/// Seen to hang with a progress handler that does not look at the clock.
#[tokio::test]
async fn a_deadline_ends_a_statement_that_would_never_end() {
    let started = Instant::now();
    let (conn, ended) = rows::<i64, _>(memory().await, ENDLESS, [], within(Duration::from_millis(50))).await;
    assert!(matches!(ended, Err(Error::Timeout { limit, .. }) if limit == Duration::from_millis(50)), "{ended:?}");
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(one::<i64>(conn, "SELECT 1").await.1.unwrap(), 1);
}

#[tokio::test]
async fn a_deadline_that_has_passed_lets_nothing_start() {
    let mut conn = memory().await;
    batch(&mut conn, "CREATE TABLE t (a)");
    let late = within(Duration::ZERO);
    let (conn, _, ended) = run(conn, work("INSERT INTO t VALUES (1)", [], Want::Nothing, Rows::<i64>(Vec::new())), late).await;
    assert!(matches!(ended, Err(Error::Timeout { .. })));
    assert_eq!(one::<i64>(conn, "SELECT count(*) FROM t").await.1.unwrap(), 0);
}

/// The future is dropped while the statement runs: the connection is back soon,
/// and the thread is free. Seen to hang without the guard.
#[tokio::test]
async fn a_dropped_future_ends_the_statement() {
    let pool = pool("sqlite::memory:", 1);
    for _ in 0..3 {
        let endless = rows::<i64, _>(pool.get().await.unwrap(), ENDLESS, [], Limits::default());
        assert!(tokio::time::timeout(Duration::from_millis(20), endless).await.is_err());
        let started = Instant::now();
        let (_, ended) = rows::<i64, _>(pool.get().await.unwrap(), "SELECT 7", [], Limits::default()).await;
        assert_eq!(ended.unwrap(), [7]);
        assert!(started.elapsed() < Duration::from_secs(5));
    }
}

/// An interrupted read leaves the transaction as it was, an interrupted write
/// ends it: who runs transactions has to look.
#[tokio::test]
async fn an_interrupted_write_ends_the_transaction_and_a_read_does_not() {
    const WRITE: &str = "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    let mut conn = memory().await;
    batch(&mut conn, "CREATE TABLE t (a); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)");
    let (mut conn, ended) = rows::<i64, _>(conn, ENDLESS, [], within(Duration::from_millis(20))).await;
    assert!(matches!(ended, Err(Error::Timeout { .. })));
    assert!(conn.lite().in_transaction());
    let (mut conn, _, ended) = run(conn, work(WRITE, [], Want::Nothing, Rows::<i64>(Vec::new())), within(Duration::from_millis(20))).await;
    assert!(matches!(ended, Err(Error::Timeout { .. })));
    assert!(!conn.lite().in_transaction());
    assert_eq!(one::<i64>(conn, "SELECT count(*) FROM t").await.1.unwrap(), 0);
}

/// SQLite asks whether to go on also after a write has been committed, and then
/// reports it as interrupted. Here it is told to stop whenever it asks, which is
/// at another point of each write. Seen to fail without the look at the count:
/// of 10,000 writes of one row, 200 were there and not acknowledged.
#[tokio::test]
async fn a_write_that_was_done_is_not_called_interrupted() {
    const ONE: &str = "INSERT INTO t (b) VALUES (?) RETURNING a";
    const MANY: &str = "INSERT INTO t (b) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
        SELECT i FROM n RETURNING a";
    let mut conn = memory().await;
    batch(&mut conn, "CREATE TABLE t (a INTEGER PRIMARY KEY, b)");
    let lite = conn.lite();
    let (mut done, mut ended) = (0, 0);
    for n in 0..20_000_u64 {
        let (text, count) = if n < 10_000 { (ONE, 1) } else { (MANY, n % 20 + 1) };
        let count_sent = i64::try_from(count).unwrap();
        let mut insert = work(text, [count_sent.into()], Want::Rows, Rows::<i64>(Vec::new()));
        lite.stop.begin(None, Some(0));
        match execute(lite, &mut insert, None) {
            Ok(it) => {
                assert_eq!((it.affected, u64::try_from(it.rows).unwrap()), (count, count));
                done += count_sent;
            }
            Err(it) => {
                assert!(matches!(it, Halt::TooLong), "{it:?}");
                ended += 1;
            }
        }
    }
    assert!(ended > 0, "nothing was interrupted");
    assert_eq!(one::<i64>(conn, "SELECT count(*) FROM t").await.1.unwrap(), done);
}

/// Seen to fail when `COMMIT` ran under the deadline: it was done, and called
/// interrupted.
#[tokio::test]
async fn a_commit_is_never_called_interrupted() {
    let mut conn = memory().await;
    batch(&mut conn, "CREATE TABLE t (a)");
    let lite = conn.lite();
    for _ in 0..3000 {
        for text in ["BEGIN IMMEDIATE", "SAVEPOINT a", "RELEASE a", "COMMIT"] {
            lite.stop.begin(None, Some(0));
            execute_plain(lite, text, None).unwrap();
        }
    }
}

#[tokio::test]
async fn a_rollback_is_never_too_late() {
    let late = within(Duration::ZERO);
    let (conn, begun) = control(memory().await, "BEGIN IMMEDIATE", late).await;
    assert!(matches!(begun, Err(Error::Timeout { .. })));
    let (conn, begun) = control(conn, "BEGIN IMMEDIATE", Limits::default()).await;
    begun.unwrap();
    let (conn, ended) = control(conn, "COMMIT", late).await;
    assert!(matches!(ended, Err(Error::Timeout { .. })));
    let (mut conn, ended) = control(conn, "ROLLBACK", late).await;
    ended.unwrap();
    assert!(!conn.lite().in_transaction());
}

/// Seen to fail without `catch_unwind`: the connection came back, and the error
/// was `Cancelled`.
#[tokio::test]
async fn a_panic_in_a_field_keeps_the_connection() {
    #[derive(Clone, Debug)]
    struct Wild;
    impl crate::value::Field for Wild {
        const TYPE: crate::value::SqlType = crate::value::SqlType::BigInt;
        fn read(_: &dyn crate::value::Cells, _: usize) -> Result<Self> {
            panic!("a field of the program does this on purpose")
        }
        fn bind(&self, to: &mut dyn Binder) -> Result<()> {
            to.null(None)
        }
        fn to_value(&self) -> Value {
            Value::Null
        }
        fn from_value(_: Value) -> Result<Self> {
            Ok(Self)
        }
    }
    let (conn, read) = rows::<Wild, _>(memory().await, "SELECT 1", [], Limits::default()).await;
    let told = read.unwrap_err().to_string();
    assert!(told.contains("panicked") && told.contains("SELECT 1") && !told.contains("purpose"), "{told}");
    assert_eq!(one::<i64>(conn, "SELECT 1").await.1.unwrap(), 1);
}
