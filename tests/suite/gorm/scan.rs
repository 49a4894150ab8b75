//! What rows are read into, as GORM tests it.

use chrono::{DateTime, Utc};
use orm::prelude::*;
use orm::{Error, sql as text};

use crate::{Test, cases};

cases![
    rows_are_read_into_what_is_asked_for,
    rows_are_read_one_by_one,
    a_null_is_not_the_value_of_the_row_before,
    joined_rows_are_read_into_two_structs
];

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Person {
    #[orm(key, auto)]
    id: i64,
    name: String,
    age: i32,
    email: Option<String>,
    #[orm(created_at)]
    made: DateTime<Utc>,
}

async fn three(t: &Test) -> Vec<Person> {
    t.create_tables::<Person>().await.unwrap();
    let person =
        |name: &str, age, email: Option<&str>| Person { name: name.into(), age, email: email.map(str::to_owned), ..Person::default() };
    t.create_many([person("ann", 30, Some("a@x")), person("bob", 20, None), person("cid", 10, None)]).await.unwrap()
}

#[derive(Debug, PartialEq, Row)]
struct Short {
    id: i64,
    name: String,
    #[orm(column = "age")]
    years: i32,
    #[orm(default)]
    missing: Option<String>,
}

// What GORM reads into a map is a tuple or a row here.
// gorm: scan:TestScan
async fn rows_are_read_into_what_is_asked_for(t: Test) {
    let people = three(&t).await;
    let id = people[2].id;
    let one = || t.raw("SELECT id, name, age FROM people WHERE id = ?", id);
    let short = Short { id, name: "cid".into(), years: 10, missing: None };
    assert_eq!(one().fetch_one::<Short>().await.unwrap(), short);
    assert_eq!(one().fetch_optional::<Short>().await.unwrap(), Some(short));
    assert_eq!(t.raw("SELECT id, name, age FROM people WHERE id = 0", ()).fetch_optional::<Short>().await.unwrap(), None);
    assert_eq!(one().fetch::<(i64, String, i32)>().await.unwrap(), [(id, "cid".into(), 10)]);
    let shorts: Vec<Short> = t.raw("SELECT name, id, age FROM people WHERE id IN ? ORDER BY id", [people[0].id, id]).fetch().await.unwrap();
    assert_eq!(shorts.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["ann", "cid"]);
    // Whole records, single values, and times.
    assert_eq!(t.raw("SELECT * FROM people ORDER BY id", ()).fetch::<Person>().await.unwrap(), people);
    assert_eq!(t.find::<Person>().order(Person::ID.asc()).select(Person::AGE).await.unwrap(), [30, 20, 10]);
    assert_eq!(t.raw("SELECT count(*) FROM people", ()).fetch_one::<i64>().await.unwrap(), 3);
    let made: DateTime<Utc> = t.raw("SELECT made FROM people WHERE id = ?", id).fetch_one().await.unwrap();
    assert_eq!(made, people[2].made);
    let (oldest, sum) = t.find::<Person>().select((Person::AGE.max(), Person::AGE.sum())).first().await.unwrap().unwrap();
    assert_eq!((oldest, sum), (Some(30), Some(60)));
}

// gorm: scan:TestScanRows
async fn rows_are_read_one_by_one(t: Test) {
    let people = three(&t).await;
    let mut stream = std::pin::pin!(t.find::<Person>().where_(text("name <> ?", "ann")).stream());
    let mut names = Vec::new();
    while let Some(person) = futures_util::StreamExt::next(&mut stream).await {
        names.push(person.unwrap().name);
    }
    assert_eq!(names, ["bob", "cid"]);
    let rows: Vec<(String, i32)> = t.raw("SELECT name, age FROM people WHERE id <> ? ORDER BY age", people[0].id).fetch().await.unwrap();
    assert_eq!(rows, [("cid".into(), 10), ("bob".into(), 20)]);
}

// gorm: scan:TestScanRowsNullValuesScanToFieldDefault
async fn a_null_is_not_the_value_of_the_row_before(t: Test) {
    three(&t).await;
    let emails: Vec<Option<String>> = t.raw("SELECT email FROM people ORDER BY id", ()).fetch().await.unwrap();
    assert_eq!(emails, [Some("a@x".into()), None, None]);
    let mut ann = t.get::<Person>(1).await.unwrap();
    t.update_all(Person::ID.eq(1)).set(Person::EMAIL, None).await.unwrap();
    // A record that is read into again forgets what is NULL now.
    ann = t.update(ann).set(Person::AGE, Person::AGE.plus(1)).await.unwrap();
    assert_eq!((ann.email.as_ref(), ann.age), (None, 31));
    // Where there is no room for NULL, it is an error and no made-up value.
    let error = t.raw("SELECT id, NULL AS name, age FROM people", ()).fetch::<Short>().await.unwrap_err();
    assert!(matches!(&error, Error::Decode { column, .. } if column == "Short.name"), "{error}");
}

#[derive(Debug, Clone, Default, PartialEq, Embedded)]
struct Owner {
    id: i64,
    name: String,
}

#[derive(Debug, Clone, Default, PartialEq, Embedded)]
struct Pet {
    id: i64,
    name: String,
}

#[derive(Debug, PartialEq, Row)]
struct Both {
    #[orm(embedded(prefix = "owner_"))]
    owner: Owner,
    #[orm(embedded(prefix = "pet_"))]
    pet: Option<Pet>,
    years: i32,
}

// gorm: scan:TestScanToEmbedded
async fn joined_rows_are_read_into_two_structs(t: Test) {
    three(&t).await;
    let sql = "SELECT o.id AS owner_id, o.name AS owner_name, p.id AS pet_id, p.name AS pet_name, o.age AS years \
               FROM people o LEFT JOIN people p ON p.age = o.age - 10 ORDER BY o.id";
    let rows: Vec<Both> = t.raw(sql, ()).fetch().await.unwrap();
    let pet = |id, name: &str| Some(Pet { id, name: name.into() });
    assert_eq!(rows[0], Both { owner: Owner { id: 1, name: "ann".into() }, pet: pet(2, "bob"), years: 30 });
    assert_eq!(rows[1].pet, pet(3, "cid"));
    assert_eq!(rows[2], Both { owner: Owner { id: 3, name: "cid".into() }, pet: None, years: 10 });
}
