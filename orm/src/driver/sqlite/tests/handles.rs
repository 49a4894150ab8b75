//! Two libraries on one handle.

use sqlx::Row as _;

use super::*;

/// Seen to fail with the fields in the other order: sqlx's worker panicked with
/// "unable to close due to unfinalized statements or unfinished backups".
#[tokio::test]
async fn statements_are_finalised_before_the_database_closes() {
    let folder = Folder::new();
    for _ in 0..20 {
        let (conn, _) = exec(connection(&folder.url()).await, "CREATE TABLE IF NOT EXISTS t (a)", []).await;
        let (mut conn, read) = rows::<i64, _>(conn, "SELECT a FROM t", [], Limits::default()).await;
        assert!(read.unwrap().is_empty());
        sqlx::query("SELECT a FROM t").fetch_all(conn.lite().sqlx()).await.unwrap();
        conn.into_lite().close().await.unwrap();
        // The last connection takes the log away, so the file was closed.
        assert!(!folder.join("test.db-wal").exists());
    }
    let mut conn = connection(&folder.url()).await;
    conn.lite().ping().unwrap();
    drop(conn);
}

#[tokio::test]
async fn both_sides_see_one_transaction_with_savepoints() {
    async fn count(conn: &mut Conn) -> i64 {
        let row = sqlx::query("SELECT count(*) FROM t").fetch_one(conn.lite().sqlx()).await.unwrap();
        row.get(0)
    }
    async fn say(conn: Box<Conn>, text: &str) -> Box<Conn> {
        let (conn, done) = control(conn, text, Limits::default()).await;
        done.unwrap();
        conn
    }
    let mut conn = memory().await;
    batch(&mut conn, "CREATE TABLE t (a INTEGER)");
    assert!(!conn.lite().in_transaction());
    let conn = say(conn, "BEGIN IMMEDIATE").await;
    let (conn, _) = exec(conn, "INSERT INTO t VALUES (1)", []).await;
    let mut conn = say(conn, "SAVEPOINT a").await;
    assert_eq!(count(&mut conn).await, 1);
    sqlx::query("INSERT INTO t VALUES (2)").execute(conn.lite().sqlx()).await.unwrap();
    let conn = say(conn, "SAVEPOINT b").await;
    let (mut conn, _) = exec(conn, "INSERT INTO t VALUES (3)", []).await;
    assert_eq!(count(&mut conn).await, 3);
    let mut conn = say(conn, "ROLLBACK TO b").await;
    assert_eq!(count(&mut conn).await, 2);
    assert!(conn.lite().in_transaction());
    sqlx::query("RELEASE a").execute(conn.lite().sqlx()).await.unwrap();
    let (conn, seen) = rows::<i64, _>(conn, "SELECT a FROM t ORDER BY a", [], Limits::default()).await;
    assert_eq!(seen.unwrap(), [1, 2]);
    let mut conn = say(conn, "COMMIT").await;
    assert!(!conn.lite().in_transaction());
    // A transaction that the other side leaves open is seen and can be ended.
    sqlx::query("BEGIN").execute(conn.lite().sqlx()).await.unwrap();
    sqlx::query("DELETE FROM t").execute(conn.lite().sqlx()).await.unwrap();
    assert!(conn.lite().in_transaction());
    conn.lite().rollback_now().unwrap();
    assert!(!conn.lite().in_transaction());
    assert_eq!(count(&mut conn).await, 2);
}

/// Two copies of SQLite in one program do not know each other's locks and
/// mutexes. `links` in its manifest forbids two packages of one name; this
/// notices other ways, such as a system library under one of the two.
#[tokio::test]
async fn both_sides_are_the_same_library() {
    let mut conn = memory().await;
    let row = sqlx::query("SELECT sqlite_version()").fetch_one(conn.lite().sqlx()).await.unwrap();
    assert_eq!(row.get::<String, _>(0), rusqlite::version());
    let lock = include_str!("../../../../../Cargo.lock");
    assert_eq!(lock.matches("name = \"libsqlite3-sys\"").count(), 1);
    assert_eq!(lock.matches("name = \"rusqlite\"").count(), 1);
}

#[test]
fn connections_and_futures_go_from_thread_to_thread() {
    fn sendable_type<T: Send + 'static>() {}
    sendable_type::<Lite>();
    sendable_type::<Conn>();
    sendable_type::<Pooled>();
    fn _never_called(one: Pooled, other: Pooled, work: Work, place: &Place) {
        fn sendable<T: Send>(_: &T) {}
        sendable(&run(one, work, Limits::default()));
        sendable(&control(other, "", Limits::default()));
        sendable(&open(place, Role::Reader));
    }
}
