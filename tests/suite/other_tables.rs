//! Tables that are called otherwise than their models say: by a prefix, in a
//! schema, or by name.

use futures_util::StreamExt as _;
use orm::prelude::*;
use orm::{Db, DbBuilder, Engine, Error, TableName};

use crate::models::{User, user};
use crate::{Test, cases};

cases![
    a_prefix_keeps_two_installations_apart,
    a_prefix_is_part_of_every_statement_and_of_no_text_of_the_program,
    a_schema_is_where_tables_are_without_being_said,
    names_that_no_database_could_have_are_refused_at_once,
    every_verb_takes_another_table,
    another_table_is_read_in_batches_too,
    another_table_has_indexes_of_its_own,
    the_name_of_a_table_is_a_name_whatever_is_in_it,
    a_name_that_is_made_at_run_time_has_letters_and_digits_only,
    a_table_has_a_name_of_sixty_three_letters_and_no_more,
    names_of_indexes_that_are_too_long_are_cut_and_stay_apart,
    columns_may_be_written_in_another_case,
    broken_rules_of_other_tables_name_the_model_and_its_columns,
];

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(index(day), unique(patient, day))]
struct Visit {
    #[orm(key, auto)]
    id: i64,
    patient: i64,
    day: i32,
}

fn visit(patient: i64, day: i32) -> Visit {
    Visit { id: 0, patient, day }
}

async fn a_prefix_keeps_two_installations_apart(t: Test) {
    let blue = t.builder().table_prefix("blue_").open().await.unwrap();
    let green = t.builder().table_prefix("green_").open().await.unwrap();
    for db in [&blue, &green, &t.db()] {
        db.create_tables::<Visit>().await.unwrap();
        // What is there is left as it is, under each name.
        db.create_tables::<Visit>().await.unwrap();
    }
    t.create(visit(9, 9)).await.unwrap();
    blue.create_many([visit(1, 1), visit(1, 2)]).await.unwrap();
    green.create(visit(1, 1)).await.unwrap();
    // Each has its own unique index: of one name, the second would be missing.
    for db in [&blue, &green] {
        assert!(db.create(visit(1, 1)).await.unwrap_err().is_unique_violation());
    }
    assert_eq!(blue.delete_all(Visit::DAY.eq(1)).await.unwrap(), 1);
    assert_eq!(blue.update_all(every::<Visit>()).set(Visit::DAY, 7).await.unwrap(), 1);
    let days = async |db: &Db| db.find::<Visit>().order(Visit::DAY.asc()).select(Visit::DAY).await.unwrap();
    assert_eq!((days(&blue).await, days(&green).await, days(&t).await), (vec![7], vec![1], vec![9]));
}

async fn a_prefix_is_part_of_every_statement_and_of_no_text_of_the_program(t: Test) {
    async fn shown(cx: &mut Context) -> orm::Result<()> {
        let sql = cx.sql().await?;
        assert!(sql.contains("a\"b`_users") || sql.contains("a\"\"b`_users") || sql.contains("a\"b``_users"), "{sql}");
        Ok(())
    }
    let db = t.builder().table_prefix("a\"b`_").callbacks(|on| {
        on.create().before("*").register("test:shown", shown);
        on.query().before("*").register("test:shown", shown);
        on.update().before("*").register("test:shown", shown);
        on.delete().before("*").register("test:shown", shown);
        on.row().before("*").register("test:shown", shown);
    });
    let db = db.open().await.unwrap();
    db.create_tables::<User>().await.unwrap();
    let ann = db.create(user("ann", 1)).await.unwrap();
    let ann = db.update(ann).set(User::AGE, User::AGE.plus(1)).await.unwrap();
    assert_eq!(ann.age, 2);
    let ann = db.save(ann).await.unwrap();
    assert_eq!(db.get::<User>(ann.id).await.unwrap(), ann);
    assert_eq!(db.find::<User>().stream().count().await, 1);
    db.delete(ann).await.unwrap();
    let error = db.raw("SELECT name FROM users", ()).fetch::<String>().await.unwrap_err();
    assert!(matches!(error, Error::MissingTable { .. }), "{error:?}");
}

