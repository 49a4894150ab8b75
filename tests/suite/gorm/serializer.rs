//! Fields that are stored as something else, as GORM tests them; and a smaller
//! model of the same table.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use orm::prelude::*;
use orm::{Encoding, Error, UnixSeconds};
use serde::{Deserialize, Serialize};

use crate::{Test, cases};

cases![
    fields_are_stored_as_documents_numbers_and_secrets,
    zero_values_are_encoded_like_all_others,
    what_is_encoded_is_found_or_created,
    instants_are_seconds,
    a_smaller_model_changes_the_same_record,
];

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Job {
    title: String,
    number: i32,
    remote: bool,
}

/// The role with a prefix, as a type of the program would be in GORM.
#[derive(Debug)]
enum Prefixed {}

impl Encoding<String> for Prefixed {
    type Stored = String;

    fn encode(it: &String) -> orm::Result<String> {
        Ok(format!("role-{it}"))
    }

    fn decode(stored: String) -> orm::Result<String> {
        stored.strip_prefix("role-").map(str::to_owned).ok_or_else(|| Error::Invalid("a role has a prefix".into()))
    }
}

type Contracts = Option<BTreeMap<String, (Job, Vec<u8>)>>;

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Record {
    #[orm(key, auto)]
    id: i64,
    #[orm(json)]
    name: Vec<u8>,
    #[orm(json)]
    roles: Vec<String>,
    #[orm(json)]
    contracts: Contracts,
    #[orm(json)]
    job: Option<Job>,
    #[orm(with = UnixSeconds)]
    made: DateTime<Utc>,
    #[orm(with = UnixSeconds)]
    changed: Option<DateTime<Utc>>,
    #[orm(with = Prefixed)]
    role: String,
    secret: Vec<u8>,
}

/// What the secrets of a statement are written with.
#[derive(Debug, Clone, Copy)]
struct Key(u8);

async fn hide(cx: &mut Context) -> orm::Result<()> {
    turn(cx)
}

async fn show(cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
    next.run(cx).await?;
    turn(cx)
}

fn turn(cx: &mut Context) -> orm::Result<()> {
    let Some(Key(key)) = cx.setting::<Key>().copied() else { return Err(Error::Invalid("no key for the secrets".into())) };
    for record in cx.records_mut() {
        if let Some(secret) = record.get_mut(Record::SECRET) {
            secret.iter_mut().for_each(|it| *it ^= key);
        }
    }
    Ok(())
}

fn record() -> Record {
    let job = Job { title: "programmer".into(), number: 9920, remote: true };
    Record {
        name: b"jinzhu".to_vec(),
        roles: vec!["r1".into(), "r2".into()],
        contracts: Some([("one".to_owned(), (job.clone(), vec![1, 2]))].into()),
        job: Some(job),
        made: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
        changed: DateTime::from_timestamp(1_700_000_001, 0),
        role: "admin".into(),
        secret: b"pass".to_vec(),
        ..Record::default()
    }
}

// What GORM's serializers take from a context is a value of the session here, for a callback.
// gorm: serializer:TestSerializer
async fn fields_are_stored_as_documents_numbers_and_secrets(t: Test) {
    t.create_tables::<Record>().await.unwrap();
    let db = t
        .with_callbacks(|on| {
            on.create().before("orm:create").register("app:hide", hide);
            on.query().register("app:show", show);
        })
        .unwrap();
    let (session, other) = (db.session().with(Key(0x55)), db.session().with(Key(0x11)));
    session.create(Record::default()).await.unwrap();
    let id = session.create(record()).await.unwrap().id;
    let read = session.get::<Record>(id).await.unwrap();
    assert_eq!(read, Record { id, ..record() });
    let raw: (i64, String, Vec<u8>) = t.raw("SELECT made, role, secret FROM records WHERE id = ?", id).fetch_one().await.unwrap();
    assert_eq!((raw.0, raw.1.as_str()), (1_700_000_000, "role-admin"));
    assert!(raw.2 != b"pass");
    assert!(other.get::<Record>(id).await.unwrap().secret != b"pass");
    assert!(db.get::<Record>(id).await.unwrap_err().to_string().contains("no key"));
    // Conditions are encoded, too.
    let found = session.find().where_(Record::ROLE.eq("admin".to_owned()).and(Record::MADE.eq(record().made)));
    assert_eq!(found.select(Record::ID).await.unwrap(), [id]);
}

