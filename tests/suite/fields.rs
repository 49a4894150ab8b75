//! Every type of field goes in and comes out as it is, or not at all.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use orm::prelude::*;
use orm::{Error, Result};
use rust_decimal::Decimal;

use crate::{Test, cases};

cases![
    a_created_record_is_read_as_it_was,
    records_created_together_are_read_as_they_were,
    a_set_column_is_read_as_it_was_set,
    a_saved_record_is_read_as_it_was,
    sql_text_reads_and_compares_the_same_values,
    fields_that_are_none_stay_none,
    text_is_kept_character_by_character,
    a_megabyte_of_text_and_of_bytes_is_kept,
    what_is_finer_than_a_microsecond_is_cut_off,
    values_that_not_every_database_holds_are_refused,
    a_column_cannot_leave_the_range_of_its_field,
    a_sum_that_does_not_fit_changes_no_row_at_all,
];

/// A field of every type.
#[derive(Debug, Clone, PartialEq, Model)]
struct Sample {
    #[orm(key)]
    id: i64,
    small: i16,
    medium: i32,
    large: i64,
    byte: u8,
    word: u16,
    long: u32,
    real: f64,
    flag: bool,
    text: String,
    bytes: Vec<u8>,
    at: DateTime<Utc>,
    local: NaiveDateTime,
    day: NaiveDate,
    amount: Decimal,
}

/// A field of every type that may be missing.
#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Maybe {
    #[orm(key, auto)]
    id: i64,
    small: Option<i16>,
    medium: Option<i32>,
    large: Option<i64>,
    byte: Option<u8>,
    word: Option<u16>,
    long: Option<u32>,
    real: Option<f64>,
    flag: Option<bool>,
    text: Option<String>,
    bytes: Option<Vec<u8>>,
    at: Option<DateTime<Utc>>,
    local: Option<NaiveDateTime>,
    day: Option<NaiveDate>,
    amount: Option<Decimal>,
}

