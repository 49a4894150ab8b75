//! Enums, and structs around one field.

use chrono::{DateTime, Utc};
use orm::prelude::*;
use orm::{Error, Value};

use super::{in_order, one};
use crate::{Test, cases};

cases![
    enums_are_stored_as_the_names_of_their_variants,
    enums_are_stored_as_their_discriminants,
    texts_that_are_no_variant_are_refused_by_the_table,
    integers_that_are_no_variant_are_refused_by_the_table,
    what_is_no_variant_is_an_error_that_names_the_column,
    conditions_on_enums,
    values_of_enums_are_told_from_others,
    structs_around_a_field_are_stored_as_it,
    structs_around_a_field_can_be_numbered_keys,
    lists_of_enums,
];

#[derive(Debug, Clone, Copy, PartialEq, Field)]
enum Role {
    Admin,
    #[orm(rename = "guest's \"own\" \\ 50%")]
    Guest,
    ReadOnly,
    r#Type,
}

#[derive(Debug, Clone, Copy, PartialEq, Field)]
#[orm(integer)]
#[repr(i64)]
enum Level {
    Below = -1,
    Zero,
    High = 1 << 40,
}

one!(Roles, Role);
one!(Levels, Level);

async fn enums_are_stored_as_the_names_of_their_variants(t: Test) {
    in_order::<Roles>(&t, vec![Role::Admin, Role::Guest, Role::ReadOnly, Role::Type]).await;
    let rows = t.plain().await.rows("SELECT DISTINCT it FROM roles WHERE it IS NOT NULL ORDER BY it").await;
    assert_eq!(rows.concat(), ["admin", "guest's \"own\" \\ 50%", "read_only", "type"]);
}

async fn enums_are_stored_as_their_discriminants(t: Test) {
    in_order::<Levels>(&t, vec![Level::Below, Level::Zero, Level::High]).await;
    let rows = t.plain().await.rows("SELECT DISTINCT it FROM levels WHERE it IS NOT NULL ORDER BY it").await;
    assert_eq!(rows.concat(), ["-1", "0", "1099511627776"]);
}

async fn texts_that_are_no_variant_are_refused_by_the_table(t: Test) {
    t.create_tables::<Roles>().await.unwrap();
    let mut plain = t.plain().await;
    for it in ["", "Admin", "admin ", "ADMIN", "nobody"] {
        assert!(plain.fails(&format!("INSERT INTO roles (it) VALUES ('{it}')")).await, "{it}");
    }
    plain.execute("INSERT INTO roles (it) VALUES ('admin'), (NULL)").await;
}

async fn integers_that_are_no_variant_are_refused_by_the_table(t: Test) {
    t.create_tables::<Levels>().await.unwrap();
    let mut plain = t.plain().await;
    assert!(plain.fails("INSERT INTO levels (it) VALUES (2)").await);
    plain.execute("INSERT INTO levels (it) VALUES (-1), (NULL)").await;
}

/// The tables of the enums, open for everything.
#[derive(Debug, Clone, Model)]
#[orm(table = "roles")]
struct AnyRole {
    #[orm(key, auto)]
    id: i64,
    it: Option<String>,
}

#[derive(Debug, Clone, Model)]
#[orm(table = "levels")]
struct AnyLevel {
    #[orm(key, auto)]
    id: i64,
    it: Option<i64>,
}

async fn what_is_no_variant_is_an_error_that_names_the_column(t: Test) {
    t.create_tables::<(AnyRole, AnyLevel)>().await.unwrap();
    t.create(AnyRole { id: 0, it: Some("secret".into()) }).await.unwrap();
    t.create(AnyLevel { id: 0, it: Some(77) }).await.unwrap();
    let error = t.find::<Roles>().await.unwrap_err();
    assert_eq!(error.to_string(), "cannot read Roles.it as Role: the database holds text that stands for no variant");
    let error = t.find::<Levels>().await.unwrap_err();
    assert_eq!(error.to_string(), "cannot read Levels.it as Level: the database holds an integer that stands for no variant");
}

