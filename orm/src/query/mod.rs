//! Typed builders: a statement under construction, and who will run it.
//!
//! Awaiting a builder runs it. Here the type of the model ends, and comes back.

mod create;
mod delete;
mod find;
mod get;
mod raw;
mod stream;
mod tables;
mod update;
mod write_error;

pub use self::create::{Create, CreateMany, CreateManyOrReturn, CreateOrReturn};
pub use self::delete::{Delete, DeleteAll, DeleteOrReturn};
pub use self::find::{Count, Exists, Find, First};
pub use self::raw::{Execute, Fetch, FetchOne, FetchOptional, Raw};
pub use self::stream::RecordStream;
pub use self::update::{Save, SaveOrReturn, Update, UpdateAll, UpdateOrReturn};
pub use self::write_error::WriteError;

pub(crate) use self::get::get;
pub(crate) use self::tables::create_tables;

use std::any::Any;
use std::fmt;

use crate::callback::{Finished, Request, Runner, Settings};
use crate::expr::Expr;
use crate::schema::Model;
use crate::statement::{RecordSet, Records, Rows, Statement, Target};
use crate::value::FromRow;

/// What every builder carries.
pub(crate) struct Pending<'s> {
    runner: &'s dyn Runner,
    settings: Settings,
}

impl<'s> Pending<'s> {
    fn new(runner: &'s dyn Runner) -> Self {
        Self { runner, settings: Settings::default() }
    }

    async fn run(self, statement: Statement, records: Box<dyn RecordSet>) -> Finished {
        self.runner.run(Request { statement, records, settings: self.settings }).await
    }
}

impl fmt::Debug for Pending<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}

/// The first record of the set.
fn this_record() -> Target {
    Target { record: Some(0), filter: Vec::new() }
}

/// The records for which a condition holds.
fn matching(condition: Expr) -> Target {
    Target { record: None, filter: vec![condition] }
}

/// Gives the records their type back.
fn take_records<M: Model + FromRow>(records: Box<dyn RecordSet>) -> Vec<M> {
    let any: Box<dyn Any> = records;
    any.downcast::<Records<M>>().expect("callbacks cannot replace the records").0
}

/// Gives the rows their type back.
fn take_rows<T: FromRow>(records: Box<dyn RecordSet>) -> Vec<T> {
    let any: Box<dyn Any> = records;
    any.downcast::<Rows<T>>().expect("callbacks cannot replace the rows").0
}

/// `.with(value)` on a builder.
macro_rules! settings {
    ($pending:ident) => {
        /// Gives a value to the callbacks of this statement; they find it by its
        /// type in [`Context::settings`](crate::Context::settings).
        pub fn with<V: ::std::any::Any + Send + Sync>(mut self, value: V) -> Self {
            self.$pending.settings.set(value);
            self
        }
    };
}
pub(crate) use settings;
