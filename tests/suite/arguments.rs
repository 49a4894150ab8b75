//! Arguments of SQL text: names, lists, and text that is no literal; rows and
//! scripts.

use orm::prelude::*;
use orm::{AssertSqlSafe, Engine, Error, list};

use crate::models::{User, user};
use crate::{Test, cases};

cases![
    names_are_used_as_often_as_they_are_written,
    names_of_any_type_are_given_by_the_macro,
    names_and_question_marks_do_not_mix,
    every_name_has_an_argument_and_every_argument_a_name,
    casts_and_quotes_are_no_names,
    lists_become_as_many_placeholders,
    an_empty_list_has_nothing_in_it,
    lists_of_rows_find_rows,
    a_list_stands_behind_in,
    an_empty_list_stands_behind_words_however_they_are_apart,
    a_comment_ends_where_the_database_says,
    raw_statements_take_names_and_lists,
    rows_are_read_by_the_names_of_their_columns,
    a_field_of_a_row_may_have_a_default,
    scalars_may_be_null,
    text_that_is_no_literal_is_asserted_to_be_safe,
    a_script_runs_all_of_its_statements,
    a_script_has_bodies_quotes_and_comments,
    a_script_ends_at_its_first_error,
    a_script_in_a_transaction_is_all_or_nothing,
    a_script_begins_no_transaction,
];

async fn three(t: &Test) {
    t.create_tables::<User>().await.unwrap();
    t.create_many([user("ann", 30), user("bob", 40), user("cleo", 50)]).await.unwrap();
}

async fn names(t: &Test, condition: Predicate<User>) -> Vec<String> {
    t.find().where_(condition).select(User::NAME).order(User::ID.asc()).await.unwrap()
}

async fn names_are_used_as_often_as_they_are_written(t: Test) {
    three(&t).await;
    assert_eq!(names(&t, sql("age = :age OR age > :age + 5", named([("age", 40)]))).await, ["bob", "cleo"]);
    assert_eq!(names(&t, sql("name = :b OR name = :a", named([("a", "ann"), ("b", "bob")]))).await, ["ann", "bob"]);
}

async fn names_of_any_type_are_given_by_the_macro(t: Test) {
    three(&t).await;
    let name = "ann";
    assert_eq!(names(&t, sql("name = :name AND age < :most", args! { name, most: 31 })).await, ["ann"]);
    assert_eq!(names(&t, sql("name <> :name AND age IN :ages", args! { name, ages: [30, 50] })).await, ["cleo"]);
    let condition: Predicate<User> = sql("age >= :least", args! { least: 40 });
    assert_eq!(names(&t, condition.and(User::NAME.ne("bob"))).await, ["cleo"]);
}

/// The error of a condition, which is found before anything is sent.
async fn error(t: &Test, condition: Predicate<User>) -> String {
    let error = t.find().where_(condition).await.unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error:?}");
    error.to_string()
}

async fn names_and_question_marks_do_not_mix(t: Test) {
    assert!(error(&t, sql("age = :age AND id = ?", args! { age: 1 })).await.contains("have names"));
    assert!(error(&t, sql("age = :age AND id = ?", 1)).await.contains("`:age`"));
    assert!(error(&t, sql("age = :age", ())).await.contains("args!"));
}

async fn every_name_has_an_argument_and_every_argument_a_name(t: Test) {
    assert!(error(&t, sql("age = :old", args! { age: 1 })).await.contains("no argument is called so"));
    let unused = error(&t, sql("age = :age", args! { age: 1, secret: "s3cret" })).await;
    assert!(unused.contains(":secret") && !unused.contains("s3cret"), "{unused}");
}

async fn casts_and_quotes_are_no_names(t: Test) {
    three(&t).await;
    assert_eq!(names(&t, sql("name <> ':age' AND age = :age /* :no */ -- :not\n", args! { age: 30 })).await, ["ann"]);
    if t.engine() == orm::Engine::Postgres {
        assert_eq!(names(&t, sql("age::text = :age::text AND (array[1, 2])[1:1] = array[1]", args! { age: 30 })).await, ["ann"]);
    }
}

