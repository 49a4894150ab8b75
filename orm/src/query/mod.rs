//! Typed builders: a statement under construction, and who will run it.
//!
//! Awaiting a builder runs it. Here the type of the model ends, and comes back.

mod create;
mod delete;
mod find;
mod joins;
mod locks;
mod get;
mod insert_many;
mod parts;
mod raw;
mod returning;
mod script;
mod selected;
mod stream;
mod subquery;
mod tables;
mod update;
mod write_error;

pub use self::create::{Create, CreateMany, CreateManyOrReturn, CreateOrReturn};
pub use self::delete::{Delete, DeleteAll, DeleteOrReturn};
pub use self::find::{Count, Exists, Find, First};
pub use self::get::Get;
pub use self::insert_many::InsertMany;
pub use self::parts::Progress;
pub use self::raw::{Execute, Fetch, FetchOne, FetchOptional, Raw};
pub use self::returning::Returning;
pub use self::selected::{CountSelected, FirstSelected, Selected};
pub use self::stream::RecordStream;
pub use self::subquery::{Subquery, exists, joined, joined_opt, outer, subquery};
pub use self::update::{Save, SaveOrReturn, Update, UpdateAll, UpdateOrReturn};
pub use self::write_error::WriteError;

pub(crate) use self::parts::Parts;
pub(crate) use self::script::execute_script;
pub(crate) use self::tables::{alter_column, create_table, create_tables};

use std::any::Any;
use std::fmt;
use std::panic::Location;

use crate::callback::{BoxFuture, Finished, Request, Runner, Settings};
use crate::error::Error;
use crate::expr::{Clause, Predicate};
use crate::schema::{Model, ModelMeta, TableName};
use crate::statement::{Outcome, RecordSet, Records, Rows, Statement, Target};
use crate::value::FromRow;

/// What every builder carries.
#[derive(Clone)]
pub(crate) struct Pending<'s> {
    runner: &'s dyn Runner,
    settings: Settings,
    /// Where the program made it.
    at: &'static Location<'static>,
    unscoped: bool,
    /// The table, where it is not the model's.
    table: Option<TableName>,
    clauses: Vec<Clause>,
    /// Whether it would write to all records without having said so.
    unbounded: bool,
}

impl<'s> Pending<'s> {
    #[track_caller]
    fn new(runner: &'s dyn Runner) -> Self {
        Self {
            runner,
            settings: Settings::default(),
            at: Location::caller(),
            unscoped: false,
            table: None,
            clauses: Vec::new(),
            unbounded: false,
        }
    }

    /// No `async fn`: its future would carry the statement beside the box that it is put in.
    fn run(self, statement: Statement, records: Box<dyn RecordSet>) -> BoxFuture<'s, Finished> {
        let Self { runner, settings, at, unscoped, unbounded, .. } = self;
        if unbounded {
            let finished = Finished { result: Err(empty(&statement)), records, outcome: Outcome::default(), last: Vec::new() };
            return Box::pin(std::future::ready(finished));
        }
        runner.run(Request { statement: Box::new(statement), records, settings, at, unscoped })
    }
}

impl fmt::Debug for Pending<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}

/// What a builder knows of its model from the start, so that it is awaited
/// without the model's trait: a struct that is no model is then one mistake,
/// where the query is made, and not another one where it is awaited.
struct Known<M> {
    model: &'static ModelMeta,
    records: fn(Vec<M>) -> Box<dyn RecordSet>,
}

impl<M> Clone for Known<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Known<M> {}

impl<M: Model> Known<M> {
    fn new() -> Self {
        Self { model: M::META, records: |records| Box::new(Records(records)) }
    }
}

/// The first record of the set.
fn this_record() -> Target {
    Target { record: Some(0), filter: Vec::new() }
}

/// The records for which a condition holds.
fn matching<M>(condition: &Predicate<M>) -> Target {
    Target { record: None, filter: vec![condition.clone().into_expr()] }
}

/// What is said to a condition of which nothing is left, as of a search without a word in it.
fn empty(statement: &Statement) -> Error {
    let model = statement.model().map_or("the table", |it| it.name);
    Error::Invalid(format!(
        "the condition is empty, which would be every record of {model}: say `every::<{model}>()`, without a `where_opt`, where that is meant"
    ))
}

/// Gives the records their type back.
fn take_records<M: 'static>(records: Box<dyn RecordSet>) -> Vec<M> {
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

        /// Lets this statement see and change what callbacks otherwise hide; see
        /// [`Session::unscoped`](crate::Session::unscoped). What hooks and callbacks
        /// do for it is as its session says.
        pub fn unscoped(mut self) -> Self {
            self.$pending.unscoped = true;
            self
        }
    };
}
pub(crate) use settings;

/// `.clause(…)` on a builder.
macro_rules! clauses {
    ($($pending:tt).+) => {
        /// Puts SQL text of the program at a place for which there is no method:
        /// a hint, or what only one database can do. The text is a literal, with
        /// arguments as [`sql`](crate::sql) has them; the database that gets it
        /// has to understand it.
        ///
        /// ```
        /// use orm::{ClauseAt, prelude::*};
        /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
        /// # async fn f(db: &Session, users: Vec<User>) -> orm::Result<()> {
        /// let old = "WITH old AS (SELECT id FROM users WHERE age > ?)";
        /// let users_of_it = db.find::<User>().clause(ClauseAt::Start, old, 80).where_(sql("id IN (SELECT id FROM old)", ())).await?;
        /// let tenth = db.find::<User>().clause(ClauseAt::Table, "TABLESAMPLE BERNOULLI (?)", 10.0).count().await?;
        /// let stored = db.insert_many(users).clause(ClauseAt::End, "ON CONFLICT DO NOTHING", ()).await?;
        /// # Ok(()) }
        /// ```
        pub fn clause(mut self, at: $crate::expr::ClauseAt, text: impl $crate::value::SqlText, args: impl $crate::expr::Args) -> Self {
            self.$($pending).+.clauses.push($crate::expr::Clause::new(at, text, args));
            self
        }
    };
}
pub(crate) use clauses;
