//! The types of columns, and the rules that a type itself does not say.

use crate::dialect::Engine;
use crate::dialect::render::Walk;
use crate::statement::TableColumn;
use crate::value::SqlType;

/// The most characters that MySQL has in a `VARCHAR` of four bytes each.
const LONGEST_VARCHAR: u32 = 16_383;

impl Walk<'_> {
    /// A text between quotes.
    pub(crate) fn literal(&mut self, text: &str) {
        let text = text.replace('\'', "''");
        // Where a backslash escapes, it is escaped itself.
        let text = if self.engine.is_mysql_family() { text.replace('\\', "\\\\") } else { text };
        self.sql("'");
        self.sql(&text);
        self.sql("'");
    }
}

/// The type of a column in PostgreSQL, without its length.
pub(crate) const fn postgres_type(ty: SqlType) -> &'static str {
    match ty {
        SqlType::Boolean => "boolean",
        SqlType::TinyInt | SqlType::SmallInt => "smallint",
        SqlType::Unsigned(max) if max <= u8::MAX as u64 => "smallint",
        SqlType::Integer => "integer",
        SqlType::Unsigned(max) if max <= u16::MAX as u64 => "integer",
        SqlType::BigInt | SqlType::Unsigned(_) | SqlType::IntegerEnum(_) => "bigint",
        SqlType::Real => "real",
        SqlType::Double => "double precision",
        SqlType::Text | SqlType::VarChar(_) | SqlType::Enum(_) => "text",
        SqlType::Bytes | SqlType::VarBytes(_) => "bytea",
        SqlType::Timestamp => "timestamptz",
        SqlType::DateTime => "timestamp",
        SqlType::Date => "date",
        SqlType::Time => "time",
        SqlType::Decimal { .. } => "numeric",
        SqlType::Uuid => "uuid",
        SqlType::Json => "jsonb",
        SqlType::Array(of) => postgres_type(*of),
    }
}

/// The type of a column.
pub(crate) fn column_type(walk: &mut Walk<'_>, column: &TableColumn) {
    if let Some(ty) = &column.column_type {
        walk.sql(ty);
        return;
    }
    match walk.engine {
        Engine::Sqlite => sqlite_type(walk, column),
        Engine::Postgres => {
            if let SqlType::VarChar(most) = column.ty {
                walk.sql(&format!("varchar({most})"));
            } else {
                walk.sql(postgres_type(column.ty));
            }
            postgres_details(walk, column.ty);
        }
        Engine::MariaDb | Engine::MySql => mysql_type(walk, column),
    }
}

fn postgres_details(walk: &mut Walk<'_>, ty: SqlType) {
    match ty {
        // By code points, as on the other databases, and as LIKE 'x%' needs to use an index.
        ty if ty.is_text() => walk.sql(" COLLATE \"C\""),
        SqlType::Decimal { precision, scale } => digits(walk, precision, scale),
        // The digits belong to the element, the order to the list.
        SqlType::Array(of @ SqlType::Decimal { .. }) => {
            postgres_details(walk, *of);
            walk.sql("[]");
        }
        SqlType::Array(of) => {
            walk.sql("[]");
            postgres_details(walk, *of);
        }
        _ => {}
    }
}

/// Dates are text of a fixed width and so in order; decimals are integers of
/// the last digit, which the type says.
fn sqlite_type(walk: &mut Walk<'_>, column: &TableColumn) {
    match column.ty {
        ty if ty.is_integer() || ty == SqlType::Boolean => walk.sql("INTEGER"),
        SqlType::Real | SqlType::Double => walk.sql("REAL"),
        SqlType::Bytes | SqlType::VarBytes(_) | SqlType::Uuid => walk.sql("BLOB"),
        SqlType::Decimal { precision, scale } => {
            walk.sql("DECIMAL_INT");
            digits(walk, precision, scale);
        }
        _ => walk.sql("TEXT"),
    }
}

