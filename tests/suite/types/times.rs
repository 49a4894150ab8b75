//! Dates and times of both crates, which share their columns.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeZone as _, Utc};
use orm::prelude::*;
use orm::{Auto, Error, UnixMillis, UnixSeconds};
use time::macros::{date, datetime, time};
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime};

use super::{in_order, one};
use crate::{Test, cases};

cases![
    times_of_day,
    instants_with_an_offset_are_stored_as_instants,
    instants_of_the_zone_of_the_process,
    instants_of_the_zone_of_the_process_are_compared_with_others,
    instants_of_the_other_crate,
    instants_in_utc_of_the_other_crate,
    dates_and_times_of_the_other_crate,
    dates_of_the_other_crate,
    times_of_day_of_the_other_crate,
    the_smallest_and_largest_of_both_crates,
    both_crates_read_the_same_columns,
    years_without_room_are_refused,
    changes_are_stamped_in_every_type,
];

one!(Clock, NaiveTime);
one!(Offset, DateTime<FixedOffset>);
one!(Zoned, DateTime<chrono::Local>);
one!(Instant, OffsetDateTime);
one!(Universal, UtcDateTime);
one!(Local, PrimitiveDateTime);
one!(Day, Date);
one!(Hour, Time);

async fn times_of_day(t: Test) {
    let at = |text: &str| text.parse::<NaiveTime>().unwrap();
    in_order::<Clock>(&t, vec![at("00:00:00"), at("00:00:00.000001"), at("12:00:00"), at("12:30:15.5"), at("23:59:59.999999")]).await;
    let finer = t.create(Clock { id: 0, it: Some(at("01:02:03.123456789")) }).await.unwrap();
    assert_eq!(t.get::<Clock>(finer.id).await.unwrap().it, Some(at("01:02:03.123456")));
    let leap = NaiveTime::from_hms_nano_opt(23, 59, 59, 1_500_000_000).unwrap();
    let leap = t.create(Clock { id: 0, it: Some(leap) }).await.unwrap();
    assert_eq!(t.get::<Clock>(leap.id).await.unwrap().it, Some(at("23:59:59.999999")));
}

async fn instants_with_an_offset_are_stored_as_instants(t: Test) {
    let east = FixedOffset::east_opt(14 * 3600).unwrap();
    let west = FixedOffset::west_opt(5 * 3600 + 1800).unwrap();
    let values = vec![
        east.with_ymd_and_hms(1, 1, 2, 0, 0, 0).unwrap(),
        east.with_ymd_and_hms(2024, 3, 1, 0, 0, 0).unwrap(),
        west.with_ymd_and_hms(2024, 2, 29, 23, 0, 0).unwrap(),
    ];
    in_order::<Offset>(&t, values.clone()).await;
    let read = t.find().where_(Offset::IT.eq(values[2])).first().await.unwrap().unwrap();
    assert_eq!(read.it.unwrap().to_rfc3339(), "2024-03-01T04:30:00+00:00");
}

fn zoned(text: &str) -> DateTime<chrono::Local> {
    text.parse::<DateTime<Utc>>().unwrap().into()
}

async fn instants_of_the_zone_of_the_process(t: Test) {
    let values = vec![
        zoned("0001-01-01T00:00:00Z"),
        zoned("1969-12-31T23:59:59.999999Z"),
        // An hour that may be there twice, or not at all, where clocks are changed.
        zoned("2024-03-31T01:30:00Z"),
        zoned("2024-10-27T00:30:00Z"),
        zoned("2024-10-27T01:30:00Z"),
        zoned("9999-12-31T23:59:59.999999Z"),
    ];
    in_order::<Zoned>(&t, values.clone()).await;
    let read = t.find().where_(Zoned::IT.eq(values[3])).first().await.unwrap().unwrap().it.unwrap();
    assert_eq!(read.offset(), values[3].offset());
    let finer = t.create(Zoned { id: 0, it: Some(zoned("2024-03-01T00:00:00.123456789Z")) }).await.unwrap();
    assert_eq!(t.get::<Zoned>(finer.id).await.unwrap().it, Some(zoned("2024-03-01T00:00:00.123456Z")));
}

#[derive(Debug, Clone, Model)]
#[orm(table = "zoneds")]
struct Stamped {
    #[orm(key, auto)]
    id: i64,
    it: Option<DateTime<chrono::Local>>,
    #[orm(created_at)]
    made: DateTime<chrono::Local>,
    #[orm(updated_at)]
    changed: Option<DateTime<chrono::Local>>,
    later: Auto<DateTime<chrono::Local>>,
    #[orm(with = UnixSeconds)]
    seconds: DateTime<chrono::Local>,
    #[orm(with = UnixMillis)]
    millis: Option<DateTime<FixedOffset>>,
}

