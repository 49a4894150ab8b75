//! ONE OPERATION on the database, as plain data.
//!
//! No type parameters, no lifetimes, no database: a statement can be compared,
//! printed, rewritten by a callback, and rendered. The records it reads or
//! writes travel beside it, as a [`RecordSet`].

mod ddl;
mod record;

pub use self::ddl::{Ddl, Models, Table, TableColumn, TableIndex};
pub use self::record::{Record, RecordSet, Records, Rows};

use std::borrow::Cow;
use std::ops::Range;

use crate::expr::{Assignment, Expr, OrderBy};
use crate::schema::{FieldMeta, ModelMeta};
use crate::value::Arguments;

/// One operation on the database.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Statement {
    /// Reads records or figures.
    Select(Select),
    /// Stores new records.
    Insert(Insert),
    /// Changes records.
    Update(Update),
    /// Removes records.
    Delete(Delete),
    /// SQL text.
    Raw(Raw),
    /// Changes the tables themselves.
    Ddl(Ddl),
}

/// The chain a statement runs through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// New records.
    Create,
    /// Reads.
    Query,
    /// Changes.
    Update,
    /// Removals.
    Delete,
    /// SQL text, and changes of tables.
    Raw,
    /// Rows that are handed out as they come.
    Row,
}

/// Reads records or figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    /// The model.
    pub model: &'static ModelMeta,
    /// What is read.
    pub project: Project,
    /// The conditions; all must hold.
    pub filter: Vec<Expr>,
    /// What makes rows one group, where there are groups.
    pub group: Vec<Expr>,
    /// The conditions on groups; all must hold.
    pub having: Vec<Expr>,
    /// Whether equal rows are read once.
    pub distinct: bool,
    /// What the rows are sorted by.
    pub order: Vec<OrderBy>,
    /// The most rows to read.
    pub limit: Option<u64>,
    /// How many rows to leave out first.
    pub offset: Option<u64>,
    /// Whether the rows are handed out as they come, through the chain `row`.
    pub streamed: bool,
}

/// What a [`Select`] reads.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Project {
    /// The model's columns.
    Columns,
    /// The number of rows.
    Count,
    /// Whether there is a row: `1` for the first one.
    Exists,
    /// The values of these expressions.
    Exprs(Vec<Expr>),
    /// The number of rows that these expressions make, with groups and without equal ones.
    CountOf(Vec<Expr>),
}

impl Select {
    /// All records of a model.
    #[must_use]
    pub const fn of(model: &'static ModelMeta) -> Self {
        Self {
            model,
            project: Project::Columns,
            filter: Vec::new(),
            group: Vec::new(),
            having: Vec::new(),
            distinct: false,
            order: Vec::new(),
            limit: None,
            offset: None,
            streamed: false,
        }
    }
}

/// Stores new records.
#[derive(Debug, Clone, PartialEq)]
pub struct Insert {
    /// The model.
    pub model: &'static ModelMeta,
    /// Which records of the set; rendering takes one statement for all of them.
    pub rows: Range<usize>,
    /// Whether the database numbers the `auto` column, so that it is not sent.
    pub auto: bool,
    /// The positions of other columns that are left to the database; what it
    /// puts there comes back. Filled in when the statement is sent.
    pub left_out: Vec<usize>,
}

/// Changes records.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// The model.
    pub model: &'static ModelMeta,
    /// Which records.
    pub target: Target,
    /// What is set; empty where all columns of the record are.
    pub set: Vec<Assignment>,
    /// Whether all columns of the record are written.
    pub whole: bool,
}

/// Removes records.
#[derive(Debug, Clone, PartialEq)]
pub struct Delete {
    /// The model.
    pub model: &'static ModelMeta,
    /// Which records.
    pub target: Target,
}

/// Which records a statement is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The record of the set whose key is meant, if one is.
    pub record: Option<usize>,
    /// Conditions; all must hold, also beside the key.
    pub filter: Vec<Expr>,
}

/// SQL text with arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw {
    /// The text, with `?` or `:name` for each argument.
    pub text: Cow<'static, str>,
    /// The arguments.
    pub args: Arguments,
    /// Whether rows are read.
    pub returns_rows: bool,
}

/// What a statement did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Outcome {
    /// How many rows were read.
    pub rows: usize,
    /// How many rows were matched by a write.
    pub affected: u64,
}

impl Insert {
    /// The positions of the columns that are sent.
    pub(crate) fn columns(&self) -> impl Iterator<Item = usize> {
        let sent = |(at, it): &(usize, &FieldMeta)| !(self.left_out.contains(at) || self.auto && it.auto);
        self.model.fields.iter().enumerate().filter(sent).map(|(at, _)| at)
    }
}

impl Statement {
    /// The chain it runs through.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Select(it) if it.streamed => Kind::Row,
            Self::Select(_) => Kind::Query,
            Self::Insert(_) => Kind::Create,
            Self::Update(_) => Kind::Update,
            Self::Delete(_) => Kind::Delete,
            Self::Raw(_) | Self::Ddl(_) => Kind::Raw,
        }
    }

    /// The model it is about; SQL text is about none.
    #[must_use]
    pub fn model(&self) -> Option<&'static ModelMeta> {
        match self {
            Self::Select(it) => Some(it.model),
            Self::Insert(it) => Some(it.model),
            Self::Update(it) => Some(it.model),
            Self::Delete(it) => Some(it.model),
            Self::Raw(_) | Self::Ddl(_) => None,
        }
    }

    /// The conditions, to read or to add to; inserts and SQL text have none.
    pub fn filter_mut(&mut self) -> Option<&mut Vec<Expr>> {
        match self {
            Self::Select(it) => Some(&mut it.filter),
            Self::Update(it) => Some(&mut it.target.filter),
            Self::Delete(it) => Some(&mut it.target.filter),
            Self::Insert(_) | Self::Raw(_) | Self::Ddl(_) => None,
        }
    }

    /// Whether it only reads. SQL text counts as a read where it starts with
    /// `SELECT`, `VALUES` or `EXPLAIN`.
    #[must_use]
    pub fn is_read(&self) -> bool {
        match self {
            Self::Select(_) => true,
            Self::Raw(it) => it.is_read(),
            _ => false,
        }
    }
}

impl Raw {
    fn is_read(&self) -> bool {
        let word = self.text.trim_start().split(|it: char| !it.is_ascii_alphabetic()).next().unwrap_or_default();
        ["SELECT", "VALUES", "EXPLAIN"].iter().any(|it| word.eq_ignore_ascii_case(it))
    }
}

impl Kind {
    /// The name of the chain.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Query => "query",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Raw => "raw",
            Self::Row => "row",
        }
    }
}
