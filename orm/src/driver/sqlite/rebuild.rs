//! A table with another definition of one column, in the place of the old one.
//!
//! SQLite changes no column, so the table is made anew, as its documentation of
//! ALTER TABLE says: without foreign keys, in one transaction, on one connection
//! and without a pause, so that nobody ever finds half of it.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::errors::{self, About, Halt};
use super::handle::Lite;
use super::objects::{Objects, broken_keys};
use crate::dialect::{Definition, Engine, altered, checked, counted, quoted};
use crate::driver::rules::About as Of;
use crate::driver::{Deadline, Done};
use crate::error::{Error, Result};
use crate::statement::AlterColumn;

const SQLITE: &str = Engine::Sqlite.name();

/// Which table is meant.
const PLACE: &str = "SELECT schema, name, type, wr FROM pragma_table_list WHERE name = ?1 COLLATE NOCASE \
    AND (?2 IS NULL OR schema = ?2 COLLATE NOCASE) ORDER BY schema = 'temp' DESC, schema = 'main' DESC LIMIT 1";

/// Its columns, in their order.
const COLUMNS: &str = "SELECT name, type, \"notnull\", pk, hidden FROM pragma_table_xinfo(?1, ?2) ORDER BY cid";

/// Makes the table anew; what text said of it is for errors.
pub(super) fn rebuild(
    lite: &Lite,
    alter: &AlterColumn,
    place: (Option<&str>, &str),
    text: &str,
    deadline: Option<Deadline>,
) -> Result<Done, Halt> {
    if lite.in_transaction() {
        return Err(alter
            .unsupported(SQLITE, "a transaction is open on the connection, in which foreign keys cannot be left alone")
            .into());
    }
    let failed = |error: Failure| match error {
        Failure::Ours(error) => error.into(),
        Failure::Theirs(error) => {
            let of = Of { text, model: Some(alter.model) };
            of_model(errors::halt(error, About { of, why: lite.stop.why(), deadline }), alter)
        }
    };
    let alone = Alone::begin(lite).map_err(|it| failed(it.into()))?;
    begin_and_do(&lite.fast, alter, place).map_err(failed)?;
    // From here on nothing stops it: SQLite would say that a commit was stopped which took place.
    if let Some(why) = lite.stop.asked() {
        return Err(errors::interrupted(why, deadline));
    }
    lite.stop.begin(None, None);
    lite.fast.execute_batch("COMMIT").map_err(|it| failed(it.into()))?;
    drop(alone);
    Ok(Done::default())
}

/// Why it was not done.
pub(super) enum Failure {
    Ours(Error),
    Theirs(rusqlite::Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(it: rusqlite::Error) -> Self {
        Self::Theirs(it)
    }
}

impl From<Error> for Failure {
    fn from(it: Error) -> Self {
        Self::Ours(it)
    }
}

/// While it lives, the connection leaves foreign keys alone, and the names of
/// tables in other texts. It undoes what was not committed, whatever ended it.
struct Alone<'l> {
    lite: &'l Lite,
    foreign_keys: bool,
    legacy: bool,
}

impl<'l> Alone<'l> {
    fn begin(lite: &'l Lite) -> rusqlite::Result<Self> {
        let is_on = |name: &str| lite.fast.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0));
        let alone = Self { lite, foreign_keys: is_on("foreign_keys")?, legacy: is_on("legacy_alter_table")? };
        lite.fast.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON")?;
        Ok(alone)
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        // What stopped the work does not stop this.
        self.lite.stop.begin(None, None);
        let conn = &self.lite.fast;
        if self.lite.in_transaction() {
            let _ = conn.execute_batch("ROLLBACK");
        }
        let Self { foreign_keys, legacy, .. } = *self;
        let restored = conn.execute_batch(&format!("PRAGMA foreign_keys = {foreign_keys}; PRAGMA legacy_alter_table = {legacy}"));
        if let Err(error) = restored {
            tracing::warn!(%error, "a connection of SQLite may be left without foreign keys");
        }
    }
}

