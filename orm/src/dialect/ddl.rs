//! The walk over changes of tables.

use crate::dialect::Engine;
use crate::dialect::render::Walk;
use crate::error::{Error, Result};
use crate::statement::{Ddl, Table, TableColumn, TableIndex};
use crate::value::SqlType;

pub(crate) fn walk(walk: &mut Walk<'_>, ddl: &Ddl) -> Result<()> {
    match ddl {
        Ddl::CreateTable(table) => create_table(walk, table),
        Ddl::CreateIndex(table, index) => create_index(walk, table, index),
    }
}

/// The type of a column in PostgreSQL, without its length.
pub(crate) const fn postgres_type(ty: SqlType) -> &'static str {
    match ty {
        SqlType::Boolean => "boolean",
        SqlType::SmallInt => "smallint",
        SqlType::Unsigned(max) if max <= u8::MAX as u32 => "smallint",
        SqlType::Integer => "integer",
        SqlType::Unsigned(max) if max <= u16::MAX as u32 => "integer",
        SqlType::BigInt | SqlType::Unsigned(_) => "bigint",
        SqlType::Double => "double precision",
        SqlType::Text => "text",
        SqlType::Bytes => "bytea",
        SqlType::Timestamp => "timestamptz",
        SqlType::DateTime => "timestamp",
        SqlType::Date => "date",
        SqlType::Decimal { .. } => "numeric",
    }
}

fn create_table(walk: &mut Walk<'_>, table: &Table) -> Result<()> {
    check_names(walk.engine, table)?;
    check_auto(walk.engine, table)?;
    walk.sql("CREATE TABLE IF NOT EXISTS ");
    table_name(walk, table);
    walk.sql(" (");
    walk.list(&table.columns, |walk, it| {
        column(walk, it);
        Ok(())
    })?;
    // SQLite says AUTOINCREMENT, and with it the key, at the column itself.
    let key_is_said = walk.engine == Engine::Sqlite && table.columns.iter().any(|it| it.auto);
    if !table.key.is_empty() && !key_is_said {
        walk.sql(", PRIMARY KEY (");
        names(walk, &table.key)?;
        walk.sql(")");
    }
    // MySQL cannot create an index unless there is one; so they go with the table.
    if walk.engine.is_mysql_family() {
        if let Some(it) = table.columns.iter().find(|it| it.auto && table.key.first() != Some(&it.name)) {
            // They number only what starts an index.
            walk.sql(", INDEX (");
            walk.ident(&it.name);
            walk.sql(")");
        }
        for it in &table.indexes {
            walk.sql(if it.unique { ", UNIQUE INDEX " } else { ", INDEX " });
            walk.ident(&it.name);
            walk.sql(" (");
            names(walk, &it.columns)?;
            walk.sql(")");
        }
        walk.sql(") CHARACTER SET utf8mb4");
    } else {
        walk.sql(")");
    }
    Ok(())
}

/// Refuses names that the database has no room for: PostgreSQL would cut them,
/// and take two that start in the same way for one.
fn check_names(engine: Engine, table: &Table) -> Result<()> {
    let columns = table.columns.iter().map(|it| &it.name);
    let indexes = table.indexes.iter().map(|it| &it.name);
    let (most, unit, length): (_, _, fn(&str) -> usize) = match engine {
        Engine::Sqlite => return Ok(()),
        Engine::Postgres => (63, "bytes", str::len),
        Engine::MariaDb | Engine::MySql => (64, "characters", |it| it.chars().count()),
    };
    match std::iter::once(&table.name).chain(columns).chain(indexes).find(|it| length(it) > most) {
        None => Ok(()),
        Some(name) => {
            let what =
                format!("the name `{name}`, which is longer than {most} {unit}; give a shorter one with `table`, `column` or `name`");
            Err(Error::Unsupported { database: engine.name(), what })
        }
    }
}

/// SQLite numbers only what is the whole key.
fn check_auto(engine: Engine, table: &Table) -> Result<()> {
    match table.columns.iter().find(|it| it.auto) {
        Some(it) if engine == Engine::Sqlite && table.key.len() > 1 => {
            let what = format!("number the column `{}` of `{}`, which is only a part of the key", it.name, table.name);
            Err(Error::Unsupported { database: engine.name(), what })
        }
        _ => Ok(()),
    }
}

fn create_index(walk: &mut Walk<'_>, table: &Table, index: &TableIndex) -> Result<()> {
    if walk.engine == Engine::MySql {
        let what = "create an index unless there is one; it is created with its table".to_owned();
        return Err(Error::Unsupported { database: walk.engine.name(), what });
    }
    walk.sql(if index.unique { "CREATE UNIQUE INDEX IF NOT EXISTS " } else { "CREATE INDEX IF NOT EXISTS " });
    // SQLite puts the schema before the index, PostgreSQL before the table.
    if let (Engine::Sqlite, Some(schema)) = (walk.engine, &table.schema) {
        walk.ident(schema);
        walk.sql(".");
    }
    walk.ident(&index.name);
    walk.sql(" ON ");
    match walk.engine {
        Engine::Sqlite => walk.ident(&table.name),
        _ => table_name(walk, table),
    }
    walk.sql(" (");
    names(walk, &index.columns)?;
    walk.sql(")");
    Ok(())
}

fn column(walk: &mut Walk<'_>, column: &TableColumn) {
    walk.ident(&column.name);
    walk.sql(" ");
    column_type(walk, column);
    if !column.nullable {
        walk.sql(" NOT NULL");
    }
    if column.auto {
        walk.sql(match walk.engine {
            Engine::Sqlite => " PRIMARY KEY AUTOINCREMENT",
            Engine::Postgres => " GENERATED BY DEFAULT AS IDENTITY",
            Engine::MariaDb | Engine::MySql => " AUTO_INCREMENT",
        });
    }
    if column.unique {
        walk.sql(" UNIQUE");
    }
    check(walk, column);
}

