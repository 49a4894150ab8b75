//! Tables that are made from models, and tables that do not fit them.

use chrono::{NaiveDate, Utc};
use orm::prelude::*;
use orm::{Engine, Error, Result};
use rust_decimal::Decimal;

use crate::models::{User, user};
use crate::{Test, cases};

cases![
    tables_can_be_created_by_many_at_once,
    tables_are_created_once,
    a_key_of_several_columns_is_one_key,
    unique_columns_and_indexes_are_kept_by_the_database,
    indexes_have_the_names_that_were_given,
    a_number_in_a_key_of_several_columns,
    a_schema_is_part_of_the_name,
    a_model_without_a_key_is_found_by_conditions,
    a_column_of_another_type_is_named_by_model_and_field,
    a_column_that_is_missing_is_named,
    a_null_that_the_field_has_no_room_for_is_named,
    tables_of_others_are_read_where_the_types_fit,
    a_table_that_is_there_already_is_left_alone,
];

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(index(site, day), unique(patient, day, name = "one_a_day"))]
struct Visit {
    #[orm(key)]
    site: i64,
    #[orm(key)]
    number: i32,
    patient: i64,
    day: String,
    #[orm(index)]
    room: Option<String>,
}

fn visit(site: i64, number: i32) -> Visit {
    Visit { site, number, patient: site, day: format!("day {number}"), room: None }
}

async fn tables_are_created_once(t: Test) {
    t.create_tables::<(User, Visit)>().await.unwrap();
    let ann = t.create(user("ann", 1)).await.unwrap();
    t.create_tables::<(User, Visit)>().await.unwrap();
    t.builder().open().await.unwrap().create_tables::<User>().await.unwrap();
    assert_eq!(t.find::<User>().await.unwrap(), [ann]);
}

async fn a_key_of_several_columns_is_one_key(t: Test) {
    t.create_tables::<Visit>().await.unwrap();
    t.create_many([visit(1, 1), visit(1, 2), visit(2, 1)]).await.unwrap();
    let twin = t.create(Visit { day: "another".into(), ..visit(1, 2) }).await.unwrap_err();
    assert!(matches!(&twin, Error::UniqueViolation { model, .. } if model == "Visit"), "{twin:?}");
    assert_eq!(t.get::<Visit>((1, 2)).await.unwrap(), visit(1, 2));
    assert!(t.get::<Visit>((2, 2)).await.unwrap_err().is_not_found());
    let moved = t.update(visit(1, 2)).set(Visit::PATIENT, Visit::PATIENT.plus(6)).await.unwrap();
    assert_eq!(moved.patient, 7);
    t.save(Visit { room: Some("12".into()), ..moved.clone() }).await.unwrap();
    t.delete(visit(2, 1)).await.unwrap();
    let first = t.find::<Visit>().first().await.unwrap();
    assert_eq!(first, Some(visit(1, 1)));
    assert_eq!(t.find::<Visit>().where_(Visit::NUMBER.eq(2)).await.unwrap(), [Visit { room: Some("12".into()), ..moved }]);
}

async fn unique_columns_and_indexes_are_kept_by_the_database(t: Test) {
    t.create_tables::<(User, Visit)>().await.unwrap();
    let mail = |it: Option<&str>| User { email: it.map(str::to_owned), ..user("u", 1) };
    t.create_many([mail(Some("a@x")), mail(None), mail(None)]).await.unwrap();
    assert!(t.create(mail(Some("a@x"))).await.unwrap_err().is_unique_violation());
    t.create_many([visit(1, 1), visit(2, 1), visit(1, 2)]).await.unwrap();
    let twice = t.create(Visit { number: 3, ..visit(1, 1) }).await.unwrap_err();
    assert!(matches!(&twice, Error::UniqueViolation { model, .. } if model == "Visit"), "{twice:?}");
    assert_eq!((twice.constraint(), twice.columns()), (Some("one_a_day"), &["patient".to_owned(), "day".to_owned()][..]), "{twice:?}");
    assert!(t.update(visit(1, 2)).set(Visit::DAY, "day 1").await.unwrap_err().is_unique_violation());
    assert_eq!(t.find::<Visit>().count().await.unwrap(), 3);
}

