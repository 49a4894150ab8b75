//! SQL text: what goes in, what comes out, and what is refused.

use orm::prelude::*;
use orm::{Cells, Engine, Error, FromRow, RowRef};

use crate::models::{User, user};
use crate::{Test, cases};

cases![
    rows_become_models_by_the_names_of_their_columns,
    a_column_that_a_model_needs_is_named_where_it_is_missing,
    rows_become_tuples_by_position,
    one_column_becomes_a_field,
    a_null_becomes_none_or_an_error,
    fetch_one_and_fetch_optional_take_the_first_row,
    execute_says_how_many_rows_matched,
    arguments_keep_their_types,
    a_wrong_number_of_arguments_is_found_before_anything_is_sent,
    a_value_that_does_not_fit_is_named,
    a_position_that_is_not_there_is_an_error,
    a_number_of_columns_that_does_not_fit_is_an_error,
    a_syntax_error_is_readable_and_shows_no_values,
    a_missing_table_is_named,
    several_statements_in_one_text_are_refused,
    a_semicolon_at_the_end_is_no_second_statement,
    a_statement_is_read_anew_after_its_table_was_changed,
    one_text_takes_arguments_of_different_types,
    rows_that_a_write_returns_are_read,
    values_are_in_no_message,
];

async fn three(t: &Test) -> [User; 3] {
    t.create_tables::<User>().await.unwrap();
    let bob = User { email: Some("b@x".into()), active: true, ..user("bob", 40) };
    t.create_many([user("ann", 30), bob, user("cleo", 50)]).await.unwrap().try_into().unwrap()
}

async fn rows_become_models_by_the_names_of_their_columns(t: Test) {
    let [ann, bob, cleo] = three(&t).await;
    let all = t.raw("SELECT * FROM users ORDER BY age", ()).fetch::<User>().await.unwrap();
    assert_eq!(all, [ann, bob.clone(), cleo]);
    let mixed = t.raw("SELECT active, 'x' AS extra, email, age, name, 7 AS other, id FROM users WHERE age = ?", 40);
    assert_eq!(mixed.fetch_one::<User>().await.unwrap(), bob);
    let named = t.raw("SELECT id AS ID, name AS Name, age, email, active FROM users WHERE id = ?", bob.id);
    assert_eq!(named.fetch_one::<User>().await.unwrap(), bob);
    let swapped = t.raw("SELECT id, email AS name, name AS email, age, active FROM users WHERE id = ?", bob.id);
    let swapped = swapped.fetch_one::<User>().await.unwrap();
    assert_eq!((swapped.name.as_str(), swapped.email.as_deref()), ("b@x", Some("bob")));
}

async fn a_column_that_a_model_needs_is_named_where_it_is_missing(t: Test) {
    three(&t).await;
    let error = t.raw("SELECT id, name, age, active FROM users", ()).fetch::<User>().await.unwrap_err();
    let Error::MissingColumn { model, column, found } = &error else { panic!("{error:?}") };
    assert_eq!((*model, column.as_str(), found.as_str()), ("User", "email", "id, name, age, active"));
    // The connection is of use again.
    assert_eq!(t.find::<User>().count().await.unwrap(), 3);
}

async fn rows_become_tuples_by_position(t: Test) {
    let [ann, bob, cleo] = three(&t).await;
    let rows = t.raw("SELECT age, name, email FROM users ORDER BY id", ()).fetch::<(u8, String, Option<String>)>().await.unwrap();
    let expected = [ann, bob, cleo].map(|it| (it.age, it.name, it.email));
    assert_eq!(rows, expected);
    assert_eq!(t.raw("SELECT id FROM users WHERE age > ?", 90).fetch::<(i64,)>().await.unwrap(), []);
}

async fn one_column_becomes_a_field(t: Test) {
    three(&t).await;
    assert_eq!(t.raw("SELECT name FROM users ORDER BY age DESC", ()).fetch::<String>().await.unwrap(), ["cleo", "bob", "ann"]);
    assert_eq!(t.raw("SELECT count(*) FROM users WHERE age > ?", 30).fetch_one::<i64>().await.unwrap(), 2);
    assert_eq!(t.raw("SELECT max(age) FROM users", ()).fetch_one::<u8>().await.unwrap(), 50);
    assert_eq!(t.raw("SELECT max(age) FROM users WHERE id < 0", ()).fetch_one::<Option<u8>>().await.unwrap(), None);
}

