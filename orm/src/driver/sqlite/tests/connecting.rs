//! What opening says when it fails, and what holds when it does not.

use super::*;

async fn refused(url: &str) -> String {
    let place = match Place::parse(url) {
        Ok(it) => it,
        Err(error) => return told(&error),
    };
    match open(&place, Role::Writer).await {
        Ok(_) => "opened".to_owned(),
        Err(error) => told(&error),
    }
}

fn told(error: &Error) -> String {
    assert!(matches!(error, Error::Connect { .. }), "{error:?}");
    error.to_string()
}

#[tokio::test]
async fn what_cannot_be_opened_is_told_in_words() {
    let folder = Folder::new();
    let at = |name: &str| format!("sqlite://{}", folder.join(name).display());

    let missing = refused(&at("no/such/test.db")).await;
    assert!(missing.contains(&format!("create the folder {}", folder.join("no/such").display())), "{missing}");
    assert!(missing.starts_with(&format!("cannot connect to {}", at("no/such/test.db"))), "{missing}");
    let directory = refused(&format!("sqlite://{}", folder.display())).await;
    assert!(directory.contains("a folder, not a file"), "{directory}");
    std::fs::write(folder.join("notes.txt"), "these are notes, and not a database at all; ".repeat(40)).unwrap();
    let notes = refused(&at("notes.txt")).await;
    assert!(notes.contains("no SQLite database"), "{notes}");
    let absent = refused(&format!("{}?mode=rw", at("absent.db"))).await;
    assert!(absent.contains("no such file"), "{absent}");
    assert!(!folder.join("absent.db").exists());
    for url in [at("a\0b"), at("a%00b")] {
        let nul = refused(&url).await;
        assert!(nul.contains("NUL"), "{nul}");
    }
    for (url, why) in [
        ("postgres://ann:secret@host/db", "sqlite://"),
        ("sqlite:", "names no file"),
        ("sqlite://?mode=rwc", "names no file"),
        ("sqlite://a.db?mode=maybe", "not understood"),
        ("sqlite://a.db?colour=red", "not understood"),
    ] {
        let error = refused(url).await;
        assert!(error.contains(why) && !error.contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn every_spelling_of_a_place_is_understood() {
    let folder = Folder::new();
    for name in ["sqlite:", "sqlite://"] {
        let place = Place::parse(&format!("{name}{}", folder.join("a b#1.db").display())).unwrap();
        assert!(!place.is_memory());
        drop(open(&place, Role::Writer).await.unwrap());
        assert!(folder.join("a b#1.db").exists());
    }
    for name in ["sqlite::memory:", "sqlite://:memory:", "sqlite://any?mode=memory"] {
        let place = Place::parse(name).unwrap();
        assert!(place.is_memory());
        assert_eq!(place.name(), "sqlite::memory:");
        drop(open(&place, Role::Writer).await.unwrap());
    }
}

#[tokio::test]
async fn the_settings_hold() {
    async fn setting(conn: Box<Conn>, text: &'static str) -> (Box<Conn>, i64) {
        let (conn, it) = one::<i64>(conn, text).await;
        (conn, it.unwrap())
    }
    let folder = Folder::new();
    let (conn, mode) = one::<String>(connection(&folder.url()).await, "PRAGMA journal_mode").await;
    assert_eq!(mode.unwrap(), "wal");
    let (conn, it) = setting(conn, "PRAGMA foreign_keys").await;
    assert_eq!(it, 1);
    let (conn, it) = setting(conn, "PRAGMA synchronous").await;
    assert_eq!(it, 1);
    let (conn, it) = setting(conn, "PRAGMA busy_timeout").await;
    assert_eq!(it, 0);
    let (conn, it) = setting(conn, "SELECT 'Ann' LIKE 'ann' OR 'A%' LIKE 'a!%' ESCAPE '!'").await;
    assert_eq!(it, 0);
    let (conn, _) = exec(conn, "CREATE TABLE t (a)", []).await;

    let place = Place::parse(&folder.url()).unwrap();
    let reader = Box::new(Conn::new(Link::Sqlite(open(&place, Role::Reader).await.unwrap())));
    let (reader, done) = exec(reader, "INSERT INTO t VALUES (1)", []).await;
    assert!(matches!(done, Err(Error::ReadOnly { .. })), "{done:?}");
    // The writer has the lock, and the reader reads.
    let (_writer, begun) = control(conn, "BEGIN IMMEDIATE", Limits::default()).await;
    begun.unwrap();
    assert_eq!(one::<i64>(reader, "SELECT count(*) FROM t").await.1.unwrap(), 0);

    let read_only = Place::parse(&format!("{}?mode=ro", folder.url())).unwrap();
    drop(open(&read_only, Role::Writer).await.unwrap());
}

/// Setting the log up takes a lock that SQLite does not wait for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_file_is_opened_by_many_at_once() {
    for _ in 0..10 {
        let folder = Folder::new();
        let place = Place::parse(&folder.url()).unwrap();
        let opening: Vec<_> = (0..8)
            .map(|_| {
                let place = place.clone();
                tokio::spawn(async move { open(&place, Role::Writer).await })
            })
            .collect();
        for it in opening {
            it.await.unwrap().unwrap();
        }
    }
}
