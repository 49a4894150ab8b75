//! ONE OPERATION on the database, as plain data.
//!
//! No type parameters, no lifetimes, no database: a statement can be compared,
//! printed, rewritten by a callback, and rendered. The records it reads or
//! writes travel beside it, as a [`RecordSet`].

mod alter;
mod ddl;
mod record;

pub use self::alter::AlterColumn;
pub(crate) use self::alter::{AlterPart, FoundColumn};
pub use self::ddl::{Ddl, Models, Table, TableColumn, TableIndex};
pub(crate) use self::record::NoRecords;
pub use self::record::{Record, RecordSet, Records, Rows};
pub use crate::expr::{Join, Lock, LockWait, Project, Select};

use std::borrow::Cow;
use std::ops::Range;

use crate::expr::{Arguments, Assignment, Clause, Expr};
use crate::schema::{FieldMeta, ModelMeta, TableName};

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
    /// How the records are sent, and what comes back.
    pub mode: InsertMode,
    /// The table, where it is not the model's.
    pub table: Option<TableName>,
    /// Text of the program at places of the statement.
    pub clauses: Vec<Clause>,
}

/// How new records are sent, and what comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum InsertMode {
    /// What the database chose comes back into the records.
    #[default]
    Returning,
    /// Only how many there were comes back.
    Counting,
    /// As `Counting`, by `COPY` where the database has it.
    Copying,
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
    /// What is read of the changed records, where they are chosen by condition.
    pub returning: Option<Project>,
    /// The table, where it is not the model's.
    pub table: Option<TableName>,
    /// Text of the program at places of the statement.
    pub clauses: Vec<Clause>,
}

/// Removes records.
#[derive(Debug, Clone, PartialEq)]
pub struct Delete {
    /// The model.
    pub model: &'static ModelMeta,
    /// Which records.
    pub target: Target,
    /// What is read of the removed records, where they are chosen by condition.
    pub returning: Option<Project>,
    /// The table, where it is not the model's.
    pub table: Option<TableName>,
    /// Text of the program at places of the statement.
    pub clauses: Vec<Clause>,
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
    /// Which of its rows are read.
    pub reads: Reads,
}

impl Raw {
    /// No text: what stands where a statement was taken from.
    pub(crate) const NOTHING: Self = Self { text: Cow::Borrowed(""), args: Arguments::NONE, reads: Reads::Nothing };
}

/// Which rows of SQL text are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// None; it tells how many it matched.
    Nothing,
    /// The first; others that come are not kept.
    First,
    /// All.
    All,
}

/// What a statement did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Outcome {
    /// How many rows were read.
    pub rows: usize,
    /// How many rows were matched by a write.
    pub affected: u64,
    /// Whether the fallback of a circuit breaker answered in the place of the database.
    pub fallback: bool,
}

impl Insert {
    /// Whether what the database chooses comes back into the records.
    pub(crate) fn returns(&self) -> bool {
        self.mode == InsertMode::Returning && (self.auto && self.model.auto.is_some() || !self.left_out.is_empty())
    }

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

    /// The model it is about; SQL text is about none, and so is a new table.
    #[must_use]
    pub fn model(&self) -> Option<&'static ModelMeta> {
        match self {
            Self::Ddl(Ddl::AlterColumn(it)) => Some(it.model),
            Self::Select(it) => Some(it.model),
            Self::Insert(it) => Some(it.model),
            Self::Update(it) => Some(it.model),
            Self::Delete(it) => Some(it.model),
            Self::Raw(_) | Self::Ddl(_) => None,
        }
    }

    /// The table that is named in the place of the model's, and the model.
    pub(crate) fn table(&self) -> Option<(&'static ModelMeta, &TableName)> {
        match self {
            Self::Select(it) => Some((it.model, it.table.as_ref()?)),
            Self::Insert(it) => Some((it.model, it.table.as_ref()?)),
            Self::Update(it) => Some((it.model, it.table.as_ref()?)),
            Self::Delete(it) => Some((it.model, it.table.as_ref()?)),
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

    /// Hands out every query inside of the statement, however deep.
    pub(crate) fn each_query_mut(&mut self, each: &mut dyn FnMut(&mut Select)) {
        match self {
            Self::Select(it) => it.each_query_mut(each),
            Self::Update(it) => {
                it.set.iter_mut().for_each(|it| it.value.each_query_mut(each));
                it.target.filter.iter_mut().for_each(|it| it.each_query_mut(each));
                it.clauses.iter_mut().for_each(|it| it.args.each_query_mut(each));
            }
            Self::Delete(it) => {
                it.target.filter.iter_mut().for_each(|it| it.each_query_mut(each));
                it.clauses.iter_mut().for_each(|it| it.args.each_query_mut(each));
            }
            Self::Insert(it) => it.clauses.iter_mut().for_each(|it| it.args.each_query_mut(each)),
            Self::Raw(it) => it.args.each_query_mut(each),
            Self::Ddl(_) => {}
        }
    }

    /// Whether it only reads; a read that locks does more. SQL text counts as a read where it starts with
    /// `SELECT`, `VALUES` or `EXPLAIN`.
    #[must_use]
    pub fn is_read(&self) -> bool {
        match self {
            Self::Select(it) => it.lock.is_none(),
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