async fn a_null_becomes_none_or_an_error(t: Test) {
    three(&t).await;
    let text = "SELECT email FROM users ORDER BY age";
    assert_eq!(t.raw(text, ()).fetch::<Option<String>>().await.unwrap(), [None, Some("b@x".into()), None]);
    let error = t.raw(text, ()).fetch::<String>().await.unwrap_err();
    let Error::Decode { column, expected, found } = &error else { panic!("{error:?}") };
    assert_eq!((column.as_str(), *expected, found.as_str()), ("column 1 (`email`)", "text", "NULL"));
}

async fn fetch_one_and_fetch_optional_take_the_first_row(t: Test) {
    three(&t).await;
    let text = "SELECT name FROM users WHERE age >= ? ORDER BY age";
    assert_eq!(t.raw(text, 31).fetch_one::<String>().await.unwrap(), "bob");
    assert_eq!(t.raw(text, 31).fetch_optional::<String>().await.unwrap().as_deref(), Some("bob"));
    assert_eq!(t.raw(text, 90).fetch_optional::<String>().await.unwrap(), None);
    assert!(t.raw(text, 90).fetch_one::<String>().await.unwrap_err().is_not_found());
}

async fn execute_says_how_many_rows_matched(t: Test) {
    let [ann, ..] = three(&t).await;
    assert_eq!(t.raw("UPDATE users SET age = age + ? WHERE age > ?", (1, 30)).execute().await.unwrap(), 2);
    assert_eq!(t.raw("UPDATE users SET age = 0 WHERE id < 0", ()).execute().await.unwrap(), 0);
    assert_eq!(t.raw("CREATE TABLE others (id INTEGER)", ()).execute().await.unwrap(), 0);
    assert_eq!(t.raw("INSERT INTO others VALUES (?), (?)", (1, 2)).execute().await.unwrap(), 2);
    assert_eq!(t.raw("SELECT id FROM others", ()).execute().await.unwrap(), 0);
    assert_eq!(t.raw("DELETE FROM users WHERE age > ?", 30).execute().await.unwrap(), 2);
    assert_eq!(t.find::<User>().await.unwrap(), [ann]);
}

async fn arguments_keep_their_types(t: Test) {
    three(&t).await;
    let row = t.raw("SELECT id FROM users WHERE age = ? AND active = ? AND email = ? AND id > ?", (40_u8, true, "b@x", 0_i64));
    assert_eq!(row.fetch::<i64>().await.unwrap().len(), 1);
    let row = t.raw("SELECT id FROM users WHERE age IN (?, ?, ?)", [40, 50, 60]);
    assert_eq!(row.fetch::<i64>().await.unwrap().len(), 2);
    let none: Option<String> = None;
    assert_eq!(t.raw("UPDATE users SET email = ? WHERE age = ?", (none, 40)).execute().await.unwrap(), 1);
    assert_eq!(t.find().where_(User::EMAIL.is_none()).count().await.unwrap(), 3);
}

