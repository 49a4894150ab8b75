//! What is stored, and what is read.

use super::*;

/// Reads one column of a statement.
async fn read<T: FromRow>(text: &'static str) -> Result<T> {
    one::<T>(memory().await, text).await.1
}

async fn told<T: FromRow + std::fmt::Debug>(text: &'static str) -> String {
    let error = read::<T>(text).await.unwrap_err();
    assert!(matches!(error, Error::Decode { .. }), "{error:?}");
    error.to_string()
}

/// Binds a value, and reads it as text the way SQLite shows it.
async fn stored(value: impl Into<Value>) -> Result<String> {
    let (_, read) = rows::<(String, String), _>(memory().await, "SELECT typeof(?1), quote(?1)", [value.into()], Limits::default()).await;
    read.map(|mut it| it.remove(0)).map(|(kind, shown)| format!("{kind} {shown}"))
}

#[tokio::test]
async fn values_are_stored_as_the_documents_say() {
    assert_eq!(stored(true).await.unwrap(), "integer 1");
    assert_eq!(stored(i64::MIN).await.unwrap(), "integer -9223372036854775808");
    assert_eq!(stored(0.5).await.unwrap(), "real 0.5");
    assert_eq!(stored("it's").await.unwrap(), "text 'it''s'");
    assert_eq!(stored(vec![0_u8, 255]).await.unwrap(), "blob X'00FF'");
    assert_eq!(stored(None::<i64>).await.unwrap(), "null NULL");
    for value in [Value::from(f64::NAN), f64::INFINITY.into(), "a\0b".into()] {
        let error = stored(value).await.unwrap_err();
        assert!(matches!(error, Error::Unstorable { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn nothing_is_read_as_what_it_is_not() {
    assert!(read::<bool>("SELECT 1").await.unwrap());
    assert!((read::<f64>("SELECT 2").await.unwrap() - 2.0).abs() < f64::EPSILON);
    assert_eq!(read::<Option<String>>("SELECT NULL").await.unwrap(), None);
    assert_eq!(read::<Vec<u8>>("SELECT x'6162'").await.unwrap(), b"ab");
    assert!(told::<i64>("SELECT 1.0").await.contains("a floating-point number"));
    assert!(told::<i64>("SELECT '1'").await.contains("text"));
    assert!(told::<bool>("SELECT 2").await.contains("neither 0 nor 1"));
    assert!(told::<String>("SELECT 1").await.contains("an integer"));
    assert!(told::<String>("SELECT CAST(x'ff' AS TEXT)").await.contains("UTF-8"));
    assert!(told::<Vec<u8>>("SELECT 'ab'").await.contains("text"));
    assert!(told::<i64>("SELECT NULL").await.contains("NULL"));
    assert!(told::<f64>("SELECT 9223372036854775807").await.contains("exactly"));
}

#[cfg(feature = "chrono")]
#[tokio::test]
async fn times_are_text_that_sorts() {
    use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
    let at: DateTime<Utc> = "2024-02-29T12:00:00.1234567+01:00".parse().unwrap();
    assert_eq!(stored(at).await.unwrap(), "text '2024-02-29 11:00:00.123456'");
    let day = NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
    assert_eq!(stored(day).await.unwrap(), "text '0001-01-01'");
    assert_eq!(stored(day.and_hms_opt(1, 2, 3).unwrap()).await.unwrap(), "text '0001-01-01 01:02:03.000000'");
    for year in [0, 10_000] {
        let day = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        assert!(matches!(stored(day).await, Err(Error::Unstorable { .. })));
        assert!(matches!(stored(day.and_hms_opt(0, 0, 0).unwrap().and_utc()).await, Err(Error::Unstorable { .. })));
    }
    let read_at = read::<DateTime<Utc>>("SELECT '2024-02-29T12:00:00.123456+01:00'").await.unwrap();
    assert_eq!(read_at.timestamp_micros(), at.timestamp_micros());
    assert_eq!(read::<NaiveDateTime>("SELECT datetime('2024-02-29 11:00')").await.unwrap(), "2024-02-29T11:00:00".parse().unwrap());
    assert_eq!(read::<NaiveDate>("SELECT date('2024-02-29')").await.unwrap(), "2024-02-29".parse().unwrap());
    assert!(told::<NaiveDate>("SELECT 20240229").await.contains("an integer"));
    let error = told::<DateTime<Utc>>("SELECT 'my birthday' AS at").await;
    assert!(!error.contains("birthday"), "{error}");
}

#[cfg(feature = "rust_decimal")]
mod decimals {
    use rust_decimal::Decimal;

    use super::super::super::decimal::scaled;
    use super::*;

    fn decimal(it: &str) -> Decimal {
        it.parse().unwrap()
    }

    #[test]
    fn a_decimal_is_the_integer_of_its_last_digit() {
        assert_eq!(scaled(decimal("12.50"), 6), Some(12_500_000));
        assert_eq!(scaled(decimal("-0.000001"), 6), Some(-1));
        assert_eq!(scaled(decimal("1.0000000"), 6), Some(1_000_000));
        assert_eq!(scaled(decimal("999999999999.999999"), 6), Some(999_999_999_999_999_999));
        assert!(scaled(decimal("0.0000001"), 6).is_none());
        assert!(scaled(Decimal::MAX, 0).is_none());
        assert!(scaled(decimal("9999999999999999999"), 0).is_none());
    }

    /// Without a column nobody knows the scale, and a guess would be wrong by
    /// powers of ten.
    #[tokio::test]
    async fn an_argument_without_a_column_is_refused() {
        let error = stored(decimal("1.5")).await.unwrap_err();
        assert!(matches!(&error, Error::Unstorable { reason, .. } if reason.contains("no column")), "{error:?}");
    }

    #[tokio::test]
    async fn the_declared_type_says_what_an_integer_means() {
        let mut conn = memory().await;
        batch(
            &mut conn,
            "CREATE TABLE t (price DECIMAL_INT(18,2), count INTEGER, rate REAL, note TEXT);
             INSERT INTO t VALUES (1250, 1250, 0.1, '12.50')",
        );
        let (conn, all) =
            rows::<(Decimal, Decimal, Decimal, Decimal), _>(conn, "SELECT price, count, rate, note FROM t", [], Limits::default()).await;
        assert_eq!(all.unwrap(), [(decimal("12.5"), decimal("1250"), decimal("0.1"), decimal("12.5"))]);
        let (conn, sum) = one::<Decimal>(conn, "SELECT sum(price) FROM t").await;
        let error = sum.unwrap_err().to_string();
        assert!(error.contains("i64") && error.contains("CAST"), "{error}");
        let (conn, sum) = one::<i64>(conn, "SELECT sum(price) FROM t").await;
        assert_eq!(sum.unwrap(), 1250);
        let (conn, through) = one::<Decimal>(conn, "SELECT p FROM (SELECT price AS p FROM t)").await;
        assert_eq!(through.unwrap(), decimal("12.5"));
        let (_, none) = one::<Option<Decimal>>(conn, "SELECT NULL FROM t").await;
        assert_eq!(none.unwrap(), None);
        assert!(told::<Decimal>("SELECT 1e300").await.contains("no Decimal"));
        assert!(told::<Decimal>("SELECT 'many'").await.contains("text"));
    }
}
