//! Identifiers and documents.

use std::collections::BTreeMap;

use orm::prelude::*;
use orm::{Error, Json};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{in_order, one};
use crate::{Test, cases};

cases![
    uuids_are_in_the_order_of_their_bytes,
    a_uuid_can_be_a_key,
    documents_are_read_as_they_were,
    no_document_is_not_null,
    a_document_that_cannot_be_stored_is_refused,
    a_document_that_does_not_fit_is_an_error_that_names_the_column,
    text_that_is_no_document_is_refused_by_the_table,
];

one!(Id, Uuid);

async fn uuids_are_in_the_order_of_their_bytes(t: Test) {
    let values = [
        "00000000-0000-0000-0000-000000000000",
        "00000000-0000-0000-0000-000000000001",
        // Where only some parts were compared, or in another order, these were others.
        "00000001-0000-7000-8000-ffffffffffff",
        "00000002-0000-1000-8000-000000000000",
        "7f000000-ffff-4fff-8000-000000000000",
        "80000000-0000-4000-8000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ];
    in_order::<Id>(&t, values.map(|it| it.parse().unwrap()).to_vec()).await;
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Device {
    #[orm(key)]
    id: Uuid,
    #[orm(unique)]
    serial: Uuid,
}

async fn a_uuid_can_be_a_key(t: Test) {
    t.create_tables::<Device>().await.unwrap();
    let device = |n: u128| Device { id: Uuid::from_u128(n), serial: Uuid::from_u128(n << 64) };
    t.create_many([device(1), device(2), device(3)]).await.unwrap();
    assert_eq!(t.get::<Device>(Uuid::from_u128(2)).await.unwrap(), device(2));
    let moved = t.save(Device { serial: Uuid::max(), ..device(2) }).await.unwrap();
    t.delete(device(1)).await.unwrap();
    assert_eq!(t.find::<Device>().order(Device::ID.asc()).await.unwrap(), [moved, device(3)]);
    let taken = t.create(Device { id: Uuid::from_u128(9), serial: Uuid::max() }).await.unwrap_err();
    assert!(taken.is_unique_violation(), "{taken}");
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Settings {
    large: u64,
    small: i64,
    real: f64,
    text: String,
    nothing: Option<bool>,
    nested: Vec<Option<Self>>,
    named: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Account {
    #[orm(key, auto)]
    id: i64,
    settings: Json<Settings>,
    extra: Option<Json<serde_json::Value>>,
}

fn settings() -> Settings {
    Settings {
        large: u64::MAX,
        small: i64::MIN,
        real: 0.1,
        text: "\"quoted\" \\u0000 'é😀' \n \\".into(),
        nothing: None,
        nested: vec![None, Some(Settings::default())],
        named: [("a b".to_owned(), serde_json::json!([null, {"x": [1, -2, 9_007_199_254_740_993_i64]}]))].into(),
    }
}

fn account(extra: Option<serde_json::Value>) -> Account {
    Account { id: 0, settings: Json(settings()), extra: extra.map(Json) }
}

async fn documents_are_read_as_they_were(t: Test) {
    t.create_tables::<Account>().await.unwrap();
    let one = t.create(account(Some(serde_json::json!({"a": [1, "2", null]})))).await.unwrap();
    assert_eq!(t.get::<Account>(one.id).await.unwrap(), one);
    let more = t.create_many((0..3).map(|n| account((n > 0).then(|| n.into())))).await.unwrap();
    assert_eq!(t.find().where_(Account::ID.gt(one.id)).order(Account::ID.asc()).await.unwrap(), more);
    let changed = t.update(one).set(Account::SETTINGS, Json(Settings::default())).await.unwrap();
    assert_eq!(t.get::<Account>(changed.id).await.unwrap(), changed);
    t.save(Account { extra: None, ..changed.clone() }).await.unwrap();
    assert_eq!(t.get::<Account>(changed.id).await.unwrap().extra, None);
    let read: Vec<(i64, Json<Settings>)> = t.raw("SELECT id, settings FROM accounts WHERE id = ?", more[0].id).fetch().await.unwrap();
    assert_eq!(read, [(more[0].id, Json(settings()))]);
}

async fn no_document_is_not_null(t: Test) {
    t.create_tables::<Account>().await.unwrap();
    let null = t.create(account(Some(serde_json::Value::Null))).await.unwrap();
    let none = t.create(account(None)).await.unwrap();
    assert_eq!(t.get::<Account>(null.id).await.unwrap().extra, Some(Json(serde_json::Value::Null)));
    assert_eq!(t.find().where_(Account::EXTRA.is_none()).await.unwrap(), [none]);
}

async fn a_document_that_cannot_be_stored_is_refused(t: Test) {
    t.create_tables::<Account>().await.unwrap();
    let error = t.create(account(Some("a\0b".into()))).await.unwrap_err();
    assert!(matches!(&error, Error::Unstorable { column, .. } if column == "Account.extra"), "{error}");
    assert_eq!(t.find::<Account>().count().await.unwrap(), 0);
}

/// The same table, with another idea of the document.
#[derive(Debug, Clone, Model)]
#[orm(table = "accounts")]
struct Other {
    #[orm(key)]
    id: i64,
    settings: Json<Vec<bool>>,
}

async fn a_document_that_does_not_fit_is_an_error_that_names_the_column(t: Test) {
    t.create_tables::<Account>().await.unwrap();
    let account = t.create(account(None)).await.unwrap();
    let error = t.get::<Other>(account.id).await.unwrap_err();
    assert!(matches!(&error, Error::Decode { column, .. } if column == "Other.settings"), "{error}");
    assert!(!error.to_string().contains("quoted"), "{error}");
}

async fn text_that_is_no_document_is_refused_by_the_table(t: Test) {
    t.create_tables::<Account>().await.unwrap();
    let mut plain = t.plain().await;
    assert!(plain.fails("INSERT INTO accounts (settings) VALUES ('{')").await);
    plain.execute("INSERT INTO accounts (settings) VALUES ('{}')").await;
}