fn local(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

fn zero(id: i64) -> Sample {
    let at = local("1970-01-01T00:00:00");
    Sample {
        id,
        small: 0,
        medium: 0,
        large: 0,
        byte: 0,
        word: 0,
        long: 0,
        real: 0.0,
        flag: false,
        text: String::new(),
        bytes: Vec::new(),
        at: at.and_utc(),
        local: at,
        day: at.date(),
        amount: Decimal::ZERO,
    }
}

/// The ends of every range, and nothing.
fn samples() -> [Sample; 3] {
    let (first, last) = (local("0001-01-01T00:00:00"), local("9999-12-31T23:59:59.999999"));
    let low = Sample {
        small: i16::MIN,
        medium: i32::MIN,
        large: i64::MIN,
        real: f64::MIN,
        text: " 'o\"`\\ %_!? ".into(),
        bytes: vec![0, 255, b'\'', b'\\', 0],
        at: first.and_utc(),
        local: first,
        day: first.date(),
        amount: "-999999999999.999999".parse().unwrap(),
        ..zero(2)
    };
    let high = Sample {
        id: 3,
        small: i16::MAX,
        medium: i32::MAX,
        large: i64::MAX,
        byte: u8::MAX,
        word: u16::MAX,
        long: u32::MAX,
        real: f64::MAX,
        flag: true,
        text: "\u{1F3E5}e\u{301}\u{10FFFF}\n\t\u{1}".into(),
        bytes: (0..=255).collect(),
        at: last.and_utc(),
        local: last,
        day: last.date(),
        amount: "999999999999.999999".parse().unwrap(),
    };
    [zero(1), low, high]
}

fn maybe(it: Sample) -> Maybe {
    Maybe {
        id: 0,
        small: Some(it.small),
        medium: Some(it.medium),
        large: Some(it.large),
        byte: Some(it.byte),
        word: Some(it.word),
        long: Some(it.long),
        real: Some(it.real),
        flag: Some(it.flag),
        text: Some(it.text),
        bytes: Some(it.bytes),
        at: Some(it.at),
        local: Some(it.local),
        day: Some(it.day),
        amount: Some(it.amount),
    }
}

async fn stored(t: &Test) -> Vec<Sample> {
    t.find().order(Sample::ID.asc()).await.unwrap()
}

async fn a_created_record_is_read_as_it_was(t: Test) {
    t.create_tables::<Sample>().await.unwrap();
    for it in samples() {
        assert_eq!(t.create(it.clone()).await.unwrap(), it);
        let read = t.get::<Sample>(it.id).await.unwrap();
        assert_eq!(read, it);
        // The digits behind the point are those of the column, on every database.
        assert_eq!(read.amount.scale(), 6);
    }
    for real in [0.1 + 0.2, f64::MIN_POSITIVE, 5e-324, 1e15, -1.5, 123_456_789.123_456_78, 9_007_199_254_740_993.0] {
        t.save(Sample { real, ..zero(1) }).await.unwrap();
        assert_eq!(t.get::<Sample>(1).await.unwrap().real, real);
        assert_eq!(t.find().where_(Sample::REAL.eq(real)).count().await.unwrap(), 1, "{real}");
    }
}

async fn records_created_together_are_read_as_they_were(t: Test) {
    t.create_tables::<(Sample, Maybe)>().await.unwrap();
    assert_eq!(t.create_many(samples()).await.unwrap(), samples());
    assert_eq!(stored(&t).await, samples());
    let [zero, low, high] = samples().map(maybe);
    let all = t.create_many([Maybe::default(), low, Maybe::default(), high, zero]).await.unwrap();
    assert_eq!(t.find().order(Maybe::ID.asc()).await.unwrap(), all);
}

async fn a_set_column_is_read_as_it_was_set(t: Test) {
    t.create_tables::<Sample>().await.unwrap();
    t.create_many([zero(1), zero(9)]).await.unwrap();
    for it in samples() {
        let it = Sample { id: 1, ..it };
        let set = t
            .update(zero(1))
            .set(Sample::SMALL, it.small)
            .set(Sample::MEDIUM, it.medium)
            .set(Sample::LARGE, it.large)
            .set(Sample::BYTE, it.byte)
            .set(Sample::WORD, it.word)
            .set(Sample::LONG, it.long)
            .set(Sample::REAL, it.real)
            .set(Sample::FLAG, it.flag)
            .set(Sample::TEXT, it.text.clone())
            .set(Sample::BYTES, it.bytes.clone())
            .set(Sample::AT, it.at)
            .set(Sample::LOCAL, it.local)
            .set(Sample::DAY, it.day)
            .set(Sample::AMOUNT, it.amount);
        assert_eq!(set.await.unwrap(), it);
        assert_eq!(stored(&t).await, [it, zero(9)]);
    }
}

async fn a_saved_record_is_read_as_it_was(t: Test) {
    t.create_tables::<(Sample, Maybe)>().await.unwrap();
    t.create_many([zero(1), zero(9)]).await.unwrap();
    for it in samples() {
        let it = Sample { id: 1, ..it };
        assert_eq!(t.save(it.clone()).await.unwrap(), it);
        assert_eq!(stored(&t).await, [it, zero(9)]);
    }
    let id = t.create(Maybe::default()).await.unwrap().id;
    for it in [maybe(samples()[2].clone()), Maybe::default(), maybe(samples()[1].clone())] {
        let it = t.save(Maybe { id, ..it }).await.unwrap();
        assert_eq!(t.get::<Maybe>(id).await.unwrap(), it);
    }
}

async fn sql_text_reads_and_compares_the_same_values(t: Test) {
    t.create_tables::<Sample>().await.unwrap();
    t.create_many(samples()).await.unwrap();
    for it in samples() {
        type Numbers = (i64, i16, i32, i64, u8, u16, u32, f64, bool);
        let numbers =
            t.raw("SELECT id, small, medium, large, byte, word, samples.long, samples.real, flag FROM samples WHERE id = ?", it.id);
        let expected = (it.id, it.small, it.medium, it.large, it.byte, it.word, it.long, it.real, it.flag);
        assert_eq!(numbers.fetch_one::<Numbers>().await.unwrap(), expected);
        type Others = (String, Vec<u8>, DateTime<Utc>, NaiveDateTime, NaiveDate, Option<Decimal>);
        let others = t.raw("SELECT text, bytes, at, local, day, amount FROM samples WHERE id = ?", it.id);
        let expected = (it.text.clone(), it.bytes.clone(), it.at, it.local, it.day, Some(it.amount));
        assert_eq!(others.fetch_one::<Others>().await.unwrap(), expected);

        let by_number = t.raw(
            "SELECT id FROM samples WHERE small = ? AND medium = ? AND large = ? AND byte = ? AND word = ? AND samples.long = ? AND flag = ?",
            (it.small, it.medium, it.large, it.byte, it.word, it.long, it.flag),
        );
        assert_eq!(by_number.fetch::<i64>().await.unwrap(), [it.id]);
        let by_other = t.raw(
            "SELECT id FROM samples WHERE text = ? AND bytes = ? AND at = ? AND local = ? AND day = ? AND samples.real = ?",
            (it.text, it.bytes, it.at, it.local, it.day, it.real),
        );
        assert_eq!(by_other.fetch::<i64>().await.unwrap(), [it.id]);
    }
}

async fn fields_that_are_none_stay_none(t: Test) {
    t.create_tables::<Maybe>().await.unwrap();
    let none = t.create(Maybe::default()).await.unwrap();
    let full = t.create(maybe(samples()[2].clone())).await.unwrap();
    assert_eq!(t.find().order(Maybe::ID.asc()).await.unwrap(), [none.clone(), full.clone()]);
    let emptied = t.update(full.clone()).set(Maybe::TEXT, None).set(Maybe::AMOUNT, None).set(Maybe::AT, None).await.unwrap();
    assert_eq!(emptied, Maybe { text: None, amount: None, at: None, ..full });
    assert_eq!(t.find().order(Maybe::ID.asc()).await.unwrap(), [none.clone(), emptied]);
    let row = t.raw("SELECT small, text, at, amount FROM maybes WHERE id = ?", none.id);
    assert_eq!(
        row.fetch_one::<(Option<i16>, Option<String>, Option<DateTime<Utc>>, Option<Decimal>)>().await.unwrap(),
        (None, None, None, None)
    );
}

async fn text_is_kept_character_by_character(t: Test) {
    t.create_tables::<Sample>().await.unwrap();
    t.create(zero(1_000)).await.unwrap();
    let texts = [
        "",
        " ",
        "a ",
        " a",
        "é",
        "e\u{301}",
        "\u{1F468}\u{200D}\u{1F469}",
        "\\",
        "\\\\",
        "'",
        "''",
        "\"",
        "`",
        "%",
        "_",
        "?",
        "$1",
        "\r\n",
        "\u{FEFF}",
        "ﬁ",
        "ẞ",
        "ß",
        "İ",
    ];
    for (id, text) in (1..).zip(texts) {
        t.create(Sample { text: text.into(), ..zero(id) }).await.unwrap();
    }
    for (id, text) in (1..).zip(texts) {
        assert_eq!(t.get::<Sample>(id).await.unwrap().text, text);
        // Equal to itself alone. (The empty text is the bystander's, too.)
        let found = t.find().where_(Sample::TEXT.eq(text)).count().await.unwrap();
        assert_eq!(found, if text.is_empty() { 2 } else { 1 }, "{text:?}");
    }
}

async fn a_megabyte_of_text_and_of_bytes_is_kept(t: Test) {
    t.create_tables::<Sample>().await.unwrap();
    let text = "é\u{1F3E5}'\\".repeat(128 * 1024);
    let bytes: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
    let it = Sample { text, bytes, ..zero(1) };
    t.create_many([it.clone(), zero(2)]).await.unwrap();
    assert!(t.get::<Sample>(1).await.unwrap() == it);
    t.save(Sample { id: 2, ..it.clone() }).await.unwrap();
    assert!(t.get::<Sample>(2).await.unwrap() == Sample { id: 2, ..it });
}

async fn what_is_finer_than_a_microsecond_is_cut_off(t: Test) {
    t.create_tables::<Sample>().await.unwrap();
    for (id, fine, cut) in [
        (1, "2024-02-29T23:59:59.999999999", "2024-02-29T23:59:59.999999"),
        (2, "1969-12-31T23:59:59.000001999", "1969-12-31T23:59:59.000001"),
    ] {
        let fine = Sample { at: local(fine).and_utc(), local: local(fine), ..zero(id) };
        t.create_many([fine.clone(), zero(id + 10)]).await.unwrap();
        let stored = t.get::<Sample>(id).await.unwrap();
        assert_eq!((stored.at, stored.local), (local(cut).and_utc(), local(cut)));
        // The value that was written is found by what it was cut to.
        assert_eq!(t.find().where_(Sample::AT.eq(fine.at)).count().await.unwrap(), 1);
        assert_eq!(t.find().where_(Sample::LOCAL.le(fine.local)).where_(Sample::ID.eq(id)).count().await.unwrap(), 1);
    }
}

async fn values_that_not_every_database_holds_are_refused(t: Test) {
    t.create_tables::<Sample>().await.unwrap();
    t.create_many([zero(1), zero(2)]).await.unwrap();
    let year = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
    let time = |it: NaiveDate| it.and_hms_opt(0, 0, 0).unwrap();
    let decimal = |text: &str| text.parse::<Decimal>().unwrap();
    let wrong = [
        ("real", Sample { real: f64::NAN, ..zero(1) }),
        ("real", Sample { real: f64::INFINITY, ..zero(1) }),
        ("real", Sample { real: f64::NEG_INFINITY, ..zero(1) }),
        ("text", Sample { text: "a\0b".into(), ..zero(1) }),
        ("at", Sample { at: time(year(0)).and_utc(), ..zero(1) }),
        ("at", Sample { at: time(year(10_000)).and_utc(), ..zero(1) }),
        ("local", Sample { local: time(year(-44)), ..zero(1) }),
        ("day", Sample { day: year(0), ..zero(1) }),
        ("day", Sample { day: year(10_000), ..zero(1) }),
        ("amount", Sample { amount: decimal("0.0000001"), ..zero(1) }),
        ("amount", Sample { amount: decimal("1000000000000"), ..zero(1) }),
        ("amount", Sample { amount: Decimal::MAX, ..zero(1) }),
    ];
    for (field, it) in wrong {
        let other = Sample { id: 77, ..it.clone() };
        refused(field, t.create(other.clone()).await);
        refused(field, t.create_many([zero(78), other]).await);
        refused(field, t.save(it.clone()).await);
        let update = match field {
            "real" => t.update(zero(1)).set(Sample::REAL, it.real),
            "text" => t.update(zero(1)).set(Sample::TEXT, it.text.clone()),
            "at" => t.update(zero(1)).set(Sample::AT, it.at),
            "local" => t.update(zero(1)).set(Sample::LOCAL, it.local),
            "day" => t.update(zero(1)).set(Sample::DAY, it.day),
            _ => t.update(zero(1)).set(Sample::AMOUNT, it.amount),
        };
        refused(field, update.await);
        assert_eq!(stored(&t).await, [zero(1), zero(2)]);
    }
    let argument = t.raw("SELECT id FROM samples WHERE text = ?", "a\0b").fetch::<i64>().await.unwrap_err();
    assert!(matches!(argument, Error::Unstorable { .. }), "{argument:?}");
}

#[track_caller]
fn refused<T: std::fmt::Debug>(field: &str, result: Result<T>) {
    match result.unwrap_err() {
        Error::Unstorable { column, .. } => assert_eq!(column, format!("Sample.{field}")),
        other => panic!("{field}: {other:?}"),
    }
}

async fn a_column_cannot_leave_the_range_of_its_field(t: Test) {
    t.create_tables::<Sample>().await.unwrap();
    let [_, low, high] = samples();
    t.create_many([low.clone(), high.clone(), zero(9)]).await.unwrap();
    let before = stored(&t).await;
    let (low, high) = (|| t.update(low.clone()), || t.update(high.clone()));
    let smallest: Decimal = "0.000001".parse().unwrap();
    for update in [
        low().set(Sample::SMALL, Sample::SMALL.minus(1)),
        low().set(Sample::MEDIUM, Sample::MEDIUM.minus(1)),
        low().set(Sample::LARGE, Sample::LARGE.minus(1)),
        low().set(Sample::BYTE, Sample::BYTE.minus(1)),
        low().set(Sample::WORD, Sample::WORD.minus(1)),
        low().set(Sample::LONG, Sample::LONG.minus(1)),
        low().set(Sample::REAL, Sample::REAL.plus(f64::MIN)),
        low().set(Sample::AMOUNT, Sample::AMOUNT.minus(smallest)),
        high().set(Sample::SMALL, Sample::SMALL.plus(1)),
        high().set(Sample::MEDIUM, Sample::MEDIUM.plus(1)),
        high().set(Sample::LARGE, Sample::LARGE.plus(1)),
        high().set(Sample::BYTE, Sample::BYTE.plus(1)),
        high().set(Sample::WORD, Sample::WORD.plus(1)),
        high().set(Sample::LONG, Sample::LONG.plus(1)),
        high().set(Sample::REAL, Sample::REAL.plus(f64::MAX)),
        high().set(Sample::AMOUNT, Sample::AMOUNT.plus(smallest)),
    ] {
        let what = format!("{update:?}");
        let error = update.await.expect_err(&what);
        assert!(matches!(error, Error::CheckViolation { .. } | Error::Database { .. }), "{what}: {error:?}");
        assert_eq!(stored(&t).await, before, "{what}");
    }
}

async fn a_sum_that_does_not_fit_changes_no_row_at_all(t: Test) {
    t.create_tables::<Sample>().await.unwrap();
    t.create_many([zero(1), zero(2), samples()[2].clone()]).await.unwrap();
    let before = stored(&t).await;
    t.update_all(every()).set(Sample::BYTE, Sample::BYTE.plus(1)).await.unwrap_err();
    t.update_all(every()).set(Sample::LARGE, Sample::LARGE.plus(1)).await.unwrap_err();
    assert_eq!(stored(&t).await, before);
    assert_eq!(t.update_all(Sample::ID.lt(3)).set(Sample::BYTE, Sample::BYTE.plus(255)).await.unwrap(), 2);
    assert_eq!(t.find().where_(Sample::BYTE.eq(255)).count().await.unwrap(), 3);
}
