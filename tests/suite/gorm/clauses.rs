//! Clauses of the program, where GORM has modifiers and clauses of its own.

use orm::prelude::*;
use orm::{Clause, ClauseAt, Engine, Error, Statement};

use super::models::{Company, User, names, user, users};
use crate::{Test, cases};

cases![
    an_insert_has_the_words_of_its_database,
    an_update_has_the_words_of_its_database,
    a_removal_has_the_words_of_its_database,
    a_read_has_clauses_at_each_of_its_places,
    records_that_a_clause_leaves_out_are_counted_or_an_error,
    the_end_of_a_removal_is_in_front_of_what_it_returns,
    a_callback_adds_a_clause,
    conditions_of_callbacks_reach_queries_in_clauses,
    arguments_of_clauses_keep_their_places,
];

/// The text up to the name of the table, which has no quotes here.
fn start(t: &Test, statement: &Statement) -> String {
    let text = t.engine().to_sql(statement).unwrap().replace(['`', '"'], "");
    text.split_inclusive("users").next().unwrap().to_owned()
}

/// What each database takes behind a verb.
fn modifier(t: &Test, sqlite: &'static str) -> &'static str {
    match t.engine() {
        Engine::Sqlite => sqlite,
        Engine::Postgres => "/*+ a hint */",
        _ => "LOW_PRIORITY",
    }
}

// gorm: clause/insert:TestInsert
async fn an_insert_has_the_words_of_its_database(t: Test) {
    users(&t, []).await;
    t.create_table_as::<User>("old_users").await.unwrap();
    let word = modifier(&t, "OR ABORT");
    assert_eq!(start(&t, &t.create(user("a")).statement()), "INSERT INTO users");
    let low = || t.create(user("a")).clause(ClauseAt::Verb, word, ());
    assert_eq!(start(&t, &low().statement()), format!("INSERT {word} INTO users"));
    assert_eq!(start(&t, &low().table("old_users").statement()), format!("INSERT {word} INTO old_users"));
    let stored = low().await.unwrap();
    assert_eq!(t.get::<User>(stored.id).await.unwrap().name, "a");
    let old = low().table("old_users").await.unwrap();
    assert_eq!(t.find::<User>().table("old_users").await.unwrap().len(), 1);
    assert!(stored.id > 0 && old.id > 0, "keys come back");
    let many = t.create_many([user("b"), user("c")]).clause(ClauseAt::Verb, word, ()).await.unwrap();
    assert!(many[0].id > stored.id && many[1].id > many[0].id);
    let stored = t.insert_many([user("d"), user("e")]).copy().clause(ClauseAt::Verb, word, ()).await.unwrap();
    assert_eq!((stored, t.find::<User>().count().await.unwrap()), (2, 6));
}

// gorm: clause/update:TestUpdate
async fn an_update_has_the_words_of_its_database(t: Test) {
    let mut all = users(&t, ["a", "b"]).await;
    t.create_table_as::<User>("old_users").await.unwrap();
    let word = modifier(&t, "OR ABORT");
    let plain = || t.update_all(User::NAME.eq("a")).set(User::AGE, 30);
    assert_eq!(start(&t, &plain().statement()), "UPDATE users");
    let low = || plain().clause(ClauseAt::Verb, word, ());
    assert_eq!(start(&t, &low().statement()), format!("UPDATE {word} users"));
    assert_eq!(start(&t, &low().table("old_users").statement()), format!("UPDATE {word} old_users"));
    assert_eq!((low().await.unwrap(), low().table("old_users").await.unwrap()), (1, 0));
    let b = all.pop().unwrap();
    let b = t.update(b).set(User::AGE, User::AGE.plus(1)).clause(ClauseAt::Verb, word, ()).await.unwrap();
    assert_eq!(b.age, 19);
    t.save(User { age: 20, ..b }).clause(ClauseAt::Verb, word, ()).await.unwrap();
    let ages = t.find::<User>().order(User::ID.asc()).select(User::AGE).await.unwrap();
    assert_eq!(ages, [99, 30, 20]);
}

// gorm: clause/delete:TestDelete
async fn a_removal_has_the_words_of_its_database(t: Test) {
    let all = users(&t, ["a", "b"]).await;
    let word = modifier(&t, "/* of the old */");
    assert_eq!(start(&t, &t.delete_all(User::NAME.eq("a")).statement()), "DELETE FROM users");
    let low = || t.delete_all(User::NAME.eq("a")).clause(ClauseAt::Verb, word, ());
    assert_eq!(start(&t, &low().statement()), format!("DELETE {word} FROM users"));
    assert_eq!(low().await.unwrap(), 1);
    t.delete(all[1].clone()).clause(ClauseAt::Verb, word, ()).await.unwrap();
    assert_eq!(names(&t, every()).await, ["bystander"]);
}

async fn a_read_has_clauses_at_each_of_its_places(t: Test) {
    users(&t, ["a", "b", "c"]).await;
    let with = || {
        let grown = t.find::<User>().clause(ClauseAt::Start, "WITH wanted AS (SELECT id FROM users WHERE name > ?)", "a");
        grown.where_(sql("id IN (SELECT id FROM wanted)", ())).order(User::ID.asc())
    };
    assert_eq!(with().select(User::NAME).await.unwrap(), ["bystander", "b", "c"]);
    assert_eq!(with().count().await.unwrap(), 3);
    assert!(with().where_(User::NAME.eq("c")).exists().await.unwrap());
    let verb = match t.engine() {
        Engine::Sqlite => "ALL",
        Engine::Postgres => "/*+ SeqScan(users) */",
        _ => "STRAIGHT_JOIN",
    };
    let (table, percent) = match t.engine() {
        Engine::Sqlite => ("NOT INDEXED", None),
        Engine::Postgres => ("TABLESAMPLE BERNOULLI (?)", Some(100.0)),
        _ => ("FORCE INDEX (PRIMARY)", None),
    };
    let end = if t.engine() == Engine::Postgres { "FETCH FIRST ? ROWS ONLY" } else { "LIMIT ?" };
    let all = t.find::<User>().clause(ClauseAt::Verb, verb, ());
    let all = match percent {
        Some(it) => all.clause(ClauseAt::Table, table, it),
        None => all.clause(ClauseAt::Table, table, ()),
    };
    let two = all.clone().where_(User::AGE.eq(18)).order(User::NAME.desc()).clause(ClauseAt::End, end, 2_i64);
    let found: Vec<String> = two.clone().await.unwrap().into_iter().map(|it| it.name).collect();
    assert_eq!(found, ["c", "b"]);
    // Also of a query in a condition.
    let inside = t.find::<User>().where_(User::NAME.is_in_query(all.where_(User::AGE.gt(18)).select(User::NAME)));
    assert_eq!(inside.await.unwrap().len(), 1);
    assert_eq!(two.select(User::NAME).await.unwrap(), ["c", "b"]);
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "clause_badges")]
struct Badge {
    #[orm(key, auto)]
    id: i64,
    #[orm(unique)]
    code: String,
}

