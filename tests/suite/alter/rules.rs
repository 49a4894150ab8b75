//! What else a model says of a column, and what stays as it was.

use orm::prelude::*;
use orm::{Engine, Error};

use crate::{Test, cases};

cases![
    a_column_may_be_null_and_then_may_not,
    null_where_a_value_must_be_changes_nothing,
    a_default_comes_and_goes,
    a_check_comes_changes_and_goes,
    a_check_that_the_program_named_stays,
    a_comment_comes_and_goes,
    a_column_is_altered_back_and_forth,
    other_columns_indexes_and_rows_stay,
    a_unique_column_stays_unique,
    a_unique_rule_that_the_new_values_break_is_named,
    foreign_keys_stay,
    a_numbered_key_goes_on_being_numbered,
    an_enum_gets_another_variant,
];

mod strict {
    use super::*;

    #[derive(Debug, Clone, Default, PartialEq, Model)]
    #[orm(table = "people")]
    pub(super) struct Person {
        #[orm(key, auto)]
        pub(super) id: i64,
        pub(super) name: String,
        pub(super) age: i32,
    }
}

mod loose {
    use super::*;

    #[derive(Debug, Clone, Default, PartialEq, Model)]
    #[orm(table = "people")]
    pub(super) struct Person {
        #[orm(key, auto)]
        pub(super) id: i64,
        pub(super) name: Option<String>,
        #[orm(default = 18)]
        pub(super) age: Option<i32>,
    }
}

mod grown_up {
    use super::*;

    #[derive(Debug, Clone, Default, PartialEq, Model)]
    #[orm(table = "people")]
    pub(super) struct Person {
        #[orm(key, auto)]
        pub(super) id: i64,
        #[orm(comment = "as it's called")]
        pub(super) name: String,
        #[orm(check = "{column} >= 18")]
        pub(super) age: i32,
    }
}

fn person(name: &str, age: i32) -> strict::Person {
    strict::Person { id: 0, name: name.into(), age }
}

async fn a_column_may_be_null_and_then_may_not(t: Test) {
    t.create_tables::<strict::Person>().await.unwrap();
    let ann = t.create(person("ann", 30)).await.unwrap();
    let nameless = || loose::Person { age: Some(1), ..loose::Person::default() };
    assert!(t.create(nameless()).await.unwrap_err().is_not_null_violation());
    t.alter_column(loose::Person::NAME).await.unwrap();
    let without = t.create(nameless()).await.unwrap();
    t.delete(without).await.unwrap();
    t.alter_column(strict::Person::NAME).await.unwrap();
    assert!(t.create(nameless()).await.unwrap_err().is_not_null_violation());
    assert_eq!(t.find::<strict::Person>().await.unwrap(), [ann]);
}

async fn null_where_a_value_must_be_changes_nothing(t: Test) {
    t.create_tables::<loose::Person>().await.unwrap();
    t.create(loose::Person { name: Some("ann".into()), ..loose::Person::default() }).await.unwrap();
    t.create(loose::Person::default()).await.unwrap();
    let error = t.alter_column(strict::Person::NAME).await.unwrap_err();
    let Error::NotNullViolation { model, columns, source, .. } = &error else { panic!("{error:?}") };
    assert_eq!((model.as_str(), columns.concat()), ("Person", "name".to_owned()));
    assert!(source.to_string().contains("1 rows"), "{source}");
    t.create(loose::Person::default()).await.unwrap();
    assert_eq!(t.find().where_(loose::Person::NAME.is_none()).count().await.unwrap(), 2);
}

async fn a_default_comes_and_goes(t: Test) {
    t.create_tables::<strict::Person>().await.unwrap();
    let mut plain = t.plain().await;
    assert!(plain.fails("INSERT INTO people (id, name) VALUES (1, 'ann')").await);
    t.alter_column(loose::Person::AGE).await.unwrap();
    plain.execute("INSERT INTO people (id, name) VALUES (1, 'ann')").await;
    t.alter_column(strict::Person::AGE).await.unwrap();
    assert!(plain.fails("INSERT INTO people (id, name) VALUES (2, 'bob')").await);
    assert_eq!(t.find::<strict::Person>().await.unwrap(), [strict::Person { id: 1, ..person("ann", 18) }]);
}

