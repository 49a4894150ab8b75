//! Every kind of runtime.

use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

use super::model::select;
use super::*;

async fn all_ways() {
    let folder = Folder::new();
    let conn = connection(&folder.url()).await;
    let (conn, done) = exec(conn, "CREATE TABLE t (a INTEGER)", []).await;
    done.unwrap();
    let (conn, begun) = control(conn, "BEGIN IMMEDIATE", Limits::default()).await;
    begun.unwrap();
    let (mut conn, done) = exec(conn, "INSERT INTO t VALUES (1), (2)", []).await;
    assert_eq!(done.unwrap().affected, 2);
    let mut short = work("SELECT a FROM t ORDER BY a", [], Want::Rows, Rows::<i64>(Vec::new()));
    super::super::run::run_inline(conn.lite(), &mut short, None).unwrap();
    assert_eq!(took::<i64>(short.into_load().records), [1, 2]);
    let (conn, ended) = control(conn, "COMMIT", Limits::default()).await;
    ended.unwrap();
    let (conn, sum) = one::<i64>(conn, "SELECT sum(a) FROM t").await;
    assert_eq!(sum.unwrap(), 3);
    conn.into_lite().close().await.unwrap();
}

fn single() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn several() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn on_one_thread() {
    single().block_on(all_ways());
}

#[test]
fn on_several_threads() {
    several().block_on(all_ways());
    several().block_on(async { tokio::spawn(all_ways()).await.unwrap() });
}

/// `block_in_place` panics here, and no call tells beforehand.
#[test]
fn in_a_local_set() {
    for runtime in [single(), several()] {
        LocalSet::new().block_on(&runtime, async {
            all_ways().await;
            tokio::task::spawn_local(all_ways()).await.unwrap();
        });
    }
}

/// Reads that are done where they are awaited are always ready. Seen to hang
/// when they did not count against the task's turn.
#[test]
fn short_reads_leave_room_for_other_tasks() {
    single().block_on(async {
        let over = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let (begins, begun) = tokio::sync::oneshot::channel();
        let reading = tokio::spawn({
            let over = Arc::clone(&over);
            async move {
                let mut conn = memory().await;
                begins.send(()).unwrap();
                while !over.load(Ordering::Relaxed) {
                    let mut read = work("SELECT 1", [], Want::Rows, Rows::<i64>(Vec::new()));
                    *read.statement = select(Vec::new(), Some(1), crate::statement::Project::Columns);
                    let done;
                    (conn, _, done) = run(conn, read, Limits::default()).await;
                    done.unwrap();
                }
            }
        });
        let other = tokio::spawn(async move {
            begun.await.unwrap();
            over.store(true, Ordering::Relaxed);
        });
        other.await.unwrap();
        reading.await.unwrap();
    });
}

/// A transaction that only reads asks for no thread that may wait, also as the
/// one who writes: its `BEGIN IMMEDIATE` takes a lock and its commit writes
/// nothing. Seen to hang when it asked for one.
#[test]
fn a_transaction_that_writes_nothing_needs_no_thread() {
    let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let folder = Folder::new();
        let conn = connection(&folder.url()).await;
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let thread = tokio::task::spawn_blocking(move || wait.recv());
        let (conn, begun) = control(conn, "BEGIN IMMEDIATE", Limits::default()).await;
        begun.unwrap();
        let mut read = work("SELECT 1", [], Want::Rows, Rows::<i64>(Vec::new()));
        *read.statement = select(Vec::new(), Some(1), crate::statement::Project::Columns);
        let (conn, _, done) = run(conn, read, Limits::default()).await;
        done.unwrap();
        let (conn, ended) = control(conn, "COMMIT", Limits::default()).await;
        ended.unwrap();
        let (conn, begun) = control(conn, "BEGIN IMMEDIATE", Limits::default()).await;
        begun.unwrap();
        let (mut conn, ended) = control(conn, "ROLLBACK", Limits::default()).await;
        ended.unwrap();
        assert!(!conn.lite().in_transaction());
        release.send(()).unwrap();
        thread.await.unwrap().unwrap();
        let (conn, begun) = control(conn, "BEGIN IMMEDIATE", Limits::default()).await;
        begun.unwrap();
        let (mut conn, done) = exec(conn, "CREATE TABLE t (a INTEGER)", []).await;
        done.unwrap();
        assert!(!conn.lite().ends_inline(), "what is written waits for the disk");
        let (mut conn, ended) = control(conn, "COMMIT", Limits::default()).await;
        ended.unwrap();
        assert!(!conn.lite().in_transaction());
    });
}

/// The job is never started; the connection comes back all the same.
#[test]
fn a_runtime_that_shuts_down_keeps_no_connection() {
    let other = single();
    let conn = other.block_on(memory());
    let gone = several();
    let handle = gone.handle().clone();
    gone.shutdown_background();
    let entered = handle.enter();
    let statement = work("CREATE TABLE t (a)", [], Want::Nothing, Rows::<i64>(Vec::new()));
    let mut running = Box::pin(super::super::run::run_blocking(conn, statement, None));
    let (conn, _, done) = loop {
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        if let std::task::Poll::Ready(it) = running.as_mut().poll(&mut cx) {
            break it;
        }
        std::thread::yield_now();
    };
    drop(entered);
    assert!(matches!(done, Err(super::super::errors::Halt::Failed(Error::Cancelled))), "{done:?}");
    other.block_on(async {
        assert_eq!(one::<i64>(conn, "SELECT count(*) FROM sqlite_schema").await.1.unwrap(), 0);
    });
}