fn badge(code: &str) -> Badge {
    Badge { id: 0, code: code.to_owned() }
}

async fn records_that_a_clause_leaves_out_are_counted_or_an_error(t: Test) {
    t.create_tables::<Badge>().await.unwrap();
    let taken = t.create(badge("taken")).await.unwrap();
    let (at, ignore) = match t.engine() {
        Engine::Sqlite => (ClauseAt::Verb, "OR IGNORE"),
        Engine::Postgres => (ClauseAt::End, "ON CONFLICT DO NOTHING"),
        _ => (ClauseAt::Verb, "IGNORE"),
    };
    let error = t.create(badge("taken")).clause(at, ignore, ()).await.unwrap_err();
    assert!(matches!(&error, Error::Invalid(_)) && error.to_string().contains("1 of 1 records of Badge"), "{error}");
    let error = t.create_many([badge("new"), badge("taken")]).clause(at, ignore, ()).await.unwrap_err();
    assert!(error.to_string().contains("1 of 2 records of Badge"), "{error}");
    assert_eq!(t.find::<Badge>().await.unwrap(), [taken], "what was stored of the two is undone");
    let stored = t.insert_many([badge("new"), badge("taken"), badge("newer")]).clause(at, ignore, ()).await.unwrap();
    assert_eq!((stored, t.find::<Badge>().count().await.unwrap()), (2, 3));
}

