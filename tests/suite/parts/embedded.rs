//! Embedded structs: their fields are columns like all others.

use chrono::{DateTime, Utc};
use orm::prelude::*;
use orm::{Error, Json};

use crate::{Test, cases};

cases![
    an_embedded_struct_is_created_read_and_saved,
    columns_of_an_embedded_struct_are_columns,
    a_column_of_an_embedded_struct_is_updated,
    prefixes_of_nested_structs_add_up,
    a_key_and_its_numbers_may_be_embedded,
    indexes_of_an_embedded_struct_are_those_of_the_table,
    records_with_embedded_structs_are_created_together,
    callbacks_see_the_fields_of_embedded_structs,
    errors_name_the_field_in_its_struct,
    rows_may_embed_too,
];

#[derive(Debug, Clone, Default, PartialEq, Embedded)]
struct Point {
    lat: f64,
    long: f64,
}

/// Where somebody lives.
#[derive(Debug, Clone, Default, PartialEq, Embedded)]
#[orm(index(city, street))]
struct Address {
    street: String,
    #[orm(size = 40, check = "{column} <> 'nowhere'")]
    city: String,
    #[orm(embedded(prefix = "at_"))]
    point: Point,
    notes: Json<Vec<String>>,
    tags: Vec<String>,
    #[orm(skip)]
    seen: bool,
}