/// A handle that is connected elsewhere, and knows the schema of the test by name.
async fn elsewhere(t: &Test) -> DbBuilder {
    match t.engine() {
        Engine::Sqlite => {
            let file = t.url().trim_start_matches("sqlite://").to_owned();
            let attach = orm::AssertSqlSafe(format!("ATTACH '{file}' AS there"));
            Db::builder(&t.url().replace("test.db", "other.db")).on_connect("test:attach", attach).schema("there")
        }
        Engine::Postgres => {
            let schema: String = t.raw("SELECT current_schema()::text", ()).fetch_one().await.unwrap();
            Db::builder(t.url().split("options[").next().unwrap().trim_end_matches(['?', '&'])).schema(schema)
        }
        _ => {
            let (server, schema) = t.url().split('?').next().unwrap().rsplit_once('/').unwrap();
            Db::builder(server).schema(schema)
        }
    }
}

async fn a_schema_is_where_tables_are_without_being_said(t: Test) {
    let db = elsewhere(&t).await.open().await.unwrap();
    db.create_tables::<Visit>().await.unwrap();
    t.create(visit(9, 9)).await.unwrap();
    let one = db.create(visit(1, 1)).await.unwrap();
    let one = db.update(one).set(Visit::DAY, Visit::DAY.plus(1)).await.unwrap();
    assert_eq!(t.find().where_(Visit::PATIENT.eq(1)).await.unwrap(), std::slice::from_ref(&one));
    db.delete(one).await.unwrap();
    assert_eq!(db.find::<Visit>().select(Visit::DAY).await.unwrap(), [9]);
    let prefixed = elsewhere(&t).await.table_prefix("x_").open().await.unwrap();
    prefixed.create_table_as::<Visit>("old").await.unwrap();
    prefixed.create(visit(2, 2)).table("old").await.unwrap();
    assert_eq!(t.raw("SELECT day FROM x_old", ()).fetch::<i32>().await.unwrap(), [2]);
}

async fn names_that_no_database_could_have_are_refused_at_once(t: Test) {
    let long = "a".repeat(64);
    let wrong = [
        t.builder().table_prefix("a\0"),
        t.builder().table_prefix("a".repeat(32)),
        t.builder().schema(""),
        t.builder().schema("a\0"),
        t.builder().schema(long),
    ];
    for builder in wrong {
        assert!(matches!(builder.lazy(), Err(Error::Configuration { .. })));
    }
}

async fn every_verb_takes_another_table(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create_table_as::<User>("users_2020").await.unwrap();
    let bystander = t.create(user("bystander", 30)).await.unwrap();

    let ann = t.create(user("ann", 1)).table("users_2020").await.unwrap();
    let more = t.create_many([user("bob", 2), user("cid", 3)]).table("users_2020").await.unwrap();
    assert_eq!((ann.id, more[1].id), (1, 3));
    let ann = t.update(ann).table("users_2020").set(User::AGE, User::AGE.plus(10)).await.unwrap();
    assert_eq!(ann.age, 11);
    let ann = t.save(User { name: "Ann".into(), ..ann }).table("users_2020").await.unwrap();
    let of = || t.find::<User>().table("users_2020");
    assert_eq!(of().where_(User::NAME.eq("Ann")).first().await.unwrap(), Some(ann.clone()));
    assert_eq!(of().count().await.unwrap(), 3);
    assert!(of().where_(User::AGE.eq(2)).exists().await.unwrap());
    assert_eq!(of().order(User::ID.asc()).select(User::NAME).await.unwrap(), ["Ann", "bob", "cid"]);
    assert_eq!(t.update_all(User::AGE.lt(5)).table("users_2020").set(User::ACTIVE, true).await.unwrap(), 2);
    t.delete(ann).table("users_2020").await.unwrap();
    assert_eq!(t.delete_all(every::<User>()).table("users_2020").await.unwrap(), 2);

    assert_eq!(t.find::<User>().await.unwrap(), [bystander]);
    let missing = t.find::<User>().table("users_1999").await.unwrap_err();
    assert!(matches!(&missing, Error::MissingTable { table, .. } if table.contains("users_1999")), "{missing:?}");
}

async fn another_table_is_read_in_batches_too(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create(user("bystander", 30)).await.unwrap();
    t.create_table_as::<User>("users_2020").await.unwrap();
    t.create_many((0..1_500).map(|_| user("old", 1))).table("users_2020").await.unwrap();
    let names: Vec<_> = t.find::<User>().table("users_2020").stream().map(|it| it.unwrap().name).collect().await;
    assert_eq!((names.len(), names.iter().all(|it| it == "old")), (1_500, true));
}

