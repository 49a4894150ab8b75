//! Nothing that is printed or logged has a password or a value in it.
//!
//! Everything is written down that a program could print by accident: what is
//! logged at the level TRACE (by sqlx, too), errors with `{}` and `{:?}` and all
//! their sources, and every public object with `{:?}`; in good cases and in
//! those in which databases quote values. Then the canaries are looked for.
//!
//! Seen failing: with the server's own words in the sources of errors, with
//! `Value` printing its text, and without the line about notices in
//! `driver/postgres.rs` (372 of 1,921 lines together); with sensitive values in what a
//! dry run shows, and with strings of scripts in MariaDB's words.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod ears;
mod ways;

use std::sync::Mutex;
use std::time::Duration;

use orm::prelude::*;
use orm::{AssertSqlSafe, Engine, PoolOptions, Value};
use orm_tests::{Case, Test, everywhere};

use self::ears::{Ears, Heard};

/// A text, in which words and quotes are easily told apart wrongly.
const TEXT: &str = "kanari'en \"vogel\" x";
/// A part of it that can be found however it is escaped.
const PART: &str = "vogel";
const NUMBER: i64 = 871_625_340_941;
const PASSWORD: &str = "pa55#wo/rd@kanari";
const ENCODED: &str = "pa55%23wo%2Frd%40kanari";

/// All that must not be found.
const CANARIES: [&str; 6] = ["kanari", PART, "871625340941", "pa55", "pa55%23", "6b616e617269"];

static HEARD: Mutex<Option<Heard>> = Mutex::new(None);

#[test]
fn nothing_that_is_printed_holds_a_password_or_a_value() {
    let heard = Heard::default();
    *HEARD.lock().unwrap() = Some(heard.clone());
    tracing::subscriber::set_global_default(Ears(heard.clone())).unwrap();
    tracing::trace!("the ears hear");
    everywhere(Case { name: "secrets", run: |t| Box::pin(everything(t)) });
    let lines = heard.0.lock().unwrap();
    assert!(lines.iter().any(|it| it.contains("the ears hear")) && lines.len() > 200, "{} lines only", lines.len());
    let found: Vec<_> = lines.iter().filter(|it| CANARIES.iter().any(|canary| it.contains(canary))).collect();
    assert!(found.is_empty(), "{} of {} lines: {found:#?}", found.len(), lines.len());
}

async fn everything(t: Test) {
    let heard = HEARD.lock().unwrap().clone().unwrap();
    connections(&t, &heard).await;
    ways::settings(&t, &heard).await;
    let db = t
        .builder()
        .callbacks(|on| {
            on.create().before("*").register("app:print", Printer);
            on.query().before("*").register("app:print", Printer);
            on.row().before("*").register("app:print", Printer);
            on.update().before("*").register("app:print", Printer);
            on.delete().before("*").register("app:print", Printer);
            on.raw().before("*").register("app:print", Printer);
        })
        .open()
        .await
        .unwrap();
    objects(&db, &heard).await;
    tables(&t).await;
    good(&db, &heard).await;
    rules(&db, &heard).await;
    values(&db, &heard).await;
    texts(&t, &heard).await;
    ways::many(&db, &heard).await;
    ways::scripts(&t, &heard).await;
    ways::plans(&db, &heard).await;
    ways::columns(&db, &heard).await;
    stopped(&t, &db, &heard).await;
}

/// A callback that prints all that it sees.
struct Printer;

impl Callback for Printer {
    async fn call(&self, cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
        let heard = HEARD.lock().unwrap().clone().unwrap();
        heard.object(cx);
        heard.object(cx.statement());
        heard.object(&next);
        for at in 0..cx.len() {
            heard.object(&cx.record(at));
        }
        if let Ok(text) = cx.sql().await {
            heard.line(text.to_string());
        }
        let result = next.run(cx).await;
        heard.object(&cx.outcome());
        result
    }
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(unique(name, number))]
struct Patient {
    #[orm(key, auto)]
    id: i64,
    #[orm(unique)]
    name: String,
    number: i64,
    #[orm(check = "small < 100")]
    small: u8,
    #[orm(write_only, sensitive)]
    password: String,
    bytes: Vec<u8>,
    owner: Option<i64>,
}

fn patient() -> Patient {
    Patient { name: TEXT.into(), number: NUMBER, password: TEXT.into(), bytes: TEXT.as_bytes().to_vec(), ..Patient::default() }
}

