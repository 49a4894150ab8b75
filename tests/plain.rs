//! Plain SQL over sqlx, to compare our answers with.

use sqlx::{AssertSqlSafe, Column as _, ConnectOptions, Connection, Row, TypeInfo, ValueRef};

/// A connection that knows nothing of `orm`.
#[derive(Debug)]
pub enum Plain {
    Sqlite(Box<sqlx::SqliteConnection>),
    Postgres(Box<sqlx::PgConnection>),
    MySql(Box<sqlx::MySqlConnection>),
}

/// Calls the same for each engine.
macro_rules! each {
    ($plain:expr, $conn:ident => $do:expr) => {
        match $plain {
            Plain::Sqlite($conn) => $do,
            Plain::Postgres($conn) => $do,
            Plain::MySql($conn) => $do,
        }
    };
}

impl Plain {
    pub async fn open(url: &str) -> Self {
        let connected = match url.split(':').next() {
            Some("sqlite") => {
                let options: sqlx::sqlite::SqliteConnectOptions = url.parse().unwrap();
                options.create_if_missing(true).connect().await.map(|it| Self::Sqlite(Box::new(it)))
            }
            Some("postgres" | "postgresql") => sqlx::PgConnection::connect(url).await.map(|it| Self::Postgres(Box::new(it))),
            _ => {
                let url = url.replacen("mariadb://", "mysql://", 1);
                sqlx::MySqlConnection::connect(&url).await.map(|it| Self::MySql(Box::new(it)))
            }
        };
        connected.unwrap_or_else(|error| panic!("no plain connection: {error}"))
    }

    /// Runs one or more statements.
    pub async fn execute(&mut self, sql: &str) {
        let done = each!(self, conn => sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut **conn).await.map(drop));
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Whether the database refuses a statement.
    pub async fn fails(&mut self, sql: &str) -> bool {
        each!(self, conn => sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut **conn).await.is_err())
    }

    /// The rows of a query, every cell as text; NULL is `"NULL"`, numbers without
    /// the zeros behind them.
    pub async fn rows(&mut self, sql: &str) -> Vec<Vec<String>> {
        each!(self, conn => {
            let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut **conn).await;
            let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
            rows.iter().map(|row| (0..row.len()).map(|at| cell(row, at, sql)).collect()).collect()
        })
    }

    /// The only cell of the only row.
    pub async fn one(&mut self, sql: &str) -> String {
        let rows = self.rows(sql).await;
        assert_eq!((rows.len(), rows[0].len()), (1, 1), "{sql}");
        rows[0][0].clone()
    }
}

/// The text of a cell, whatever it holds.
trait Cell: Row {
    fn text(&self, at: usize, kind: &str) -> Option<String>;
}

macro_rules! cells {
    ($($row:ty)*) => {$(
        impl Cell for $row {
            fn text(&self, at: usize, _: &str) -> Option<String> {
                use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
                None.or_else(|| self.try_get::<i64, _>(at).ok().map(|it| it.to_string()))
                    .or_else(|| self.try_get::<i32, _>(at).ok().map(|it| it.to_string()))
                    .or_else(|| self.try_get::<i16, _>(at).ok().map(|it| it.to_string()))
                    .or_else(|| self.try_get::<bool, _>(at).ok().map(|it| it.to_string()))
                    .or_else(|| self.try_get::<f64, _>(at).ok().map(|it| it.to_string()))
                    .or_else(|| self.try_get::<String, _>(at).ok())
                    .or_else(|| self.try_get::<DateTime<Utc>, _>(at).ok().map(|it| it.naive_utc().to_string()))
                    .or_else(|| self.try_get::<NaiveDateTime, _>(at).ok().map(|it| it.to_string()))
                    .or_else(|| self.try_get::<NaiveDate, _>(at).ok().map(|it| it.to_string()))
                    .or_else(|| self.try_get::<Vec<u8>, _>(at).ok().map(|it| format!("{it:?}")))
            }
        }
    )*};
}

cells! { sqlx::sqlite::SqliteRow sqlx::postgres::PgRow sqlx::mysql::MySqlRow }

/// Decimals, which SQLite has none of.
fn decimal<R: Row>(row: &R, at: usize) -> Option<String>
where
    usize: sqlx::ColumnIndex<R>,
    for<'r> rust_decimal::Decimal: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    row.try_get::<rust_decimal::Decimal, _>(at).ok().map(|it| it.normalize().to_string())
}

fn cell<R: AnyRow>(row: &R, at: usize, sql: &str) -> String {
    row.any(at).unwrap_or_else(|kind| panic!("{sql}: column {} is a {kind}, which cannot be shown", at + 1))
}

/// A row of any engine.
trait AnyRow {
    fn any(&self, at: usize) -> Result<String, String>;
}

macro_rules! rows {
    ($($row:ty, $decimal:expr;)*) => {$(
        impl AnyRow for $row {
            fn any(&self, at: usize) -> Result<String, String> {
                let kind = self.column(at).type_info().name().to_owned();
                if self.try_get_raw(at).is_ok_and(|it| it.is_null()) {
                    return Ok("NULL".to_owned());
                }
                let decimal: fn(&$row, usize) -> Option<String> = $decimal;
                decimal(self, at).or_else(|| self.text(at, &kind)).ok_or(kind)
            }
        }
    )*};
}

rows! {
    sqlx::sqlite::SqliteRow, |_, _| None;
    sqlx::postgres::PgRow, decimal;
    sqlx::mysql::MySqlRow, decimal;
}
