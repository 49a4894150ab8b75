//! The walk over a change of a column, and what differs per database.

mod convert;
#[cfg(feature = "sqlite")]
mod create_table;
mod kind;
#[cfg(feature = "sqlite")]
mod tokens;
mod written;

pub(crate) use self::convert::{Conversion, conversion, quoted};
#[cfg(feature = "sqlite")]
pub(crate) use self::create_table::{Definition, altered, qualified};

use crate::dialect::render::Walk;
use crate::dialect::{Engine, ddl, types};
use crate::error::{Error, Result};
use crate::statement::{AlterColumn, AlterPart, FoundColumn, TableColumn};

use self::kind::Kind;

pub(super) fn walk(walk: &mut Walk<'_>, alter: &AlterColumn) -> Result<()> {
    match (&alter.part, walk.engine) {
        (AlterPart::Lock, _) => {
            walk.sql("LOCK TABLE ");
            ddl::table_name(walk, &alter.table);
            walk.sql(" IN ACCESS EXCLUSIVE MODE");
        }
        (AlterPart::Look, Engine::Postgres) => look_postgres(walk, alter),
        (AlterPart::Look, _) => look_mysql(walk, alter),
        (AlterPart::Count(found), _) => count(walk, alter, found)?,
        (AlterPart::Whole, Engine::Postgres) => change_postgres(walk, alter, None)?,
        (AlterPart::Change(found), Engine::Postgres) => change_postgres(walk, alter, Some(found))?,
        (AlterPart::Change(found), _) => change_mysql(walk, alter, found.numbered),
        (AlterPart::Whole, Engine::MariaDb | Engine::MySql) => change_mysql(walk, alter, alter.column.auto),
        (AlterPart::Whole | AlterPart::Rebuild { .. }, _) => change_sqlite(walk, alter),
    }
    Ok(())
}

/// The conversion from what was found.
///
/// # Errors
/// [`Error::Unsupported`] where there is none that keeps what the values mean.
pub(crate) fn checked(engine: Engine, alter: &AlterColumn, found: &str) -> Result<Conversion> {
    let written = alter.column.column_type.as_deref().unwrap_or_default();
    if super::lexer::words(engine, written).any(|it| ["GENERATED", "AS"].iter().any(|word| it.eq_ignore_ascii_case(word))) {
        return Err(alter.unsupported(engine.name(), "the database calculates it; remove the column and add it anew"));
    }
    conversion(engine, &alter.column, found).ok_or_else(|| {
        let why = format!(
            "it is `{found}` in the database, and nothing says what its values become; add another column, and fill it with `update_all`"
        );
        alter.unsupported(engine.name(), &why)
    })
}

/// The SQL of two figures: how many rows have no value where there must be one,
/// and how many have one that does not convert. Nothing where there is nothing to count.
pub(crate) fn counted(column: &TableColumn, nullable: bool, conversion: &Conversion, c: &str) -> Option<String> {
    let nulls = (nullable && !column.nullable).then(|| format!("count(CASE WHEN {c} IS NULL THEN 1 END)"));
    let bad = conversion.bad.as_ref().map(|bad| format!("count(CASE WHEN {c} IS NOT NULL THEN CASE WHEN {bad} THEN 1 END END)"));
    if nulls.is_none() && bad.is_none() {
        return None;
    }
    let figure = |it: Option<String>| it.unwrap_or_else(|| "count(NULL)".to_owned());
    Some(format!("SELECT {}, {} FROM ", figure(nulls), figure(bad)))
}

fn count(walk: &mut Walk<'_>, alter: &AlterColumn, found: &FoundColumn) -> Result<()> {
    let conversion = checked(walk.engine, alter, &found.ty)?;
    let c = quoted(walk.engine, &alter.column.name);
    walk.sql(counted(&alter.column, found.nullable, &conversion, &c).as_deref().unwrap_or("SELECT 0, 0 FROM "));
    ddl::table_name(walk, &alter.table);
    Ok(())
}

impl FoundColumn {
    /// Whether there is anything to count before it is changed.
    pub(crate) fn is_counted(&self, engine: Engine, alter: &AlterColumn) -> Result<bool> {
        let conversion = checked(engine, alter, &self.ty)?;
        Ok(counted(&alter.column, self.nullable, &conversion, "").is_some())
    }
}

/// One statement, so that the table is read and written once. What is dropped
/// comes first, whatever the order; a default is dropped as it may not convert.
fn change_postgres(walk: &mut Walk<'_>, alter: &AlterColumn, found: Option<&FoundColumn>) -> Result<()> {
    let AlterColumn { table, column, .. } = alter;
    let conversion = found.map(|it| checked(Engine::Postgres, alter, &it.ty)).transpose()?;
    let numbered = found.map_or(column.auto, |it| it.numbered);
    let mut actions = Actions { walk, column: &column.name, any: false };
    actions.walk.sql("ALTER TABLE ");
    ddl::table_name(actions.walk, table);
    for check in found.map_or(&[][..], |it| &it.checks) {
        actions.next("DROP CONSTRAINT ");
        actions.walk.ident(check);
    }
    if !numbered {
        actions.alter(" DROP DEFAULT");
    }
    if !found.is_some_and(|it| is_same(it, column)) {
        actions.alter(" TYPE ");
        types::column_type(actions.walk, column);
        actions.walk.sql(" USING (");
        match conversion.and_then(|it| it.value) {
            Some(value) => actions.walk.sql(&value),
            None => actions.walk.ident(&column.name),
        }
        actions.walk.sql(")::");
        types::column_type(actions.walk, column);
    }
    // Said in any case: it costs nothing where it holds, and a statement must have an action.
    actions.alter(if column.nullable { " DROP NOT NULL" } else { " SET NOT NULL" });
    if let (Some(default), false) = (&column.default, numbered) {
        actions.alter(" SET DEFAULT (");
        actions.walk.sql(default);
        actions.walk.sql(")");
    }
    if types::has_check(Engine::Postgres, column) {
        actions.next("ADD");
        types::check(actions.walk, column);
    }
    Ok(())
}