async fn lists_become_as_many_placeholders(t: Test) {
    three(&t).await;
    assert_eq!(names(&t, sql("age IN ?", [30, 50])).await, ["ann", "cleo"]);
    assert_eq!(names(&t, sql("age IN ?", [30])).await, ["ann"]);
    assert_eq!(names(&t, sql("age IN ? AND name <> ?", ([30, 50], "ann"))).await, ["cleo"]);
    assert_eq!(names(&t, sql("name NOT IN ?", ["ann", "bob"])).await, ["cleo"]);
    let ages = vec![40, 50];
    assert_eq!(names(&t, sql("age in ?", &ages)).await, ["bob", "cleo"]);
    assert_eq!(names(&t, sql("age IN ?", ages.clone())).await, ["bob", "cleo"]);
    assert_eq!(names(&t, sql("age IN ? AND name = ?", (ages.clone(), "bob"))).await, ["bob"]);
    assert_eq!(names(&t, sql("age > ? AND age\n IN ?", (40, &ages[..]))).await, ["cleo"]);
    assert_eq!(names(&t, sql("age IN ?", list((0..100).filter(|it| it % 40 == 0)))).await, ["bob"]);
    // As many arguments as placeholders.
    assert_eq!(names(&t, sql("age = ? OR age = ?", [30, 50])).await, ["ann", "cleo"]);
}

async fn an_empty_list_has_nothing_in_it(t: Test) {
    three(&t).await;
    let none: [i32; 0] = [];
    assert_eq!(names(&t, sql("age IN ?", none)).await, [""; 0]);
    assert_eq!(names(&t, sql("age NOT IN ?", none)).await, ["ann", "bob", "cleo"]);
    assert_eq!(names(&t, sql("NOT (age IN ?)", none)).await, ["ann", "bob", "cleo"]);
    assert_eq!(names(&t, sql("email IN :emails OR age = :age", args! { emails: list(Vec::<String>::new()), age: 30 })).await, ["ann"]);
    assert_eq!(names(&t, !sql::<Predicate<User>>("email IN ?", (list(Vec::<String>::new()),))).await.len(), 3);
}

async fn lists_of_rows_find_rows(t: Test) {
    three(&t).await;
    let found = names(&t, sql("(name, age) IN ?", list([("ann", 30), ("bob", 1), ("cleo", 50)]))).await;
    assert_eq!(found, ["ann", "cleo"]);
    assert_eq!(names(&t, sql("(name, age) IN :pairs", args! { pairs: [("bob", 40)] })).await, ["bob"]);
}

async fn a_list_stands_behind_in(t: Test) {
    assert!(error(&t, sql("age = ? AND name = ?", ([1, 2], "x"))).await.contains("directly behind IN"));
    assert!(error(&t, sql("age IN (?)", list([1, 2]))).await.contains("without parentheses"));
}

async fn raw_statements_take_names_and_lists(t: Test) {
    three(&t).await;
    let read = t.raw("SELECT name FROM users WHERE age IN :ages AND name <> :name", args! { ages: [30, 40], name: "ann" });
    assert_eq!(read.fetch::<String>().await.unwrap(), ["bob"]);
    assert_eq!(t.raw("UPDATE users SET age = :to WHERE age = :from", named([("from", 30), ("to", 31)])).execute().await.unwrap(), 1);
    assert_eq!(t.raw("DELETE FROM users WHERE name IN ?", ["bob", "nobody"]).execute().await.unwrap(), 1);
    assert_eq!(names(&t, every()).await, ["ann", "cleo"]);
}

#[derive(Debug, PartialEq, Row)]
struct Group {
    age: u8,
    #[orm(column = "how_many")]
    count: i64,
    #[orm(default)]
    note: Option<String>,
}