/// Seen failing on MariaDB without `ALGORITHM = COPY`: the check was there, and the
/// row that breaks it, too.
async fn a_check_comes_changes_and_goes(t: Test) {
    t.create_tables::<strict::Person>().await.unwrap();
    let child = t.create(person("bob", 7)).await.unwrap();
    let error = t.alter_column(grown_up::Person::AGE).await.unwrap_err();
    let Error::CheckViolation { model, .. } = &error else { panic!("{error:?}") };
    assert_eq!(model, "Person");
    t.create(person("eve", 8)).await.unwrap();
    t.delete(child).await.unwrap();
    t.delete_all(strict::Person::AGE.eq(8)).await.unwrap();
    for _ in 0..2 {
        t.alter_column(grown_up::Person::AGE).await.unwrap();
        assert!(t.create(person("bob", 7)).await.unwrap_err().is_check_violation());
    }
    if t.engine() == Engine::Postgres {
        let checks = "SELECT count(*) FROM pg_constraint WHERE conrelid = 'people'::regclass AND contype = 'c'";
        assert_eq!(t.plain().await.one(checks).await, "1", "the check is there once");
    }
    t.alter_column(strict::Person::AGE).await.unwrap();
    t.create(person("bob", 7)).await.unwrap();
}

/// SQLite and MariaDB keep what stands behind the columns, PostgreSQL what has a name of its own.
async fn a_check_that_the_program_named_stays(t: Test) {
    let mut plain = t.plain().await;
    let text = if t.engine() == Engine::Postgres { "text" } else { "VARCHAR(50)" };
    let create = format!(
        "CREATE TABLE people (id BIGINT PRIMARY KEY, name {text} NOT NULL, age INTEGER NOT NULL, CONSTRAINT not_too_old CHECK (age < 200))"
    );
    plain.execute(&create).await;
    t.create(strict::Person { id: 1, ..person("ann", 30) }).await.unwrap();
    t.alter_column(grown_up::Person::AGE).await.unwrap();
    t.alter_column(strict::Person::AGE).await.unwrap();
    let error = t.create(strict::Person { id: 2, ..person("old", 200) }).await.unwrap_err();
    assert!(error.is_check_violation() && error.constraint() == Some("not_too_old"), "{error:?}");
}

async fn a_comment_comes_and_goes(t: Test) {
    t.create_tables::<strict::Person>().await.unwrap();
    t.alter_column(grown_up::Person::NAME).await.unwrap();
    let comment = match t.engine() {
        Engine::Sqlite => return,
        Engine::Postgres => "SELECT col_description('people'::regclass, 2)",
        _ => {
            "SELECT column_comment FROM information_schema.columns WHERE table_schema = database() AND table_name = 'people' AND column_name = 'name'"
        }
    };
    let mut plain = t.plain().await;
    assert_eq!(plain.one(comment).await, "as it's called");
    t.alter_column(strict::Person::NAME).await.unwrap();
    assert!(["", "NULL"].contains(&plain.one(comment).await.as_str()));
}

async fn a_column_is_altered_back_and_forth(t: Test) {
    t.create_tables::<strict::Person>().await.unwrap();
    let ann = t.create(person("ann", 30)).await.unwrap();
    let before = definition(&t).await;
    for _ in 0..3 {
        t.alter_column(loose::Person::AGE).await.unwrap();
        t.alter_column(loose::Person::NAME).await.unwrap();
        t.alter_column(strict::Person::AGE).await.unwrap();
        t.alter_column(strict::Person::NAME).await.unwrap();
    }
    assert_eq!(definition(&t).await, before);
    assert_eq!(t.find::<strict::Person>().await.unwrap(), [ann]);
}

