//! How the tables of models are called in one database.

use crate::dialect::Engine;
use crate::dialect::render::Walk;
use crate::error::{Error, Result};
use crate::schema::{ModelMeta, TableName};
use crate::statement::{Statement, Table};

/// What is put before the names of tables, for all models of a database.
#[derive(Debug, Clone, Default)]
pub(crate) struct Naming {
    /// The schema of models that name none themselves.
    pub(crate) schema: Option<String>,
    /// What each table and index begins with.
    pub(crate) prefix: String,
}

impl Naming {
    /// The schema and the name of a table in this database.
    pub(crate) fn place(&self, table: &Table) -> (Option<String>, String) {
        (table.schema.as_ref().or(self.schema.as_ref()).cloned(), format!("{}{}", self.prefix, table.name))
    }

    /// Refuses names that no database could have.
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |setting: &str, reason: &str| Err(Error::Configuration { setting: format!("`{setting}`"), reason: reason.to_owned() });
        match &self.schema {
            Some(it) if it.is_empty() => return wrong("schema", "a schema has a name"),
            Some(it) if it.contains('\0') => return wrong("schema", "it contains the character NUL"),
            Some(it) if it.len() > LONGEST => return wrong("schema", "it is longer than databases have room for, which is 63 bytes"),
            _ => {}
        }
        if self.prefix.contains('\0') {
            return wrong("table_prefix", "it contains the character NUL");
        }
        if self.prefix.len() > LONGEST / 2 {
            return wrong("table_prefix", "it is longer than 31 bytes, and leaves no room for the names of tables");
        }
        Ok(())
    }
}

/// PostgreSQL's; the others have room for as many, or more.
const LONGEST: usize = 63;

impl Walk<'_> {
    /// Reads the table that a statement names in the place of its model's.
    pub(super) fn give_table(&mut self, statement: &Statement) -> Result<()> {
        let Some((model, table)) = statement.table() else { return Ok(()) };
        self.give(model, Some(table))
    }

    /// Takes this table for that of a model, or the model's own.
    pub(super) fn give(&mut self, model: &'static ModelMeta, table: Option<&TableName>) -> Result<()> {
        self.given = None;
        let Some(table) = table.filter(|_| self.writes()) else { return Ok(()) };
        if table.name().is_empty() || [Some(table.name()), table.schema()].iter().flatten().any(|it| it.contains('\0')) {
            return Err(Error::Invalid("the name of a table is neither empty nor contains the character NUL".to_owned()));
        }
        let most = LONGEST - self.naming.prefix.len();
        if self.engine != Engine::Sqlite && table.name().len() > most {
            let what = format!("the table `{table}`, whose name is longer than {most} bytes");
            return Err(Error::Unsupported { database: self.engine.name(), what });
        }
        self.given = Some((model, table.clone()));
        Ok(())
    }

    /// The table of a model, with its schema.
    pub(super) fn table(&mut self, model: &ModelMeta) {
        let naming = self.naming;
        let given = self.given.take_if(|it| it.0 == model);
        let schema = given.as_ref().and_then(|it| it.1.schema()).or(model.schema).or(naming.schema.as_deref());
        if let Some(schema) = schema {
            self.ident(schema);
            self.sql(".");
        }
        self.ident_of([&naming.prefix, given.as_ref().map_or(model.table, |it| it.1.name())]);
        self.given = self.given.take().or(given);
    }

    /// The name of a table or index that models ask for.
    pub(super) fn prefixed(&mut self, name: &str) {
        let naming = self.naming;
        self.ident_of([&naming.prefix, name]);
    }
}