async fn rows_are_read_by_the_names_of_their_columns(t: Test) {
    three(&t).await;
    let read = t.raw("SELECT count(*) AS how_many, 'x' AS other, age FROM users GROUP BY age ORDER BY age", ());
    let group = |age, count| Group { age, count, note: None };
    assert_eq!(read.fetch::<Group>().await.unwrap(), [group(30, 1), group(40, 1), group(50, 1)]);
    let missing = t.raw("SELECT 1 AS age", ()).fetch::<Group>().await.unwrap_err();
    assert!(matches!(&missing, Error::MissingColumn { model: "Group", column, .. } if column == "how_many"), "{missing:?}");
    let null = t.raw("SELECT NULL AS age, 1 AS how_many", ()).fetch::<Group>().await.unwrap_err();
    assert!(null.to_string().contains("Group.age"), "{null}");
}

async fn a_field_of_a_row_may_have_a_default(t: Test) {
    three(&t).await;
    let read = t.raw("SELECT age, 1 AS how_many, name AS note FROM users WHERE age = ?", 30).fetch_one::<Group>().await.unwrap();
    assert_eq!(read, Group { age: 30, count: 1, note: Some("ann".into()) });
    let none = t.raw("SELECT age, 1 AS how_many FROM users WHERE age = ?", 31).fetch_optional::<Group>().await.unwrap();
    assert_eq!(none, None);
}

async fn scalars_may_be_null(t: Test) {
    three(&t).await;
    assert_eq!(t.raw("SELECT email FROM users", ()).fetch::<Option<String>>().await.unwrap(), [None, None, None]);
    assert_eq!(t.raw("SELECT max(age) FROM users WHERE age > 90", ()).fetch_one::<Option<i64>>().await.unwrap(), None);
    assert_eq!(t.raw("SELECT count(*) FROM users", ()).fetch_one::<i64>().await.unwrap(), 3);
}

async fn text_that_is_no_literal_is_asserted_to_be_safe(t: Test) {
    three(&t).await;
    let column = ["age", "name"][0];
    assert_eq!(names(&t, sql(AssertSqlSafe(format!("{column} > ?")), 40)).await, ["cleo"]);
    let read = t.raw(AssertSqlSafe(format!("SELECT max({column}) FROM users WHERE age IN ?")), [30, 40]);
    assert_eq!(read.fetch_one::<i64>().await.unwrap(), 40);
}

async fn a_script_runs_all_of_its_statements(t: Test) {
    t.execute_script(
        "CREATE TABLE colors (id INTEGER PRIMARY KEY, name VARCHAR(20)); INSERT INTO colors VALUES (1, 'red'), (2, 'b;l?e'); ",
    )
    .await
    .unwrap();
    t.execute_script(AssertSqlSafe(format!("UPDATE colors SET name = 'x' WHERE id = {}", 1))).await.unwrap();
    t.execute_script(" ; -- nothing\n").await.unwrap();
    assert_eq!(t.raw("SELECT name FROM colors ORDER BY id", ()).fetch::<String>().await.unwrap(), ["x", "b;l?e"]);
}

async fn a_script_has_bodies_quotes_and_comments(t: Test) {
    let trigger = match t.engine() {
        orm::Engine::Postgres => {
            "CREATE FUNCTION shout() RETURNS trigger AS $$ BEGIN NEW.name = upper(NEW.name); RETURN NEW; END $$ LANGUAGE plpgsql;
             CREATE TRIGGER shout BEFORE INSERT ON words FOR EACH ROW EXECUTE FUNCTION shout();"
        }
        orm::Engine::Sqlite => {
            "CREATE TRIGGER shout AFTER INSERT ON words BEGIN
                 UPDATE words SET name = CASE WHEN name = ';' THEN ';' ELSE upper(name) END WHERE id = NEW.id;
                 DELETE FROM words WHERE name = 'NONE';
             END;"
        }
        _ => {
            "CREATE TRIGGER shout BEFORE INSERT ON words FOR EACH ROW BEGIN
                 IF NEW.name <> ';' THEN SET NEW.name = upper(NEW.name); END IF;
             END;"
        }
    };
    let script = format!(
        "CREATE TABLE words (id INTEGER PRIMARY KEY, name VARCHAR(20)); -- one; two\n {trigger} /* a; b */ INSERT INTO words VALUES (1, 'a;b')"
    );
    t.execute_script(AssertSqlSafe(script)).await.unwrap();
    assert_eq!(t.raw("SELECT name FROM words", ()).fetch::<String>().await.unwrap(), ["A;B"]);
}

