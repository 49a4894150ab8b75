//! Values that the database gives, and keys of other names, as GORM tests them.

use chrono::{DateTime, NaiveDate, Utc};
use orm::Auto;
use orm::prelude::*;

use crate::{Test, cases};

cases![
    defaults_are_given_and_come_back,
    a_key_of_another_name_and_defaults_go_together,
    a_record_of_nothing_but_a_number_is_created,
    defaults_may_hold_any_character,
];

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Harumph {
    #[orm(key, auto)]
    id: i64,
    #[orm(unique, size = 100)]
    email: String,
    #[orm(default = "'foo'", size = 100)]
    name: Auto<String>,
    #[orm(default = "''", size = 100)]
    empty: Auto<String>,
    #[orm(default = 18)]
    age: Auto<i32>,
    #[orm(default = "'2000-01-02'")]
    created: Auto<NaiveDate>,
    #[orm(default = true)]
    enabled: Auto<bool>,
}

// GORM stores `true` for a `false` with `default:true`, because zero values are no values to it.
// gorm: default_value:TestDefaultValue
async fn defaults_are_given_and_come_back(t: Test) {
    t.create_tables::<Harumph>().await.unwrap();
    let stored = t.create(Harumph { email: "hello@example.org".into(), ..Harumph::default() }).await.unwrap();
    let expected = Harumph {
        id: 1,
        email: "hello@example.org".into(),
        name: "foo".into(),
        empty: "".into(),
        age: 18.into(),
        created: NaiveDate::from_ymd_opt(2000, 1, 2).unwrap().into(),
        enabled: true.into(),
    };
    assert_eq!(stored, expected);
    assert_eq!(t.find().where_(Harumph::NAME.eq("foo")).await.unwrap(), [expected]);

    let zeros = Harumph { email: "zero".into(), name: "".into(), age: 0.into(), enabled: false.into(), ..Harumph::default() };
    let stored = t.create(zeros).await.unwrap();
    let read = t.get::<Harumph>(stored.id).await.unwrap();
    assert_eq!(read, stored);
    assert_eq!((read.name, read.age, read.enabled), ("".into(), Auto::Set(0), Auto::Set(false)));
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Animal {
    #[orm(key, auto)]
    counter: u64,
    #[orm(default = "'galeone'", size = 50)]
    name: Auto<String>,
    r#from: String,
    #[orm(skip)]
    unstored: String,
    #[orm(created_at)]
    created_at: DateTime<Utc>,
    #[orm(updated_at)]
    updated_at: DateTime<Utc>,
}

// gorm: non_std:TestNonStdPrimaryKeyAndDefaultValues
async fn a_key_of_another_name_and_defaults_go_together(t: Test) {
    t.create_tables::<Animal>().await.unwrap();
    let named = |name: &str| Animal { name: name.into(), ..Animal::default() };
    let it = t.create(named("Ferdinand")).await.unwrap();
    let updated = it.updated_at;
    let bystander = t.create(named("bystander")).await.unwrap();
    let it = t.save(Animal { name: "Francis".into(), unstored: "here".into(), ..it }).await.unwrap();
    assert!(it.updated_at >= updated && it.unstored == "here");
    let francis = t.get::<Animal>(it.counter).await.unwrap();
    assert_eq!((francis.name, francis.unstored), ("Francis".into(), String::new()));

    let unnamed = t.create(Animal { r#from: "somewhere".into(), ..Animal::default() }).await.unwrap();
    assert_eq!(unnamed.name, "galeone".into());
    let read = t.get::<Animal>(unnamed.counter).await.unwrap();
    assert_eq!((read.name, read.r#from.as_str(), read.counter), ("galeone".into(), "somewhere", 3));
    let renamed = t.update(unnamed).set(Animal::NAME, "other").await.unwrap();
    assert_eq!(t.find().where_(Animal::NAME.eq("other")).select(Animal::COUNTER).await.unwrap(), [renamed.counter]);
    assert_eq!(t.get::<Animal>(bystander.counter).await.unwrap(), bystander);
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Empty {
    #[orm(key, auto)]
    id: i64,
}

// gorm: create:TestCreateEmptyStruct
async fn a_record_of_nothing_but_a_number_is_created(t: Test) {
    t.create_tables::<Empty>().await.unwrap();
    assert_eq!(t.create(Empty::default()).await.unwrap().id, 1);
    let more = t.create_many([Empty::default(), Empty::default()]).await.unwrap();
    assert_eq!(more.iter().map(|it| it.id).collect::<Vec<_>>(), [2, 3]);
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Quoted {
    #[orm(key, auto)]
    id: i64,
    #[orm(default = "'it''s \"quoted\"; with, marks'", size = 100, comment = "a \"comment\"; with '\\' in it")]
    it: Auto<String>,
    #[orm(column = "a \"name\"; of , its own", default = 7)]
    other: Auto<i32>,
}

// gorm: schema/utils:TestParseTagSettingWithDoubleQuoteEscape
async fn defaults_may_hold_any_character(t: Test) {
    assert_eq!(Quoted::META.fields[1].comment, Some("a \"comment\"; with '\\' in it"));
    t.create_tables::<Quoted>().await.unwrap();
    let it = t.create(Quoted::default()).await.unwrap();
    assert_eq!(it.it, "it's \"quoted\"; with, marks".into());
    assert_eq!(t.find().where_(Quoted::OTHER.eq(7)).await.unwrap(), [it]);
}