async fn conditions_on_enums(t: Test) {
    t.create_tables::<(Roles, Levels)>().await.unwrap();
    t.create_many([Role::Admin, Role::Guest, Role::ReadOnly].map(|it| Roles { id: 0, it: Some(it) })).await.unwrap();
    let count = async |it| t.find().where_(it).count().await.unwrap();
    assert_eq!(count(Roles::IT.eq(Role::Admin)).await, 1);
    assert_eq!(count(Roles::IT.ne(Role::Admin)).await, 2);
    assert_eq!(count(Roles::IT.is_in([Role::Admin, Role::Guest])).await, 2);
    assert_eq!(t.update_all(Roles::IT.eq(Role::Guest)).set(Roles::IT, Role::Type).await.unwrap(), 1);
    t.create_many([Level::High, Level::Below].map(|it| Levels { id: 0, it: Some(it) })).await.unwrap();
    assert_eq!(t.find().where_(Levels::IT.between(Level::Below, Level::Zero)).count().await.unwrap(), 1);
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Keyed {
    #[orm(key)]
    role: Role,
    #[orm(key)]
    level: Level,
}

async fn values_of_enums_are_told_from_others(t: Test) {
    t.create_tables::<Keyed>().await.unwrap();
    let one = t.create(Keyed { role: Role::Guest, level: Level::High }).await.unwrap();
    assert_eq!(t.get::<Keyed>((Role::Guest, Level::High)).await.unwrap(), one);
    assert!(t.get::<Keyed>((Role::Guest, Level::Zero)).await.unwrap_err().is_not_found());
    assert_eq!(Role::from_value(Value::from("type")).unwrap(), Role::Type);
    assert!(matches!(Role::from_value(Value::I64(0)).unwrap_err(), Error::Decode { .. }));
    assert!(matches!(Level::from_value(Value::from("0")).unwrap_err(), Error::Decode { .. }));
}

#[derive(Debug, Clone, PartialEq, Field)]
struct Email(String);

#[derive(Debug, Clone, Copy, PartialEq, Field)]
struct Seen {
    at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Field)]
struct MemberId(i64);

#[derive(Debug, Clone, PartialEq, Field)]
struct Maybe(Option<i32>);

#[derive(Debug, Clone, PartialEq, Model)]
struct Member {
    #[orm(key, auto)]
    id: MemberId,
    #[orm(unique, size = 30)]
    email: Email,
    other: Option<Email>,
    #[orm(created_at)]
    seen: Seen,
    maybe: Maybe,
    all: Vec<Email>,
}

fn member(email: &str) -> Member {
    let email = Email(email.to_owned());
    Member { id: MemberId(0), other: None, seen: Seen { at: DateTime::UNIX_EPOCH }, maybe: Maybe(None), all: vec![email.clone()], email }
}

async fn structs_around_a_field_are_stored_as_it(t: Test) {
    t.create_tables::<Member>().await.unwrap();
    let ann = t.create(member("ann@x")).await.unwrap();
    let bob = t.create(Member { other: Some(Email("b@y".into())), maybe: Maybe(Some(7)), ..member("bob@x") }).await.unwrap();
    assert!(ann.seen.at > DateTime::UNIX_EPOCH);
    assert_eq!(t.find::<Member>().order(Member::EMAIL.desc()).await.unwrap(), [bob.clone(), ann.clone()]);
    assert_eq!(t.find().where_(Member::EMAIL.eq(Email("ann@x".into()))).await.unwrap(), std::slice::from_ref(&ann));
    assert_eq!(t.find().where_(Member::OTHER.is_none()).await.unwrap(), [ann]);
    assert_eq!(t.find().where_(Member::EMAIL.starts_with("bo")).await.unwrap(), [bob]);
}

async fn structs_around_a_field_can_be_numbered_keys(t: Test) {
    t.create_tables::<Member>().await.unwrap();
    let all = t.create_many([member("a"), member("b")]).await.unwrap();
    assert!(all[0].id.0 > 0 && all[1].id.0 > all[0].id.0);
    assert_eq!(t.get::<Member>(all[1].id).await.unwrap(), all[1]);
}

one!(RoleLists, Vec<Role>);

async fn lists_of_enums(t: Test) {
    super::there_and_back::<RoleLists>(&t, vec![vec![], vec![Role::Guest, Role::Admin]]).await;
}
