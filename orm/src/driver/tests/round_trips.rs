//! What is written comes back as it was.

use std::fmt::Debug;

use super::*;
use crate::error::Error;
use crate::value::SqlType;

fn column(engine: Engine, ty: SqlType) -> String {
    let postgres = engine == Engine::Postgres;
    let own = |a: &str, b: &str| if postgres { a.to_owned() } else { b.to_owned() };
    match ty {
        SqlType::Boolean => own("boolean", "boolean"),
        SqlType::SmallInt | SqlType::Unsigned(0..=0xFF) => "smallint".to_owned(),
        SqlType::Integer | SqlType::Unsigned(0..=0xFFFF) => "integer".to_owned(),
        SqlType::BigInt | SqlType::Unsigned(_) => "bigint".to_owned(),
        SqlType::Double => "double precision".to_owned(),
        SqlType::Text => own("text", "longtext character set utf8mb4 collate utf8mb4_nopad_bin"),
        SqlType::Bytes => own("bytea", "longblob"),
        SqlType::Timestamp => own("timestamptz", "datetime(6)"),
        SqlType::DateTime => own("timestamp", "datetime(6)"),
        SqlType::Date => "date".to_owned(),
        SqlType::TinyInt => own("smallint", "tinyint"),
        SqlType::Real => own("real", "float"),
        SqlType::Time => own("time", "time(6)"),
        SqlType::Uuid => own("uuid", "binary(16)"),
        SqlType::Json | SqlType::Array(_) => own("jsonb", "longtext character set utf8mb4 collate utf8mb4_nopad_bin"),
        SqlType::VarChar(_) | SqlType::VarBytes(_) | SqlType::Enum(_) | SqlType::IntegerEnum(_) => {
            unreachable!("no field is of it by itself")
        }
        SqlType::Decimal { precision, scale } => format!("decimal({precision}, {scale})"),
    }
}

/// Writes and reads values and NULL, and finds them again.
async fn there_and_back<T: Field + PartialEq + Debug>(server: &mut Server, values: Vec<T>) {
    let engine = server.engine();
    server.control("drop table if exists there_and_back").await.unwrap();
    let create = format!("create temporary table there_and_back (it {})", column(engine, T::TYPE));
    server.control(&create).await.unwrap();
    for value in values.into_iter().map(Some).chain([None]) {
        let insert = typed(engine, "insert into there_and_back values (?)", vec![value.clone()]);
        let (_, done) = server.run(insert).await;
        assert_eq!(done.unwrap(), Done { rows: 0, affected: 1 }, "{value:?}");
        let all: Vec<Option<T>> = server.fetch("select it from there_and_back", vec![]).await.unwrap();
        assert_eq!(all, std::slice::from_ref(&value));
        let find = typed(engine, "select it from there_and_back where it = ?", vec![value.clone()]);
        let (work, done) = server.run(find).await;
        let found = usize::from(value.is_some());
        assert_eq!(done.unwrap(), Done { rows: found, affected: 0 }, "{value:?}");
        // First what was looked for, then what was found.
        assert_eq!(rows::<Option<T>>(work), vec![value.clone(); 1 + found]);
        // A value without its type.
        let sql = "update there_and_back set it = ?";
        assert_eq!(server.execute(sql, vec![value.to_value()]).await.unwrap().affected, 1, "{value:?}");
        let all: Vec<Option<T>> = server.fetch("select it from there_and_back", vec![]).await.unwrap();
        assert_eq!(all, [value]);
        server.control("delete from there_and_back").await.unwrap();
    }
}

#[test]
fn plain_values() {
    each_server(async |server: &mut Server| {
        there_and_back(server, vec![true, false]).await;
        there_and_back(server, vec![i16::MIN, -1, 0, i16::MAX]).await;
        there_and_back(server, vec![i32::MIN, -1, 0, i32::MAX]).await;
        there_and_back(server, vec![i64::MIN, -1, 0, i64::MAX]).await;
        there_and_back(server, vec![0, u8::MAX]).await;
        there_and_back(server, vec![0, u16::MAX]).await;
        there_and_back(server, vec![0, u32::MAX]).await;
        there_and_back(server, vec![0.0, -0.1, f64::MIN, f64::MAX, f64::MIN_POSITIVE, f64::EPSILON]).await;
        let long = "é".repeat(100_000);
        there_and_back(server, ["", " ", "a ", "O'Brien \\ \" % _", "\u{1F600}\n\r\t", &long].map(str::to_owned).to_vec()).await;
        there_and_back(server, vec![vec![], vec![0_u8, 255, 39, 92], vec![7; 300_000]]).await;
    });
}

