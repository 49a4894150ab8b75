//! WHAT CAN BE SAID about the data: columns, conditions, orders, assignments.
//!
//! Typed by model on the outside, so that a condition on another model does
//! not compile; an untyped [`Expr`] inside, which statements are made of.
//! Knows nothing of SQL text.

mod aggregate;
mod args;
mod assign;
mod case;
mod cast;
mod clause;
mod column;
mod compare;
mod computed;
mod depth;
mod dynamic;
mod dynamic_kinds;
mod kind;
mod number;
mod operand;
mod order;
mod pattern;
mod predicate;
mod queries;
mod select;
mod selection;
mod sensitive;
mod sql;
mod text;
mod tuple;

pub use self::aggregate::{Sortable, count};
pub use self::args::{Args, Argument, Arguments, IntoArgument, List, ListItem, Named, list, named, table};
pub use self::assign::Assignment;
pub use self::case::{Case, case_when};
pub use self::cast::CastTo;
pub use self::clause::{Clause, ClauseAt};
pub use self::column::Column;
pub use self::compare::Nullable;
pub use self::computed::Computed;
pub use self::dynamic::{DynColumn, column_by_name};
pub use self::number::{Divisible, Number, WholeNumber};
pub use self::operand::{Comparable, Operand};
pub use self::order::{Order, OrderBy};
pub use self::predicate::{Predicate, all_of, any_of, every};
pub use self::select::{Join, Lock, LockWait, Project, Select};
pub use self::selection::{Pick, Selection};
pub use self::sql::{IntoSql, sql};
pub use self::text::TextOperand;
pub use self::tuple::Columns;

use std::borrow::Cow;

use crate::schema::{FieldMeta, ModelMeta};
use crate::value::{SqlType, Value};

/// An expression whose model and type are forgotten.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Expr {
    /// A column.
    Column(ColumnRef),
    /// A value, and the column whose representation it takes.
    Value(Value, Option<ColumnRef>),
    /// Two operands and what is between them.
    Binary(Box<Self>, Binary, Box<Self>),
    /// `IS NULL`.
    IsNull(Box<Self>),
    /// `IN (…)`; false if the list is empty.
    In(Box<Self>, Vec<Value>, Option<ColumnRef>),
    /// `BETWEEN … AND …`.
    Between(Box<Self>, Box<Self>, Box<Self>),
    /// `LIKE`, and whether `!` escapes wildcards in the pattern.
    Like(Box<Self>, Box<Self>, bool),
    /// All of them; true if there are none.
    And(Vec<Self>),
    /// Any of them; false if there are none.
    Or(Vec<Self>),
    /// The opposite.
    Not(Box<Self>),
    /// The opposite number.
    Negate(Box<Self>),
    /// A function and its arguments.
    Call(Function, Vec<Self>),
    /// The value of the first condition that holds, or another; NULL if there is none.
    Case(Vec<(Self, Self)>, Option<Box<Self>>),
    /// A value as another type.
    Cast(Box<Self>, SqlType),
    /// A row of expressions that is one of these rows.
    InRows(Vec<Self>, Vec<Vec<Self>>),
    /// `EXISTS (…)`: the query finds a row.
    Exists(Box<Select>),
    /// `IN (SELECT …)`: it is one of the values that the query reads.
    InQuery(Box<Self>, Box<Select>),
    /// The value that the query reads; NULL if it finds no row.
    Query(Box<Select>),
    /// A column of another table that is read beside.
    Joined(ColumnRef),
    /// A column of the statement around a query.
    Outer(ColumnRef),
    /// SQL text with its arguments.
    Sql(Cow<'static, str>, Arguments),
    /// What was nested deeper than any statement may be; a statement with it is an error.
    TooDeep,
}

/// A function that every database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Function {
    /// The number of characters.
    Length,
    /// The letters a to z instead of A to Z.
    Lower,
    /// The letters A to Z instead of a to z.
    Upper,
    /// Without spaces at both ends.
    Trim,
    /// One text behind the other.
    Concat,
    /// The first argument that is not NULL.
    Coalesce,
    /// The number of rows, or of those where the argument is not NULL.
    Count,
    /// The number of different values that are not NULL.
    CountDistinct,
    /// The sum.
    Sum,
    /// The mean.
    Avg,
    /// The smallest value.
    Min,
    /// The largest value.
    Max,
}

impl Function {
    /// Whether it makes one value of many rows.
    #[must_use]
    pub const fn is_aggregate(self) -> bool {
        matches!(self, Self::Count | Self::CountDistinct | Self::Sum | Self::Avg | Self::Min | Self::Max)
    }
}

/// What stands between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Binary {
    /// `=`
    Eq,
    /// `<>`
    Ne,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Times,
    /// `/`, towards zero for integers.
    DividedBy,
    /// The rest of a division; it has the sign of what is divided.
    Modulo,
}

impl Binary {
    /// Whether it counts, instead of comparing.
    #[must_use]
    pub const fn is_arithmetic(self) -> bool {
        matches!(self, Self::Plus | Self::Minus | Self::Times | Self::DividedBy | Self::Modulo)
    }
}

/// A column of a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColumnRef {
    /// The model.
    pub model: &'static ModelMeta,
    /// The position of the column in [`ModelMeta::fields`].
    pub at: usize,
}

impl ColumnRef {
    /// What is known of the column.
    #[must_use]
    pub fn meta(self) -> &'static FieldMeta {
        &self.model.fields[self.at]
    }
}