/// All that the database says of the table.
async fn definition(t: &Test) -> Vec<Vec<String>> {
    let mut plain = t.plain().await;
    match t.engine() {
        Engine::Sqlite => {
            // The name is the one thing that is written anew.
            let sql = "SELECT type, name, replace(replace(sql, '\"people\"', '`people`'), '`people`(', '`people` (') FROM sqlite_schema ORDER BY name";
            plain.rows(sql).await
        }
        Engine::Postgres => {
            let mut all = plain
                .rows(
                    "SELECT column_name, data_type, is_nullable, column_default, collation_name FROM information_schema.columns \
                     WHERE table_schema = current_schema() AND table_name = 'people' ORDER BY ordinal_position",
                )
                .await;
            let rules = "SELECT conname::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'people'::regclass ORDER BY 1";
            all.extend(plain.rows(rules).await);
            all.extend(plain.rows("SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1").await);
            all
        }
        _ => plain.rows("SHOW CREATE TABLE people").await,
    }
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "visits", index(site, room), unique(room, day, name = "one_a_day"))]
struct Visit {
    #[orm(key)]
    site: i64,
    #[orm(key)]
    number: i32,
    #[orm(check = "{column} <> ''")]
    room: String,
    day: Option<i16>,
    #[orm(unique)]
    code: i32,
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "visits")]
struct LaterVisit {
    #[orm(key)]
    site: i64,
    #[orm(key)]
    number: i32,
    day: Option<i64>,
    code: i64,
}

fn visit(number: i32) -> Visit {
    Visit { site: 1, number, room: format!("room {number}"), day: Some(1), code: number }
}

async fn other_columns_indexes_and_rows_stay(t: Test) {
    t.create_tables::<Visit>().await.unwrap();
    let all = t.create_many([visit(1), visit(2), Visit { day: None, ..visit(3) }]).await.unwrap();
    t.alter_column(LaterVisit::DAY).await.unwrap();
    assert_eq!(t.find::<Visit>().order(Visit::NUMBER.asc()).await.unwrap(), all);
    let late = t.find().where_(LaterVisit::DAY.eq(1_i64)).order(LaterVisit::NUMBER.asc()).await.unwrap();
    assert_eq!(late.iter().map(|it| it.number).collect::<Vec<_>>(), [1, 2]);
    assert!(t.create(visit(1)).await.unwrap_err().is_unique_violation(), "the key");
    let twice = t.create(Visit { room: "room 1".into(), ..visit(4) }).await.unwrap_err();
    assert_eq!(twice.constraint(), Some("one_a_day"), "{twice:?}");
    assert!(t.create(Visit { code: 3, ..visit(4) }).await.unwrap_err().is_unique_violation(), "the unique column");
    assert!(t.create(Visit { room: String::new(), ..visit(4) }).await.unwrap_err().is_check_violation(), "the check of another column");
    t.create(visit(4)).await.unwrap();
    let indexes = match t.engine() {
        Engine::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1",
        Engine::Postgres => {
            "SELECT indexname::text FROM pg_indexes WHERE schemaname = current_schema() AND indexname NOT LIKE '%key' ORDER BY 1"
        }
        _ => {
            "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = database() \
             AND index_name NOT IN ('PRIMARY', 'code') ORDER BY 1"
        }
    };
    assert_eq!(t.plain().await.rows(indexes).await.concat(), ["one_a_day", "visits_site_room_idx"]);
}

async fn a_unique_column_stays_unique(t: Test) {
    t.create_tables::<Visit>().await.unwrap();
    t.create(visit(1)).await.unwrap();
    let indexes = async || match t.engine() {
        Engine::Sqlite => t.plain().await.rows("SELECT name FROM pragma_index_list('visits') ORDER BY 1").await,
        Engine::Postgres => {
            t.plain().await.rows("SELECT indexname::text FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1").await
        }
        _ => {
            t.plain()
                .await
                .rows("SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = database() ORDER BY 1")
                .await
        }
    };
    let before = indexes().await;
    // Whether or not the model says so: no index comes or goes.
    t.alter_column(LaterVisit::CODE).await.unwrap();
    t.alter_column(Visit::CODE).await.unwrap();
    assert_eq!(indexes().await, before);
    assert!(t.create(Visit { code: 1, ..visit(2) }).await.unwrap_err().is_unique_violation());
}