#[derive(Debug, Clone, Model)]
#[orm(table = "pets")]
struct Pet {
    #[orm(key)]
    name: String,
    owner: String,
}

/// The same table, as a model that does not fit it.
#[derive(Debug, Clone, Model)]
#[orm(table = "patients")]
struct Misfit {
    #[orm(key, auto)]
    id: i64,
    name: Option<i64>,
    number: Option<i16>,
}

async fn tables(t: &Test) {
    t.create_tables::<Patient>().await.unwrap();
    let mut plain = t.plain().await;
    plain
        .execute(
            "CREATE TABLE heads (name VARCHAR(40) NOT NULL PRIMARY KEY); \
             CREATE TABLE pets (name VARCHAR(40) NOT NULL PRIMARY KEY, owner VARCHAR(40) NOT NULL, n SMALLINT, \
             FOREIGN KEY (owner) REFERENCES heads (name)); CREATE TABLE guarded (name VARCHAR(40) NOT NULL)",
        )
        .await;
    plain
        .execute(match t.engine() {
            Engine::Sqlite => "CREATE TRIGGER guard BEFORE INSERT ON guarded BEGIN SELECT RAISE(ABORT, NEW.name); END",
            Engine::Postgres => {
                "CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS \
                 'BEGIN RAISE NOTICE ''% comes'', NEW.name; RAISE EXCEPTION ''% is refused'', NEW.name; END'; \
                 CREATE TRIGGER guard BEFORE INSERT ON guarded FOR EACH ROW EXECUTE FUNCTION guard()"
            }
            _ => "CREATE TRIGGER guard BEFORE INSERT ON guarded FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = NEW.name",
        })
        .await;
}

/// Addresses with passwords, right and wrong.
async fn connections(t: &Test, heard: &Heard) {
    heard.object(&t.builder());
    let (scheme, rest) = t.url().split_once("://").unwrap();
    let place = rest.rsplit('@').next().unwrap();
    let and = if place.contains('?') { '&' } else { '?' };
    let urls = [
        format!("{scheme}://ann:{ENCODED}@{place}"),
        format!("{scheme}://ann:{ENCODED}@{place}{and}colour={ENCODED}"),
        format!("{scheme}://{place}{and}user=ann&password={ENCODED}"),
        format!("{scheme}://{place}{and}password={ENCODED}&{ENCODED}"),
        format!("{scheme}://{place}{and}{ENCODED}"),
        format!("{scheme}://{place}{and}sslmode={ENCODED}"),
        format!("{scheme}://ann:{PASSWORD}@{place}"),
        format!("{scheme}://ann:{ENCODED}@127.0.0.1:1/nothing"),
        format!("{scheme}://ann:{ENCODED}@127.0.0.1:{ENCODED}/nothing"),
        format!("{scheme}//ann:{ENCODED}@{place}"),
        format!("{ENCODED}://ann@{place}"),
        format!("{PASSWORD}://ann@{place}"),
    ];
    // The name of a file is its address, and no secret.
    for url in urls.iter().filter(|_| t.engine() != Engine::Sqlite) {
        let builder = orm::Db::builder(url).pool(PoolOptions::new().connect_timeout(Duration::from_secs(20)));
        heard.object(&builder);
        heard.failed(url, builder.open().await);
    }
    heard.object(&PoolOptions::new());
}