#[cfg(feature = "chrono")]
#[test]
fn times() {
    use chrono::{DateTime, NaiveDate, Utc};
    each_server(async |server: &mut Server| {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        let days = [day(1, 1, 1), day(1969, 12, 31), day(2000, 1, 1), day(2024, 2, 29), day(9999, 12, 31)];
        let times: Vec<_> = days
            .iter()
            .flat_map(|it| {
                [
                    it.and_hms_opt(0, 0, 0),
                    it.and_hms_micro_opt(23, 59, 59, 999_999),
                    it.and_hms_micro_opt(12, 0, 0, 1),
                    it.and_hms_opt(1, 2, 3),
                ]
            })
            .map(Option::unwrap)
            .collect();
        there_and_back::<DateTime<Utc>>(server, times.iter().map(chrono::NaiveDateTime::and_utc).collect()).await;
        there_and_back(server, times).await;
        there_and_back(server, days.to_vec()).await;
        // Beyond microseconds: cut, not rounded.
        let fine = day(2024, 1, 1).and_hms_nano_opt(0, 0, 0, 1_999).unwrap();
        server.control("create temporary table fine (it timestamp(6) null)").await.unwrap();
        server.run(typed(server.engine(), "insert into fine values (?)", vec![fine.and_utc()])).await.1.unwrap();
        if server.engine() != Engine::Postgres {
            let cut = day(2024, 1, 1).and_hms_micro_opt(0, 0, 0, 1).unwrap();
            assert_eq!(server.fetch::<DateTime<Utc>>("select it from fine", vec![]).await.unwrap(), [cut.and_utc()]);
        }
    });
}

#[cfg(feature = "rust_decimal")]
#[test]
fn decimals() {
    use rust_decimal::Decimal;
    each_server(async |server: &mut Server| {
        let texts = ["0", "-1.5", "0.000001", "999999999999.999999", "-999999999999.999999", "10000", "123456789.0001"];
        there_and_back(server, texts.map(|it| it.parse::<Decimal>().unwrap()).to_vec()).await;
        let numbers = ["79228162514264337593543950335", "0.1234567890123456789012345678", "-7.0000", "100000000", "0.00"];
        for text in numbers {
            let sql = format!("select cast({text} as decimal(60, 30)) as it");
            let found: Vec<Decimal> = server.fetch(&sql, vec![]).await.unwrap();
            assert_eq!(found, [text.parse::<Decimal>().unwrap()]);
        }
        for text in ["0.00000000000000000000000000001", "123456789012345678901234567890"] {
            let sql = format!("select cast({text} as decimal(60, 30)) as it");
            let error = server.fetch::<Decimal>(&sql, vec![]).await.unwrap_err();
            assert!(matches!(error, Error::Decode { .. }), "{error}");
        }
        let narrow: Decimal = "1.0000001".parse().unwrap();
        let work = typed(server.engine(), "select cast(? as decimal(60, 30))", vec![narrow]);
        assert!(matches!(server.run(work).await.1, Err(Error::Unstorable { .. })));
        let error = server.fetch::<i64>("select cast(1 as decimal(5, 0))", vec![]).await.unwrap_err();
        assert!(error.to_string().contains("Decimal"), "{error}");
    });
}

#[test]
fn the_same_text_with_other_types() {
    each_server(async |server: &mut Server| {
        let all = server.fetch::<bool>("select 5 = ?", vec![Value::I32(5)]).await;
        assert_eq!(all.unwrap(), [true]);
        for (value, equal) in [(Value::I64(5), true), (Value::I16(5), true), (Value::I64(1 << 40), false)] {
            assert_eq!(server.fetch::<bool>("select 5 = ?", vec![value]).await.unwrap(), [equal]);
        }
        assert_eq!(server.fetch::<Option<bool>>("select 5 = ?", vec![Value::Null]).await.unwrap(), [None]);
    });
}

#[test]
fn a_table_that_changes_under_a_prepared_statement() {
    each_server(async |server: &mut Server| {
        server.control("create temporary table changing (it integer)").await.unwrap();
        server.execute("insert into changing values (?)", vec![Value::I32(1)]).await.unwrap();
        assert_eq!(server.fetch::<i64>("select it from changing", vec![]).await.unwrap(), [1]);
        let ty = if server.engine() == Engine::Postgres { "alter column it type bigint" } else { "modify it bigint" };
        server.control(&format!("alter table changing {ty}")).await.unwrap();
        assert_eq!(server.fetch::<i64>("select it from changing", vec![]).await.unwrap(), [1]);
        if server.engine() == Engine::Postgres {
            server.control("begin").await.unwrap();
            server.control("alter table changing alter column it type smallint").await.unwrap();
            let error = server.fetch::<i64>("select it from changing", vec![]).await.unwrap_err();
            assert!(error.is_retryable(), "{error}");
            assert_eq!(server.transaction_state().await, TransactionState::Aborted);
            server.control("rollback").await.unwrap();
            server.control("discard all").await.unwrap();
            assert_eq!(server.fetch::<bool>("select 5 = ?", vec![Value::I32(5)]).await.unwrap(), [true]);
        }
    });
}