fn column_type(walk: &mut Walk<'_>, column: &TableColumn) {
    match walk.engine {
        Engine::Sqlite => sqlite_type(walk, column),
        Engine::Postgres => {
            walk.sql(postgres_type(column.ty));
            match column.ty {
                // By code points, as on the other databases, and as LIKE 'x%' needs to use an index.
                SqlType::Text => walk.sql(" COLLATE \"C\""),
                SqlType::Decimal { precision, scale } => digits(walk, precision, scale),
                _ => {}
            }
        }
        Engine::MariaDb | Engine::MySql => mysql_type(walk, column),
    }
}

/// Dates are text of a fixed width and so in order; decimals are integers of
/// the last digit, which the type says.
fn sqlite_type(walk: &mut Walk<'_>, column: &TableColumn) {
    match column.ty {
        SqlType::Boolean | SqlType::SmallInt | SqlType::Integer | SqlType::BigInt | SqlType::Unsigned(_) => walk.sql("INTEGER"),
        SqlType::Double => walk.sql("REAL"),
        SqlType::Text | SqlType::Timestamp | SqlType::DateTime | SqlType::Date => walk.sql("TEXT"),
        SqlType::Bytes => walk.sql("BLOB"),
        SqlType::Decimal { precision, scale } => {
            walk.sql("DECIMAL_INT");
            digits(walk, precision, scale);
        }
    }
}

fn mysql_type(walk: &mut Walk<'_>, column: &TableColumn) {
    match column.ty {
        SqlType::Boolean => walk.sql("BOOLEAN"),
        SqlType::SmallInt => walk.sql("SMALLINT"),
        SqlType::Integer => walk.sql("INT"),
        SqlType::BigInt => walk.sql("BIGINT"),
        SqlType::Unsigned(max) if max <= u32::from(u8::MAX) => walk.sql("TINYINT UNSIGNED"),
        SqlType::Unsigned(max) if max <= u32::from(u16::MAX) => walk.sql("SMALLINT UNSIGNED"),
        SqlType::Unsigned(_) => walk.sql("INT UNSIGNED"),
        SqlType::Double => walk.sql("DOUBLE"),
        SqlType::Text => {
            walk.sql(if column.indexed { "VARCHAR(255)" } else { "LONGTEXT" });
            // By code points, and without taking 'a' and 'a ' for the same.
            walk.sql(match walk.engine {
                Engine::MySql => " COLLATE utf8mb4_0900_bin",
                _ => " COLLATE utf8mb4_nopad_bin",
            });
        }
        SqlType::Bytes => walk.sql(if column.indexed { "VARBINARY(255)" } else { "LONGBLOB" }),
        SqlType::Timestamp | SqlType::DateTime => walk.sql("DATETIME(6)"),
        SqlType::Date => walk.sql("DATE"),
        SqlType::Decimal { precision, scale } => {
            walk.sql("DECIMAL");
            digits(walk, precision, scale);
        }
    }
}

fn digits(walk: &mut Walk<'_>, precision: u8, scale: u8) {
    walk.sql(&format!("({precision},{scale})"));
}

/// What the type itself does not say: SQLite stores anything anywhere, and
/// PostgreSQL has no unsigned integers.
fn check(walk: &mut Walk<'_>, column: &TableColumn) {
    let range = match column.ty {
        SqlType::Boolean => Some((0, 1)),
        SqlType::SmallInt => Some((i64::from(i16::MIN), i64::from(i16::MAX))),
        SqlType::Integer => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
        SqlType::Unsigned(max) => Some((0, i64::from(max))),
        SqlType::Decimal { precision, .. } => {
            let most = 10_i64.pow(u32::from(precision.min(18))) - 1;
            Some((-most, most))
        }
        _ => None,
    };
    let unsigned = matches!(column.ty, SqlType::Unsigned(_));
    let exact = column.ty.is_integer() || matches!(column.ty, SqlType::Boolean | SqlType::Decimal { .. });
    match walk.engine {
        Engine::Sqlite if exact && !column.auto => {
            walk.sql(" CHECK (typeof(");
            walk.ident(&column.name);
            walk.sql(if column.nullable { ") IN ('integer', 'null')" } else { ") = 'integer'" });
            if let Some(range) = range {
                walk.sql(" AND ");
                between(walk, column, range);
            }
            walk.sql(")");
        }
        // Elsewhere a number that is too large is an error, not infinity.
        Engine::Sqlite if column.ty == SqlType::Double => {
            walk.sql(" CHECK (abs(");
            walk.ident(&column.name);
            walk.sql(") < 9e999)");
        }
        Engine::Postgres if unsigned => {
            walk.sql(" CHECK (");
            between(walk, column, range.unwrap_or_default());
            walk.sql(")");
        }
        _ => {}
    }
}

fn between(walk: &mut Walk<'_>, column: &TableColumn, (low, high): (i64, i64)) {
    // A check that yields NULL is fulfilled.
    walk.ident(&column.name);
    walk.sql(&format!(" BETWEEN {low} AND {high}"));
}

fn table_name(walk: &mut Walk<'_>, table: &Table) {
    if let Some(schema) = &table.schema {
        walk.ident(schema);
        walk.sql(".");
    }
    walk.ident(&table.name);
}

fn names(walk: &mut Walk<'_>, names: &[String]) -> Result<()> {
    walk.list(names, |walk, it| {
        walk.ident(it);
        Ok(())
    })
}