async fn instants_of_the_zone_of_the_process_are_compared_with_others(t: Test) {
    // The column is that of instants in UTC.
    let column = |it: &orm::FieldMeta| (it.ty, it.nullable);
    assert_eq!(column(&Zoned::META.fields[1]), column(&Chrono::META.fields[1]));
    let db = t.builder().clock(|| 1_704_164_645_123_456).open().await.unwrap();
    db.create_tables::<Stamped>().await.unwrap();
    let now = zoned("2024-01-02T03:04:05.123456Z");
    let stamped = |it| Stamped {
        id: 0,
        it,
        made: zoned("1970-01-01T00:00:00Z"),
        changed: None,
        later: Auto::Set(now),
        seconds: now,
        millis: Some(now.fixed_offset()),
    };
    let one = db.create(stamped(Some(now))).await.unwrap();
    assert_eq!((one.made, one.changed), (now, Some(now)));
    let two = db.create(stamped(None)).await.unwrap();
    let count = async |it| db.find().where_(it).count().await.unwrap();
    assert_eq!(count(Stamped::IT.eq(Stamped::MADE).and(Stamped::LATER.le(now))).await, 1);
    assert_eq!(count(Stamped::IT.is_none().and(Stamped::MADE.between(now, &now))).await, 1);
    assert_eq!(count(Stamped::IT.coalesce(now).is_in([now])).await, 2);
    assert_eq!(count(Stamped::SECONDS.eq(now).and(Stamped::SECONDS.lt(zoned("2024-01-02T03:04:06Z")))).await, 2);
    assert_eq!(count(sql("made >= ? AND changed <= ?", (now, now.to_utc()))).await, 2);
    let changed = db.update(two).set(Stamped::IT, Some(zoned("2030-01-01T00:00:00Z"))).await.unwrap();
    let ends = db.find::<Stamped>().select((Stamped::IT.min(), Stamped::IT.max(), Stamped::MADE.max())).await.unwrap();
    assert_eq!(ends, [(Some(now), changed.it, Some(now))]);
    let read = db.get::<Stamped>(one.id).await.unwrap();
    assert_eq!(
        (read.seconds, read.millis.unwrap().to_rfc3339()),
        (zoned("2024-01-02T03:04:05Z"), "2024-01-02T03:04:05.123+00:00".to_owned())
    );
}

async fn instants_of_the_other_crate(t: Test) {
    let values = vec![
        datetime!(0001-01-01 00:00 UTC),
        datetime!(1969-12-31 23:59:59.999999 UTC),
        datetime!(2024-03-01 00:00 +2),
        datetime!(2024-02-29 23:00 -5),
        datetime!(9999-12-31 23:59:59.999999 UTC),
    ];
    in_order::<Instant>(&t, values).await;
}

async fn instants_in_utc_of_the_other_crate(t: Test) {
    let values = [datetime!(0001-01-01 00:00 UTC), datetime!(1969-12-31 23:59:59.999999 UTC), datetime!(9999-12-31 23:59:59.999999 UTC)];
    in_order::<Universal>(&t, values.map(UtcDateTime::from).to_vec()).await;
    let finer = UtcDateTime::from(datetime!(2024-03-01 01:02:03.123456789 UTC));
    let finer = t.create(Universal { id: 0, it: Some(finer) }).await.unwrap();
    let stored = UtcDateTime::from(datetime!(2024-03-01 01:02:03.123456 UTC));
    assert_eq!(t.get::<Universal>(finer.id).await.unwrap().it, Some(stored));
    let latest = t.find::<Universal>().select(Universal::IT.max()).first().await.unwrap();
    assert_eq!(latest, Some(Some(values[2].into())));
}

async fn dates_and_times_of_the_other_crate(t: Test) {
    let values = vec![datetime!(0001-01-01 00:00), datetime!(2024-02-29 12:30:15.5), datetime!(9999-12-31 23:59:59.999999)];
    in_order::<Local>(&t, values).await;
}

async fn dates_of_the_other_crate(t: Test) {
    in_order::<Day>(&t, vec![date!(0001 - 01 - 01), date!(1969 - 12 - 31), date!(2024 - 02 - 29), date!(9999 - 12 - 31)]).await;
}

async fn times_of_day_of_the_other_crate(t: Test) {
    in_order::<Hour>(&t, vec![time!(0:00), time!(0:00:00.000001), time!(12:30), time!(23:59:59.999999)]).await;
}

