//! Types of the program, as GORM tests them.

use chrono::{DateTime, Utc};
use orm::prelude::*;
use orm::{Encoding, Error, Json};
use serde::{Deserialize, Serialize};

use crate::{Test, cases};

cases![types_of_the_program_are_stored_and_compared, types_of_the_program_are_found_or_created, what_a_type_refuses_is_an_error];

/// Bytes that are stored turned round, and may not be `xxx`.
#[derive(Debug)]
enum Hidden {}

impl Encoding<Vec<u8>> for Hidden {
    type Stored = Vec<u8>;

    fn encode(it: &Vec<u8>) -> orm::Result<Vec<u8>> {
        if it == b"xxx" {
            return Err(Error::Invalid("should not be xxx".into()));
        }
        Ok(it.iter().rev().map(|it| !it).collect())
    }

    fn decode(stored: Vec<u8>) -> orm::Result<Vec<u8>> {
        Ok(stored.iter().rev().map(|it| !it).collect())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Field)]
struct Num(i64);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Example {
    name: String,
    value: String,
}

#[derive(Debug, Clone, PartialEq, Field)]
enum Role {
    Admin,
    #[orm(rename = "user")]
    Ordinary,
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "scanner_valuers")]
struct Typed {
    #[orm(key, auto)]
    id: i64,
    name: Option<String>,
    gender: Option<Role>,
    age: Option<i64>,
    male: Option<bool>,
    height: Option<f64>,
    birthday: Option<DateTime<Utc>>,
    num: Num,
    strings: Vec<String>,
    structs: Json<Vec<Example>>,
    role: Role,
    #[orm(with = Hidden)]
    password: Vec<u8>,
    #[orm(with = Hidden)]
    other: Option<Vec<u8>>,
}

fn typed(num: i64) -> Typed {
    Typed {
        id: 0,
        name: Some("name".into()),
        gender: Some(Role::Admin),
        age: Some(18),
        male: Some(true),
        height: Some(1.8888),
        birthday: Some(DateTime::from_timestamp(1_700_000_000, 0).unwrap()),
        num: Num(num),
        strings: vec!["a".into(), "b".into()],
        structs: Json(vec![Example { name: "n".into(), value: "v".into() }]),
        role: Role::Ordinary,
        password: b"pass1".to_vec(),
        other: None,
    }
}

// gorm: scanner_valuer:TestScannerValuer
async fn types_of_the_program_are_stored_and_compared(t: Test) {
    t.create_tables::<Typed>().await.unwrap();
    let bystander = Typed { name: None, gender: None, age: None, male: None, height: None, birthday: None, ..typed(1) };
    let bystander = t.create(bystander).await.unwrap();
    let it = t.create(typed(8)).await.unwrap();
    assert_eq!(t.find().order(Typed::ID.asc()).await.unwrap(), [bystander.clone(), it.clone()]);
    let by = [
        Typed::NUM.eq(Num(8)),
        Typed::GENDER.eq(Role::Admin),
        Typed::HEIGHT.gt(1.8),
        Typed::ROLE.eq(Role::Ordinary).and(Typed::NUM.gt(Num(1))),
        Typed::PASSWORD.eq(b"pass1".to_vec()).and(Typed::AGE.is_some()),
        Typed::STRINGS.eq(vec!["a".to_owned(), "b".to_owned()]).and(Typed::MALE.eq(true)),
    ];
    for condition in by {
        assert_eq!(t.find().where_(condition).await.unwrap(), std::slice::from_ref(&it));
    }
    let stored: Vec<u8> = t.raw("SELECT password FROM scanner_valuers WHERE id = ?", it.id).fetch_one().await.unwrap();
    assert!(stored != b"pass1");
    let it =
        t.update(it).set(Typed::PASSWORD, b"pass2".to_vec()).set(Typed::OTHER, b"x".to_vec()).set(Typed::ROLE, Role::Admin).await.unwrap();
    assert_eq!((it.password.as_slice(), it.other.as_deref()), (&b"pass2"[..], Some(&b"x"[..])));
    assert_eq!(t.find().order(Typed::ID.asc()).await.unwrap(), [bystander, it]);
}

/// Finds it, or creates it; then sets what is asked for.
async fn first_or_create(t: &Test, num: Num, password: &[u8]) -> orm::Result<Typed> {
    t.transaction(async |tx| {
        let found = match tx.find().where_(Typed::NUM.eq(num)).first().await? {
            Some(it) => it,
            None => tx.create(typed(num.0)).await?,
        };
        tx.update(found).set(Typed::PASSWORD, password.to_vec()).await
    })
    .await
}

// gorm: scanner_valuer:TestScannerValuerWithFirstOrCreate
async fn types_of_the_program_are_found_or_created(t: Test) {
    t.create_tables::<Typed>().await.unwrap();
    let made = first_or_create(&t, Num(8), b"one").await.unwrap();
    let found = first_or_create(&t, Num(8), b"two").await.unwrap();
    assert_eq!((found.id, found.password.as_slice()), (made.id, &b"two"[..]));
    assert_eq!(t.find::<Typed>().await.unwrap(), [found]);
}

// gorm: scanner_valuer:TestInvalidValuer
async fn what_a_type_refuses_is_an_error(t: Test) {
    t.create_tables::<Typed>().await.unwrap();
    let it = t.create(typed(1)).await.unwrap();
    let wrong = || b"xxx".to_vec();
    let refused = [
        t.create(Typed { password: wrong(), ..typed(2) }).await.map(drop),
        t.create(Typed { other: Some(wrong()), ..typed(2) }).await.map(drop),
        t.save(Typed { password: wrong(), ..it.clone() }).await.map(drop),
        t.update(it.clone()).set(Typed::PASSWORD, wrong()).await.map(drop),
        t.update_all(Typed::PASSWORD.eq(wrong())).set(Typed::NUM, Num(3)).await.map(drop),
    ];
    for error in refused {
        let error = error.unwrap_err();
        assert!(error.to_string().contains("should not be xxx"), "{error}");
    }
    assert_eq!(t.find::<Typed>().await.unwrap(), [it]);
}
