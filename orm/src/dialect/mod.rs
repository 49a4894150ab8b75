//! Statement → SQL text and binds: one walk, and what differs per database.
//!
//! The only module that makes SQL text. The walk is made twice: once to write
//! the text, once to bind the values in the same order; so the two cannot
//! disagree. (A read by a key of one column has one value, and its text is known by its
//! model: there is nothing to walk over.) The text is written into a buffer of the thread and looked up
//! among the texts that were made before: a statement whose shape was seen
//! already allocates nothing.

mod alter;
mod begin;
mod cache;
mod calls;
mod ddl;
mod engine;
mod expr;
mod functions;
mod insert;
mod known;
mod leaves;
mod lexer;
mod lists;
mod literal;
mod lock;
mod naming;
mod numbers;
mod render;
mod script;
mod select;
mod subquery;
mod text;
#[cfg(test)]
mod tests;
mod types;

pub use self::begin::{Isolation, SqliteMode};
pub use self::engine::Engine;

#[cfg(feature = "sqlite")]
pub(crate) use self::alter::{Definition, altered, counted, qualified, quoted};
pub(crate) use self::alter::{checked, is_about_a_value, is_check_of};
pub(crate) use self::begin::Begin;
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) use self::cache::LONGEST_TEXT;
pub(crate) use self::cache::{MOST_TEXTS, Texts};
pub(crate) use self::engine::ROWS_PER_COPY;
pub(crate) use self::leaves::Leaves;
pub(crate) use self::lexer::{without_strings, words};
pub(crate) use self::literal::with_values;
pub(crate) use self::naming::Naming;
pub(crate) use self::render::Returning;
pub(crate) use self::script::statements;

use std::sync::Arc;

use crate::error::Result;
use crate::expr::ColumnRef;
use crate::statement::{RecordSet, Rows, Select, Statement};
use crate::value::{Binder, Value};

use self::render::{Out, Walk};

/// The text of a statement, and what its rows hold.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) text: Arc<str>,
    pub(crate) returning: Returning,
    /// What it leaves behind on its connection.
    pub(crate) leaves: Leaves,
}

/// Writes the text of a statement.
pub(crate) fn render(engine: Engine, texts: &Texts, statement: &Statement, records: &dyn RecordSet) -> Result<Rendered> {
    if let Some((select, _, value)) = by_key(statement) {
        let (text, leaves) = texts.by_key(engine, select.model, value, || write(engine, texts, statement, records))?;
        return Ok(Rendered { text, returning: Returning::Nothing, leaves });
    }
    write(engine, texts, statement, records)
}

fn write(engine: Engine, texts: &Texts, statement: &Statement, records: &dyn RecordSet) -> Result<Rendered> {
    let mut returning = Returning::Nothing;
    let mut by_program = false;
    let text = texts.intern(|text| {
        let mut walk = Walk::new(engine, records, Out::Text(text)).named(texts.naming());
        walk.statement(statement)?;
        returning = walk.returning;
        by_program = walk.by_program;
        Ok(())
    })?;
    // What we say ourselves leaves nothing.
    let leaves = if by_program { leaves::leaves(engine, &text) } else { Leaves::Nothing };
    Ok(Rendered { text, returning, leaves })
}

/// A read by a key of one column, with that and its only value.
fn by_key(statement: &Statement) -> Option<(&Select, ColumnRef, &Value)> {
    let Statement::Select(select) = statement else { return None };
    select.plain_key().map(|(column, value)| (select, column, value))
}

impl Engine {
    /// The SQL text of a statement on this kind of database, with placeholders
    /// for its values; to look at, in tests for example.
    ///
    /// It is the text of the statement as it stands: callbacks may change it
    /// when it runs, and an insert of many records may be sent in parts. A
    /// prefix or schema of the database handle is not in it; it is in
    /// [`Context::sql`](crate::Context::sql).
    ///
    /// ```
    /// use orm::Engine;
    /// use orm::prelude::*;
    ///
    /// #[derive(Debug, Model)]
    /// struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// # let db = Db::open("sqlite::memory:").await?;
    /// let adults = db.find().where_(User::AGE.ge(18)).count();
    /// let sql = Engine::Postgres.to_sql(&adults.statement())?;
    /// assert_eq!(sql, r#"SELECT count(*) FROM "users" WHERE ("age" >= $1)"#);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Unsupported`](crate::Error::Unsupported) where the database cannot do this, and
    /// [`Error::BindCount`](crate::Error::BindCount) where SQL text and arguments do not go together.
    pub fn to_sql(self, statement: &Statement) -> Result<String> {
        let mut text = String::new();
        // Only values are taken from the records, and values are not in the text.
        Walk::new(self, &Rows::<i64>(Vec::new()), Out::Text(&mut text)).statement(statement)?;
        Ok(text)
    }
}

/// Binds the values of a statement, in the order of the placeholders of its text.
pub(crate) type Bind = fn(&Statement, &dyn RecordSet, &mut dyn Binder) -> Result<()>;

/// The binding half of the walk for an engine.
pub(crate) fn binder(engine: Engine) -> Bind {
    match engine {
        Engine::Sqlite => |statement, records, to| bind(Engine::Sqlite, statement, records, to),
        Engine::Postgres => |statement, records, to| bind(Engine::Postgres, statement, records, to),
        Engine::MariaDb => |statement, records, to| bind(Engine::MariaDb, statement, records, to),
        Engine::MySql => |statement, records, to| bind(Engine::MySql, statement, records, to),
    }
}

fn bind(engine: Engine, statement: &Statement, records: &dyn RecordSet, to: &mut dyn Binder) -> Result<()> {
    if let Some((_, column, value)) = by_key(statement) {
        return render::bind_value(value, Some(column), to);
    }
    Walk::new(engine, records, Out::Bind(to)).statement(statement)
}