/// What is printed before anything is sent.
async fn objects(db: &orm::Db, heard: &Heard) {
    heard.object(db);
    heard.object(&db.session());
    heard.object(&db.stats());
    heard.object(&db.callbacks());
    let conditions: Vec<Predicate<Patient>> = vec![
        Patient::NAME.eq(TEXT),
        Patient::PASSWORD.eq(TEXT),
        Patient::NAME.is_in([TEXT]),
        Patient::NAME.like(TEXT),
        Patient::NAME.contains(TEXT),
        Patient::NUMBER.between(NUMBER, NUMBER),
        Patient::NUMBER.plus(NUMBER).gt(NUMBER),
        Patient::BYTES.eq(TEXT.as_bytes().to_vec()),
        !Patient::NAME.eq(TEXT),
        Patient::NAME.eq(TEXT).or(Patient::NUMBER.eq(NUMBER)),
        sql("name = ? AND number IN ?", (TEXT, [NUMBER])),
        sql("name = :name", args! { name: TEXT }),
    ];
    for it in conditions {
        heard.object(&it);
        heard.object(&db.find().where_(it.clone()));
        heard.object(&db.find().where_(it.clone()).first());
        heard.object(&db.find().where_(it.clone()).select(Patient::ID));
        heard.object(&db.update_all(it.clone()).set(Patient::NAME, TEXT).set(Patient::PASSWORD, TEXT));
        heard.object(&db.delete_all(it));
    }
    heard.object(&db.create(patient()));
    heard.object(&db.create_many([patient()]));
    heard.object(&db.create(patient()).or_return());
    heard.object(&db.update(patient()).set(Patient::NAME, TEXT));
    heard.object(&db.save(patient()));
    heard.object(&db.delete(patient()));
    heard.object(&db.raw("SELECT ?", TEXT));
    heard.object(&db.raw("SELECT ?", TEXT).fetch::<String>());
    heard.object(&orm::list([TEXT]));
    heard.object(&named([("name", TEXT)]));
    heard.object(&[Value::from(TEXT), Value::from(NUMBER), Value::from(TEXT.as_bytes().to_vec()), Value::from(vec![NUMBER])]);
}

async fn good(db: &orm::Db, heard: &Heard) {
    let one = db.create(patient()).await.unwrap();
    let one = db.update(one).set(Patient::NAME, TEXT).await.unwrap();
    let one = db.save(one).await.unwrap();
    let mut stream = db.find::<Patient>().where_(Patient::NUMBER.eq(NUMBER)).stream();
    heard.object(&stream);
    assert!(futures_util::StreamExt::next(&mut stream).await.unwrap().is_ok());
    drop(stream);
    assert_eq!(db.find().where_(Patient::NAME.eq(TEXT)).count().await.unwrap(), 1);
    assert_eq!(db.raw("SELECT number FROM patients WHERE name = ?", TEXT).fetch_one::<i64>().await.unwrap(), NUMBER);
    let begun = db.transaction(async |tx| {
        heard.object(tx);
        tx.get::<Patient>(one.id).await
    });
    begun.await.unwrap();
}

/// Broken rules, of which databases tell the values.
async fn rules(db: &orm::Db, heard: &Heard) {
    heard.failed("a twin", db.create(patient()).await);
    let returned = db.create(patient()).or_return().await.unwrap_err();
    heard.object(&returned);
    heard.error(returned.error());
    let other = Patient { name: format!("{TEXT} 2"), number: NUMBER, ..patient() };
    let other = db.create(other).await.unwrap();
    heard.failed("an update", db.update(other.clone()).set(Patient::NAME, TEXT).await);
    heard.failed("many", db.create_many([patient(), patient()]).await);
    heard.failed("raw", db.raw("UPDATE patients SET name = ? WHERE id = ?", (TEXT, other.id)).execute().await);
    heard.failed("a check", db.create(Patient { name: format!("{TEXT} 3"), small: 100, ..patient() }).await);
    heard.failed("NULL", db.raw("INSERT INTO pets (name, owner) VALUES (?, NULL)", TEXT).execute().await);
    heard.failed("a key", db.create(Pet { name: TEXT.into(), owner: TEXT.into() }).await);
    db.raw("INSERT INTO heads VALUES (?)", TEXT).execute().await.unwrap();
    db.create(Pet { name: TEXT.into(), owner: TEXT.into() }).await.unwrap();
    heard.failed("a parent", db.raw("DELETE FROM heads WHERE name = ?", TEXT).execute().await);
    heard.failed("a trigger", db.raw("INSERT INTO guarded VALUES (?)", TEXT).execute().await);
    let aborted = db.transaction(async |tx| {
        heard.failed("a twin", tx.create(patient()).await);
        heard.maybe(tx.find::<Patient>().count().await);
        Ok(())
    });
    heard.maybe(aborted.await);
}

