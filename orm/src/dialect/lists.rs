//! Lists of values that a column may be equal to.

use crate::dialect::Engine;
use crate::dialect::render::{Walk, in_field};
use crate::error::Result;
use crate::expr::{ColumnRef, Expr};
use crate::value::{SqlType, Value};

/// Lists that are longer are one argument on SQLite, and on MariaDB if they are
/// integers: texts of so many placeholders are slow, and each would be kept.
const LONG: usize = 1_000;

/// Lists of anything else that are longer are one argument on MariaDB, too, which
/// is slower there than placeholders are; some are left for the rest of the statement.
const VERY_LONG: usize = 30_000;

/// The most characters of a value that MariaDB keeps a table of in order.
const SHORT: usize = 255;

impl Walk<'_> {
    pub(super) fn is_in(&mut self, it: &Expr, values: &[Value], column: Option<ColumnRef>) -> Result<()> {
        if values.is_empty() {
            self.sql("1 = 0");
            return Ok(());
        }
        let scale = self.scale_of_all([it].into_iter());
        if scale.is_some() && !matches!(it, Expr::Column(_)) {
            return self.equal_to_any(it, values, column);
        }
        self.operand(it)?;
        let ty = column.map(|it| it.meta().ty);
        match (self.engine, ty) {
            _ if column.is_some_and(|it| it.meta().to_sql.is_some()) => {
                self.sql(" IN (");
                self.list(values, |walk, value| walk.value(value, column))?;
                self.sql(")");
            }
            // Arrays have no arrays in them.
            (Engine::Postgres, Some(ty)) if !matches!(ty, SqlType::Array(_)) => {
                self.sql(" = ANY(");
                // What an integer is compared with need not fit into its column.
                self.array(values, if ty.is_integer() { SqlType::BigInt } else { ty }, column)?;
                self.sql(")");
            }
            (Engine::Sqlite, _) if values.len() > LONG => {
                self.sql(" IN rarray(");
                self.any_of(values, column)?;
                self.sql(")");
            }
            (Engine::MariaDb | Engine::MySql, _) if values.len() > LONG && values.iter().all(is_integer) => {
                self.document(SqlType::BigInt, values, column)?;
            }
            (Engine::MariaDb | Engine::MySql, Some(ty)) if values.len() > VERY_LONG && self.document_type(ty, values).is_some() => {
                self.document(ty, values, column)?;
            }
            _ => {
                self.sql(" IN (");
                self.list(values, |walk, value| walk.value(value, column))?;
                self.sql(")");
            }
        }
        Ok(())
    }

    /// All values as one argument.
    fn any_of(&mut self, values: &[Value], column: Option<ColumnRef>) -> Result<()> {
        let ty = column.map_or(SqlType::Text, |it| it.meta().ty);
        self.bound(|to| {
            let each = &mut |n: usize, to: &mut dyn crate::value::Binder| {
                if column.is_some() {
                    to.column(ty);
                }
                values[n].bind(to)
            };
            to.any_of(ty, values.len(), each).map_err(|error| match column {
                Some(it) => in_field(error, it.model, it.meta()),
                None => error.in_column("an argument"),
            })
        })
    }

    /// A table that the database makes of the strings of a JSON document.
    fn document(&mut self, ty: SqlType, values: &[Value], column: Option<ColumnRef>) -> Result<()> {
        let is_hex = matches!(ty, SqlType::Bytes | SqlType::VarBytes(_) | SqlType::Uuid);
        self.sql(if is_hex { " IN (SELECT UNHEX(v)" } else { " IN (SELECT v" });
        self.sql(" FROM JSON_TABLE(");
        self.any_of(values, column)?;
        self.sql(", '$[*]' COLUMNS (v ");
        let of = self.document_type(ty, values).unwrap_or_default();
        self.sql(&of);
        // Otherwise what cannot be read would be NULL without a word.
        self.sql(" PATH '$' ERROR ON ERROR)) AS j)");
        Ok(())
    }

    /// What a column of such a table is, where it can be one in which values are
    /// found fast.
    fn document_type(&self, ty: SqlType, values: &[Value]) -> Option<String> {
        let short = |it: &Value| match it {
            Value::Text(it) => it.chars().count() <= SHORT,
            Value::Bytes(it) => it.len() * 2 <= SHORT,
            _ => true,
        };
        let text = || {
            let collation = if self.engine == Engine::MySql { "utf8mb4_0900_bin" } else { "utf8mb4_nopad_bin" };
            values.iter().all(short).then(|| format!("VARCHAR({SHORT}) CHARACTER SET utf8mb4 COLLATE {collation}"))
        };
        match ty {
            ty if ty.is_text() => text(),
            SqlType::Bytes | SqlType::VarBytes(_) | SqlType::Uuid => text(),
            SqlType::Timestamp | SqlType::DateTime => Some("DATETIME(6)".to_owned()),
            SqlType::Date => Some("DATE".to_owned()),
            SqlType::Time => Some("TIME(6)".to_owned()),
            SqlType::Decimal { precision, scale } => Some(format!("DECIMAL({precision},{scale})")),
            SqlType::Real => Some("FLOAT".to_owned()),
            SqlType::Double => Some("DOUBLE".to_owned()),
            // Some may be larger, and others negative.
            SqlType::BigInt if values.iter().any(|it| matches!(it, Value::U64(_))) => Some("DECIMAL(20,0)".to_owned()),
            SqlType::BigInt => Some("BIGINT".to_owned()),
            _ => None,
        }
    }

    /// Decimals of an expression, whose scale is not that of a column.
    fn equal_to_any(&mut self, it: &Expr, values: &[Value], column: Option<ColumnRef>) -> Result<()> {
        for (n, value) in values.iter().enumerate() {
            self.sql(if n == 0 { "" } else { " OR " });
            self.infix(it, " = ", &Expr::Value(value.clone(), column))?;
        }
        Ok(())
    }
}

fn is_integer(it: &Value) -> bool {
    matches!(it, Value::I16(_) | Value::I32(_) | Value::I64(_) | Value::U64(_))
}
