//! The walk over changes of tables.

use crate::dialect::render::Walk;
use crate::dialect::{Engine, alter, types};
use crate::error::{Error, Result};
use crate::schema::shorten;
use crate::statement::{Ddl, Table, TableColumn, TableIndex};

pub(crate) fn walk(walk: &mut Walk<'_>, ddl: &Ddl) -> Result<()> {
    match ddl {
        Ddl::CreateTable(table) => create_table(walk, table),
        Ddl::CreateIndex(table, index) => create_index(walk, table, index),
        Ddl::Comment(table, column) => {
            comment(walk, table, column);
            Ok(())
        }
        Ddl::AlterColumn(it) => alter::walk(walk, it),
    }
}

fn create_table(walk: &mut Walk<'_>, table: &Table) -> Result<()> {
    check_names(walk, table)?;
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
            index_name(walk, it);
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
fn check_names(walk: &Walk<'_>, table: &Table) -> Result<()> {
    let engine = walk.engine;
    let full = format!("{}{}", walk.naming.prefix, table.name);
    let columns = table.columns.iter().map(|it| &it.name);
    let indexes = table.indexes.iter().map(|it| &it.name);
    if full.is_empty() || full.contains('\0') {
        return Err(Error::Invalid("the name of a table is neither empty nor contains the character NUL".to_owned()));
    }
    let (most, unit, length): (_, _, fn(&str) -> usize) = match engine {
        Engine::Sqlite => return Ok(()),
        Engine::Postgres => (63, "bytes", str::len),
        Engine::MariaDb | Engine::MySql => (64, "characters", |it| it.chars().count()),
    };
    match std::iter::once(&full).chain(columns).chain(indexes).find(|it| length(it) > most) {
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
    if walk.engine == Engine::Sqlite {
        schema(walk, table);
    }
    index_name(walk, index);
    walk.sql(" ON ");
    match walk.engine {
        Engine::Sqlite => walk.prefixed(&table.name),
        _ => table_name(walk, table),
    }
    walk.sql(" (");
    names(walk, &index.columns)?;
    walk.sql(")");
    Ok(())
}

/// Whether a column may be NULL, and what it is where no value is sent.
pub(super) fn null_and_default(walk: &mut Walk<'_>, column: &TableColumn) {
    if !column.nullable {
        walk.sql(" NOT NULL");
    }
    if let Some(default) = &column.default {
        // Only in parentheses is it an expression everywhere.
        walk.sql(" DEFAULT (");
        walk.sql(default);
        walk.sql(")");
    }
}

pub(super) fn column(walk: &mut Walk<'_>, column: &TableColumn) {
    walk.ident(&column.name);
    walk.sql(" ");
    types::column_type(walk, column);
    null_and_default(walk, column);
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
    if let (true, Some(comment)) = (walk.engine.is_mysql_family(), &column.comment) {
        walk.sql(" COMMENT ");
        walk.literal(comment);
    }
    types::check(walk, column);
}

fn comment(walk: &mut Walk<'_>, table: &Table, column: &TableColumn) {
    walk.sql("COMMENT ON COLUMN ");
    table_name(walk, table);
    walk.sql(".");
    walk.ident(&column.name);
    walk.sql(" IS ");
    walk.literal(column.comment.as_deref().unwrap_or_default());
}

pub(super) fn table_name(walk: &mut Walk<'_>, table: &Table) {
    schema(walk, table);
    walk.prefixed(&table.name);
}

fn schema(walk: &mut Walk<'_>, table: &Table) {
    let naming = walk.naming;
    if let Some(schema) = table.schema.as_ref().or(naming.schema.as_ref()) {
        walk.ident(schema);
        walk.sql(".");
    }
}

/// Indexes of two prefixes are in one schema, where names are taken once.
fn index_name(walk: &mut Walk<'_>, index: &TableIndex) {
    let prefix = &walk.naming.prefix;
    if prefix.is_empty() {
        return walk.ident(&index.name);
    }
    let name = shorten(format!("{prefix}{}", index.name));
    walk.ident(&name);
}

fn names(walk: &mut Walk<'_>, names: &[String]) -> Result<()> {
    walk.list(names, |walk, it| {
        walk.ident(it);
        Ok(())
    })
}