async fn the_smallest_and_largest_of_both_crates(t: Test) {
    macro_rules! ends {
        ($($model:ident: $low:expr, $high:expr;)*) => {$(
            t.create_tables::<$model>().await.unwrap();
            t.create_many([$model { id: 0, it: Some($high) }, $model { id: 0, it: None }, $model { id: 0, it: Some($low) }]).await.unwrap();
            let ends = t.find().select(($model::IT.min(), $model::IT.max())).await.unwrap();
            assert_eq!(ends, [(Some($low), Some($high))]);
        )*};
    }
    let east = FixedOffset::east_opt(0).unwrap();
    ends! {
        Instant: datetime!(1969-12-31 23:59:59.999999 UTC), datetime!(2024-02-29 12:30 UTC);
        Local: datetime!(0001-01-01 00:00), datetime!(9999-12-31 23:59:59.999999);
        Day: date!(0001 - 01 - 01), date!(2024 - 02 - 29);
        Hour: time!(0:00:00.000001), time!(23:59:59.999999);
        Zoned: zoned("0001-01-01T00:00:00Z"), zoned("9999-12-31T23:59:59.999999Z");
        Offset: east.with_ymd_and_hms(1, 1, 2, 0, 0, 0).unwrap(), east.with_ymd_and_hms(2024, 3, 1, 0, 0, 0).unwrap();
        Clock: NaiveTime::MIN, "12:30:15.5".parse().unwrap();
    }
}

/// The same table, read with other types.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "instants")]
struct Chrono {
    #[orm(key, auto)]
    id: i64,
    it: Option<DateTime<Utc>>,
}

async fn both_crates_read_the_same_columns(t: Test) {
    t.create_tables::<Instant>().await.unwrap();
    let one = t.create(Instant { id: 0, it: Some(datetime!(2024-02-29 23:00 -5)) }).await.unwrap();
    let other = t.get::<Chrono>(one.id).await.unwrap();
    assert_eq!(other.it.unwrap().to_rfc3339(), "2024-03-01T04:00:00+00:00");
    assert_eq!(t.find().where_(Chrono::IT.eq(other.it)).count().await.unwrap(), 1);
}

async fn years_without_room_are_refused(t: Test) {
    t.create_tables::<(Instant, Day, Offset, Zoned)>().await.unwrap();
    let refused = |error: Error| assert!(matches!(error, Error::Unstorable { .. }), "{error}");
    for it in [date!(-0001 - 01 - 01), date!(0000 - 01 - 01), Date::MIN] {
        refused(t.create(Day { id: 0, it: Some(it) }).await.unwrap_err());
        refused(t.find().where_(Day::IT.eq(it)).await.unwrap_err());
    }
    // Local time is in the year 1, the instant is not.
    refused(t.create(Instant { id: 0, it: Some(datetime!(0001-01-01 00:00 +2)) }).await.unwrap_err());
    let early = NaiveDate::from_ymd_opt(1, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
    let early = FixedOffset::east_opt(3600).unwrap().from_local_datetime(&early).unwrap();
    refused(t.create(Offset { id: 0, it: Some(early) }).await.unwrap_err());
    refused(t.create(Zoned { id: 0, it: Some(early.into()) }).await.unwrap_err());
    refused(t.find().where_(Zoned::IT.gt(DateTime::<chrono::Local>::from(early))).await.unwrap_err());
}

#[derive(Debug, Clone, Model)]
struct Note {
    #[orm(key, auto)]
    id: i64,
    #[orm(created_at)]
    created: OffsetDateTime,
    #[orm(updated_at)]
    updated: Option<PrimitiveDateTime>,
}

#[derive(Debug, Clone, Model)]
struct Visit {
    #[orm(key, auto)]
    id: i64,
    #[orm(updated_at)]
    touched: UtcDateTime,
    #[orm(with = UnixMillis)]
    seen: UtcDateTime,
}

async fn changes_are_stamped_in_every_type(t: Test) {
    t.create_tables::<Note>().await.unwrap();
    let note = t.create(Note { id: 0, created: OffsetDateTime::UNIX_EPOCH, updated: None }).await.unwrap();
    assert!(note.created.year() >= 2024 && note.updated.is_some(), "{note:?}");
    assert_eq!(t.get::<Note>(note.id).await.unwrap().created, note.created);
    t.create_tables::<Visit>().await.unwrap();
    let seen = UtcDateTime::from(datetime!(2024-03-01 01:02:03.123 UTC));
    let visit = t.create(Visit { id: 0, touched: UtcDateTime::UNIX_EPOCH, seen }).await.unwrap();
    let stored = t.get::<Visit>(visit.id).await.unwrap();
    assert_eq!((stored.touched, stored.seen), (visit.touched, seen));
    assert!(stored.touched.year() >= 2024, "{stored:?}");
}