async fn the_end_of_a_removal_is_in_front_of_what_it_returns(t: Test) {
    users(&t, ["a", "b", "c"]).await;
    // A limit only MariaDB has; a condition can be continued on each.
    let (end, left) = if t.engine().is_mysql_family() { ("ORDER BY id DESC LIMIT 1", 3) } else { ("AND name = 'c'", 3) };
    let gone = t.delete_all(User::AGE.eq(18)).clause(ClauseAt::End, end, ()).returning().await.unwrap();
    assert_eq!(gone.iter().map(|it| &it.name[..]).collect::<Vec<_>>(), ["c"]);
    assert_eq!(t.find::<User>().count().await.unwrap(), left);
}

struct Note(&'static str);

async fn note(cx: &mut Context) -> orm::Result<()> {
    let Some(&Note(text)) = cx.setting::<Note>() else { return Ok(()) };
    if let Statement::Select(it) = cx.statement_mut() {
        it.clauses.push(Clause::new(ClauseAt::Verb, text, ()));
    }
    Ok(())
}

async fn a_callback_adds_a_clause(t: Test) {
    users(&t, ["a"]).await;
    let db = t.with_callbacks(|on| _ = on.query().before("orm:query").register("app:note", note)).unwrap();
    let plan = db.session().dry_run();
    plan.find::<User>().with(Note("/* page 7 */")).await.unwrap();
    plan.find::<User>().await.unwrap();
    let [noted, other] = &plan.statements()[..] else { panic!("two statements") };
    assert!(noted.sql().starts_with("SELECT /* page 7 */ ") && !other.sql().contains("/*"));
    assert_eq!(db.find::<User>().with(Note("/* page 7 */")).await.unwrap().len(), 2);
}

async fn only_young(cx: &mut Context) -> orm::Result<()> {
    cx.add_condition(User::AGE.lt(50));
    Ok(())
}

async fn conditions_of_callbacks_reach_queries_in_clauses(t: Test) {
    users(&t, ["a"]).await;
    t.create(Company { id: 0, name: "c".into() }).await.unwrap();
    let db = t.with_callbacks(|on| _ = on.query().before("orm:query").register("app:young", only_young)).unwrap();
    let ages = || t.find::<User>().select(User::AGE);
    let read = |db: Db| async move {
        let of = db.find::<Company>().clause(ClauseAt::Start, "WITH ages AS ?", (ages(),));
        of.where_(sql("EXISTS (SELECT 1 FROM ages WHERE age = 99)", ())).await.unwrap().len()
    };
    assert_eq!((read(t.db()).await, read(db).await), (1, 0));
}

async fn arguments_of_clauses_keep_their_places(t: Test) {
    users(&t, ["a", "b"]).await;
    let start = "WITH one AS (SELECT id FROM users WHERE name = ?), two AS (SELECT id FROM users WHERE name = :x)";
    let error = t.find::<User>().clause(ClauseAt::Start, start, "a").await.unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error}");
    let found = t
        .find::<User>()
        .clause(ClauseAt::Start, "WITH low AS (SELECT id FROM users WHERE name = ?),", "a")
        .clause(ClauseAt::Start, "high AS (SELECT id FROM users WHERE name = :name) -- both", args! { name: "b" })
        .where_(User::AGE.eq(18))
        .where_(sql("(id IN (SELECT id FROM low) OR id IN (SELECT id FROM high) OR name = ?)", "nobody"))
        .order(User::ID.asc())
        .limit(5);
    let found: Vec<String> = found.await.unwrap().into_iter().map(|it| it.name).collect();
    assert_eq!(found, ["a", "b"]);
}
