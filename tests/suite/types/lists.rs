//! Lists: arrays where the database has them.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use orm::prelude::*;
use orm::{Engine, Error};
use rust_decimal::Decimal;
use time::macros::{date, datetime, time};
use time::{OffsetDateTime, PrimitiveDateTime, UtcDateTime};
use uuid::Uuid;

use super::{one, there_and_back};
use crate::{Test, cases};

cases![
    lists_of_integers,
    lists_of_all_integers,
    lists_of_numbers,
    lists_of_decimals,
    lists_of_dates_and_times,
    lists_of_texts,
    lists_of_other_types,
    lists_with_holes,
    many_records_with_lists_are_created_together,
    the_database_has_arrays_where_there_are_any,
    elements_that_cannot_be_stored_are_refused,
    what_is_no_list_is_an_error_that_names_the_column,
];

one!(Short, Vec<i16>);
one!(Medium, Vec<i32>);
one!(Large, Vec<i64>);
one!(Floats, Vec<f64>);
one!(Singles, Vec<f32>);
one!(Texts, Vec<String>);
one!(Flags, Vec<bool>);
one!(Ids, Vec<Uuid>);
one!(Holes, Vec<Option<i64>>);
one!(Blob, Vec<u8>);
one!(Tinies, Vec<i8>);
one!(Words, Vec<u16>);
one!(Counts, Vec<u32>);
one!(Totals, Vec<u64>);
one!(Sizes, Vec<usize>);
one!(Prices, Vec<Decimal>);
one!(Fees, Vec<Option<Decimal>>);
one!(Moments, Vec<DateTime<Utc>>);
one!(Offsets, Vec<DateTime<FixedOffset>>);
one!(Plain, Vec<NaiveDateTime>);
one!(Days, Vec<NaiveDate>);
one!(Hours, Vec<Option<NaiveTime>>);
one!(Instants, Vec<OffsetDateTime>);
one!(Utcs, Vec<UtcDateTime>);
one!(Locals, Vec<PrimitiveDateTime>);
one!(Dates, Vec<time::Date>);
one!(Times, Vec<time::Time>);

async fn lists_of_integers(t: Test) {
    there_and_back::<Short>(&t, vec![vec![], vec![0], vec![i16::MIN, i16::MAX]]).await;
    there_and_back::<Medium>(&t, vec![vec![], vec![0], vec![i32::MIN, i32::MAX]]).await;
    there_and_back::<Large>(&t, vec![vec![], vec![0], vec![i64::MIN, -1, i64::MAX], (0..10_000).collect()]).await;
}

async fn lists_of_all_integers(t: Test) {
    there_and_back::<Tinies>(&t, vec![vec![], vec![i8::MIN, 0, i8::MAX]]).await;
    there_and_back::<Words>(&t, vec![vec![], vec![0, u16::MAX]]).await;
    there_and_back::<Counts>(&t, vec![vec![], vec![0, u32::MAX]]).await;
    there_and_back::<Totals>(&t, vec![vec![], vec![0, i64::MAX.cast_unsigned()]]).await;
    there_and_back::<Sizes>(&t, vec![vec![], vec![0, 7]]).await;
    // Everywhere the same; by itself, the number is stored where there is room.
    let large = || Totals { id: 0, it: Some(vec![1, u64::MAX]) };
    for error in [t.create(large()).await.map(drop).unwrap_err(), t.insert_many([large()]).copy().await.map(drop).unwrap_err()] {
        assert!(matches!(&error, Error::Unstorable { column, .. } if column == "Totals.it"), "{error}");
    }
    // What another program has put there.
    t.create(Totals { id: 0, it: Some(vec![7]) }).await.unwrap();
    let negative = if t.engine() == Engine::Postgres { "'{-1}'" } else { "'[-1]'" };
    t.plain().await.execute(&format!("UPDATE totals SET it = {negative}")).await;
    let error = t.find::<Totals>().await.unwrap_err();
    assert!(matches!(&error, Error::Decode { column, .. } if column == "Totals.it"), "{error}");
}

async fn lists_of_decimals(t: Test) {
    let all = |all: &[&str]| all.iter().map(|it| it.parse::<Decimal>().unwrap()).collect::<Vec<_>>();
    let digits = all(&["0", "-1.5", "0.000001", "-0.1", "999999999999.999999", "-999999999999.999999", "100"]);
    there_and_back::<Prices>(&t, vec![vec![], digits.clone(), all(&["0.1"])]).await;
    there_and_back::<Fees>(&t, vec![vec![], vec![None, Some(Decimal::ONE)]]).await;
    // Equal numbers are equal, however many zeros they are written with.
    t.create(Prices { id: 0, it: Some(all(&["2.50", "-0"])) }).await.unwrap();
    assert_eq!(t.find().where_(Prices::IT.eq(all(&["2.5", "0"]))).count().await.unwrap(), 1);
    for it in ["0.0000001", "1000000000000"] {
        let one = || Prices { id: 0, it: Some(all(&[it])) };
        for error in [t.create(one()).await.map(drop).unwrap_err(), t.insert_many([one()]).copy().await.map(drop).unwrap_err()] {
            assert!(matches!(&error, Error::Unstorable { column, .. } if column == "Prices.it"), "{error}");
        }
    }
}

