//! Statements with their values in them, for people to read.

use chrono::{DateTime, Utc};
use orm::prelude::*;

use crate::{Test, cases};

cases![types_of_the_program_are_shown_as_what_they_hold, what_is_shown_does_what_the_statement_does];

#[derive(Debug, Clone, Copy, PartialEq, Field)]
struct AgeInt(i8);

#[derive(Debug, Clone, Copy, PartialEq, Field)]
struct AgeUint(u32);

#[derive(Debug, Clone, Copy, PartialEq, Field)]
struct AgeBool(bool);

#[derive(Debug, Clone, Copy, PartialEq, Field)]
struct AgeFloat(f64);

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "explained")]
struct Explained {
    #[orm(key)]
    id: i64,
    int: AgeInt,
    uint: AgeUint,
    bool: AgeBool,
    float: AgeFloat,
}

// gorm: sql_builder:TestExplainSQL
async fn types_of_the_program_are_shown_as_what_they_hold(t: Test) {
    let plan = t.session().dry_run();
    let change = || plan.update_all(Explained::ID.eq(1));
    change().set(Explained::INT, AgeInt(8)).await.unwrap();
    change().set(Explained::UINT, AgeUint(10_241_024)).await.unwrap();
    change().set(Explained::BOOL, AgeBool(false)).await.unwrap();
    change().set(Explained::FLOAT, AgeFloat(0.12345678)).await.unwrap();
    let statements = plan.statements();
    let shown: Vec<String> = statements.iter().map(|it| it.sql_with_values().replace(['`', '"'], "")).collect();
    let values = ["int = 8", "uint = 10241024", "bool = FALSE", "float = 0.12345678"];
    assert_eq!(shown, values.map(|it| format!("UPDATE explained SET {it} WHERE (id = 1)")));
    // Printed by accident, there are none.
    assert!(!format!("{statements:?}").contains("10241024"));
}

#[derive(Debug, Clone, PartialEq, Default, Model)]
#[orm(table = "shown")]
struct Shown {
    #[orm(key, auto)]
    id: i64,
    name: String,
    active: bool,
    bytes: Vec<u8>,
    born: Option<DateTime<Utc>>,
    day: chrono::NaiveDate,
    #[orm(precision = 10, scale = 2)]
    price: rust_decimal::Decimal,
    uuid: uuid::Uuid,
    #[orm(json)]
    tags: Vec<String>,
    list: Vec<i32>,
    ratio: f64,
}

/// Each is sent by a connection that knows nothing of values, and read as it would be.
async fn what_is_shown_does_what_the_statement_does(t: Test) {
    t.create_tables::<Shown>().await.unwrap();
    let names = ["O'Hara", "C:\\new\\'", "$1 ? :name -- /*", "\"two\"\nlines", "ü€🦀"];
    let record = |name: &str| Shown {
        id: 0,
        name: name.into(),
        active: true,
        bytes: vec![0, 39, 92, 255],
        born: DateTime::from_timestamp(1_700_000_000, 123_456_000),
        day: chrono::NaiveDate::from_ymd_opt(2020, 2, 23).unwrap(),
        price: rust_decimal::Decimal::new(99_990, 2),
        uuid: uuid::Uuid::from_u128(0x1234_5678_9abc),
        tags: vec!["it's".into()],
        list: vec![1, -2],
        ratio: 1.5e-7,
    };
    let plan = t.session().dry_run();
    for name in names {
        plan.create(record(name)).await.unwrap();
    }
    let mut plain = t.plain().await;
    for it in plan.statements() {
        plain.execute(it.sql_with_values()).await;
    }
    let stored = t.find::<Shown>().order(Shown::ID.asc()).await.unwrap();
    assert_eq!(stored, (1..).zip(names).map(|(id, name)| Shown { id, ..record(name) }).collect::<Vec<_>>());

    let plan = t.session().dry_run();
    plan.update_all(Shown::NAME.is_in(names[..2].to_vec())).set(Shown::NAME, "both").set(Shown::BORN, None).await.unwrap();
    plan.delete_all(Shown::NAME.eq(names[2]).and(Shown::DAY.le(stored[0].day))).await.unwrap();
    plan.raw("UPDATE shown SET active = ? WHERE name = ? AND name <> '?'", (false, names[4])).execute().await.unwrap();
    for it in plan.statements() {
        plain.execute(it.sql_with_values()).await;
    }
    let left = t.find::<Shown>().order(Shown::ID.asc()).await.unwrap();
    let left: Vec<_> = left.iter().map(|it| (&it.name[..], it.born.is_some(), it.active)).collect();
    assert_eq!(left, [("both", false, true), ("both", false, true), (names[3], true, true), (names[4], true, false)]);
}
