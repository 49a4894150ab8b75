//! Names, permissions and times of fields, as GORM tests them.

use chrono::{DateTime, NaiveDate, Utc};
use orm::prelude::*;
use orm::{Encoding, Error, UnixMicros, UnixMillis};

use crate::{Test, cases};

cases![columns_have_names_of_their_own, a_skipped_field_may_be_called_like_a_column, fields_say_when_they_are_written_and_read];

#[derive(Debug, Clone, PartialEq, Model)]
struct Mapped {
    #[orm(key, auto, column = "mapped_id")]
    id: i64,
    #[orm(column = "mapped_name")]
    name: String,
    #[orm(column = "mapped_time")]
    date: NaiveDate,
}

// gorm: customize_field:TestCustomizeColumn
async fn columns_have_names_of_their_own(t: Test) {
    t.create_tables::<Mapped>().await.unwrap();
    let date = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    t.create(Mapped { id: 0, name: "bystander".into(), date }).await.unwrap();
    let it = t.create(Mapped { id: 0, name: "foo".into(), date }).await.unwrap();
    assert_eq!(t.find().where_(Mapped::NAME.eq("foo")).first().await.unwrap().unwrap(), it);
    let names: Vec<String> =
        t.raw("SELECT mapped_name FROM mappeds WHERE mapped_id = ? AND mapped_time = ?", (it.id, date)).fetch().await.unwrap();
    assert_eq!(names, ["foo"]);
    let it = t.update(it).set(Mapped::NAME, "bar").await.unwrap();
    assert_eq!(t.get::<Mapped>(it.id).await.unwrap().name, "bar");
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Clash {
    #[orm(key, auto)]
    id: i64,
    #[orm(skip)]
    body: String,
    #[orm(column = "body", const = BODY)]
    raw_body: String,
}

// gorm: customize_field:TestCustomColumnAndIgnoredFieldClash
async fn a_skipped_field_may_be_called_like_a_column(t: Test) {
    t.create_tables::<Clash>().await.unwrap();
    let it = t.create(Clash { body: "not stored".into(), raw_body: "stored".into(), ..Clash::default() }).await.unwrap();
    assert_eq!(it.body, "not stored");
    let read = t.find().where_(Clash::BODY.eq("stored")).first().await.unwrap().unwrap();
    assert_eq!(read, Clash { body: String::new(), ..it });
}

/// Times as nanoseconds, which are not among ours.
#[derive(Debug)]
enum Nanos {}

impl Encoding<DateTime<Utc>> for Nanos {
    type Stored = i64;

    fn encode(it: &DateTime<Utc>) -> orm::Result<i64> {
        it.timestamp_nanos_opt().ok_or_else(|| Error::Invalid("the year is outside of 1678 to 2261".into()))
    }

    fn decode(stored: i64) -> orm::Result<DateTime<Utc>> {
        Ok(DateTime::from_timestamp_nanos(stored))
    }
}

macro_rules! times {
    ($($name:ident $($with:ty)? => $type:ty;)*) => {$(
        #[derive(Debug, Clone, Default, PartialEq, Model)]
        struct $name {
            #[orm(key, auto)]
            id: i64,
            name: String,
            #[orm(created_at $(, with = $with)?)]
            made: $type,
            #[orm(updated_at $(, with = $with)?)]
            changed: $type,
        }
    )*};
}

times! {
    InTime => DateTime<Utc>;
    InSeconds => i64;
    InMillis UnixMillis => DateTime<Utc>;
    InMicros UnixMicros => DateTime<Utc>;
    InNanos Nanos => DateTime<Utc>;
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Permitted {
    #[orm(key, auto)]
    id: i64,
    name: String,
    #[orm(create_only)]
    only_create: Option<String>,
    #[orm(update_only)]
    only_update: Option<String>,
    #[orm(readonly)]
    only_read: Option<String>,
    #[orm(write_only)]
    never_read: Option<String>,
    #[orm(create_only, write_only)]
    create_and_never_read: Option<String>,
    #[orm(skip)]
    skipped: String,
}

impl Permitted {
    fn full(name: &str) -> Self {
        let it = || Some(name.to_owned());
        Self {
            id: 0,
            name: name.into(),
            only_create: it(),
            only_update: it(),
            only_read: it(),
            never_read: it(),
            create_and_never_read: it(),
            skipped: name.into(),
        }
    }
}

type Stored = (Option<String>, Option<String>, Option<String>, Option<String>, Option<String>);

async fn stored(t: &Test, id: i64) -> Stored {
    let sql = "SELECT only_create, only_update, only_read, never_read, create_and_never_read FROM permitteds WHERE id = ?";
    t.raw(sql, id).fetch_one().await.unwrap()
}

// gorm: customize_field:TestCustomizeField
async fn fields_say_when_they_are_written_and_read(t: Test) {
    t.create_tables::<Permitted>().await.unwrap();
    let some = |it: &str| Some(it.to_owned());
    let bystander = t.create(Permitted::full("b")).await.unwrap();
    let it = t.create(Permitted::full("a")).await.unwrap();
    assert_eq!(stored(&t, it.id).await, (some("a"), None, None, some("a"), some("a")));
    let read = t.get::<Permitted>(it.id).await.unwrap();
    let expected = Permitted { id: it.id, name: "a".into(), only_create: some("a"), ..Permitted::default() };
    assert_eq!(read, expected);

    t.save(Permitted { id: it.id, ..Permitted::full("n") }).await.unwrap();
    assert_eq!(stored(&t, it.id).await, (some("a"), some("n"), None, some("n"), some("a")));
    assert_eq!(stored(&t, bystander.id).await, (some("b"), None, None, some("b"), some("b")));

    // Times are of the same instant, whatever they are stored as.
    t.create_tables::<(InTime, InSeconds, InMillis, InMicros, InNanos)>().await.unwrap();
    let clock: fn() -> DateTime<Utc> = || DateTime::from_timestamp(1_700_000_000, 123_456_000).unwrap();
    let db = t.builder().clock(move || clock().timestamp_micros()).open().await.unwrap();
    let time = db.create(InTime::default()).await.unwrap();
    assert_eq!((time.made, time.changed), (clock(), clock()));
    assert_eq!(db.create(InSeconds::default()).await.unwrap().made, clock().timestamp());
    let millis = db.create(InMillis::default()).await.unwrap();
    let given = db.create(InMillis { made: DateTime::from_timestamp(5, 0).unwrap(), ..InMillis::default() }).await.unwrap();
    assert_eq!((millis.made.timestamp_millis(), given.made.timestamp()), (clock().timestamp_millis(), 5));
    db.create(InMicros::default()).await.unwrap();
    db.create(InNanos::default()).await.unwrap();
    for (table, at) in [
        ("in_seconds", clock().timestamp()),
        ("in_millis", clock().timestamp_millis()),
        ("in_micros", clock().timestamp_micros()),
        ("in_nanos", clock().timestamp_nanos_opt().unwrap()),
    ] {
        let sql = orm::AssertSqlSafe(format!("SELECT made, changed FROM {table} WHERE id = 1"));
        assert_eq!(t.raw(sql, ()).fetch_one::<(i64, i64)>().await.unwrap(), (at, at), "{table}");
    }
}