async fn a_script_ends_at_its_first_error(t: Test) {
    let failed = t.execute_script("CREATE TABLE a (id INTEGER); INSERT INTO nowhere VALUES (1); INSERT INTO a VALUES (1)").await;
    assert!(failed.is_err());
    assert_eq!(t.raw("SELECT count(*) FROM a", ()).fetch_one::<i64>().await.unwrap(), 0);
}

async fn a_script_in_a_transaction_is_all_or_nothing(t: Test) {
    three(&t).await;
    let script = "UPDATE users SET age = 1; INSERT INTO users (name, age, active) VALUES ('dan', 2, NULL)";
    t.transaction(async |tx| tx.execute_script(script).await).await.unwrap_err();
    assert_eq!(t.find::<User>().select(User::AGE).order(User::AGE.asc()).await.unwrap(), [30, 40, 50]);
}

async fn a_script_begins_no_transaction(t: Test) {
    three(&t).await;
    let error = t.execute_script("DELETE FROM users; COMMIT").await.unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error:?}");
    assert_eq!(names(&t, every()).await.len(), 3);
}

// Seen failing: two spaces made SQL text that no database reads, the three dots
// a panic, and the comment was taken for a word.
async fn an_empty_list_stands_behind_words_however_they_are_apart(t: Test) {
    three(&t).await;
    let none = || list(Vec::<(i64, String)>::new());
    assert_eq!(names(&t, sql("(id, name) NOT IN ?", none())).await.len(), 3);
    assert_eq!(names(&t, sql("(id, name) NOT  IN ?", none())).await.len(), 3);
    assert_eq!(names(&t, sql("(id, name)\n   not\t\n   in\n ?", none())).await.len(), 3);
    assert_eq!(names(&t, sql("(id, name) NOT/*…*/IN ?", none())).await.len(), 3);
    assert_eq!(names(&t, sql("(id, name) NOT IN /* (…, */ ?", none())).await.len(), 3);
    assert_eq!(names(&t, sql("(id, name) -- NOT\n IN ?", none())).await.len(), 0);
    let quoted = if t.engine() == Engine::Postgres { "(id, '),(' || name) NOT IN ?" } else { "(id, concat('),(', name)) NOT IN ?" };
    assert_eq!(names(&t, sql(AssertSqlSafe(quoted), none())).await.len(), 3);
    assert_eq!(names(&t, sql("(id, name) NOT  IN ?", list([(1, "ann")]))).await, ["bob", "cleo"]);
}

async fn a_comment_ends_where_the_database_says(t: Test) {
    three(&t).await;
    let found = t.raw("SELECT name FROM users --\r WHERE age = ?", 40).fetch::<String>().await;
    if t.engine() == Engine::Postgres {
        assert_eq!(found.unwrap(), ["bob"]);
    } else {
        assert!(matches!(found, Err(Error::BindCount { placeholders: 0, arguments: 1, .. })), "{found:?}");
    }
    let tx = t.begin().await.unwrap();
    tx.create(user("dora", 60)).await.unwrap();
    let ended = tx.raw("--\rCOMMIT", ()).execute().await;
    if t.engine() == Engine::Postgres {
        assert!(matches!(ended, Err(Error::Unsupported { .. } | Error::Invalid(_))), "{ended:?}");
    }
    tx.rollback().await;
    assert_eq!(t.find::<User>().count().await.unwrap(), 3);
}