fn mysql_type(walk: &mut Walk<'_>, column: &TableColumn) {
    walk.sql(match column.ty {
        SqlType::Boolean => "BOOLEAN",
        SqlType::TinyInt => "TINYINT",
        SqlType::SmallInt => "SMALLINT",
        SqlType::Integer => "INT",
        SqlType::BigInt | SqlType::IntegerEnum(_) => "BIGINT",
        SqlType::Unsigned(max) if max <= u64::from(u8::MAX) => "TINYINT UNSIGNED",
        SqlType::Unsigned(max) if max <= u64::from(u16::MAX) => "SMALLINT UNSIGNED",
        SqlType::Unsigned(max) if max <= u64::from(u32::MAX) => "INT UNSIGNED",
        SqlType::Unsigned(_) => "BIGINT UNSIGNED",
        SqlType::Real => "FLOAT",
        SqlType::Double => "DOUBLE",
        SqlType::Bytes if column.indexed => "VARBINARY(255)",
        SqlType::VarBytes(most) if most <= LONGEST_VARCHAR => "VARBINARY",
        SqlType::Bytes | SqlType::VarBytes(_) => "LONGBLOB",
        SqlType::Text if column.indexed => "VARCHAR(255)",
        SqlType::VarChar(most) if most <= LONGEST_VARCHAR => "VARCHAR",
        SqlType::Text | SqlType::VarChar(_) | SqlType::Json | SqlType::Array(_) => "LONGTEXT",
        SqlType::Enum(_) => "VARCHAR(255)",
        SqlType::Timestamp | SqlType::DateTime => "DATETIME(6)",
        SqlType::Date => "DATE",
        SqlType::Time => "TIME(6)",
        SqlType::Decimal { .. } => "DECIMAL",
        SqlType::Uuid => "BINARY(16)",
    });
    match column.ty {
        SqlType::VarBytes(most) | SqlType::VarChar(most) if most <= LONGEST_VARCHAR => walk.sql(&format!("({most})")),
        SqlType::Decimal { precision, scale } => digits(walk, precision, scale),
        _ => {}
    }
    if column.ty.is_text() || matches!(column.ty, SqlType::Json | SqlType::Array(_)) {
        // By code points, and without taking 'a' and 'a ' for the same.
        walk.sql(match walk.engine {
            Engine::MySql => " COLLATE utf8mb4_0900_bin",
            _ => " COLLATE utf8mb4_nopad_bin",
        });
    }
}

fn digits(walk: &mut Walk<'_>, precision: u8, scale: u8) {
    walk.sql(&format!("({precision},{scale})"));
}

/// The rules of a column: what its type does not say, and what the model asks for.
pub(crate) fn check(walk: &mut Walk<'_>, column: &TableColumn) {
    // A type of the program's own has the rules that the program gives it.
    let own = column.column_type.is_none() && has_rule(walk.engine, column);
    if !own && column.check.is_none() {
        return;
    }
    // One check: MariaDB takes no second one at a column.
    walk.sql(" CHECK (");
    if own {
        rule(walk, column);
    }
    if let Some(check) = &column.check {
        walk.sql(if own { " AND (" } else { "" });
        // An embedded struct does not know the names that its columns get.
        for (n, it) in check.split("{column}").enumerate() {
            if n > 0 {
                walk.ident(&column.name);
            }
            walk.sql(it);
        }
        walk.sql(if own { ")" } else { "" });
    }
    walk.sql(")");
}

/// Whether [`check`] writes anything.
pub(crate) fn has_check(engine: Engine, column: &TableColumn) -> bool {
    column.check.is_some() || column.column_type.is_none() && has_rule(engine, column)
}

