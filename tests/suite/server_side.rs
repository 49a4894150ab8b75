//! What a database does by itself: triggers, procedures, and how its server is configured.

use std::time::Duration;

use orm::prelude::*;
use orm::{Db, Engine, Error, PoolOptions};
use sqlx::Connection;

use crate::faults::servers::Server;
use crate::models::{User, user};
use crate::proxy::Proxy;
use crate::{Test, cases};

cases![
    records_that_a_trigger_leaves_out_are_not_called_stored,
    a_key_that_cannot_be_read_back_is_said_to_be_written,
    a_key_that_is_calculated_comes_back_or_is_refused,
    a_block_that_commits_is_noticed,
    a_second_set_of_rows_is_refused,
    writes_stay_on_a_server_that_does_not_commit_by_itself,
    a_statement_is_not_stopped_on_another_server,
];

/// A table whose trigger leaves out who is called `bob`; MariaDB's triggers cannot.
async fn without_bob(t: &Test) -> bool {
    t.create_tables::<User>().await.unwrap();
    let trigger = match t.engine() {
        Engine::Sqlite => "CREATE TRIGGER skip BEFORE INSERT ON users WHEN new.name = 'bob' BEGIN SELECT raise(IGNORE); END",
        Engine::Postgres => {
            "CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.name = 'bob' THEN RETURN NULL; END IF; RETURN new; END $$;
             CREATE TRIGGER skip BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION skip()"
        }
        _ => return false,
    };
    t.plain().await.execute(trigger).await;
    true
}

async fn records_that_a_trigger_leaves_out_are_not_called_stored(t: Test) {
    if !without_bob(&t).await {
        return;
    }
    let ann = t.create(user("ann", 1)).await.unwrap();
    let left_out = t.create(user("bob", 2)).await.unwrap_err();
    assert!(left_out.to_string().contains("1 of 1 records of User were left out"), "{left_out}");
    let some = t.create_many([user("cleo", 3), user("bob", 4), user("dan", 5)]).await.unwrap_err();
    assert!(some.to_string().contains("1 of 3 records of User were left out"), "{some}");
    // Not one of them stays, and the one from before is what it was.
    assert_eq!(t.find::<User>().await.unwrap(), [ann]);
    assert_eq!(t.insert_many([user("cleo", 3), user("bob", 4)]).await.unwrap(), 1);
}

/// As wide as a table of someone else.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "tickets")]
struct Ticket {
    #[orm(key, auto)]
    id: i32,
    subject: String,
}

async fn a_key_that_cannot_be_read_back_is_said_to_be_written(t: Test) {
    let table = match t.engine() {
        Engine::Sqlite => "CREATE TABLE tickets (id INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT NOT NULL)",
        Engine::Postgres => "CREATE TABLE tickets (id bigserial PRIMARY KEY, subject text NOT NULL)",
        _ => "CREATE TABLE tickets (id BIGINT AUTO_INCREMENT PRIMARY KEY, subject TEXT NOT NULL)",
    };
    let mut plain = t.plain().await;
    plain.execute(table).await;
    plain.execute("INSERT INTO tickets (id, subject) VALUES (3000000000, 'old')").await;
    if t.engine() == Engine::Postgres {
        plain.execute("SELECT setval('tickets_id_seq', 3000000000)").await;
    }
    let unread = t.create(Ticket { id: 0, subject: "new".to_owned() }).await.unwrap_err();
    assert!(matches!(unread, Error::Decode { .. }), "{unread:?}");
    assert!(unread.to_string().contains("written all the same"), "{unread}");
    assert_eq!(plain.one("SELECT count(*) FROM tickets WHERE subject = 'new'").await, "1");
    // Of several, the transaction undoes them.
    let several = ["a", "b"].map(|it| Ticket { id: 0, subject: it.to_owned() });
    if t.engine() != Engine::MariaDb && t.engine() != Engine::MySql {
        t.create_many(several).await.unwrap_err();
        assert_eq!(plain.one("SELECT count(*) FROM tickets").await, "2");
    }
}

async fn a_key_that_is_calculated_comes_back_or_is_refused(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let ann = t.create(user("ann", 1)).await.unwrap();
    let bystander = t.create(user("bob", 2)).await.unwrap();
    let moved = t.update(ann.clone()).set(User::ID, User::ID.plus(100)).await;
    let stored = if matches!(t.engine(), Engine::MariaDb | Engine::MySql) {
        assert!(matches!(moved, Err(Error::Unsupported { .. })), "{moved:?}");
        ann
    } else {
        let moved = moved.unwrap();
        assert_eq!(moved.id, ann.id + 100);
        moved
    };
    assert_eq!(t.find::<User>().order(User::NAME.asc()).await.unwrap(), [stored, bystander]);
}