// gorm: serializer:TestSerializerZeroValue
async fn zero_values_are_encoded_like_all_others(t: Test) {
    t.create_tables::<Record>().await.unwrap();
    let zero = t.create(Record::default()).await.unwrap();
    assert_eq!(t.get::<Record>(zero.id).await.unwrap(), zero);
    assert_eq!((zero.job, zero.changed, zero.made), (None, None, DateTime::UNIX_EPOCH));
    assert_eq!(t.find().where_(Record::JOB.is_none()).count().await.unwrap(), 1);
}

// gorm: serializer:TestSerializerAssignFirstOrCreate
async fn what_is_encoded_is_found_or_created(t: Test) {
    t.create_tables::<Record>().await.unwrap();
    let assign = async |roles: Vec<String>| {
        t.transaction(async |tx| {
            let found = match tx.find().where_(Record::ROLE.eq("admin".to_owned())).first().await? {
                Some(it) => it,
                None => tx.create(record()).await?,
            };
            tx.update(found).set(Record::ROLES, roles).await
        })
        .await
        .unwrap()
    };
    let one = assign(vec!["a".into()]).await;
    let two = assign(vec!["b".into(), "c".into()]).await;
    assert_eq!((two.id, &two.roles), (one.id, &vec!["b".to_owned(), "c".to_owned()]));
    assert_eq!(t.find::<Record>().await.unwrap(), [two]);
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Moment {
    #[orm(key, auto)]
    id: i64,
    #[orm(with = UnixSeconds)]
    at: DateTime<Utc>,
    #[orm(with = UnixSeconds)]
    until: Option<time::OffsetDateTime>,
}

// A field of another type than an instant does not compile; an integer that is no instant is an error.
// gorm: schema/serializer:TestUnixSecondSerializer_Value
async fn instants_are_seconds(t: Test) {
    t.create_tables::<Moment>().await.unwrap();
    for seconds in [0, 1, -1, 1_700_000_000, -62_135_596_800, 253_402_300_799] {
        let at = DateTime::from_timestamp(seconds, 0).unwrap();
        let until = time::OffsetDateTime::from_unix_timestamp(seconds).unwrap();
        let it = t.create(Moment { id: 0, at: at + TimeDelta::milliseconds(999), until: Some(until) }).await.unwrap();
        let read = t.get::<Moment>(it.id).await.unwrap();
        assert_eq!((read.at, read.until), (at, Some(until)));
        let stored: (i64, i64) = t.raw("SELECT at, until FROM moments WHERE id = ?", it.id).fetch_one().await.unwrap();
        assert_eq!(stored, (seconds, seconds));
    }
    let none = t.create(Moment { id: 0, at: DateTime::UNIX_EPOCH, until: None }).await.unwrap();
    assert_eq!(t.get::<Moment>(none.id).await.unwrap().until, None);
    for wrong in [i64::MAX, i64::MIN] {
        t.raw("UPDATE moments SET at = ? WHERE id = ?", (wrong, none.id)).execute().await.unwrap();
        let error = t.get::<Moment>(none.id).await.unwrap_err();
        assert!(matches!(&error, Error::Decode { column, .. } if column == "Moment.at"), "{error}");
    }
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Person {
    #[orm(key, auto)]
    id: i64,
    name: String,
    age: i32,
    email: String,
}

/// A part of the same table.
#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "people", hooks)]
struct Named {
    #[orm(key)]
    id: i64,
    name: String,
    age: i32,
}

impl Hooks for Named {
    async fn before_update(&mut self, db: &Session) -> orm::Result<()> {
        let stored = db.get::<Self>(self.id).await?;
        if stored.name != self.name {
            self.age = 20;
        }
        Ok(())
    }
}

// gorm: submodel:TestSubModel
async fn a_smaller_model_changes_the_same_record(t: Test) {
    t.create_tables::<Person>().await.unwrap();
    let person = |name: &str| Person { name: name.into(), age: 1, email: "a@x".into(), ..Person::default() };
    let bystander = t.create(person("bystander")).await.unwrap();
    let it = t.create(person("ann")).await.unwrap();
    let small = t.get::<Named>(it.id).await.unwrap();
    let small = t.update(small).set(Named::NAME, "anna").await.unwrap();
    assert_eq!((small.name.as_str(), small.age), ("anna", 20));
    let expected = Person { name: "anna".into(), age: 20, ..it };
    assert_eq!(t.find().order(Person::ID.asc()).await.unwrap(), [bystander.clone(), expected.clone()]);
    // Nothing else was changed, and so the hook sets nothing.
    t.update(small).set(Named::AGE, 30).await.unwrap();
    assert_eq!(t.find().order(Person::ID.asc()).await.unwrap(), [bystander, Person { age: 30, ..expected }]);
}