async fn indexes_have_the_names_that_were_given(t: Test) {
    t.create_tables::<Visit>().await.unwrap();
    let names = match t.engine() {
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name",
        Engine::Postgres => {
            "SELECT indexname::text FROM pg_indexes WHERE schemaname = current_schema() AND indexname NOT LIKE '%pkey' ORDER BY 1"
        }
        _ => {
            "SELECT DISTINCT index_name FROM information_schema.statistics \
             WHERE table_schema = database() AND index_name <> 'PRIMARY' ORDER BY 1"
        }
    };
    assert_eq!(t.plain().await.rows(names).await.concat(), ["one_a_day", "visits_room_idx", "visits_site_day_idx"]);
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Ticket {
    #[orm(key)]
    site: i64,
    #[orm(key, auto)]
    number: i64,
    text: String,
}

async fn a_number_in_a_key_of_several_columns(t: Test) {
    let created = t.create_tables::<Ticket>().await;
    if t.engine() == Engine::Sqlite {
        let error = created.unwrap_err();
        assert!(matches!(&error, Error::Unsupported { what, .. } if what.contains("number")), "{error:?}");
        return;
    }
    created.unwrap();
    let ticket = |site, text: &str| Ticket { site, number: 0, text: text.into() };
    let one = t.create(ticket(7, "one")).await.unwrap();
    let many = t.create_many([ticket(7, "two"), ticket(8, "three")]).await.unwrap();
    assert!(one.number > 0 && many[0].number > one.number && many[1].number > many[0].number);
    for it in many {
        assert_eq!(t.get::<Ticket>((it.site, it.number)).await.unwrap(), it);
    }
    let twin = t.create(Ticket { text: "twin".into(), ..one.clone() }).await.unwrap_err();
    assert!(twin.is_unique_violation(), "{twin:?}");
    assert_eq!(t.get::<Ticket>((one.site, one.number)).await.unwrap(), one);
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(schema = "main", unique(text))]
struct InMain {
    #[orm(key, auto)]
    id: i64,
    text: String,
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(schema = "pg_temp", unique(text))]
struct InTemp {
    #[orm(key, auto)]
    id: i64,
    text: String,
}

async fn a_schema_is_part_of_the_name(t: Test) {
    match t.engine() {
        Engine::Sqlite => {
            t.create_tables::<InMain>().await.unwrap();
            t.create_tables::<InMain>().await.unwrap();
            let one = t.create(InMain { id: 0, text: "one".into() }).await.unwrap();
            assert!(t.create(one.clone()).await.unwrap_err().is_unique_violation());
            assert_eq!(t.find().where_(InMain::TEXT.eq("one")).await.unwrap(), [one]);
        }
        // The schema of this connection alone.
        Engine::Postgres => {
            let work = async |tx: &Session| -> Result<()> {
                tx.create_tables::<InTemp>().await?;
                tx.create_tables::<InTemp>().await?;
                let one = tx.create(InTemp { id: 0, text: "one".into() }).await?;
                let one = tx.update(one).set(InTemp::TEXT, "two").await?;
                assert_eq!(tx.find().where_(InTemp::TEXT.eq("two")).first().await?.as_ref(), Some(&one));
                tx.delete(one).await
            };
            t.transaction(work).await.unwrap();
        }
        // A schema is a database there, which the tests have no name for.
        _ => {
            let missing = t.find::<InMain>().await.unwrap_err();
            assert!(matches!(missing, Error::MissingTable { .. } | Error::Database { .. }), "{missing:?}");
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Measurement {
    place: String,
    degrees: f64,
}

/// Said by hand: the derive says it of models with a key only.
impl orm::Keyed for Measurement {
    type Key = ();
}

async fn a_model_without_a_key_is_found_by_conditions(t: Test) {
    t.create_tables::<Measurement>().await.unwrap();
    let measured = |place: &str, degrees| Measurement { place: place.into(), degrees };
    t.create(measured("a", 1.5)).await.unwrap();
    t.create_many([measured("a", 1.5), measured("b", 2.0)]).await.unwrap();
    assert_eq!(t.find().where_(Measurement::PLACE.eq("a")).count().await.unwrap(), 2);
    assert!(t.find().where_(Measurement::PLACE.eq("b")).first().await.unwrap().is_some());
    for (operation, error) in [
        ("save", t.save(measured("a", 9.0)).await.unwrap_err()),
        ("update", t.update(measured("a", 9.0)).set(Measurement::DEGREES, 9.0).await.unwrap_err()),
        ("delete", t.delete(measured("a", 9.0)).await.unwrap_err()),
    ] {
        let Error::NoKey { model: "Measurement", operation: found } = &error else { panic!("{operation}: {error:?}") };
        assert_eq!(*found, operation);
    }
    assert_eq!(t.update_all(Measurement::PLACE.eq("b")).set(Measurement::DEGREES, 3.0).await.unwrap(), 1);
    assert_eq!(t.delete_all(Measurement::PLACE.eq("a")).await.unwrap(), 2);
    assert_eq!(t.find::<Measurement>().await.unwrap(), [measured("b", 3.0)]);
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Person {
    #[orm(key)]
    id: i64,
    name: String,
    born: Option<NaiveDate>,
    height: Option<f64>,
}

/// A table for `Person` with columns of these types and one row.
async fn people(t: &Test, types: [&str; 3], values: &str) {
    let [name, born, height] = types;
    let mut plain = t.plain().await;
    plain.execute(&format!("CREATE TABLE people (id INTEGER PRIMARY KEY, name {name}, born {born}, height {height})")).await;
    plain.execute(&format!("INSERT INTO people VALUES (1, {values})")).await;
}

async fn a_column_of_another_type_is_named_by_model_and_field(t: Test) {
    for (types, values, field) in [
        (["INTEGER", "DATE", "DOUBLE PRECISION"], "5, '2024-01-01', 1.5", "name"),
        (["VARCHAR(9)", "INTEGER", "DOUBLE PRECISION"], "'ann', 2024, 1.5", "born"),
        (["VARCHAR(9)", "DATE", "VARCHAR(9)"], "'ann', '2024-01-01', '1.5 m'", "height"),
    ] {
        people(&t, types, values).await;
        for error in [t.find::<Person>().await.unwrap_err(), t.get::<Person>(1).await.unwrap_err()] {
            let Error::Decode { column, expected, found } = &error else { panic!("{error:?}") };
            assert_eq!(*column, format!("Person.{field}"));
            assert!(!expected.is_empty() && !found.is_empty() && !found.contains("ann"), "{error}");
        }
        t.raw("DROP TABLE people", ()).execute().await.unwrap();
    }
}

async fn a_column_that_is_missing_is_named(t: Test) {
    let mut plain = t.plain().await;
    plain.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(9), height DOUBLE PRECISION)").await;
    let error = t.find::<Person>().await.unwrap_err();
    assert!(matches!(&error, Error::MissingTableColumn { model: "Person", table: "people", column: "born", .. }), "{error:?}");
}

async fn a_null_that_the_field_has_no_room_for_is_named(t: Test) {
    people(&t, ["VARCHAR(9)", "DATE", "DOUBLE PRECISION"], "NULL, NULL, NULL").await;
    let error = t.find::<Person>().await.unwrap_err();
    let Error::Decode { column, found, .. } = &error else { panic!("{error:?}") };
    assert_eq!((column.as_str(), found.as_str()), ("Person.name", "NULL"));
}

async fn tables_of_others_are_read_where_the_types_fit(t: Test) {
    people(&t, ["CHAR(3)", "DATE", "REAL"], "'ann', '2024-02-29', 1.5").await;
    let ann = Person { id: 1, name: "ann".into(), born: NaiveDate::from_ymd_opt(2024, 2, 29), height: Some(1.5) };
    assert_eq!(t.get::<Person>(1).await.unwrap(), ann);
    assert_eq!(t.find().where_(Person::BORN.eq(ann.born)).where_(Person::NAME.eq("ann")).first().await.unwrap().as_ref(), Some(&ann));
    let taller = t.update(ann).set(Person::HEIGHT, Person::HEIGHT.plus(0.25)).await.unwrap();
    assert_eq!(taller.height, Some(1.75));
    let now = t.raw("SELECT CURRENT_TIMESTAMP FROM people WHERE height > ?", 1.5).fetch_one::<chrono::DateTime<Utc>>().await.unwrap();
    assert!(now > chrono::DateTime::UNIX_EPOCH);
    let half = t.raw("SELECT CAST(height AS CHAR(4)) FROM people", ()).fetch_one::<String>().await.unwrap();
    assert_eq!(half.trim().parse::<Decimal>().unwrap(), "1.75".parse().unwrap());
}

async fn a_table_that_is_there_already_is_left_alone(t: Test) {
    let mut plain = t.plain().await;
    plain.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(9), born DATE, height DOUBLE PRECISION, extra INTEGER)").await;
    t.create_tables::<Person>().await.unwrap();
    let ann = Person { id: 1, name: "ann".into(), born: None, height: None };
    t.create(ann.clone()).await.unwrap();
    assert_eq!(t.find::<Person>().await.unwrap(), [ann]);
    assert_eq!(plain.one("SELECT extra FROM people").await, "NULL");
}

/// As instances of a service do that start together.
async fn tables_can_be_created_by_many_at_once(t: Test) {
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let db = t.db();
            tokio::spawn(async move { db.create_tables::<crate::models::User>().await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(t.find::<crate::models::User>().count().await.unwrap(), 0);
}