async fn lists_of_dates_and_times(t: Test) {
    let at = |text: &str| text.parse::<NaiveDateTime>().unwrap();
    let all =
        vec![at("0001-01-02T00:00:00"), at("1969-12-31T23:59:59.999999"), at("2024-02-29T12:30:00"), at("9999-12-30T23:59:59.000001")];
    there_and_back::<Plain>(&t, vec![vec![], all.clone()]).await;
    there_and_back::<Moments>(&t, vec![vec![], all.iter().map(NaiveDateTime::and_utc).collect()]).await;
    let east = FixedOffset::east_opt(2 * 3600).unwrap();
    there_and_back::<Offsets>(&t, vec![vec![], all.iter().map(|it| it.and_utc().with_timezone(&east)).collect()]).await;
    there_and_back::<Days>(&t, vec![vec![], all.iter().map(NaiveDateTime::date).collect()]).await;
    there_and_back::<Hours>(&t, vec![vec![], all.iter().map(|it| Some(it.time())).chain([None]).collect()]).await;
    let (early, late) = (datetime!(0001-01-02 00:00 UTC), datetime!(2024-02-29 12:30:00.000001 UTC));
    there_and_back::<Instants>(&t, vec![vec![], vec![early, late]]).await;
    there_and_back::<Utcs>(&t, vec![vec![], vec![early.into(), late.into()]]).await;
    there_and_back::<Locals>(&t, vec![vec![], vec![datetime!(1969-12-31 23:59:59.999999)]]).await;
    there_and_back::<Dates>(&t, vec![vec![], vec![date!(0001 - 01 - 01), date!(9999 - 12 - 31)]]).await;
    there_and_back::<Times>(&t, vec![vec![], vec![time!(0:00), time!(23:59:59.999999)]]).await;
    // What is finer than a microsecond is cut, and what is no year of every database refused.
    let finer = Days { id: 0, it: Some(vec![NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap()]) };
    assert!(matches!(t.create(finer).await.unwrap_err(), Error::Unstorable { .. }));
    let one = t.create(Plain { id: 0, it: Some(vec![at("2024-01-01T00:00:00.123456789")]) }).await.unwrap();
    assert_eq!(t.get::<Plain>(one.id).await.unwrap().it, Some(vec![at("2024-01-01T00:00:00.123456")]));
}

async fn lists_of_numbers(t: Test) {
    there_and_back::<Floats>(&t, vec![vec![], vec![0.1, -1.0, f64::MAX, f64::MIN_POSITIVE, 1e21, f64::from_bits(1)]]).await;
    there_and_back::<Singles>(&t, vec![vec![], vec![0.1, 1.0, f32::MAX, f32::from_bits(1)]]).await;
}

async fn lists_of_texts(t: Test) {
    let odd = ["", " ", "a \"quoted\" \\ {text}", "NULL", "null", "\u{1}\t\r\n", "é😀", "\\u0041", ",", "'"].map(str::to_owned).to_vec();
    there_and_back::<Texts>(&t, vec![vec![], vec![String::new()], odd]).await;
}

async fn lists_of_other_types(t: Test) {
    there_and_back::<Flags>(&t, vec![vec![], vec![true, false]]).await;
    there_and_back::<Ids>(&t, vec![vec![], vec![Uuid::nil(), Uuid::max(), Uuid::from_u128(0x0123_4567_89ab_cdef)]]).await;
    // These are bytes, and no list.
    there_and_back::<Blob>(&t, vec![vec![], vec![0, 255]]).await;
}

async fn lists_with_holes(t: Test) {
    there_and_back::<Holes>(&t, vec![vec![], vec![None], vec![Some(1), None, Some(-1)]]).await;
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Article {
    #[orm(key, auto)]
    id: i64,
    tags: Vec<String>,
    scores: Option<Vec<f64>>,
}

async fn many_records_with_lists_are_created_together(t: Test) {
    t.create_tables::<Article>().await.unwrap();
    let article = |n: u32| Article {
        id: 0,
        tags: (0..n % 4).map(|it| format!("tag {it}")).collect(),
        scores: (!n.is_multiple_of(3)).then(|| vec![f64::from(n); (n % 5) as usize]),
    };
    // More than one statement has placeholders for.
    let all = t.create_many((0..40_000).map(article)).await.unwrap();
    assert_eq!(t.find::<Article>().order(Article::ID.asc()).await.unwrap(), all);
}

async fn the_database_has_arrays_where_there_are_any(t: Test) {
    t.create_tables::<Article>().await.unwrap();
    t.create(Article { id: 0, tags: vec!["a".into(), "b".into()], scores: None }).await.unwrap();
    let mut plain = t.plain().await;
    let text = match t.engine() {
        Engine::Postgres => plain.one("SELECT tags[2] FROM articles").await,
        _ => plain.one("SELECT json_extract(tags, '$[1]') FROM articles").await,
    };
    assert_eq!(text.trim_matches('"'), "b");
}

async fn elements_that_cannot_be_stored_are_refused(t: Test) {
    t.create_tables::<(Floats, Texts)>().await.unwrap();
    let error = t.create(Floats { id: 0, it: Some(vec![1.0, f64::NAN]) }).await.unwrap_err();
    assert!(matches!(&error, Error::Unstorable { column, .. } if column == "Floats.it"), "{error}");
    let error = t.create(Texts { id: 0, it: Some(vec!["a\0".into()]) }).await.unwrap_err();
    assert!(matches!(&error, Error::Unstorable { column, .. } if column == "Texts.it"), "{error}");
}

/// The same table, whose column is read as a list of something else.
#[derive(Debug, Clone, Model)]
#[orm(table = "texts")]
struct Wrong {
    #[orm(key)]
    id: i64,
    it: Option<Vec<i64>>,
}

async fn what_is_no_list_is_an_error_that_names_the_column(t: Test) {
    t.create_tables::<Texts>().await.unwrap();
    t.create(Texts { id: 0, it: Some(vec!["a".into()]) }).await.unwrap();
    let error = t.find::<Wrong>().await.unwrap_err();
    assert!(matches!(&error, Error::Decode { column, .. } if column == "Wrong.it"), "{error}");
}
