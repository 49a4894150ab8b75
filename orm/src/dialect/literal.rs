//! Statements with their values in the text, for people to read.

use crate::dialect::render::{Out, Walk};
use crate::dialect::{Engine, Naming, types};
use crate::error::Result;
use crate::statement::{RecordSet, Statement};
use crate::value::{SqlType, Value, json_array};

/// What stands in the place of a value that nobody shall see.
pub(super) const HIDDEN: &str = "'***'";

/// The text of a statement with its values in the places of placeholders.
pub(crate) fn with_values(engine: Engine, naming: &Naming, statement: &Statement, records: &dyn RecordSet) -> Result<String> {
    let mut text = String::new();
    Walk::new(engine, records, Out::Shown(&mut text)).named(naming).statement(statement)?;
    Ok(text)
}

/// A value as this database writes it.
pub(super) fn write(engine: Engine, value: &Value, column: Option<SqlType>, to: &mut String) -> Result<()> {
    match value {
        Value::Null => to.push_str("NULL"),
        Value::Bool(it) => to.push_str(if *it { "TRUE" } else { "FALSE" }),
        Value::I16(it) => to.push_str(&it.to_string()),
        Value::I32(it) => to.push_str(&it.to_string()),
        Value::I64(it) => to.push_str(&it.to_string()),
        Value::U64(it) => to.push_str(&it.to_string()),
        Value::F32(it) => to.push_str(&format!("{it:?}")),
        Value::F64(it) => to.push_str(&format!("{it:?}")),
        Value::Text(it) | Value::Json(it) | Value::Refused(it) => quoted(engine, it, to),
        Value::Bytes(it) => bytes(engine, it, to),
        Value::List(ty, all) if engine == Engine::Postgres => {
            to.push_str("ARRAY[");
            for (n, it) in all.iter().enumerate() {
                to.push_str(if n > 0 { ", " } else { "" });
                write(engine, it, Some(*ty), to)?;
            }
            to.push_str("]::");
            to.push_str(types::postgres_type(*ty));
            to.push_str("[]");
        }
        Value::List(_, all) => quoted(engine, &json_array::write(all.len(), &mut |n, to| all[n].bind(to))?, to),
        #[cfg(feature = "chrono")]
        Value::DateTime(it) => {
            let zone = if engine == Engine::Postgres { "+00" } else { "" };
            quoted(engine, &format!("{}{zone}", it.format("%Y-%m-%d %H:%M:%S%.6f")), to);
        }
        #[cfg(feature = "chrono")]
        Value::NaiveDateTime(it) => quoted(engine, &it.format("%Y-%m-%d %H:%M:%S%.6f").to_string(), to),
        #[cfg(feature = "chrono")]
        Value::Date(it) => quoted(engine, &it.format("%Y-%m-%d").to_string(), to),
        #[cfg(feature = "chrono")]
        Value::Time(it) => quoted(engine, &it.format("%H:%M:%S%.6f").to_string(), to),
        #[cfg(feature = "uuid")]
        Value::Uuid(it) if engine == Engine::Postgres => quoted(engine, &it.to_string(), to),
        #[cfg(feature = "uuid")]
        Value::Uuid(it) => bytes(engine, it.as_bytes(), to),
        #[cfg(feature = "rust_decimal")]
        Value::Decimal(it) => match column {
            // SQLite's columns hold them as scaled integers.
            Some(SqlType::Decimal { scale, .. }) if engine == Engine::Sqlite => {
                let mut scaled = *it;
                scaled.rescale(scale.into());
                to.push_str(&scaled.mantissa().to_string());
            }
            _ => to.push_str(&it.to_string()),
        },
    }
    let _ = column;
    Ok(())
}

fn quoted(engine: Engine, text: &str, to: &mut String) {
    to.push('\'');
    for it in text.chars() {
        if it == '\'' || it == '\\' && engine.is_mysql_family() {
            to.push(it);
        }
        to.push(it);
    }
    to.push('\'');
}

fn bytes(engine: Engine, bytes: &[u8], to: &mut String) {
    to.push_str(if engine == Engine::Postgres { "'\\x" } else { "X'" });
    for it in bytes {
        to.push_str(&format!("{it:02X}"));
    }
    to.push_str(if engine == Engine::Postgres { "'::bytea" } else { "'" });
}
