//! An ORM whose every statement runs through a chain of callbacks.

mod error;
mod value;
mod schema;
mod expr;
mod statement;
mod dialect;
mod callback;

pub mod prelude;

#[doc(hidden)]
pub mod __private;

pub use crate::callback::{
    BoxFuture, Callback, Callbacks, Chain, ChainEditor, Chains, Context, IntoCallback, Next, Place, Plugin, Runner, Settings,
};
pub use crate::dialect::Engine;
pub use crate::error::{Cause, Error, Result};
pub use crate::expr::{
    Assignment, Binary, Column, ColumnRef, Expr, IntoSql, Operand, Order, Predicate, TextOperand, Typed, every, sql,
};
pub use crate::schema::{FieldMeta, IndexMeta, Model, ModelMeta, Stamp, StampWhen};
pub use crate::statement::{
    Ddl, Delete, Insert, Kind, Outcome, Project, Raw, Record, RecordSet, Records, Rows, Select, Statement, Table, TableColumn, TableIndex, Target, Update,
};
pub use crate::value::{Args, Binder, Cells, Field, FromRow, RowRef, SqlType, Timestamp, Value};
pub use orm_derive::Model;