/// Whether the type need not be changed; then views may depend on the column.
fn is_same(found: &FoundColumn, column: &TableColumn) -> bool {
    let collated = !column.ty.is_text() || found.collation.as_deref() == Some("C");
    collated && Kind::name_on_postgres(column).is_some_and(|it| it == found.ty)
}

/// The actions of one statement.
struct Actions<'w, 'a> {
    walk: &'w mut Walk<'a>,
    column: &'w str,
    any: bool,
}

impl Actions<'_, '_> {
    fn next(&mut self, sql: &str) {
        self.walk.sql(if self.any { ", " } else { " " });
        self.any = true;
        self.walk.sql(sql);
    }

    fn alter(&mut self, sql: &str) {
        self.next("ALTER COLUMN ");
        self.walk.ident(self.column);
        self.walk.sql(sql);
    }
}

fn change_mysql(walk: &mut Walk<'_>, alter: &AlterColumn, numbered: bool) {
    walk.sql("ALTER TABLE ");
    ddl::table_name(walk, &alter.table);
    walk.sql(" MODIFY COLUMN ");
    ddl::column(walk, &kept(&alter.column, numbered));
    if types::has_check(walk.engine, &alter.column) {
        // Otherwise rows that are there may break the check, and nobody is told.
        walk.sql(", ALGORITHM = COPY");
    }
}

/// SQLite has no such statement; this is what is done to the definition of the
/// column, for people to read.
fn change_sqlite(walk: &mut Walk<'_>, alter: &AlterColumn) {
    walk.sql("ALTER TABLE ");
    ddl::table_name(walk, &alter.table);
    walk.sql(" /* by a new table with the rows of this one */ ALTER COLUMN ");
    ddl::column(walk, &kept(&alter.column, false));
}

/// What is said of a column that has its unique index and its number already.
fn kept(column: &TableColumn, numbered: bool) -> TableColumn {
    TableColumn { unique: false, auto: numbered, ..column.clone() }
}

/// One row: type, nullable, collation, anything special, the name of a check,
/// the kind of the table; and further ones for further checks. The column's are
/// NULL where it is missing.
fn look_postgres(walk: &mut Walk<'_>, alter: &AlterColumn) {
    walk.sql(
        "SELECT format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END, co.collname::text, \
         CASE WHEN a.attgenerated <> '' THEN 'generated' WHEN a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%' \
         THEN 'auto_increment' ELSE '' END, k.conname::text, CASE WHEN c.relkind IN ('r', 'p') THEN 'table' ELSE 'other' END \
         FROM pg_catalog.pg_class c \
         LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname = ",
    );
    walk.literal(&alter.column.name);
    walk.sql(
        " LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
         LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation \
         LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum] \
         WHERE c.oid = to_regclass(",
    );
    let (schema, name) = walk.naming.place(&alter.table);
    let schema = schema.map(|it| format!("{}.", quoted(Engine::Postgres, &it))).unwrap_or_default();
    walk.literal(&format!("{schema}{}", quoted(Engine::Postgres, &name)));
    walk.sql(")");
}

fn look_mysql(walk: &mut Walk<'_>, alter: &AlterColumn) {
    walk.sql(
        "SELECT c.column_type, c.is_nullable, c.collation_name, c.extra, CAST(NULL AS CHAR), \
         CASE WHEN t.table_type = 'BASE TABLE' THEN 'table' ELSE 'other' END \
         FROM information_schema.tables t LEFT JOIN information_schema.columns c \
         ON c.table_schema = t.table_schema AND c.table_name = t.table_name AND c.column_name = ",
    );
    walk.literal(&alter.column.name);
    walk.sql(" WHERE t.table_schema = ");
    let (schema, name) = walk.naming.place(&alter.table);
    match schema {
        Some(schema) => walk.literal(&schema),
        None => walk.sql("database()"),
    }
    walk.sql(" AND t.table_name = ");
    walk.literal(&name);
}

/// Whether PostgreSQL made this name for a check that stands at the column: such
/// a check is the model's; one that the program has named itself is not.
pub(crate) fn is_check_of(name: &str, column: &str) -> bool {
    let Some(stem) = name.trim_end_matches(|it: char| it.is_ascii_digit()).strip_suffix("_check") else { return false };
    // Long names are cut.
    stem.ends_with(&format!("_{column}")) || name.len() >= 60
}

/// What a server says of values that it could not convert, although they were looked at.
pub(crate) fn is_about_a_value(engine: Engine, error: &Error) -> bool {
    let Error::Database { code: Some(code), .. } = error else { return false };
    match engine {
        Engine::Sqlite => false,
        Engine::Postgres => code.starts_with("22"),
        Engine::MariaDb | Engine::MySql => matches!(code.as_str(), "1264" | "1265" | "1292" | "1366" | "1406" | "1411" | "1525"),
    }
}
