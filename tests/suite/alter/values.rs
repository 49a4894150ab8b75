//! The values of a column that becomes another type.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _, Utc};
use orm::prelude::*;
use orm::{Engine, Error, Json};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{Test, cases};

cases![
    an_integer_is_widened_and_narrowed,
    a_text_gets_another_size,
    a_number_becomes_text_and_a_number_again,
    a_number_becomes_a_decimal_and_a_number_again,
    a_decimal_gets_another_scale,
    times_become_text_and_times_again,
    truth_values_are_numbers,
    text_becomes_a_document,
    bytes_get_a_bound,
    sixteen_bytes_are_a_uuid,
    a_list_stays_one,
    what_has_no_conversion_is_refused,
    a_value_that_does_not_convert_changes_nothing,
];

/// Models of one table that differ in a column, each with the type that is said.
macro_rules! tables {
    ($($table:literal: $($model:ident $(#[$option:meta])? $type:ty),+;)*) => {$($(
        #[derive(Debug, Clone, Default, PartialEq, Model)]
        #[orm(table = $table)]
        struct $model {
            #[orm(key)]
            id: i64,
            $(#[$option])?
            value: $type,
        }

        impl $model {
            #[allow(dead_code, reason = "of some models no record is made")]
            /// One record for each value, with keys from 1 on.
            fn all<const N: usize>(values: [$type; N]) -> Vec<Self> {
                values.into_iter().zip(1..).map(|(value, id)| Self { id, value }).collect()
            }
        }
    )+)*};
}

tables! {
    "numbers": Small i16, Large i64, Byte u8, Maybe Option<i32>, Written String, Short #[orm(size = 4)] String, Exact Decimal, Truth bool, Half f64;
    "texts": Long String, Five #[orm(size = 5)] String, Roomy #[orm(size = 500)] String, Number i32, Document Json<Vec<i32>>, Letters Vec<u8>;
    "amounts": Fine Decimal, Coarse #[orm(precision = 10, scale = 2)] Decimal, Whole i64, Shown String;
    "moments": Instant DateTime<Utc>, Local NaiveDateTime, InstantText String;
    "days": Day NaiveDate, DayText String;
    "hours": Hour NaiveTime, HourText String;
    "blobs": Blob Vec<u8>, Bounded #[orm(size = 3)] Vec<u8>, Named Uuid;
    "lists": List Vec<i64>, MaybeList Option<Vec<i64>>;
    "price_lists": Prices Vec<Decimal>, MaybePrices Option<Vec<Decimal>>;
    "time_lists": Times Vec<NaiveTime>, MaybeTimes Option<Vec<NaiveTime>>;
    "moment_lists": Moments Vec<DateTime<Utc>>, MaybeMoments Option<Vec<DateTime<Utc>>>;
}

/// What the table holds, read as one of its models, is this.
macro_rules! holds {
    ($t:expr, $model:ident, $values:expr) => {
        assert_eq!($t.find::<$model>().order($model::ID.asc()).await.unwrap(), $model::all($values))
    };
}

async fn an_integer_is_widened_and_narrowed(t: Test) {
    t.create_tables::<Small>().await.unwrap();
    t.create_many(Small::all([-300, 0, 32_767])).await.unwrap();
    assert!(t.create(Large { id: 4, value: 1 << 40 }).await.is_err());
    t.alter_column(Large::VALUE).await.unwrap();
    holds!(t, Large, [-300, 0, 32_767]);
    t.create(Large { id: 4, value: 1 << 40 }).await.unwrap();

    let error = t.alter_column(Small::VALUE).await.unwrap_err();
    let Error::Unstorable { column, reason } = &error else { panic!("{error:?}") };
    assert!(column == "Small.value" && reason.contains("one row"), "{error}");
    holds!(t, Large, [-300, 0, 32_767, 1 << 40]);
    t.delete(Large { id: 4, value: 0 }).await.unwrap();
    t.alter_column(Small::VALUE).await.unwrap();
    holds!(t, Small, [-300, 0, 32_767]);
    assert!(t.create(Large { id: 4, value: 1 << 40 }).await.is_err(), "it is as narrow as before");

    // Unsigned integers have a check on some databases.
    let error = t.alter_column(Byte::VALUE).await.unwrap_err();
    assert!(matches!(&error, Error::Unstorable { reason, .. } if reason.contains("2 rows")), "{error:?}");
    t.delete_all(Small::VALUE.ne(0)).await.unwrap();
    t.alter_column(Byte::VALUE).await.unwrap();
    assert!(t.create(Small { id: 5, value: -1 }).await.is_err());
    t.alter_column(Small::VALUE).await.unwrap();
    t.create(Small { id: 5, value: -1 }).await.unwrap();
}

async fn a_text_gets_another_size(t: Test) {
    t.create_tables::<Long>().await.unwrap();
    let texts = || ["", "größe", "it's", "a\\b?"].map(str::to_owned);
    t.create_many(Long::all(texts())).await.unwrap();
    t.alter_column(Five::VALUE).await.unwrap();
    holds!(t, Five, texts());
    assert!(t.create(Five { id: 9, value: "longer".into() }).await.is_err());
    t.alter_column(Roomy::VALUE).await.unwrap();
    t.create(Roomy { id: 5, value: "x    ".into() }).await.unwrap();
    t.create(Roomy { id: 6, value: "x     ".into() }).await.unwrap();
    // Also what is too long by its spaces only; databases would cut them.
    let error = t.alter_column(Five::VALUE).await.unwrap_err();
    assert!(matches!(&error, Error::Unstorable { column, reason } if column == "Five.value" && reason.contains("one row")), "{error:?}");
    assert_eq!(t.get::<Roomy>(6).await.unwrap().value, "x     ");
    t.delete(Roomy { id: 6, value: String::new() }).await.unwrap();
    t.alter_column(Five::VALUE).await.unwrap();
    assert_eq!(t.get::<Five>(5).await.unwrap().value, "x    ");
    t.alter_column(Long::VALUE).await.unwrap();
    t.create(Long { id: 7, value: "y".repeat(70_000) }).await.unwrap();
}

async fn a_number_becomes_text_and_a_number_again(t: Test) {
    t.create_tables::<Large>().await.unwrap();
    t.create_many(Large::all([i64::MIN, -7, 0, i64::MAX])).await.unwrap();
    let error = t.alter_column(Short::VALUE).await.unwrap_err();
    assert!(matches!(&error, Error::Unstorable { reason, .. } if reason.contains("2 rows")), "{error:?}");
    t.alter_column(Written::VALUE).await.unwrap();
    holds!(t, Written, ["-9223372036854775808", "-7", "0", "9223372036854775807"].map(str::to_owned));
    t.alter_column(Large::VALUE).await.unwrap();
    holds!(t, Large, [i64::MIN, -7, 0, i64::MAX]);

    t.alter_column(Written::VALUE).await.unwrap();
    t.delete_all(Written::ID.ne(2)).await.unwrap();
    t.create(Written { id: 3, value: "+007".into() }).await.unwrap();
    for no_number in ["abc", "", "1.5", "1e2", " 7", "7 ", "7\n", "0x10", "9223372036854775808", "٧", "--1", "+"] {
        t.save(Written { id: 2, value: no_number.into() }).await.unwrap();
        let error = t.alter_column(Large::VALUE).await.unwrap_err();
        let Error::Unstorable { column, reason } = &error else { panic!("{no_number:?}: {error:?}") };
        assert!(column == "Large.value" && reason.contains("one row") && !reason.contains("abc"), "{no_number:?}: {error}");
        assert_eq!(t.get::<Written>(2).await.unwrap().value, no_number);
    }
    t.save(Written { id: 2, value: "-7".into() }).await.unwrap();
    t.alter_column(Large::VALUE).await.unwrap();
    assert_eq!(t.find::<Large>().order(Large::ID.asc()).select(Large::VALUE).await.unwrap(), [-7, 7]);
}

fn decimals<const N: usize>(of: [&str; N]) -> [Decimal; N] {
    of.map(|it| it.parse().unwrap())
}

/// On SQLite decimals are integers of the last digit: what was not converted
/// would be a millionth of what it was.
async fn a_number_becomes_a_decimal_and_a_number_again(t: Test) {
    t.create_tables::<Large>().await.unwrap();
    t.create_many(Large::all([-12, 0, 999_999_999_999, 1_000_000_000_000])).await.unwrap();
    let error = t.alter_column(Exact::VALUE).await.unwrap_err();
    assert!(matches!(&error, Error::Unstorable { reason, .. } if reason.contains("one row")), "{error:?}");
    t.delete(Large { id: 4, value: 0 }).await.unwrap();
    t.alter_column(Exact::VALUE).await.unwrap();
    holds!(t, Exact, decimals(["-12", "0", "999999999999"]));
    t.create(Exact { id: 4, value: "0.5".parse().unwrap() }).await.unwrap();
    let error = t.alter_column(Large::VALUE).await.unwrap_err();
    assert!(matches!(&error, Error::Unstorable { reason, .. } if reason.contains("rounded")), "{error:?}");
    t.delete(Exact { id: 4, value: Decimal::ZERO }).await.unwrap();
    t.alter_column(Large::VALUE).await.unwrap();
    holds!(t, Large, [-12, 0, 999_999_999_999]);
}

async fn a_decimal_gets_another_scale(t: Test) {
    t.create_tables::<Fine>().await.unwrap();
    t.create_many(Fine::all(decimals(["-1.5", "0.25", "99999999.99"]))).await.unwrap();
    t.alter_column(Coarse::VALUE).await.unwrap();
    holds!(t, Coarse, decimals(["-1.5", "0.25", "99999999.99"]));
    t.alter_column(Fine::VALUE).await.unwrap();
    for refused in ["0.001", "100000000"] {
        t.create(Fine { id: 4, value: refused.parse().unwrap() }).await.unwrap();
        assert!(matches!(t.alter_column(Coarse::VALUE).await.unwrap_err(), Error::Unstorable { .. }), "{refused}");
        t.delete(Fine { id: 4, value: Decimal::ZERO }).await.unwrap();
    }
    t.alter_column(Shown::VALUE).await.unwrap();
    holds!(t, Shown, ["-1.500000", "0.250000", "99999999.990000"].map(str::to_owned));
    assert!(matches!(t.alter_column(Coarse::VALUE).await.unwrap_err(), Error::Unstorable { .. }));
    assert!(matches!(t.alter_column(Whole::VALUE).await.unwrap_err(), Error::Unstorable { .. }));
    t.create(Shown { id: 4, value: "+03.5".into() }).await.unwrap();
    t.create(Shown { id: 5, value: "-7".into() }).await.unwrap();
    t.alter_column(Fine::VALUE).await.unwrap();
    holds!(t, Fine, decimals(["-1.5", "0.25", "99999999.99", "3.5", "-7"]));
    t.alter_column(Shown::VALUE).await.unwrap();
    for no_number in ["", ".", "1.", ".5", "1.5.5", "x", "1,5", "0.0000001", "1234567890123", "1e3"] {
        t.save(Shown { id: 1, value: no_number.into() }).await.unwrap();
        assert!(matches!(t.alter_column(Fine::VALUE).await.unwrap_err(), Error::Unstorable { .. }), "{no_number}");
        assert_eq!(t.get::<Shown>(1).await.unwrap().value, no_number);
    }
}

/// Seen failing on SQLite, which takes `24:00:00` and a 29th of February in every year.
async fn times_become_text_and_times_again(t: Test) {
    t.create_tables::<(Instant, Day, Hour)>().await.unwrap();
    let instant = Utc.with_ymd_and_hms(2024, 2, 29, 23, 59, 58).unwrap() + chrono::TimeDelta::microseconds(7);
    let (day, hour) = (instant.date_naive(), instant.time());
    t.create(Instant { id: 1, value: instant }).await.unwrap();
    t.create(Day { id: 1, value: day }).await.unwrap();
    t.create(Hour { id: 1, value: hour }).await.unwrap();
    t.alter_column(Local::VALUE).await.unwrap();
    holds!(t, Local, [instant.naive_utc()]);
    t.alter_column(Instant::VALUE).await.unwrap();
    holds!(t, Instant, [instant]);

    t.alter_column(InstantText::VALUE).await.unwrap();
    t.alter_column(DayText::VALUE).await.unwrap();
    t.alter_column(HourText::VALUE).await.unwrap();
    holds!(t, InstantText, ["2024-02-29 23:59:58.000007".to_owned()]);
    holds!(t, DayText, ["2024-02-29".to_owned()]);
    holds!(t, HourText, ["23:59:58.000007".to_owned()]);
    for wrong in [
        "",
        "2023-02-29 23:59:58.000007",
        "2024-02-29 24:00:00.000000",
        "2024-02-29",
        "2024-02-29T23:59:58.000007",
        "0000-01-01 00:00:00.000000",
    ] {
        t.create(InstantText { id: 2, value: wrong.into() }).await.unwrap();
        assert!(matches!(t.alter_column(Instant::VALUE).await.unwrap_err(), Error::Unstorable { .. }), "{wrong}");
        assert_eq!(t.get::<InstantText>(2).await.unwrap().value, wrong);
        t.delete(InstantText { id: 2, value: String::new() }).await.unwrap();
    }
    t.alter_column(Instant::VALUE).await.unwrap();
    t.alter_column(Day::VALUE).await.unwrap();
    t.alter_column(Hour::VALUE).await.unwrap();
    holds!(t, Instant, [instant]);
    holds!(t, Day, [day]);
    holds!(t, Hour, [hour]);
}

async fn truth_values_are_numbers(t: Test) {
    t.create_tables::<Truth>().await.unwrap();
    t.create_many(Truth::all([true, false])).await.unwrap();
    t.alter_column(Small::VALUE).await.unwrap();
    holds!(t, Small, [1, 0]);
    t.create(Small { id: 3, value: 2 }).await.unwrap();
    assert!(matches!(t.alter_column(Truth::VALUE).await.unwrap_err(), Error::Unstorable { .. }));
    t.delete(Small { id: 3, value: 2 }).await.unwrap();
    t.alter_column(Truth::VALUE).await.unwrap();
    holds!(t, Truth, [true, false]);
    t.alter_column(Written::VALUE).await.unwrap();
    holds!(t, Written, ["1".to_owned(), "0".to_owned()]);
    t.alter_column(Truth::VALUE).await.unwrap();
    holds!(t, Truth, [true, false]);
    t.alter_column(Half::VALUE).await.unwrap_or_else(|error| panic!("{error}"));
    holds!(t, Half, [1.0, 0.0]);
}

async fn text_becomes_a_document(t: Test) {
    t.create_tables::<Long>().await.unwrap();
    t.create_many(Long::all(["[1, 2]".to_owned(), "nothing".to_owned()])).await.unwrap();
    let error = t.alter_column(Document::VALUE).await.unwrap_err();
    assert!(matches!(&error, Error::Unstorable { column, .. } if column == "Document.value"), "{error:?}");
    holds!(t, Long, ["[1, 2]".to_owned(), "nothing".to_owned()]);
    t.delete(Long { id: 2, value: String::new() }).await.unwrap();
    t.alter_column(Document::VALUE).await.unwrap();
    holds!(t, Document, [Json(vec![1, 2])]);
    t.alter_column(Long::VALUE).await.unwrap();
    holds!(t, Long, ["[1, 2]".to_owned()]);
}

async fn bytes_get_a_bound(t: Test) {
    t.create_tables::<Blob>().await.unwrap();
    t.create_many(Blob::all([vec![], vec![0, 255, 7]])).await.unwrap();
    t.alter_column(Bounded::VALUE).await.unwrap();
    holds!(t, Bounded, [vec![], vec![0, 255, 7]]);
    assert!(t.create(Bounded { id: 3, value: vec![1; 4] }).await.is_err());
    t.alter_column(Blob::VALUE).await.unwrap();
    t.create(Blob { id: 3, value: vec![1; 4] }).await.unwrap();
    assert!(matches!(t.alter_column(Bounded::VALUE).await.unwrap_err(), Error::Unstorable { .. }));
    holds!(t, Blob, [vec![], vec![0, 255, 7], vec![1; 4]]);
}

async fn sixteen_bytes_are_a_uuid(t: Test) {
    t.create_tables::<Blob>().await.unwrap();
    let uuid = Uuid::from_u128(0x00ff_1234_5678);
    t.create_many(Blob::all([uuid.as_bytes().to_vec(), vec![0; 15]])).await.unwrap();
    assert!(matches!(t.alter_column(Named::VALUE).await.unwrap_err(), Error::Unstorable { .. }));
    t.delete(Blob { id: 2, value: vec![] }).await.unwrap();
    t.alter_column(Named::VALUE).await.unwrap();
    holds!(t, Named, [uuid]);
    t.alter_column(Blob::VALUE).await.unwrap();
    holds!(t, Blob, [uuid.as_bytes().to_vec()]);
}

async fn a_list_stays_one(t: Test) {
    t.create_tables::<List>().await.unwrap();
    t.create_many(List::all([vec![1, 2], vec![]])).await.unwrap();
    t.alter_column(MaybeList::VALUE).await.unwrap();
    holds!(t, MaybeList, [Some(vec![1, 2]), Some(vec![])]);
    t.alter_column(List::VALUE).await.unwrap();
    holds!(t, List, [vec![1, 2], vec![]]);
    // Whatever the database calls the type of its elements.
    let (price, time, moment) = (Decimal::new(15, 1), NaiveTime::MIN, DateTime::UNIX_EPOCH);
    t.create_tables::<(Prices, Times, Moments)>().await.unwrap();
    t.create_many(Prices::all([vec![price]])).await.unwrap();
    t.create_many(Times::all([vec![time]])).await.unwrap();
    t.create_many(Moments::all([vec![moment]])).await.unwrap();
    t.alter_column(MaybePrices::VALUE).await.unwrap();
    t.alter_column(MaybeTimes::VALUE).await.unwrap();
    t.alter_column(MaybeMoments::VALUE).await.unwrap();
    holds!(t, MaybePrices, [Some(vec![price])]);
    holds!(t, MaybeTimes, [Some(vec![time])]);
    holds!(t, MaybeMoments, [Some(vec![moment])]);
}

async fn what_has_no_conversion_is_refused(t: Test) {
    t.create_tables::<(Long, Half)>().await.unwrap();
    t.create_many(Half::all([0.5])).await.unwrap();
    for error in [t.alter_column(Letters::VALUE).await.unwrap_err(), t.alter_column(Large::VALUE).await.unwrap_err()] {
        let Error::Unsupported { what, .. } = &error else { panic!("{error:?}") };
        let named = ["`value` of Letters", "`value` of Large"].iter().any(|it| what.contains(it));
        assert!(named && what.contains("add another column"), "{error}");
    }
    holds!(t, Half, [0.5]);
}

async fn a_value_that_does_not_convert_changes_nothing(t: Test) {
    t.create_tables::<Long>().await.unwrap();
    t.create_many(Long::all(["12".to_owned(), "abc".to_owned()])).await.unwrap();
    let error = t.alter_column(Number::VALUE).await.unwrap_err();
    assert!(matches!(&error, Error::Unstorable { column, .. } if column == "Number.value"), "{error:?}");
    assert!(!error.to_string().contains("abc") && !format!("{error:?}").contains("abc"), "{error:?}");
    // The column takes text as before.
    t.create(Long { id: 3, value: "def".into() }).await.unwrap();
    holds!(t, Long, ["12".to_owned(), "abc".to_owned(), "def".to_owned()]);
    if t.engine() == Engine::Sqlite {
        assert_eq!(t.plain().await.rows("SELECT typeof(value) FROM texts").await.concat(), ["text"; 3]);
    }
    assert!(t.create_tables::<Maybe>().await.is_ok());
}
