//! Sessions that only read: refused by us, and by the database.

use orm::prelude::*;
use orm::{Engine, Error, PoolOptions};

use super::super::transactions::names;
use crate::models::{User, user};
use crate::watch::Log;
use crate::{Test, cases};

cases![
    writes_of_a_read_only_session_are_refused_before_hooks_run,
    text_that_is_no_read_is_refused,
    what_writes_behind_a_read_is_refused_by_the_database,
    reads_of_a_read_only_session_read,
    a_transaction_of_a_read_only_session_only_reads,
    a_connection_that_only_read_writes_again,
    a_read_only_session_in_a_transaction_that_writes_does_not_write,
    a_database_in_memory_is_read_only_too,
];

fn is_read_only<T: std::fmt::Debug>(result: orm::Result<T>) -> bool {
    match result {
        Err(Error::ReadOnly { .. }) => true,
        other => panic!("{other:?}"),
    }
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(hooks)]
struct Note {
    #[orm(key, auto)]
    id: i64,
    text: String,
}

impl Hooks for Note {
    async fn before_save(&mut self, db: &Session) -> orm::Result<()> {
        db.settings().get::<Log>().unwrap().write("hook");
        Ok(())
    }
}

async fn writes_of_a_read_only_session_are_refused_before_hooks_run(t: Test) {
    t.create_tables::<(User, Note)>().await.unwrap();
    let ann = t.create(user("ann", 1)).await.unwrap();
    let log = Log::new();
    let report = t.session().with(log.clone()).read_only();
    let failed = report.create(Note { id: 0, text: "kept".into() }).or_return().await.unwrap_err();
    assert_eq!(failed.error().to_string().split(" writes").next(), Some("the create of Note"));
    assert_eq!(failed.into_record().text, "kept");
    assert!(is_read_only(report.create_many([user("a", 1), user("b", 1)]).await));
    assert!(is_read_only(report.update(ann.clone()).set(User::AGE, 2).await));
    assert!(is_read_only(report.save(ann.clone()).await));
    assert!(is_read_only(report.update_all(every::<User>()).set(User::AGE, 2).await));
    assert!(is_read_only(report.delete(ann.clone()).await));
    assert!(is_read_only(report.delete_all(every::<User>()).await));
    assert!(is_read_only(report.create_tables::<User>().await));
    // What is made of it is no better.
    assert!(is_read_only(report.child().timeout(std::time::Duration::from_secs(9)).delete_all(every::<User>()).await));
    assert!(log.take().is_empty());
    assert_eq!(t.find::<User>().await.unwrap(), [ann]);
}

async fn text_that_is_no_read_is_refused(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create(user("ann", 1)).await.unwrap();
    let report = t.session().read_only();
    for text in [
        "DELETE FROM users",
        "-- SELECT\n UPDATE users SET age = 2",
        "/* WITH */ INSERT INTO users (name, age, active) VALUES ('x', 1, true)",
        "CREATE TABLE more (id BIGINT)",
        "PRAGMA query_only = OFF",
        "SET TRANSACTION READ WRITE",
        "SET @a = 1",
        "CALL something()",
        "ATTACH DATABASE 'x.db' AS x",
        "EXECUTE IMMEDIATE 'COMMIT'",
    ] {
        assert!(is_read_only(report.raw(text, ()).execute().await), "{text}");
        assert!(is_read_only(report.transaction(async |tx| tx.raw(text, ()).execute().await).await), "{text}");
    }
    assert!(is_read_only(report.execute_script("SELECT 1; DELETE FROM users").await));
    assert_eq!(names(&t).await, ["ann"]);
}

/// What writes though it begins as a read does; a server first gets the function for it.
async fn trick(t: &Test) -> &'static str {
    match t.engine() {
        Engine::Sqlite => "WITH one(n) AS (SELECT 1) DELETE FROM users WHERE age = (SELECT n FROM one)",
        Engine::Postgres => "WITH gone AS (DELETE FROM users WHERE age = 1 RETURNING age) SELECT count(*) FROM gone",
        _ => "SELECT remove_users()",
    }
}

