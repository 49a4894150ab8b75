//! Locks of other connections.

use std::time::{Duration, Instant};

use super::*;
use crate::driver::Deadline;

/// Seen to fail at once with `BEGIN` instead of `BEGIN IMMEDIATE` (a conflict),
/// and without our retry (locked).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_read_modify_write_is_lost() {
    const TASKS: i64 = 32;
    const ROUNDS: i64 = 20;
    let folder = Folder::new();
    // Two connections of two pools: they meet at the file only.
    let pools = [pool(&folder.url(), 1), pool(&folder.url(), 1)];
    batch(&mut pools[0].get().await.unwrap(), "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (0)");
    let patient = Limits { deadline: None, lock_wait: Some(Duration::from_secs(60)) };
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let pool = pools[usize::from(task % 2 == 0)].clone();
            tokio::spawn(async move {
                for _ in 0..ROUNDS {
                    let (conn, begun) = control(pool.get().await.unwrap(), "BEGIN IMMEDIATE", patient).await;
                    begun.unwrap();
                    let (conn, n) = rows::<i64, _>(conn, "SELECT n FROM t", [], patient).await;
                    tokio::task::yield_now().await;
                    let (conn, done) = exec(conn, "UPDATE t SET n = ?", [(n.unwrap()[0] + 1).into()]).await;
                    assert_eq!(done.unwrap().affected, 1);
                    control(conn, "COMMIT", patient).await.1.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let (_, n) = rows::<i64, _>(pools[0].get().await.unwrap(), "SELECT n FROM t", [], patient).await;
    assert_eq!(n.unwrap(), [TASKS * ROUNDS]);
}

async fn two(folder: &Folder) -> (Box<Conn>, Box<Conn>) {
    let mut one = connection(&folder.url()).await;
    batch(&mut one, "CREATE TABLE t (a INTEGER PRIMARY KEY)");
    (one, connection(&folder.url()).await)
}

#[tokio::test]
async fn a_lock_that_stays_is_an_error_after_the_wait() {
    let folder = Folder::new();
    let (mut one, other) = two(&folder).await;
    batch(&mut one, "BEGIN IMMEDIATE");
    let short = Limits { deadline: None, lock_wait: Some(Duration::from_millis(30)) };
    let (other, begun) = control(other, "BEGIN IMMEDIATE", short).await;
    let error = begun.unwrap_err();
    assert!(matches!(error, Error::LockTimeout { .. }) && error.is_retryable());
    // The deadline of the session comes first where it is earlier.
    let limit = Duration::from_millis(30);
    let limits = Limits { deadline: Some(Deadline { at: Instant::now() + limit, limit }), lock_wait: None };
    let insert = work("INSERT INTO t VALUES (1)", [], Want::Nothing, Rows::<i64>(Vec::new()));
    let (other, _, done) = run(other, insert, limits).await;
    assert!(matches!(done, Err(Error::Timeout { .. })), "{done:?}");
    // Readers do not wait for a writer.
    let (other, read) = rows::<i64, _>(other, "SELECT a FROM t", [], short).await;
    assert!(read.unwrap().is_empty());
    batch(&mut one, "COMMIT");
    assert_eq!(exec(other, "INSERT INTO t VALUES (1)", []).await.1.unwrap().affected, 1);
}

/// Nobody can help a transaction that has read what another one changed since.
#[tokio::test]
async fn a_write_upon_an_old_reading_is_a_conflict_at_once() {
    let folder = Folder::new();
    let (mut one, other) = two(&folder).await;
    let (other, begun) = control(other, "BEGIN", Limits::default()).await;
    begun.unwrap();
    let (other, read) = rows::<i64, _>(other, "SELECT a FROM t", [], Limits::default()).await;
    assert!(read.unwrap().is_empty());
    batch(&mut one, "INSERT INTO t VALUES (1)");
    let (_, done) = exec(other, "INSERT INTO t VALUES (2)", []).await;
    assert!(matches!(done, Err(Error::SerializationFailure { .. })), "{done:?}");
}