#[test]
fn arrays() {
    fn bind<T: Field>(_: &Statement, records: &dyn RecordSet, to: &mut dyn Binder) -> Result<()> {
        let records: &dyn Any = records;
        let values = &records.downcast_ref::<Rows<T>>().unwrap().0;
        to.array(T::TYPE, values.len(), &mut |at, to| values[at].bind(to))
    }
    async fn check<T: Field + PartialEq + Debug>(server: &mut Server, ty: &str, values: Vec<T>) {
        let sql = format!("select unnest(?::{ty}[])");
        let mut work = typed(server.engine(), &sql, values.clone());
        work.bind = bind::<T>;
        let (work, result) = server.run(work).await;
        result.unwrap();
        assert_eq!(rows::<T>(work), [values.clone(), values].concat());
    }
    each_server(async |server: &mut Server| {
        // Elsewhere lists are JSON text, which the suite of types tests.
        if server.engine() != Engine::Postgres {
            return;
        }
        check(server, "int8", vec![Some(1_i64), None, Some(i64::MIN)]).await;
        check(server, "int8", Vec::<i64>::new()).await;
        check(server, "int2", vec![1_u8, 255]).await;
        check(server, "int4", vec![i32::MIN, i32::MAX]).await;
        check(server, "bool", vec![true, false]).await;
        check(server, "float8", vec![0.5, -1e300]).await;
        check(server, "text", vec![Some(String::new()), None, Some("a,\"{}".to_owned())]).await;
        check(server, "bytea", vec![vec![], vec![0_u8, 255]]).await;
        #[cfg(feature = "chrono")]
        check(server, "timestamptz", vec![chrono::DateTime::from_timestamp(1, 0).unwrap()]).await;
        #[cfg(feature = "rust_decimal")]
        check(server, "numeric", vec![rust_decimal::Decimal::new(-15, 1), rust_decimal::Decimal::ZERO]).await;
    });
}

#[test]
fn what_does_not_fit_its_field() {
    each_server(async |server: &mut Server| {
        let error = server.fetch::<i64>("select null", vec![]).await.unwrap_err();
        assert!(error.to_string().contains("NULL") || error.to_string().contains("type"), "{error}");
        let error = server.fetch::<i64>("select 'x' union all select 'y'", vec![]).await.unwrap_err();
        assert!(matches!(error, Error::Decode { .. }), "{error}");
        let error = server.fetch::<(i64, i64)>("select 1", vec![]).await.unwrap_err();
        assert!(error.to_string().contains("1 columns where 2 are read"), "{error}");
        for value in [Value::F64(f64::NAN), Value::Text("a\0".to_owned())] {
            let error = server.fetch::<i64>("select ?", vec![value]).await.unwrap_err();
            assert!(matches!(error, Error::Unstorable { .. }), "{error}");
        }
        if server.engine() == Engine::MariaDb {
            let text = "select _utf8mb4'x' collate utf8mb4_nopad_bin";
            assert_eq!(server.fetch::<String>(text, vec![]).await.unwrap(), ["x"]);
            assert!(server.fetch::<String>("select x'FF'", vec![]).await.is_err());
            let here = server.fetch::<String>("select @@collation_connection", vec![]).await.unwrap();
            assert_eq!(here, ["utf8mb4_nopad_bin"]);
            for sql in ["select 'a' = 'A'", "select 'a' = 'a '", "select 'a' || 'b' = 'aB'"] {
                assert_eq!(server.fetch::<bool>(sql, vec![]).await.unwrap(), [false], "{sql}");
            }
            for (sql, it) in [("select 'a' = ?", "A"), ("select 'a' = ?", "a "), ("select concat('', ?) = 'a'", "A")] {
                assert_eq!(server.fetch::<bool>(sql, vec![it.into()]).await.unwrap(), [false], "{sql}");
            }
            // Two arguments alone are compared by the collation of the client, which only `set names` reaches.
            let args = ["a", "A"].map(Value::from).to_vec();
            assert_eq!(server.fetch::<bool>("select ? = ?", args).await.unwrap(), [false]);
            let max: i64 = server.fetch::<i64>("select cast(7 as unsigned)", vec![]).await.unwrap()[0];
            assert_eq!(max, 7);
            assert!(server.fetch::<i64>("select cast(18446744073709551615 as unsigned)", vec![]).await.is_err());
        }
        #[cfg(feature = "chrono")]
        if server.engine() == Engine::Postgres {
            for sql in ["select 'infinity'::timestamptz", "select '290000-01-01'::timestamptz"] {
                let error = server.fetch::<chrono::DateTime<chrono::Utc>>(sql, vec![]).await.unwrap_err();
                assert!(matches!(error, Error::Decode { .. }), "{error}");
            }
            let error = server.fetch::<chrono::NaiveDate>("select 'infinity'::date", vec![]).await.unwrap_err();
            assert!(error.to_string().contains("infinity"), "{error}");
        }
    });
}
