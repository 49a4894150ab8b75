//! Statements that are ended before they are done.

use std::time::{Duration, Instant};

use super::super::Deadline;
use super::*;

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