async fn a_wrong_number_of_arguments_is_found_before_anything_is_sent(t: Test) {
    let error = t.raw("DELETE FROM nowhere WHERE id = ? OR name = '?'", (1, "s3cret")).execute().await.unwrap_err();
    assert!(matches!(&error, Error::BindCount { placeholders: 1, arguments: 2, .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("s3cret"));
    let error = t.raw("SELECT ?", ()).fetch::<i64>().await.unwrap_err();
    assert!(matches!(&error, Error::BindCount { placeholders: 1, arguments: 0, .. }), "{error:?}");
}

/// What stands at the third place, or at the first of the columns that it names.
#[derive(Debug)]
struct Third<const NAMED: bool>(i64);

impl<const NAMED: bool> FromRow for Third<NAMED> {
    fn positions(_: &dyn Cells) -> orm::Result<Vec<usize>> {
        Ok(if NAMED { vec![1] } else { Vec::new() })
    }

    fn from_row(row: &RowRef<'_>) -> orm::Result<Self> {
        row.get(2).map(Self)
    }
}

/// It was a panic, which was said to be one of a field's code.
async fn a_position_that_is_not_there_is_an_error(t: Test) {
    let one = t.raw("SELECT 1, 2, 3", ()).fetch_one::<Third<false>>().await;
    // What is written so is of 32 or 64 bits, and no database cares.
    assert_eq!(one.unwrap().0, 3);
    let missing = [
        t.raw("SELECT 1, 2", ()).fetch_one::<Third<false>>().await.unwrap_err(),
        t.raw("SELECT 1, 2, 3", ()).fetch_one::<Third<true>>().await.unwrap_err(),
    ];
    for error in missing {
        let expected = "cannot read column 3 as i64: the database holds ";
        assert!(matches!(&error, Error::Decode { .. }) && error.to_string().starts_with(expected), "{error:?}");
    }
}

async fn a_value_that_does_not_fit_is_named(t: Test) {
    three(&t).await;
    let error = t.raw("SELECT id, name FROM users", ()).fetch::<(i64, i64)>().await.unwrap_err();
    let Error::Decode { column, expected, found } = &error else { panic!("{error:?}") };
    assert_eq!((column.as_str(), *expected), ("column 2 (`name`)", "an integer"));
    assert!(found.to_lowercase().contains("text"), "{found}");
    let error = t.raw("SELECT id, age AS name, age, email, active FROM users", ()).fetch::<User>().await.unwrap_err();
    assert!(matches!(&error, Error::Decode { column, .. } if column == "User.name"), "{error:?}");
    let error = t.raw("SELECT id, name, id + 255 AS age, email, active FROM users", ()).fetch::<User>().await.unwrap_err();
    let Error::Decode { column, expected, found } = &error else { panic!("{error:?}") };
    assert_eq!((column.as_str(), *expected), ("User.age", "u8"));
    assert!(found.contains("out of range") && !found.contains("256"), "{found}");
    assert_eq!(t.find::<User>().count().await.unwrap(), 3);
}

async fn a_number_of_columns_that_does_not_fit_is_an_error(t: Test) {
    three(&t).await;
    for text in ["SELECT id FROM users", "SELECT id, age, active FROM users"] {
        let error = t.raw(text, ()).fetch::<(i64, i64)>().await.unwrap_err();
        assert!(matches!(&error, Error::Decode { .. }) && error.to_string().contains("columns where 2 are read"), "{error}");
    }
}

async fn a_syntax_error_is_readable_and_shows_no_values(t: Test) {
    three(&t).await;
    let error = t.raw("SELEC name FROM users WHERE name = ?", "s3cret").fetch::<String>().await.unwrap_err();
    let Error::Database { statement, message, code, .. } = &error else { panic!("{error:?}") };
    assert!(statement.starts_with("SELEC name"), "{statement}");
    assert!(message.contains("SELEC") && message.to_lowercase().contains("syntax"), "{message}");
    assert!(code.is_some() && !format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    let error = t.raw("SELECT nothing FROM users", ()).fetch::<String>().await.unwrap_err();
    assert!(matches!(&error, Error::Database { message, .. } if message.contains("nothing")), "{error:?}");
}

async fn a_missing_table_is_named(t: Test) {
    for error in [
        t.raw("SELECT id FROM users", ()).fetch::<i64>().await.unwrap_err(),
        t.raw("DELETE FROM users", ()).execute().await.unwrap_err(),
        t.find::<User>().await.unwrap_err(),
        t.create(user("ann", 1)).await.unwrap_err(),
        t.create_many([user("ann", 1), user("bob", 1)]).await.unwrap_err(),
        t.update_all(every()).set(User::AGE, 1).await.unwrap_err(),
        t.delete_all(every::<User>()).await.unwrap_err(),
    ] {
        assert!(matches!(&error, Error::MissingTable { table, .. } if table == "users"), "{error:?}");
    }
}

async fn several_statements_in_one_text_are_refused(t: Test) {
    let before = three(&t).await;
    for text in ["DELETE FROM users; DELETE FROM users", "SELECT 1; DELETE FROM users", "DELETE FROM users WHERE id < 0; DELETE FROM users"]
    {
        let error = t.raw(text, ()).execute().await.unwrap_err();
        assert!(matches!(&error, Error::Invalid(_) | Error::Database { .. }), "{error:?}");
        t.raw(text, ()).fetch::<i64>().await.unwrap_err();
        assert_eq!(t.find::<User>().order(User::ID.asc()).await.unwrap(), before);
    }
}

async fn a_semicolon_at_the_end_is_no_second_statement(t: Test) {
    three(&t).await;
    assert_eq!(t.raw("SELECT count(*) FROM users;", ()).fetch_one::<i64>().await.unwrap(), 3);
    assert_eq!(t.raw("DELETE FROM users WHERE age = ? ; ", 30).execute().await.unwrap(), 1);
}

async fn a_statement_is_read_anew_after_its_table_was_changed(t: Test) {
    three(&t).await;
    let names = async || t.raw("SELECT * FROM users WHERE age > ?", 0).fetch::<User>().await.unwrap().len();
    assert_eq!(names().await, 3);
    t.raw("ALTER TABLE users ADD COLUMN color VARCHAR(20)", ()).execute().await.unwrap();
    assert_eq!(names().await, 3);
    t.raw("ALTER TABLE users DROP COLUMN color", ()).execute().await.unwrap();
    assert_eq!(names().await, 3);
}

async fn one_text_takes_arguments_of_different_types(t: Test) {
    three(&t).await;
    let count = async |age: orm::Value| t.raw("SELECT count(*) FROM users WHERE age > ?", vec![age]).fetch_one::<i64>().await;
    assert_eq!(count(30_u8.into()).await.unwrap(), 2);
    assert_eq!(count(30_i64.into()).await.unwrap(), 2);
    assert_eq!(count(39.5.into()).await.unwrap(), 2);
    assert_eq!(count(30_i16.into()).await.unwrap(), 2);
    assert_eq!(count(orm::Value::Null).await.unwrap(), 0);
    if t.engine() == Engine::Postgres {
        count("30".into()).await.unwrap_err();
    }
    assert_eq!(count(30.into()).await.unwrap(), 2);
}

async fn rows_that_a_write_returns_are_read(t: Test) {
    let [ann, ..] = three(&t).await;
    let text = "INSERT INTO users (name, age, active) VALUES (?, ?, ?) RETURNING id, name";
    let (id, name) = t.raw(text, ("dan", 60, true)).fetch_one::<(i64, String)>().await.unwrap();
    assert_eq!(name, "dan");
    assert_eq!(t.get::<User>(id).await.unwrap(), User { id, active: true, ..user("dan", 60) });
    let gone = t.raw("DELETE FROM users WHERE age > ? RETURNING name", 30).fetch::<String>().await.unwrap();
    assert_eq!(gone.len(), 3);
    assert_eq!(t.find::<User>().await.unwrap(), [ann]);
}

async fn values_are_in_no_message(t: Test) {
    three(&t).await;
    let secret = || User { email: Some("s3cret".into()), ..user("s3cret", 1) };
    t.create(secret()).await.unwrap();
    let text = "SELECT id, name, name AS age, email, active FROM users WHERE name = ?";
    let errors = [
        t.create(secret()).await.unwrap_err(),
        t.create_many([secret(), user("s3cret", 2)]).await.unwrap_err(),
        t.update_all(every()).set(User::EMAIL, "s3cret").await.unwrap_err(),
        t.raw("UPDATE users SET age = 300 WHERE name = ?", "s3cret").execute().await.unwrap_err(),
        t.raw("UPDATE users SET age = NULL WHERE name = ?", "s3cret").execute().await.unwrap_err(),
        t.raw(text, "s3cret").fetch::<User>().await.unwrap_err(),
        t.raw("SELECT nothing(?)", "s3cret").fetch::<String>().await.unwrap_err(),
        t.find().where_(User::NAME.eq("s3cret\0")).await.unwrap_err(),
    ];
    for error in errors {
        assert!(!format!("{error} {error:?} {error:#?}").contains("s3cret"), "{error:?}");
    }
}