fn begin_and_do(conn: &Connection, alter: &AlterColumn, place: (Option<&str>, &str)) -> Result<(), Failure> {
    conn.execute_batch("BEGIN IMMEDIATE")?;
    let table = Table::find(conn, alter, place)?;
    let column = table.column(alter)?;
    let definition = Definition::of(&alter.column);
    if column.key && table.key_len() == 1 && !table.without_rowid && column.ty.eq_ignore_ascii_case("INTEGER") {
        return Err(alter.unsupported(SQLITE, "it is the number of the row, which is an integer and nothing else").into());
    }
    let conversion = checked(Engine::Sqlite, alter, &column.ty)?;
    let c = quoted(Engine::Sqlite, &column.name);
    if let Some(sql) = counted(&alter.column, !column.not_null, &conversion, &c) {
        let figures = conn.query_row(&format!("{sql}{}", table.quoted(&table.name)), [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        match figures {
            (0, 0) => {}
            (0, rows) => return Err(alter.unstorable(rows, conversion.why).into()),
            (rows, _) => return Err(alter.nulls(rows).into()),
        }
    }
    let new = table.free_name(conn)?;
    let sql = altered(&table.sql, (&table.schema, &new), &column.name, &definition)
        .ok_or_else(|| alter.unsupported(SQLITE, "the text by which SQLite knows its table is not understood"))?;
    let objects = Objects::read(conn, &table.schema, &table.name)?;
    let broken = broken_keys(conn, &table.schema, &table.name)?;
    conn.execute_batch(&sql)?;
    let value = conversion.value.as_deref().unwrap_or(&c);
    conn.execute_batch(&table.copy(&new, &column.name, value, definition.is_integer()))?;
    conn.execute_batch(&format!("DROP TABLE {}", table.quoted(&table.name)))?;
    let name = quoted(Engine::Sqlite, &table.name);
    conn.execute_batch(&format!("ALTER TABLE {} RENAME TO {name}", table.quoted(&new)))?;
    objects.restore(conn, &table.name, alter)?;
    if broken_keys(conn, &table.schema, &table.name)? > broken {
        return Err(Error::ForeignKeyViolation {
            model: alter.model.name.to_owned(),
            constraint: None,
            columns: vec![column.name.clone()],
            source: "the values of another type do not point to what the old ones did; nothing was altered".into(),
        }
        .into());
    }
    Ok(())
}

/// The new table has another name until it is in its place.
fn of_model(halt: Halt, alter: &AlterColumn) -> Halt {
    let name = || alter.model.name.to_owned();
    match halt {
        Halt::Failed(Error::UniqueViolation { constraint, columns, source, .. }) => {
            Halt::Failed(Error::UniqueViolation { model: name(), constraint, columns, source })
        }
        Halt::Failed(Error::CheckViolation { constraint, columns, source, .. }) => {
            Halt::Failed(Error::CheckViolation { model: name(), constraint, columns, source })
        }
        other => other,
    }
}

/// The table as it is.
struct Table {
    schema: String,
    name: String,
    sql: String,
    without_rowid: bool,
    columns: Vec<Column>,
}

struct Column {
    name: String,
    ty: String,
    not_null: bool,
    key: bool,
    generated: bool,
}

impl Table {
    fn find(conn: &Connection, alter: &AlterColumn, (schema, name): (Option<&str>, &str)) -> Result<Self, Failure> {
        let found = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get(3)?));
        let found = conn.query_row(PLACE, params![name, schema], found).optional()?;
        let Some((schema, name, kind, without_rowid)) = found else { return Err(alter.no_table(name).into()) };
        if kind != "table" {
            return Err(alter.unsupported(SQLITE, "what it is a column of is no table of rows, but a view or the like").into());
        }
        let (schema, name): (String, String) = (schema, name);
        let sql = format!("SELECT sql FROM {}.sqlite_schema WHERE type = 'table' AND name = ?1", quoted(Engine::Sqlite, &schema));
        let sql = conn.query_row(&sql, params![name], |row| row.get(0))?;
        let column = |row: &Row<'_>| {
            let (key, hidden): (i64, i64) = (row.get(3)?, row.get(4)?);
            Ok(Column { name: row.get(0)?, ty: row.get(1)?, not_null: row.get(2)?, key: key > 0, generated: hidden != 0 })
        };
        let mut statement = conn.prepare(COLUMNS)?;
        let columns = statement.query_map(params![name, schema], column)?.collect::<rusqlite::Result<_>>()?;
        Ok(Self { schema, name, sql, without_rowid, columns })
    }

    fn column(&self, alter: &AlterColumn) -> Result<&Column> {
        let column = self.columns.iter().find(|it| it.name.eq_ignore_ascii_case(&alter.column.name)).ok_or_else(|| alter.no_column())?;
        if column.generated {
            return Err(alter.unsupported(SQLITE, "the database calculates it; remove the column and add it anew"));
        }
        Ok(column)
    }

    fn key_len(&self) -> usize {
        self.columns.iter().filter(|it| it.key).count()
    }

    fn quoted(&self, name: &str) -> String {
        format!("{}.{}", quoted(Engine::Sqlite, &self.schema), quoted(Engine::Sqlite, name))
    }

    /// A name that no table has.
    fn free_name(&self, conn: &Connection) -> Result<String, Failure> {
        let sql = format!("SELECT count(*) FROM {}.sqlite_schema WHERE name = ?1 COLLATE NOCASE", quoted(Engine::Sqlite, &self.schema));
        let mut name = format!("orm_new_{}", self.name);
        while conn.query_row(&sql, params![name], |row| row.get::<_, i64>(0))? > 0 {
            name.push('_');
        }
        Ok(name)
    }

    /// The statement that copies all rows with their numbers; no rule leaves one out.
    fn copy(&self, to: &str, column: &str, value: &str, becomes_integer: bool) -> String {
        let stored = self.columns.iter().filter(|it| !it.generated);
        let mut names: Vec<String> = stored.map(|it| quoted(Engine::Sqlite, &it.name)).collect();
        let mut values = names.clone();
        for it in &mut values {
            if *it == quoted(Engine::Sqlite, column) {
                value.clone_into(it);
            }
        }
        let key = self.columns.iter().find(|it| it.key).filter(|_| self.key_len() == 1);
        let numbered = key.is_some_and(|it| it.ty.eq_ignore_ascii_case("INTEGER") || it.name == column && becomes_integer);
        let is_free = |name: &&&str| !self.columns.iter().any(|it| it.name.eq_ignore_ascii_case(name));
        if let (false, false, Some(row)) = (self.without_rowid, numbered, ["rowid", "_rowid_", "oid"].iter().find(is_free)) {
            names.insert(0, (*row).to_owned());
            values.insert(0, (*row).to_owned());
        }
        let (to, from) = (self.quoted(to), self.quoted(&self.name));
        format!("INSERT OR ABORT INTO {to} ({}) SELECT {} FROM {from}", names.join(", "), values.join(", "))
    }
}