/// Whether the type itself leaves something open: SQLite stores anything
/// anywhere, PostgreSQL has no unsigned integers, and so on.
fn has_rule(engine: Engine, column: &TableColumn) -> bool {
    match (engine, column.ty) {
        (_, SqlType::Enum(_) | SqlType::IntegerEnum(_)) => true,
        (Engine::Sqlite, SqlType::VarChar(_) | SqlType::VarBytes(_) | SqlType::Json | SqlType::Array(_) | SqlType::Uuid) => true,
        (Engine::Sqlite, SqlType::Real | SqlType::Double) => true,
        (Engine::Sqlite, ty) => !column.auto && (ty.is_integer() || matches!(ty, SqlType::Boolean | SqlType::Decimal { .. })),
        (Engine::Postgres, ty) => matches!(ty, SqlType::TinyInt | SqlType::Unsigned(_) | SqlType::VarBytes(_)),
        (_, SqlType::VarChar(most) | SqlType::VarBytes(most)) => most > LONGEST_VARCHAR,
        (_, ty) => matches!(ty, SqlType::Json | SqlType::Array(_)),
    }
}

fn rule(walk: &mut Walk<'_>, column: &TableColumn) {
    match column.ty {
        SqlType::Enum(texts) => one_of(walk, column, texts, |walk, it| walk.literal(it)),
        SqlType::IntegerEnum(all) => one_of(walk, column, all, |walk, it| walk.sql(&it.to_string())),
        SqlType::VarChar(most) => {
            let length = if walk.engine == Engine::Sqlite { "length" } else { "char_length" };
            call(walk, length, column, &format!(" <= {most}"));
        }
        SqlType::VarBytes(most) => {
            let length = if walk.engine == Engine::Sqlite { "length" } else { "octet_length" };
            call(walk, length, column, &format!(" <= {most}"));
        }
        // SQLite goes on with infinity where others fail.
        SqlType::Real | SqlType::Double => call(walk, "abs", column, " < 9e999"),
        SqlType::Json | SqlType::Array(_) => call(walk, "json_valid", column, ""),
        SqlType::Uuid => call(walk, "length", column, " = 16"),
        ty => {
            let range = range(ty);
            if walk.engine == Engine::Sqlite {
                call(walk, "typeof", column, if column.nullable { " IN ('integer', 'null')" } else { " = 'integer'" });
                walk.sql(if range.is_some() { " AND " } else { "" });
            }
            if let Some((low, high)) = range {
                // A check that yields NULL is fulfilled.
                walk.ident(&column.name);
                walk.sql(&format!(" BETWEEN {low} AND {high}"));
            }
        }
    }
}

/// The integers that a type stands for, where they are not all of 64 bits.
fn range(ty: SqlType) -> Option<(i64, i64)> {
    match ty {
        SqlType::Boolean => Some((0, 1)),
        SqlType::TinyInt => Some((i8::MIN.into(), i8::MAX.into())),
        SqlType::SmallInt => Some((i16::MIN.into(), i16::MAX.into())),
        SqlType::Integer => Some((i32::MIN.into(), i32::MAX.into())),
        SqlType::Unsigned(max) => Some((0, i64::try_from(max).unwrap_or(i64::MAX))),
        SqlType::Decimal { precision, .. } => {
            let most = 10_i64.pow(u32::from(precision.min(18))) - 1;
            Some((-most, most))
        }
        _ => None,
    }
}

fn call(walk: &mut Walk<'_>, function: &str, column: &TableColumn, rest: &str) {
    walk.sql(function);
    walk.sql("(");
    walk.ident(&column.name);
    walk.sql(")");
    walk.sql(rest);
}

fn one_of<T>(walk: &mut Walk<'_>, column: &TableColumn, all: &[T], each: impl Fn(&mut Walk<'_>, &T)) {
    walk.ident(&column.name);
    walk.sql(" IN (");
    for (n, it) in all.iter().enumerate() {
        walk.sql(if n > 0 { ", " } else { "" });
        each(walk, it);
    }
    walk.sql(")");
}