/// What every table has.
#[derive(Debug, Clone, Default, PartialEq, Embedded)]
struct Base {
    #[orm(key, auto)]
    id: i64,
    #[orm(created_at)]
    created: DateTime<Utc>,
    #[orm(updated_at, index)]
    updated: DateTime<Utc>,
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Person {
    #[orm(embedded, key)]
    base: Base,
    name: String,
    #[orm(embedded(prefix = "home_"))]
    home: Address,
    age: u8,
    #[orm(embedded(prefix = "work_"))]
    work: Address,
    email: Option<String>,
}

fn address(city: &str, lat: f64) -> Address {
    Address {
        street: format!("{city} street"),
        city: city.into(),
        point: Point { lat, long: -lat },
        notes: Json(vec![city.into()]),
        tags: vec!["a".into(), city.into()],
        seen: false,
    }
}

fn person(name: &str, city: &str, age: u8) -> Person {
    Person { name: name.into(), age, home: address(city, age.into()), work: address("office", 0.5), ..Person::default() }
}

async fn an_embedded_struct_is_created_read_and_saved(t: Test) {
    t.create_tables::<Person>().await.unwrap();
    let bystander = t.create(person("bystander", "rome", 1)).await.unwrap();
    let ann = t.create(person("ann", "oslo", 30)).await.unwrap();
    assert_eq!(ann.base.id, 2);
    assert!(ann.base.created > DateTime::UNIX_EPOCH);
    assert_eq!(t.get::<Person>(ann.base.id).await.unwrap(), ann);
    let moved = Person { home: address("bergen", 1.5), ..ann };
    let saved = t.save(moved.clone()).await.unwrap();
    assert_eq!(saved.home, moved.home);
    assert_eq!(t.find().order(Person::BASE.id.asc()).await.unwrap(), [bystander, saved]);
}

async fn columns_of_an_embedded_struct_are_columns(t: Test) {
    t.create_tables::<Person>().await.unwrap();
    t.create_many([person("ann", "oslo", 30), person("bob", "rome", 20), person("cid", "oslo", 10)]).await.unwrap();
    let found = t.find().where_(Person::HOME.city.eq("oslo").and(Person::HOME.point.lat.gt(20.0))).await.unwrap();
    assert_eq!(found.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["ann"]);
    let by_city: Vec<(String, i64)> = t
        .find::<Person>()
        .select((Person::HOME.city, orm::count()))
        .group_by(Person::HOME.city)
        .order(Person::HOME.city.desc())
        .await
        .unwrap();
    assert_eq!(by_city, [("rome".into(), 1), ("oslo".into(), 2)]);
    let same = t.find().where_(Person::HOME.city.eq(Person::WORK.city)).count().await.unwrap();
    assert_eq!(same, 0);
    let tagged = t.find().where_(Person::HOME.tags.eq(vec!["a".to_owned(), "rome".to_owned()])).first().await.unwrap().unwrap();
    assert_eq!(tagged.name, "bob");
    for name in ["home_at_lat", "home.point.lat"] {
        let by_name = column_by_name::<Person>(name).unwrap();
        assert_eq!(t.find().where_(by_name.lt(15.0).unwrap()).first().await.unwrap().unwrap().name, "cid");
    }
}

async fn a_column_of_an_embedded_struct_is_updated(t: Test) {
    t.create_tables::<Person>().await.unwrap();
    let bystander = t.create(person("bystander", "rome", 1)).await.unwrap();
    let ann = t.create(person("ann", "oslo", 30)).await.unwrap();
    let ann = t.update(ann).set(Person::HOME.city, "bergen").set(Person::WORK.point.long, 9.0).await.unwrap();
    assert_eq!((ann.home.city.as_str(), ann.work.point.long), ("bergen", 9.0));
    let ann = t.update(ann).set(Person::HOME.street, Person::NAME).await.unwrap();
    assert_eq!(ann.home.street, "ann");
    assert_eq!(t.find().order(Person::BASE.id.asc()).await.unwrap(), [bystander.clone(), ann]);
    let changed = t.update_all(Person::HOME.city.eq("bergen")).set(Person::HOME.point.lat, 0.0).await.unwrap();
    assert_eq!(changed, 1);
    assert_eq!(t.get::<Person>(1).await.unwrap(), bystander);
}

async fn prefixes_of_nested_structs_add_up(t: Test) {
    let columns: Vec<_> = Person::META.fields.iter().map(|it| (it.name, it.column)).collect();
    let expected = [
        ("base.id", "id"),
        ("base.created", "created"),
        ("base.updated", "updated"),
        ("name", "name"),
        ("home.street", "home_street"),
        ("home.city", "home_city"),
        ("home.point.lat", "home_at_lat"),
        ("home.point.long", "home_at_long"),
        ("home.notes", "home_notes"),
        ("home.tags", "home_tags"),
        ("age", "age"),
    ];
    assert_eq!(columns[..11], expected);
    assert_eq!(Person::WORK.point.long.name(), "work_at_long");
    assert_eq!(Person::EMAIL.position(), 17);
    t.create_tables::<Person>().await.unwrap();
    t.create(person("ann", "oslo", 30)).await.unwrap();
    let row: (f64, f64) = t.raw("SELECT home_at_lat, work_at_long FROM people", ()).fetch_one().await.unwrap();
    assert_eq!(row, (30.0, -0.5));
}

async fn a_key_and_its_numbers_may_be_embedded(t: Test) {
    assert_eq!((Person::META.key, Person::META.auto), (&[0][..], Some(0)));
    t.create_tables::<Person>().await.unwrap();
    let ann = t.create(person("ann", "oslo", 30)).await.unwrap();
    let bob = t.create(person("bob", "rome", 20)).await.unwrap();
    let changed = t.update(ann.clone()).set(Person::AGE, 31).await.unwrap();
    assert!(changed.base.updated >= ann.base.updated && changed.base.created == ann.base.created);
    t.delete(changed).await.unwrap();
    assert!(t.get::<Person>(ann.base.id).await.unwrap_err().is_not_found());
    assert_eq!(t.find::<Person>().await.unwrap(), [bob]);
}

async fn indexes_of_an_embedded_struct_are_those_of_the_table(t: Test) {
    let indexes: Vec<_> = Person::META.indexes.iter().map(|it| (it.name, it.fields)).collect();
    let expected: [(&str, &[usize]); 3] =
        [("people_updated_idx", &[2]), ("people_home_city_home_street_idx", &[5, 4]), ("people_work_city_work_street_idx", &[12, 11])];
    assert_eq!(indexes, expected);
    t.create_tables::<Person>().await.unwrap();
    // The check is that of each column.
    for it in [person("ann", "nowhere", 1), Person { work: address("nowhere", 0.0), ..person("ann", "oslo", 1) }] {
        assert!(matches!(t.create(it).await.unwrap_err(), Error::CheckViolation { .. }));
    }
    t.create(person("ann", "oslo", 1)).await.unwrap();
}

async fn records_with_embedded_structs_are_created_together(t: Test) {
    t.create_tables::<Person>().await.unwrap();
    let people: Vec<_> = (0..50).map(|n| person(&n.to_string(), "oslo", n)).collect();
    let stored = t.create_many(people).await.unwrap();
    assert_eq!(stored.iter().map(|it| it.base.id).collect::<Vec<_>>(), (1..=50).collect::<Vec<_>>());
    assert_eq!(t.find().order(Person::BASE.id.asc()).await.unwrap(), stored);
}

async fn callbacks_see_the_fields_of_embedded_structs(t: Test) {
    t.create_tables::<Person>().await.unwrap();
    async fn shout(cx: &mut Context) -> orm::Result<()> {
        for record in cx.records_mut() {
            let city = record.get(Person::HOME.city).unwrap().to_uppercase();
            assert!(record.set(Person::HOME.city, city));
            assert_eq!(record.value_of(Person::HOME.point.lat), Some(30.0));
            record.set_by_name("home.point.lat", 31.0)?;
        }
        Ok(())
    }
    let db = t
        .with_callbacks(|on| {
            on.create().before("orm:create").register("app:shout", shout);
        })
        .unwrap();
    let ann = db.create(person("ann", "oslo", 30)).await.unwrap();
    assert_eq!((ann.home.city.as_str(), ann.home.point.lat), ("OSLO", 31.0));
    assert_eq!(t.find::<Person>().await.unwrap(), [ann]);
}

async fn errors_name_the_field_in_its_struct(t: Test) {
    t.create_tables::<Person>().await.unwrap();
    let error = t.create(person("ann", &"x".repeat(41), 1)).await.unwrap_err();
    assert!(matches!(&error, Error::Unstorable { column, .. } if column == "Person.home.city"), "{error}");
    let error = column_by_name::<Person>("home_zip").unwrap_err();
    assert!(error.to_string().contains("home_at_long"), "{error}");
    let error = t.raw("SELECT 1 AS id", ()).fetch::<Person>().await.unwrap_err();
    assert!(matches!(&error, Error::MissingColumn { column, .. } if column == "created"), "{error}");
}

#[derive(Debug, PartialEq, Row)]
struct Visit {
    day: String,
    #[orm(embedded(prefix = "home_"))]
    home: Point,
    #[orm(embedded(prefix = "work_"))]
    work: Option<Point>,
}

async fn rows_may_embed_too(t: Test) {
    let home = || Point { lat: 2.5, long: 3.5 };
    let double = if matches!(t.engine(), orm::Engine::MariaDb | orm::Engine::MySql) { "DOUBLE" } else { "DOUBLE PRECISION" };
    let real = |it: &str| format!("CAST({it} AS {double})");
    let rows = [("1.5", "4.5", Some(Point { lat: 4.5, long: 1.5 })), ("NULL", "NULL", None)].map(|it| (real(it.0), real(it.1), it.2));
    for (long, lat, work) in rows {
        let columns = format!("{} AS home_lat, {} AS home_long", real("2.5"), real("3.5"));
        let text = format!("SELECT {long} AS work_long, 'monday' AS day, {columns}, {lat} AS work_lat");
        let row: Visit = t.raw(orm::AssertSqlSafe(text), ()).fetch_one().await.unwrap();
        assert_eq!(row, Visit { day: "monday".into(), home: home(), work });
    }
    let error = t.raw("SELECT 'monday' AS day, 1 AS home_lat", ()).fetch::<Visit>().await.unwrap_err();
    assert!(matches!(&error, Error::MissingColumn { column, .. } if column == "home_long"), "{error}");
}
