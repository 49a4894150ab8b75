//! What SQLite refuses, as errors of ours.

use super::*;

async fn tables() -> Box<Conn> {
    let mut conn = memory().await;
    batch(
        &mut conn,
        "CREATE TABLE parent (id INTEGER PRIMARY KEY);
         CREATE TABLE child (
             id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT '', b TEXT DEFAULT '', parent INTEGER REFERENCES parent (id),
             UNIQUE (a, b), CONSTRAINT short CHECK (length(a) < 9)
         );
         CREATE TRIGGER guard BEFORE DELETE ON child BEGIN SELECT RAISE(ABORT, 'keep the secret'); END;
         INSERT INTO child VALUES (1, 'a', 'b', NULL)",
    );
    conn
}

async fn error(text: &'static str, args: impl Into<Vec<Value>>) -> Error {
    exec(tables().await, text, args).await.1.unwrap_err()
}

#[tokio::test]
async fn broken_rules_are_named() {
    let it = error("INSERT INTO child (a, b) VALUES (?, ?)", ["a".into(), "b".into()]).await;
    assert!(
        matches!(&it, Error::UniqueViolation { model, constraint: None, columns, .. } if model == "child" && columns == &["a", "b"]),
        "{it:?}"
    );
    let it = error("INSERT INTO parent VALUES (1), (1)", []).await;
    assert!(it.is_unique_violation() && it.columns() == ["id"], "{it:?}");
    let it = error("INSERT INTO child (parent) VALUES (7)", []).await;
    assert!(it.is_foreign_key_violation() && it.columns() == ["parent"], "{it:?}");
    let it = error("INSERT INTO child (a) VALUES (?)", ["much too long".into()]).await;
    assert!(it.is_check_violation() && it.constraint() == Some("short"), "{it:?}");
    let it = error("INSERT INTO child (a) VALUES (NULL)", []).await;
    assert!(matches!(&it, Error::NotNullViolation { model, columns, .. } if model == "child" && columns == &["a"]), "{it:?}");
    let it = error("SELECT * FROM nowhere", []).await;
    assert!(matches!(&it, Error::MissingTable { table, .. } if table == "nowhere"), "{it:?}");
}

#[tokio::test]
async fn other_refusals_show_the_text_and_no_values() {
    let it = error("SELECT wrong FROM child WHERE a = ?", ["secret".into()]).await;
    assert_eq!(it.to_string(), "the database refused `SELECT wrong FROM child WHERE a = ?`: no such column: wrong (SQLite 1)");
    let it = error("DELETE FROM child WHERE a = ?", ["a".into()]).await;
    assert!(matches!(&it, Error::Database { code: Some(code), .. } if code == "1811"), "{it:?}");
    assert!(!it.to_string().contains("secret"), "{it}");
    let it = error("SELECT 1; SELECT 2", []).await;
    assert!(matches!(it, Error::Invalid(_)), "{it:?}");
    let it = error("SELECT ?", [Value::from(1), Value::from(2)]).await;
    assert!(matches!(it, Error::BindCount { placeholders: 1, arguments: 2, .. }), "{it:?}");
    let it = error("SELECT ?, ?", [Value::from(1)]).await;
    assert!(matches!(it, Error::BindCount { placeholders: 2, arguments: 1, .. }), "{it:?}");
}

#[tokio::test]
async fn a_full_database_and_a_damaged_one_are_told() {
    let mut conn = memory().await;
    batch(&mut conn, "CREATE TABLE t (a); PRAGMA max_page_count = 4");
    let (conn, done) = exec(conn, "INSERT INTO t VALUES (zeroblob(100000))", []).await;
    let it = done.unwrap_err();
    assert!(it.to_string().contains("full"), "{it}");
    assert_eq!(one::<i64>(conn, "SELECT count(*) FROM t").await.1.unwrap(), 0);

    let folder = Folder::new();
    let mut conn = connection(&folder.url()).await;
    batch(
        &mut conn,
        "CREATE TABLE t (a); INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) SELECT i FROM n; PRAGMA wal_checkpoint(TRUNCATE)",
    );
    drop(conn);
    let file = folder.join("test.db");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[8192..].fill(0xff);
    std::fs::write(&file, bytes).unwrap();
    let (_, read) = rows::<i64, _>(connection(&folder.url()).await, "SELECT a FROM t", [], Limits::default()).await;
    let it = read.unwrap_err();
    assert!(it.to_string().contains("damaged"), "{it}");
}

/// SQLite keeps the number of the last write until the next one.
#[tokio::test]
async fn only_writes_count_rows() {
    let mut conn = memory().await;
    batch(&mut conn, "CREATE TABLE t (a)");
    let mut counts = Vec::new();
    for text in [
        "INSERT INTO t VALUES (1), (2)",
        "CREATE TABLE u (a)",
        "UPDATE t SET a = a",
        "SELECT a FROM t",
        "DELETE FROM t WHERE a = 9",
        "DELETE FROM t",
    ] {
        let done;
        (conn, done) = exec(conn, text, []).await;
        counts.push(done.unwrap().affected);
    }
    assert_eq!(counts, [2, 0, 2, 0, 0, 2]);
}
