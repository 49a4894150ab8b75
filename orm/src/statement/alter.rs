//! A change of one column of a table that is there.

use crate::error::Error;
use crate::schema::{FieldMeta, ModelMeta};
use crate::statement::{Table, TableColumn};

/// Changes a column of a table to what a model says of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AlterColumn {
    /// The model.
    pub model: &'static ModelMeta,
    /// The position of the column in [`ModelMeta::fields`].
    pub at: usize,
    /// The table that the model asks for.
    pub table: Table,
    /// What the column is to be.
    pub column: TableColumn,
    /// Which part of the work it is; callbacks see the whole.
    pub(crate) part: AlterPart,
}

/// What of the work is done by one message to a database.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AlterPart {
    /// All of it, as far as it is known without asking the database.
    Whole,
    /// Keeps others from the table.
    Lock,
    /// Asks what the column is.
    Look,
    /// Counts what does not become what the column is to be.
    Count(FoundColumn),
    /// Changes a column that is this.
    Change(FoundColumn),
    /// All of it, on SQLite, where the table is called like this.
    Rebuild {
        /// The schema, where one is known.
        schema: Option<String>,
        /// The name, with its prefix.
        name: String,
    },
}

/// What a column is in the database.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct FoundColumn {
    /// Its type, in the database's words.
    pub(crate) ty: String,
    /// Whether it may be NULL.
    pub(crate) nullable: bool,
    /// By what its text is compared.
    pub(crate) collation: Option<String>,
    /// Whether the database numbers it.
    pub(crate) numbered: bool,
    /// The names of checks that PostgreSQL made of those at the column.
    pub(crate) checks: Vec<String>,
}

impl AlterColumn {
    /// The change of a column to what its model says; positions come from its columns.
    pub(crate) fn of(model: &'static ModelMeta, at: usize) -> Self {
        let table = Table::of(model);
        let column = table.columns[at].clone();
        Self { model, at, table, column, part: AlterPart::Whole }
    }

    /// One part of this change.
    pub(crate) fn part(&self, part: AlterPart) -> Self {
        Self { part, ..self.clone() }
    }

    /// Why a database cannot do it, and what to do instead.
    pub(crate) fn unsupported(&self, database: &'static str, why: &str) -> Error {
        Error::Unsupported { database, what: format!("alter the column `{}` of {}: {why}", self.column.name, self.model.name) }
    }

    /// So many rows have values that the column cannot become.
    pub(crate) fn unstorable(&self, rows: i64, why: &str) -> Error {
        let rows = match rows {
            0 => "rows of the table have".to_owned(),
            1 => "one row of the table has".to_owned(),
            _ => format!("{rows} rows of the table have"),
        };
        Error::Unstorable {
            column: format!("{}.{}", self.model.name, self.field().name),
            reason: format!("{rows} {why}; change these first, nothing was altered"),
        }
    }

    /// So many rows have no value where there must be one.
    pub(crate) fn nulls(&self, rows: i64) -> Error {
        Error::NotNullViolation {
            model: self.model.name.to_owned(),
            constraint: None,
            columns: vec![self.column.name.clone()],
            source: format!("NULL in {rows} rows of the table: give these a value first, nothing was altered").into(),
        }
    }

    /// The table is missing.
    pub(crate) fn no_table(&self, table: &str) -> Error {
        Error::MissingTable { table: table.to_owned(), source: format!("{} is to be stored in it", self.model.name).into() }
    }

    /// The table has no such column.
    pub(crate) fn no_column(&self) -> Error {
        Error::MissingTableColumn {
            model: self.model.name,
            table: self.model.table,
            column: self.field().column,
            source: "only a column that is there can be altered".into(),
        }
    }

    fn field(&self) -> &'static FieldMeta {
        &self.model.fields[self.at]
    }
}
