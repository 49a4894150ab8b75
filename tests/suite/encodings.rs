//! Fields that are stored as something else: as documents, as numbers, by an
//! encoding of the program.

use chrono::{DateTime, Utc};
use orm::prelude::*;
use orm::{Encoding, Error, UnixMicros, UnixMillis, UnixSeconds, With};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{Test, cases};

cases![
    fields_with_an_encoding_come_back_as_they_were,
    what_is_stored_is_the_encoded_value,
    columns_with_an_encoding_are_compared_with_plain_values,
    columns_with_an_encoding_are_set_and_selected,
    none_is_null_whatever_the_encoding,
    what_cannot_be_encoded_is_refused,
    what_cannot_be_decoded_is_an_error_that_names_the_column,
    callbacks_see_the_plain_value,
    the_time_of_a_change_may_have_an_encoding,
    structs_with_encodings_are_embedded,
    rows_have_encodings_too,
];

/// Any type of serde; no column could hold it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Settings {
    dark: bool,
    tabs: Vec<String>,
    inner: Option<Box<Self>>,
}

/// What is turned round, letter by letter, and has no `!`.
#[derive(Debug)]
enum Backwards {}

impl Encoding<String> for Backwards {
    type Stored = String;

    fn encode(it: &String) -> orm::Result<String> {
        if it.contains('!') {
            return Err(Error::Invalid("it has a `!` in it".into()));
        }
        Ok(it.chars().rev().collect())
    }