async fn what_writes_behind_a_read_is_refused_by_the_database(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create_many([user("ann", 1), user("bob", 2)]).await.unwrap();
    let mut plain = t.plain().await;
    match t.engine() {
        Engine::Sqlite => {}
        Engine::Postgres => {
            let body = "BEGIN DELETE FROM users WHERE age = 1; RETURN 1; END";
            plain.execute(&format!("CREATE FUNCTION remove_users() RETURNS integer LANGUAGE plpgsql AS $$ {body} $$")).await;
        }
        _ => {
            let body = "BEGIN DELETE FROM users WHERE age = 1; RETURN 1; END";
            plain.execute(&format!("CREATE FUNCTION remove_users() RETURNS INTEGER MODIFIES SQL DATA {body}")).await;
        }
    }
    let report = t.session().read_only();
    let text = trick(&t).await;
    assert!(is_read_only(report.raw(text, ()).fetch::<i64>().await));
    assert!(is_read_only(report.raw(text, ()).execute().await));
    assert!(is_read_only(report.transaction(async |tx| tx.raw(text, ()).fetch::<i64>().await).await));
    assert!(is_read_only(report.child().pinned().raw(text, ()).execute().await));
    if t.engine() != Engine::Sqlite {
        // A condition with text is one that we do not understand.
        assert!(is_read_only(report.find::<User>().where_(sql("remove_users() = 1", ())).await));
        assert!(is_read_only(report.find::<User>().where_(sql("remove_users() = 1", ())).stream().next().await.unwrap()));
    }
    assert_eq!(names(&t).await, ["ann", "bob"]);
    // The same text writes where it may.
    t.raw(text, ()).execute().await.unwrap();
    assert_eq!(names(&t).await, ["bob"]);
    assert_eq!(t.stats().in_use, 0);
}

async fn reads_of_a_read_only_session_read(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let ann = t.create(user("ann", 1)).await.unwrap();
    let report = t.session().read_only();
    assert_eq!(report.get::<User>(ann.id).await.unwrap(), ann);
    assert_eq!(report.find::<User>().count().await.unwrap(), 1);
    assert_eq!(report.find::<User>().stream().next().await.unwrap().unwrap(), ann);
    for text in ["SELECT name FROM users", "(SELECT name FROM users)", "WITH u AS (SELECT name FROM users) SELECT name FROM u"] {
        if t.engine() == Engine::Sqlite && text.starts_with('(') {
            continue;
        }
        assert_eq!(report.raw(text, ()).fetch::<String>().await.unwrap(), ["ann"], "{text}");
    }
    assert_eq!(t.stats().in_use, 0);
}

async fn a_transaction_of_a_read_only_session_only_reads(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create(user("ann", 1)).await.unwrap();
    let (all, count) = t
        .session()
        .read_only()
        .transaction(async |tx| {
            assert!(tx.is_read_only() && tx.in_transaction());
            assert!(is_read_only(tx.create(user("bob", 1)).await));
            let count = tx.transaction(async |tx| tx.find::<User>().count().await).await?;
            // Others write meanwhile, and on SQLite do not wait for it.
            t.create(user("cleo", 1)).await?;
            Ok((tx.find::<User>().await?.len(), count))
        })
        .await
        .unwrap();
    assert!(all >= 1);
    assert_eq!(count, 1);
    assert_eq!(names(&t).await, ["ann", "cleo"]);
}

async fn a_connection_that_only_read_writes_again(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let opened = db.stats().opened;
    for n in 1..=3 {
        db.session().read_only().find::<User>().await.unwrap();
        db.session().read_only().transaction(async |tx| tx.find::<User>().count().await).await.unwrap();
        db.session().read_only().raw("SELECT * FROM nothing_here", ()).fetch::<i64>().await.unwrap_err();
        db.create(user("ann", n)).await.unwrap();
    }
    assert_eq!(db.find::<User>().count().await.unwrap(), 3);
    assert_eq!(db.stats().opened, opened);
}

async fn a_read_only_session_in_a_transaction_that_writes_does_not_write(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.transaction(async |tx| {
        tx.create(user("ann", 1)).await?;
        let report = tx.session().read_only();
        assert!(is_read_only(report.delete_all(every::<User>()).await));
        match report.find::<User>().count().await {
            Ok(seen) => assert_eq!((seen, t.engine()), (1, Engine::Sqlite)),
            Err(error) => assert!(matches!(error, Error::Unsupported { .. }) && t.engine() != Engine::Sqlite, "{error:?}"),
        }
        if t.engine() == Engine::Sqlite {
            assert!(is_read_only(report.raw(trick(&t).await, ()).execute().await));
        }
        tx.create(user("bob", 1)).await
    })
    .await
    .unwrap();
    assert_eq!(names(&t).await, ["ann", "bob"]);
}

async fn a_database_in_memory_is_read_only_too(t: Test) {
    if t.engine() != Engine::Sqlite {
        return;
    }
    let db = Db::open("sqlite::memory:").await.unwrap();
    db.create_tables::<User>().await.unwrap();
    db.create(user("ann", 1)).await.unwrap();
    let report = db.session().read_only();
    assert!(is_read_only(report.raw(trick(&t).await, ()).execute().await));
    assert!(is_read_only(report.transaction(async |tx| tx.raw(trick(&t).await, ()).execute().await).await));
    assert_eq!(report.find::<User>().count().await.unwrap(), 1);
    db.create(user("bob", 1)).await.unwrap();
}
