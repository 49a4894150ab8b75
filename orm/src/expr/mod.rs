//! WHAT CAN BE SAID about the data: columns, conditions, orders, assignments.
//!
//! Typed by model on the outside, so that a condition on another model does
//! not compile; an untyped [`Expr`] inside, which statements are made of.
//! Knows nothing of SQL text.

mod assign;
mod column;
mod debug;
mod operand;
mod order;
mod predicate;
mod sql;

pub use self::assign::Assignment;
pub use self::column::{Column, Typed};
pub use self::operand::{Operand, TextOperand};
pub use self::order::Order;
pub use self::predicate::{Predicate, every};
pub use self::sql::{IntoSql, sql};

use crate::schema::{FieldMeta, ModelMeta};
use crate::value::Value;

/// An expression whose model and type are forgotten.
#[derive(Clone, PartialEq)]
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
    /// SQL text with an argument for each `?`.
    Sql(&'static str, Vec<Value>),
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