async fn another_table_has_indexes_of_its_own(t: Test) {
    t.create_tables::<Visit>().await.unwrap();
    for _ in 0..2 {
        t.create_table_as::<Visit>("visits_2020").await.unwrap();
    }
    t.create(visit(1, 1)).await.unwrap();
    t.create(visit(1, 1)).table("visits_2020").await.unwrap();
    // On SQLite and PostgreSQL an index of the same name would have been left out.
    assert!(t.create(visit(1, 1)).table("visits_2020").await.unwrap_err().is_unique_violation());
    assert!(t.create(visit(1, 1)).await.unwrap_err().is_unique_violation());
}

async fn the_name_of_a_table_is_a_name_whatever_is_in_it(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create(user("bystander", 30)).await.unwrap();
    for name in [
        "users\"; DROP TABLE users; --",
        "users`; DROP TABLE users; -- it",
        "users' OR '1'='1",
        "users --",
        "(SELECT 1)",
        "a.b",
        "users\" u",
    ] {
        let error = t.find::<User>().table(name).await.unwrap_err();
        assert!(matches!(error, Error::MissingTable { .. }), "{name}: {error:?}");
        assert!(t.delete_all(every::<User>()).table(name).await.is_err(), "{name}");
        assert!(t.update_all(every::<User>()).table(name).set(User::AGE, 1).await.is_err(), "{name}");
        assert!(t.create(user("x", 1)).table(name).await.is_err(), "{name}");
    }
    t.create_table_as::<User>("a \"quoted\" `name`; --").await.unwrap();
    t.create(user("ann", 1)).table("a \"quoted\" `name`; --").await.unwrap();
    for name in ["", "a\0b"] {
        assert!(t.find::<User>().table(name).await.is_err());
        assert!(t.create_table_as::<User>(name).await.is_err());
    }
    assert_eq!(t.find::<User>().select(User::NAME).await.unwrap(), ["bystander"]);
}

async fn a_name_that_is_made_at_run_time_has_letters_and_digits_only(t: Test) {
    let long = "a".repeat(64);
    for name in ["users; DROP TABLE users", "a\"", "a`b", "a.b", "a b", "", "1a", "ü", "a\0", "a--", &long] {
        let error = TableName::new(name).unwrap_err();
        assert!(!error.to_string().contains("DROP"), "{error}");
    }
    let name = TableName::new(format!("users_{}", 2020)).unwrap();
    t.create_table_as::<User>(name.clone()).await.unwrap();
    t.create(user("ann", 1)).table(name.clone()).await.unwrap();
    assert_eq!(t.find::<User>().table(name).count().await.unwrap(), 1);
    assert_eq!(t.find::<User>().table("users_2020").count().await.unwrap(), 1);
}

async fn a_table_has_a_name_of_sixty_three_letters_and_no_more(t: Test) {
    let name = |n: usize| TableName::new("a".repeat(n)).unwrap();
    t.create_table_as::<Visit>(name(62)).await.unwrap();
    t.create_table_as::<Visit>(name(63)).await.unwrap();
    t.create(visit(1, 1)).table(name(62)).await.unwrap();
    t.create(visit(1, 1)).table(name(63)).await.unwrap();
    assert!(t.create(visit(1, 1)).table(name(63)).await.unwrap_err().is_unique_violation());
    assert_eq!(t.find::<Visit>().table(name(62)).count().await.unwrap(), 1);
    // PostgreSQL would read the table of the first 63 letters.
    let db = t.builder().table_prefix("a").open().await.unwrap();
    let longer = db.find::<Visit>().table(name(63)).count().await.unwrap_err();
    match t.engine() {
        Engine::Sqlite => assert!(matches!(longer, Error::MissingTable { .. }), "{longer:?}"),
        _ => assert!(matches!(longer, Error::Unsupported { .. }), "{longer:?}"),
    }
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "measurements_of_the_patients_of_the_northern_branch_of_it")]
#[orm(unique(systolic_pressure_in_the_morning), unique(systolic_pressure_in_the_evening))]
#[orm(index(systolic_pressure_in_the_morning, systolic_pressure_in_the_evening))]
struct Measurement {
    #[orm(key)]
    id: i64,
    systolic_pressure_in_the_morning: i32,
    systolic_pressure_in_the_evening: i32,
}