mod tag {
    use super::*;

    #[derive(Debug, Clone, Default, PartialEq, Model)]
    #[orm(table = "tags", unique(number, name = "one_number"))]
    pub(super) struct Text {
        #[orm(key)]
        pub(super) id: i64,
        #[orm(size = 20)]
        pub(super) number: String,
    }

    #[derive(Debug, Clone, Default, PartialEq, Model)]
    #[orm(table = "tags", unique(number, name = "one_number"))]
    pub(super) struct Number {
        #[orm(key)]
        pub(super) id: i64,
        pub(super) number: i32,
    }
}

async fn a_unique_rule_that_the_new_values_break_is_named(t: Test) {
    t.create_tables::<tag::Text>().await.unwrap();
    let tags = t.create_many([(1, "7"), (2, "007")].map(|(id, number)| tag::Text { id, number: number.into() })).await.unwrap();
    let error = t.alter_column(tag::Number::NUMBER).await.unwrap_err();
    let Error::UniqueViolation { model, .. } = &error else { panic!("{error:?}") };
    assert_eq!(model, "Number");
    assert_eq!(t.find::<tag::Text>().order(tag::Text::ID.asc()).await.unwrap(), tags);
}

async fn foreign_keys_stay(t: Test) {
    t.create_tables::<Visit>().await.unwrap();
    let mut plain = t.plain().await;
    let int = if t.engine() == Engine::MariaDb { "INT" } else { "INTEGER" };
    plain.execute(&format!("CREATE TABLE bills (id INTEGER PRIMARY KEY, code {int}, FOREIGN KEY (code) REFERENCES visits (code))")).await;
    t.create(visit(1)).await.unwrap();
    plain.execute("INSERT INTO bills VALUES (1, 1)").await;
    t.alter_column(LaterVisit::DAY).await.unwrap();
    let pointing = "INSERT INTO bills VALUES (2, 2)";
    assert!(t.raw(pointing, ()).execute().await.unwrap_err().is_foreign_key_violation());
    assert!(t.delete(visit(1)).await.unwrap_err().is_foreign_key_violation());
    t.create(visit(2)).await.unwrap();
    t.raw(pointing, ()).execute().await.unwrap();
}

async fn a_numbered_key_goes_on_being_numbered(t: Test) {
    t.create_tables::<strict::Person>().await.unwrap();
    let first = t.create(person("ann", 30)).await.unwrap();
    let altered = t.alter_column(loose::Person::ID).await;
    if t.engine() == Engine::Sqlite {
        let error = altered.unwrap_err();
        assert!(matches!(&error, Error::Unsupported { what, .. } if what.contains("`id` of Person")), "{error:?}");
    } else {
        altered.unwrap();
    }
    let second = t.create(person("bob", 31)).await.unwrap();
    assert!(second.id > first.id);
}

macro_rules! state {
    ($module:ident: $($variant:ident)*) => {
        mod $module {
            use super::*;

            #[derive(Debug, Clone, Copy, PartialEq, Eq, Field)]
            pub(super) enum State {
                $($variant),*
            }

            #[derive(Debug, Clone, PartialEq, Model)]
            #[orm(table = "orders")]
            pub(super) struct Order {
                #[orm(key)]
                pub(super) id: i64,
                pub(super) state: State,
            }
        }
    };
}

state!(two: New Paid);
state!(three: New Paid Sent);

async fn an_enum_gets_another_variant(t: Test) {
    t.create_tables::<two::Order>().await.unwrap();
    t.create(two::Order { id: 1, state: two::State::Paid }).await.unwrap();
    let sent = three::Order { id: 2, state: three::State::Sent };
    assert!(t.create(sent.clone()).await.unwrap_err().is_check_violation());
    t.alter_column(three::Order::STATE).await.unwrap();
    t.create(sent.clone()).await.unwrap();
    assert!(t.alter_column(two::Order::STATE).await.unwrap_err().is_check_violation());
    assert_eq!(t.find::<three::Order>().order(three::Order::ID.desc()).first().await.unwrap(), Some(sent));
}