/// Values that do not fit, of which databases tell, too.
async fn values(db: &orm::Db, heard: &Heard) {
    heard.failed("a misfit", db.find::<Misfit>().where_(Misfit::NUMBER.is_some()).await);
    heard.failed("a text as a number", db.raw("SELECT name FROM patients", ()).fetch::<i64>().await);
    heard.failed("a large number", db.raw("SELECT number FROM patients", ()).fetch::<i16>().await);
    heard.failed("an overflow", db.update_all(Patient::NUMBER.eq(NUMBER)).set(Patient::NUMBER, Patient::NUMBER.times(NUMBER)).await);
    heard.maybe(db.raw("INSERT INTO pets (name, owner, n) VALUES ('a', ?, ?)", (TEXT, NUMBER)).execute().await);
    heard.maybe(db.raw("INSERT INTO pets (name, owner, n) VALUES ('b', ?, CAST(? AS CHAR(30)))", (TEXT, TEXT)).execute().await);
    heard.maybe(db.raw("INSERT INTO heads VALUES (?)", TEXT.repeat(9)).execute().await);
    heard.failed("NUL", db.create(Patient { name: format!("{TEXT}\0"), ..patient() }).await);
    heard.failed("a number as a name", db.update_all(every::<Misfit>()).set(Misfit::NAME, NUMBER).set(Misfit::NUMBER, None).await);
    for text in [
        "SELECT CAST(? AS integer)",
        "SELECT CAST(? AS timestamp)",
        "SELECT CAST(? AS uuid)",
        "SELECT CAST(? AS json)",
        "SELECT CAST(? AS inet)",
        "SELECT CAST(CAST(? AS regclass) AS text)",
        "SELECT CAST(CAST(? AS regtype) AS text)",
        "SELECT current_setting(?)",
        "SELECT to_number(?, '9')",
        "SELECT json_extract('{}', ?)",
        "SELECT json_extract(?, '$.a')",
        "SELECT name FROM patients WHERE name LIKE 'a' ESCAPE ?",
        "SELECT name FROM patients WHERE name REGEXP ?",
        "SELECT name FROM patients WHERE name ~ ?",
        "SELECT get_lock(?, 'x')",
        "SELECT now() AT TIME ZONE ?",
    ] {
        heard.maybe(db.raw(text, TEXT).fetch::<String>().await);
        heard.maybe(db.raw(text, format!("(\\{TEXT}[")).fetch::<i64>().await);
    }
}

/// SQL text that holds values, although it should not. Whoever prints the text
/// itself gets them; errors do not repeat them.
async fn texts(db: &orm::Db, heard: &Heard) {
    let quoted = TEXT.replace('\'', "''");
    for text in [
        format!("SELECT '{quoted}' '{quoted}' FROM FROM"),
        format!("SELECT 1 '{PART}"),
        format!("SELECT ghost FROM patients WHERE name = '{quoted}'"),
        format!("SELECT name FROM ghosts WHERE name = '{quoted}'"),
        format!("INSERT INTO patients (ghost) VALUES ('{quoted}')"),
        format!("SELECT ghost('{quoted}')"),
        format!("SELECT '{quoted}'; SELECT 2"),
        format!("SELECT '{quoted}', ?, ?"),
    ] {
        heard.failed(&text, db.raw(AssertSqlSafe(text.clone()), ()).fetch::<String>().await);
    }
}

/// Panics, deadlines, and statements that were dropped.
async fn stopped(t: &Test, db: &orm::Db, heard: &Heard) {
    let panics = t
        .builder()
        .callbacks(|on| {
            on.create()
                .after("orm:create")
                .register("app:panic", async |_: &mut Context| -> orm::Result<()> { panic!("as it is told to") });
        })
        .open()
        .await
        .unwrap();
    heard.failed("a panic", panics.create(Patient { name: "another".into(), ..patient() }).await);
    let endless = match t.engine() {
        Engine::Sqlite => {
            "SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE ? <> '')"
        }
        Engine::Postgres => "SELECT 1::bigint FROM pg_sleep(60) WHERE ? <> ''",
        _ => "SELECT CAST(sleep(60) AS SIGNED) FROM dual WHERE ? <> ''",
    };
    let short = db.session().timeout(Duration::from_millis(50));
    heard.failed("a deadline", short.raw(endless, TEXT).fetch::<i64>().await);
    let one = t.builder().pool(PoolOptions::new().max_size(1).wait_timeout(Duration::from_millis(20))).open().await.unwrap();
    let busy = one.transaction(async |_| {
        heard.failed("a pool", one.create(patient()).await);
        Ok(())
    });
    busy.await.unwrap();
    heard.failed("no record", db.get::<Patient>(NUMBER).await);
    one.close();
    heard.failed("a closed one", one.create(patient()).await);
}