async fn a_block_that_commits_is_noticed(t: Test) {
    if t.engine() != Engine::MariaDb {
        return;
    }
    t.create_tables::<User>().await.unwrap();
    for block in ["IF 1 THEN COMMIT; END IF", "FOR i IN 1..1 DO COMMIT; END FOR"] {
        let ended = t
            .transaction(async |tx| {
                tx.raw("IF 0 THEN COMMIT; END IF", ()).execute().await?;
                tx.create(user("before", 1)).await?;
                tx.raw(block, ()).execute().await.unwrap_err();
                tx.create(user("after", 2)).await
            })
            .await
            .unwrap_err();
        assert!(matches!(ended, Error::EndedByStatement { .. }), "{ended:?}");
    }
    assert_eq!(t.find::<User>().where_(User::NAME.eq("after")).count().await.unwrap(), 0);
}

async fn a_second_set_of_rows_is_refused(t: Test) {
    if !matches!(t.engine(), Engine::MariaDb | Engine::MySql) {
        return;
    }
    let mut plain = t.plain().await;
    plain.execute("CREATE PROCEDURE both_of() BEGIN SELECT 1; SELECT 'abc', 2; END").await;
    plain.execute("CREATE PROCEDURE one_of() BEGIN SELECT 7; END").await;
    let db = t.builder().pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let refused = db.raw("CALL both_of()", ()).fetch::<i64>().await.unwrap_err();
    assert!(refused.to_string().contains("more than one set of rows"), "{refused}");
    db.raw("CALL both_of()", ()).execute().await.unwrap();
    assert_eq!(db.raw("CALL one_of()", ()).fetch::<i64>().await.unwrap(), [7]);
    assert_eq!(db.stats().broken_closed, 0);
}

async fn writes_stay_on_a_server_that_does_not_commit_by_itself(t: Test) {
    if t.engine() != Engine::MariaDb {
        return;
    }
    let server = Server::with(t.engine(), &["--autocommit=0", "--completion-type=CHAIN"]).await;
    let open = || async { Db::builder(&server.url()).pool(PoolOptions::new().max_size(1)).open().await.unwrap() };
    let db = open().await;
    db.create_tables::<User>().await.unwrap();
    db.create(user("ann", 1)).await.unwrap();
    db.transaction(async |tx| tx.create(user("bob", 2)).await).await.unwrap();
    db.create(user("cleo", 3)).await.unwrap();
    drop(db);
    assert_eq!(open().await.find::<User>().count().await.unwrap(), 3);
}

/// Behind a balancer the connection over which a statement is stopped may come to another
/// server, where its number is somebody else's. Seen failing with a bare `KILL QUERY` and the number.
async fn a_statement_is_not_stopped_on_another_server(t: Test) {
    if t.engine() != Engine::MariaDb {
        // Numbers of PostgreSQL's processes cannot be had on purpose.
        return;
    }
    let (one, other) = (Server::start(t.engine()).await, Server::start(t.engine()).await);
    let connect = async |server: &Server| sqlx::MySqlConnection::connect(&server.url()).await.unwrap();
    for _ in 0..50 {
        connect(&one).await.close().await.unwrap();
    }
    let network = Proxy::to(&one.url(), 0).await;
    let db = Db::builder(&network.url(&one.url())).pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let numbered = "SELECT CAST(connection_id() AS SIGNED)";
    let number: i64 = db.raw(numbered, ()).fetch_one().await.unwrap();
    let (mut bystander, mut its) = (connect(&other).await, 0_i64);
    while its < number {
        bystander = connect(&other).await;
        its = sqlx::query_scalar(numbered).fetch_one(&mut bystander).await.unwrap();
    }
    assert_eq!(its, number);
    let sleeps = tokio::spawn(async move { sqlx::query_scalar::<_, i64>("SELECT sleep(600)").fetch_one(&mut bystander).await });
    let mut watch = connect(&other).await;
    let mut count = async |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut watch).await.unwrap();
    let asleep = "SELECT count(*) FROM information_schema.processlist WHERE info = 'SELECT sleep(600)'";
    while count(asleep).await == 0 {}

    network.lead_to(&other.url());
    let late = db.session().timeout(Duration::from_millis(100)).raw("SELECT sleep(600)", ()).fetch::<i64>().await.unwrap_err();
    assert!(late.is_outcome_unknown(), "{late:?}");
    // It is asked again and again.
    let asked = "SELECT CAST(variable_value AS SIGNED) FROM information_schema.global_status WHERE variable_name = 'COM_KILL'";
    while count(asked).await < 3 {}
    assert_eq!(count(asleep).await, 1);
    sleeps.abort();
}