async fn names_of_indexes_that_are_too_long_are_cut_and_stay_apart(t: Test) {
    let names: Vec<&str> = Measurement::META.indexes.iter().map(|it| it.name).collect();
    assert!(names.iter().all(|it| it.len() == 63 && it.starts_with("measurements_of_the_patients_of_the_northern_branch_of")), "{names:?}");
    let record = |id: i64, morning: i32, evening: i32| Measurement {
        id,
        systolic_pressure_in_the_morning: morning,
        systolic_pressure_in_the_evening: evening,
    };
    let prefixed = t.builder().table_prefix("x1_").open().await.unwrap();
    for db in [&t.db(), &prefixed] {
        db.create_tables::<Measurement>().await.unwrap();
        db.create(record(1, 110, 120)).await.unwrap();
        // All three are there: two of one name would have been one.
        assert!(db.create(record(2, 110, 121)).await.unwrap_err().is_unique_violation());
        assert!(db.create(record(3, 111, 120)).await.unwrap_err().is_unique_violation());
        db.create(record(4, 111, 121)).await.unwrap();
    }
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(singular, rename_all = "camelCase", index(seen_at))]
struct BloodSample {
    #[orm(key, auto)]
    sample_id: i64,
    seen_at: i64,
    #[orm(column = "the_kind")]
    sample_kind: Option<String>,
}

async fn columns_may_be_written_in_another_case(t: Test) {
    t.create_tables::<BloodSample>().await.unwrap();
    let made = t.create_many([5, 9].map(|seen_at| BloodSample { seen_at, ..BloodSample::default() })).await.unwrap();
    let found = t.find().where_(BloodSample::SEEN_AT.gt(5)).order(BloodSample::SAMPLE_ID.asc()).await.unwrap();
    assert_eq!(found, made[1..]);
    let meta = BloodSample::META;
    assert_eq!((meta.table, meta.indexes[0].name), ("blood_sample", "blood_sample_seenAt_idx"));
    assert_eq!(meta.fields.iter().map(|it| it.column).collect::<Vec<_>>(), ["sampleId", "seenAt", "the_kind"]);
    // The name of the field is one for the column, too.
    assert_eq!(meta.position("seen_at").unwrap(), meta.position("seenAt").unwrap());
    let text = if t.engine() == Engine::Postgres { r#"SELECT "seenAt" FROM blood_sample"# } else { "SELECT seenAt FROM blood_sample" };
    assert_eq!(t.raw(text, ()).fetch::<i64>().await.unwrap().len(), 2);
}

/// Seen failing before `driver::rules` knew that a table may have another name
/// than its model says: PostgreSQL's had no columns, and named the table.
async fn broken_rules_of_other_tables_name_the_model_and_its_columns(t: Test) {
    let db = t.builder().table_prefix("blue_").open().await.unwrap();
    db.create_tables::<(Visit, User)>().await.unwrap();
    db.create_table_as::<Visit>("visits_2020").await.unwrap();
    db.create(visit(1, 1)).await.unwrap();
    db.create(visit(1, 1)).table("visits_2020").await.unwrap();
    let twins = [
        (db.create(visit(1, 1)).await, "blue_visits_patient_day_key"),
        (db.create(visit(1, 1)).table("visits_2020").await, "blue_visits_2020_patient_day_key"),
    ];
    for (twin, index) in twins {
        let error = twin.unwrap_err();
        let Error::UniqueViolation { model, constraint, columns, .. } = &error else { panic!("{error:?}") };
        assert_eq!((model.as_str(), constraint.as_deref()), ("Visit", Some(index)));
        assert_eq!(columns, &["patient", "day"]);
    }
    let ann = || User { email: Some("ann@example.org".into()), ..user("ann", 1) };
    db.create(ann()).await.unwrap();
    let error = db.create(ann()).await.unwrap_err();
    let Error::UniqueViolation { model, columns, .. } = &error else { panic!("{error:?}") };
    assert_eq!((model.as_str(), columns.join(" ")), ("User", "email".to_owned()));
}
