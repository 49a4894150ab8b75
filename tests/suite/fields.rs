//! Every type of field goes in and comes out as it is.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use orm::prelude::*;
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
];

/// A field of every type.
#[derive(Debug, Clone, PartialEq, Model)]
pub(super) struct Sample {
    #[orm(key)]
    pub(super) id: i64,
    pub(super) small: i16,
    pub(super) medium: i32,
    pub(super) large: i64,
    pub(super) byte: u8,
    pub(super) word: u16,
    pub(super) long: u32,
    pub(super) real: f64,
    pub(super) flag: bool,
    pub(super) text: String,
    pub(super) bytes: Vec<u8>,
    pub(super) at: DateTime<Utc>,
    pub(super) local: NaiveDateTime,
    pub(super) day: NaiveDate,
    pub(super) amount: Decimal,
}

/// A field of every type that may be missing.
#[derive(Debug, Clone, Default, PartialEq, Model)]
pub(super) struct Maybe {
    #[orm(key, auto)]
    pub(super) id: i64,
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

pub(super) fn zero(id: i64) -> Sample {
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
pub(super) fn samples() -> [Sample; 3] {
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

pub(super) fn maybe(it: Sample) -> Maybe {
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

pub(super) async fn stored(t: &Test) -> Vec<Sample> {
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