    fn decode(stored: String) -> orm::Result<String> {
        Self::encode(&stored)
    }
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Note {
    #[orm(key, auto)]
    id: i64,
    #[orm(json)]
    settings: Settings,
    #[orm(json)]
    more: Option<Vec<Settings>>,
    #[orm(with = UnixSeconds)]
    at: DateTime<Utc>,
    #[orm(with = UnixMillis, index)]
    read: Option<DateTime<Utc>>,
    #[orm(with = UnixMicros)]
    exact: OffsetDateTime,
    #[orm(with = Backwards, unique, size = 30)]
    secret: String,
}

fn seconds(it: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(it, 0).unwrap()
}

fn note(secret: &str, at: i64) -> Note {
    let inner = Settings { dark: true, tabs: vec!["a".into(), "b".into()], inner: None };
    Note {
        id: 0,
        settings: Settings { inner: Some(Box::new(inner)), ..Settings::default() },
        more: None,
        at: seconds(at),
        read: None,
        exact: OffsetDateTime::from_unix_timestamp(at).unwrap(),
        secret: secret.into(),
    }
}

async fn fields_with_an_encoding_come_back_as_they_were(t: Test) {
    t.create_tables::<Note>().await.unwrap();
    let first = t.create(note("abc", -5)).await.unwrap();
    let full = Note { more: Some(vec![Settings::default()]), read: Some(seconds(9)), ..note("def", 1_700_000_000) };
    let many = t.create_many([full.clone(), note("ghi", 0)]).await.unwrap();
    assert_eq!(many[0], Note { id: 2, ..full });
    assert_eq!(t.find().order(Note::ID.asc()).await.unwrap(), [first, many[0].clone(), many[1].clone()]);
    let saved = t.save(Note { secret: "new".into(), more: None, ..many[0].clone() }).await.unwrap();
    assert_eq!(t.get::<Note>(2).await.unwrap(), saved);
}

async fn what_is_stored_is_the_encoded_value(t: Test) {
    t.create_tables::<Note>().await.unwrap();
    t.create(Note { read: Some(seconds(9)), ..note("abc", 7) }).await.unwrap();
    let row: (i64, Option<i64>, i64, String) = t.raw("SELECT at, notes.read, exact, secret FROM notes", ()).fetch_one().await.unwrap();
    assert_eq!(row, (7, Some(9_000), 7_000_000, "cba".into()));
}

async fn columns_with_an_encoding_are_compared_with_plain_values(t: Test) {
    t.create_tables::<Note>().await.unwrap();
    let read = |n| Some(seconds(n));
    t.create_many([Note { read: read(1), ..note("a1", 1) }, Note { read: read(2), ..note("b2", 2) }, note("c3", 3)]).await.unwrap();
    let ids = async |condition: Predicate<Note>| t.find().where_(condition).order(Note::ID.asc()).select(Note::ID).await.unwrap();
    assert_eq!(ids(Note::AT.gt(seconds(1))).await, [2, 3]);
    assert_eq!(ids(Note::AT.between(seconds(2), seconds(2))).await, [2]);
    assert_eq!(ids(Note::AT.is_in([seconds(1), seconds(3)])).await, [1, 3]);
    assert_eq!(ids(Note::READ.eq(seconds(2))).await, [2]);
    assert_eq!(ids(Note::READ.is_none()).await, [3]);
    assert_eq!(ids(Note::EXACT.le(OffsetDateTime::from_unix_timestamp(2).unwrap())).await, [1, 2]);
    assert_eq!(ids(Note::SECRET.eq("b2".to_owned())).await, [2]);
    assert_eq!(ids(Note::SECRET.ne("b2".to_owned())).await, [1, 3]);
    let sorted = t.find().order(Note::AT.desc()).select(Note::ID).await.unwrap();
    assert_eq!(sorted, [3, 2, 1]);
}

async fn columns_with_an_encoding_are_set_and_selected(t: Test) {
    t.create_tables::<Note>().await.unwrap();
    let bystander = t.create(note("bystander", 1)).await.unwrap();
    let it = t.create(note("abc", 1)).await.unwrap();
    let settings = Settings { dark: true, ..Settings::default() };
    let set = t.update(it).set(Note::AT, seconds(5)).set(Note::READ, seconds(6)).set(Note::SETTINGS, settings.clone());
    let it = set.set(Note::SECRET, "xyz".to_owned()).await.unwrap();
    assert_eq!((it.at, it.read, &it.settings, it.secret.as_str()), (seconds(5), Some(seconds(6)), &settings, "xyz"));
    assert_eq!(t.find().order(Note::ID.asc()).await.unwrap(), [bystander.clone(), it]);
    assert_eq!(t.update_all(Note::AT.eq(seconds(5))).set(Note::READ, None).await.unwrap(), 1);
    let rows: Vec<(With<DateTime<Utc>, UnixSeconds>, Option<With<DateTime<Utc>, UnixMillis>>)> =
        t.find().order(Note::ID.asc()).select((Note::AT, Note::READ)).await.unwrap();
    assert_eq!(rows.into_iter().map(|it| (it.0.0, it.1.is_some())).collect::<Vec<_>>(), [(seconds(1), false), (seconds(5), false)]);
    assert_eq!(t.get::<Note>(1).await.unwrap(), bystander);
}

async fn none_is_null_whatever_the_encoding(t: Test) {
    t.create_tables::<Note>().await.unwrap();
    t.create(note("abc", 1)).await.unwrap();
    let row: (Option<i64>, i64) =
        t.raw("SELECT notes.read, CASE WHEN more IS NULL THEN 1 ELSE 0 END FROM notes", ()).fetch_one().await.unwrap();
    assert_eq!(row, (None, 1));
}

async fn what_cannot_be_encoded_is_refused(t: Test) {
    t.create_tables::<Note>().await.unwrap();
    let it = t.create(note("abc", 1)).await.unwrap();
    let wrong = || "oh!".to_owned();
    let refused = [
        t.create(Note { secret: wrong(), ..note("", 1) }).await.map(drop),
        t.create_many([note("x", 1), Note { secret: wrong(), ..note("", 1) }]).await.map(drop),
        t.save(Note { secret: wrong(), ..it.clone() }).await.map(drop),
        t.update(it.clone()).set(Note::SECRET, wrong()).await.map(drop),
        t.find().where_(Note::SECRET.eq(wrong())).await.map(drop),
        t.delete_all(Note::SECRET.is_in([wrong()])).await.map(drop),
    ];
    for error in refused {
        let error = error.unwrap_err();
        assert!(matches!(&error, Error::Unstorable { column, reason } if column == "Note.secret" && reason.contains("a `!`")), "{error}");
    }
    assert_eq!(t.find::<Note>().await.unwrap(), [it]);
}

async fn what_cannot_be_decoded_is_an_error_that_names_the_column(t: Test) {
    t.create_tables::<Note>().await.unwrap();
    t.create(note("abc", 1)).await.unwrap();
    let mut plain = t.plain().await;
    plain.execute("UPDATE notes SET at = 9223372036854775807").await;
    let error = t.get::<Note>(1).await.unwrap_err();
    assert!(matches!(&error, Error::Decode { column, .. } if column == "Note.at"), "{error}");
    plain.execute("UPDATE notes SET at = 1, settings = '[7]'").await;
    let error = t.get::<Note>(1).await.unwrap_err();
    assert!(matches!(&error, Error::Decode { column, .. } if column == "Note.settings"), "{error}");
}

async fn callbacks_see_the_plain_value(t: Test) {
    async fn later(cx: &mut Context) -> orm::Result<()> {
        for record in cx.records_mut() {
            let at = record.value_of(Note::AT).unwrap().into_inner();
            assert!(record.set(Note::AT, With::from(at + chrono::TimeDelta::seconds(10))));
            assert_eq!(record.get_by_name("secret")?, orm::Value::from("cba"));
        }
        Ok(())
    }
    t.create_tables::<Note>().await.unwrap();
    let db = t
        .with_callbacks(|on| {
            on.create().before("orm:create").register("app:later", later);
        })
        .unwrap();
    assert_eq!(db.create(note("abc", 1)).await.unwrap().at, seconds(11));
    assert_eq!(t.get::<Note>(1).await.unwrap().at, seconds(11));
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Stamped {
    #[orm(key, auto)]
    id: i64,
    #[orm(created_at, with = UnixMillis)]
    made: DateTime<Utc>,
    #[orm(updated_at, with = UnixMicros)]
    changed: Option<DateTime<Utc>>,
}

async fn the_time_of_a_change_may_have_an_encoding(t: Test) {
    t.create_tables::<Stamped>().await.unwrap();
    let it = t.create(Stamped::default()).await.unwrap();
    assert!(it.made > DateTime::UNIX_EPOCH && it.changed >= Some(it.made));
    let row: (i64, i64) = t.raw("SELECT made, changed FROM stampeds", ()).fetch_one().await.unwrap();
    assert_eq!(row, (it.made.timestamp_millis(), it.changed.unwrap().timestamp_micros()));
    let again = t.save(it.clone()).await.unwrap();
    assert!(again.changed >= it.changed && again.made == it.made);
}

#[derive(Debug, Clone, PartialEq, Embedded)]
struct Inner {
    #[orm(json)]
    settings: Settings,
    #[orm(with = UnixSeconds)]
    at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Outer {
    #[orm(key, auto)]
    id: i64,
    #[orm(embedded)]
    inner: Inner,
    #[orm(embedded(prefix = "other_"))]
    other: Option<Inner>,
}

async fn structs_with_encodings_are_embedded(t: Test) {
    t.create_tables::<Outer>().await.unwrap();
    let inner = || Inner { settings: Settings::default(), at: seconds(3) };
    let one = t.create(Outer { id: 0, inner: inner(), other: None }).await.unwrap();
    let two = t.create(Outer { id: 0, inner: inner(), other: Some(inner()) }).await.unwrap();
    assert_eq!(t.find().where_(Outer::INNER.at.eq(seconds(3))).order(Outer::ID.asc()).await.unwrap(), [one.clone(), two.clone()]);
    assert_eq!(t.find().where_(Outer::OTHER.at.eq(seconds(3))).await.unwrap(), [two.clone()]);
    let two = t.update(two).set(Outer::OTHER.at, seconds(4)).await.unwrap();
    assert_eq!(two.other.as_ref().unwrap().at, seconds(4));
    assert_eq!(t.find().order(Outer::ID.asc()).await.unwrap(), [one, two]);
}

#[derive(Debug, PartialEq, Row)]
struct Line {
    #[orm(with = UnixSeconds)]
    at: DateTime<Utc>,
    #[orm(json)]
    settings: Settings,
    #[orm(with = UnixMillis)]
    read: Option<DateTime<Utc>>,
}

async fn rows_have_encodings_too(t: Test) {
    t.create_tables::<Note>().await.unwrap();
    let it = t.create(note("abc", 7)).await.unwrap();
    let line: Line = t.raw("SELECT at, settings, notes.read FROM notes", ()).fetch_one().await.unwrap();
    assert_eq!(line, Line { at: it.at, settings: it.settings, read: None });
}
