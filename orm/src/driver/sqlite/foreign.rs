//! SQLite says that a foreign key was broken, and not which. Where only one can
//! be meant, its columns are known all the same.

use rusqlite::{Connection, params};

use super::errors::Halt;
use crate::driver::rules::About;
use crate::error::Error;
use crate::statement::Statement;

/// The columns of this table that point to others.
const POINTING: &str = "SELECT id, \"from\" FROM pragma_foreign_key_list(?1) ORDER BY id, seq";

/// The columns of this table that others point to; none named means the key.
const POINTED: &str = "SELECT t.name || f.id, coalesce(f.\"to\", k.name)
    FROM sqlite_schema t, pragma_foreign_key_list(t.name) f
    LEFT JOIN pragma_table_info(?1) k ON k.pk = f.seq + 1
    WHERE t.type = 'table' AND f.\"table\" = ?1 COLLATE NOCASE ORDER BY t.name, f.id, f.seq";

/// Adds the columns to the error of a broken foreign key.
pub(super) fn name_columns(conn: &Connection, halt: Halt, statement: &Statement, about: About<'_>) -> Halt {
    let Halt::Failed(Error::ForeignKeyViolation { model, constraint, mut columns, source }) = halt else { return halt };
    // A schema of its own would have to be asked instead of the main one.
    if let (Some(table), None) = (about.table(), about.model.and_then(|it| it.schema)) {
        let asks: &[&str] = match statement {
            Statement::Insert(_) => &[POINTING],
            Statement::Delete(_) => &[POINTED],
            _ => &[POINTING, POINTED],
        };
        let mut keys: Vec<Vec<String>> = asks.iter().flat_map(|sql| keys(conn, sql, table).unwrap_or_default()).collect();
        keys.sort();
        keys.dedup();
        if keys.len() == 1 {
            columns = keys.remove(0);
        }
    }
    Halt::Failed(Error::ForeignKeyViolation { model, constraint, columns, source })
}

/// The columns of each key.
fn keys(conn: &Connection, sql: &str, table: &str) -> rusqlite::Result<Vec<Vec<String>>> {
    let mut found: Vec<(rusqlite::types::Value, Vec<String>)> = Vec::new();
    let mut statement = conn.prepare(sql)?;
    let mut rows = statement.query(params![table])?;
    while let Some(row) = rows.next()? {
        let (id, column) = (row.get(0)?, row.get(1)?);
        match found.last_mut() {
            Some((last, columns)) if *last == id => columns.push(column),
            _ => found.push((id, vec![column])),
        }
    }
    Ok(found.into_iter().map(|it| it.1).collect())
}
