//! An ORM whose every statement runs through a chain of callbacks.

mod error;
mod value;
mod schema;
mod expr;
pub mod statement;
mod dialect;
mod driver;
mod callback;
mod query;
mod session;
mod steps;
mod db;

pub mod prelude;

#[doc(hidden)]
pub mod __private;

pub use crate::callback::{
    BoxFuture, Callback, Callbacks, Chain, ChainEditor, Chains, Context, IntoCallback, Next, Place, Plugin, Runner, Settings,
};
pub use crate::db::{Db, DbBuilder};
pub use crate::dialect::Engine;
pub use crate::driver::{PoolOptions, PoolStats, SqliteOptions};
pub use crate::error::{Cause, Error, Result};
pub use crate::expr::{Assignment, Binary, Column, ColumnRef, Expr, IntoSql, Operand, Order, Predicate, TextOperand, Typed, every, sql};
pub use crate::query::{
    Count, Create, CreateMany, CreateManyOrReturn, CreateOrReturn, Delete, DeleteAll, DeleteOrReturn, Execute, Exists, Fetch, FetchOne,
    FetchOptional, Find, First, Raw, RecordStream, Save, SaveOrReturn, Update, UpdateAll, UpdateOrReturn, WriteError,
};
pub use crate::schema::{FieldMeta, IndexMeta, Model, ModelMeta, Stamp, StampWhen};
pub use crate::session::{Hooks, Session};
pub use crate::statement::{Kind, Models, Outcome, Record, RecordSet, Statement};
pub use crate::value::{Args, Binder, Cells, Field, FromRow, RowRef, SqlType, Timestamp, Value};
pub use orm_derive::Model;
