//! What goes with a table of SQLite when it is removed, to be put back.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::rebuild::Failure;
use crate::dialect::{Engine, qualified, quoted};
use crate::statement::AlterColumn;

/// The indexes and triggers of a table, how far its keys were counted, and what
/// `ANALYZE` found.
pub(super) struct Objects {
    schema: String,
    /// The kind, the schema, and the text that makes it.
    all: Vec<(String, String, String)>,
    counter: Option<i64>,
    figures: Vec<(Option<String>, Option<String>)>,
}

impl Objects {
    pub(super) fn read(conn: &Connection, schema: &str, table: &str) -> Result<Self, Failure> {
        let mut all = Vec::new();
        // A connection may have triggers of its own on a table of the file.
        for from in [schema, "temp"] {
            if from == "temp" && schema == "temp" && !all.is_empty() {
                break;
            }
            let kinds = if from == schema { "'index', 'trigger'" } else { "'trigger'" };
            let sql = format!(
                "SELECT type, sql FROM {}.sqlite_schema WHERE tbl_name = ?1 COLLATE NOCASE AND type IN ({kinds}) AND sql IS NOT NULL \
                 ORDER BY rowid",
                quoted(Engine::Sqlite, from)
            );
            let mut statement = conn.prepare(&sql)?;
            let mut rows = statement.query(params![table])?;
            while let Some(row) = rows.next()? {
                all.push((row.get(0)?, from.to_owned(), row.get(1)?));
            }
        }
        let (mut counter, mut figures) = (None, Vec::new());
        let quoted = quoted(Engine::Sqlite, schema);
        if has(conn, &quoted, "sqlite_sequence")? {
            let sql = format!("SELECT seq FROM {quoted}.sqlite_sequence WHERE name = ?1");
            counter = conn.query_row(&sql, params![table], |row| row.get(0)).optional()?;
        }
        if has(conn, &quoted, "sqlite_stat1")? {
            let mut statement = conn.prepare(&format!("SELECT idx, stat FROM {quoted}.sqlite_stat1 WHERE tbl = ?1"))?;
            figures = statement.query_map(params![table], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
        }
        Ok(Self { schema: schema.to_owned(), all, counter, figures })
    }

    pub(super) fn restore(&self, conn: &Connection, table: &str, alter: &AlterColumn) -> Result<(), Failure> {
        let schema = quoted(Engine::Sqlite, &self.schema);
        if let Some(counter) = self.counter {
            conn.execute(&format!("DELETE FROM {schema}.sqlite_sequence WHERE name = ?1"), params![table])?;
            conn.execute(&format!("INSERT INTO {schema}.sqlite_sequence (name, seq) VALUES (?1, ?2)"), params![table, counter])?;
        }
        for (kind, schema, sql) in &self.all {
            let sql = qualified(sql, kind, schema).ok_or_else(|| {
                alter.unsupported(
                    Engine::Sqlite.name(),
                    &format!("the text by which SQLite knows one {kind} of its table is not understood"),
                )
            })?;
            conn.execute_batch(&sql)?;
        }
        for (index, figures) in &self.figures {
            conn.execute(
                &format!("INSERT INTO {schema}.sqlite_stat1 (tbl, idx, stat) VALUES (?1, ?2, ?3)"),
                params![table, index, figures],
            )?;
        }
        Ok(())
    }
}

/// Whether SQLite keeps this table of its own in a schema.
fn has(conn: &Connection, schema: &str, table: &str) -> rusqlite::Result<bool> {
    conn.query_row(&format!("SELECT count(*) FROM {schema}.sqlite_schema WHERE name = ?1"), params![table], |row| row.get(0))
}

/// How many rows have foreign keys that point nowhere, in the table and in those
/// that point to it. They are counted before, too: what was broken may stay so.
pub(super) fn broken_keys(conn: &Connection, schema: &str, table: &str) -> Result<i64, Failure> {
    let sql = format!(
        "SELECT DISTINCT s.name FROM {}.sqlite_schema s LEFT JOIN pragma_foreign_key_list(s.name, ?2) f \
         WHERE s.type = 'table' AND (s.name = ?1 COLLATE NOCASE OR f.\"table\" = ?1 COLLATE NOCASE)",
        quoted(Engine::Sqlite, schema)
    );
    let mut statement = conn.prepare(&sql)?;
    let tables = statement.query_map(params![table, schema], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut broken = 0;
    for it in tables {
        let count =
            conn.query_row("SELECT count(*) FROM pragma_foreign_key_check(?1, ?2)", params![it, schema], |row| row.get::<_, i64>(0));
        broken += match count {
            Ok(count) => count,
            // Keys that point to what is not unique are broken as a whole; so are others with theirs.
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::Unknown) => i64::from(u32::MAX),
            Err(error) => return Err(error.into()),
        };
    }
    Ok(broken)
}
