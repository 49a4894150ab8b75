//! An ORM whose every statement runs through a chain of callbacks.
//!
//! SQLite, PostgreSQL and MariaDB behind one API; typed at both ends, plain
//! data in between.
//!
//! # Getting started
//!
//! A model is a struct; its columns are constants of it. A [`Db`] is opened
//! once, and is a [`Session`]: a place to run statements from.
//!
//! ```
//! use orm::prelude::*;
//!
//! /// A person who can sign in.
//! #[derive(Debug, Clone, Default, PartialEq, Model)]
//! struct User {
//!     #[orm(key, auto)]
//!     id: i64,
//!     name: String,
//!     age: u8,
//!     #[orm(unique)]
//!     email: Option<String>,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> orm::Result<()> {
//! let db = Db::open("sqlite::memory:").await?;
//! db.create_tables::<User>().await?;
//!
//! // Value in, value out.
//! let ann = db.create(User { name: "ann".into(), age: 17, ..User::default() }).await?;
//! let ann = db.update(ann).set(User::AGE, User::AGE.plus(1)).await?;
//!
//! // A condition says which model is meant.
//! let adults: Vec<User> = db.find().where_(User::AGE.ge(18)).order(User::NAME.asc()).await?;
//! assert_eq!(adults, [ann.clone()]);
//!
//! // Whole sets by condition; SQL text where it says more.
//! let changed = db.update_all(User::EMAIL.is_none()).set(User::NAME, "nobody").await?;
//! let ages: Vec<(u8, i64)> = db.raw("SELECT age, count(*) FROM users GROUP BY age", ()).fetch().await?;
//! assert_eq!((changed, ages), (1, vec![(18, 1)]));
//!
//! db.delete(ann).await?;
//! # Ok(()) }
//! ```
//!
//! All operations are methods of [`Session`]; the options of models and fields
//! are on the page of the derive, [`Model`](macro@Model). The [tour](guide::tour)
//! has an example of everything, and says what to write where the compiler does
//! not take what was written.
//!
//! # Callbacks
//!
//! There are six chains, `create`, `query`, `update`, `delete`, `raw` and
//! `row`, and no way to the database but through one of them. A link has a
//! name, `owner:what`, and a place that is given by the names of others. It is
//! a *step*, `async fn(&mut Context) -> orm::Result<()>`, or stands *around*
//! the rest, `async fn(&mut Context, Next<'_>) -> orm::Result<()>`, or is a
//! type that implements [`Callback`], where it has state.
//!
//! ```
//! use orm::prelude::*;
//! # #[derive(Debug, Clone, Default, Model)]
//! # struct User { #[orm(key, auto)] id: i64, name: String, tenant: i64 }
//!
//! /// Travels with a session; callbacks find it there.
//! struct Tenant(i64);
//!
//! /// A step: new users belong to the tenant of the session.
//! async fn stamp(cx: &mut Context) -> orm::Result<()> {
//!     let tenant = cx.session().settings().get::<Tenant>().map(|it| it.0);
//!     let Some(tenant) = tenant else { return Err(orm::Error::other("no tenant")) };
//!     for record in cx.records_mut() {
//!         if !record.set(User::TENANT, tenant) {
//!             return Err(orm::Error::other("a record without a tenant"));
//!         }
//!     }
//!     Ok(())
//! }
//!
//! /// Around the rest: reads, changes and removals find only users of the tenant.
//! async fn only_ours(cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
//!     let tenant = cx.session().settings().get::<Tenant>().map(|it| it.0);
//!     cx.add_condition(User::TENANT.eq(tenant.unwrap_or_default()));
//!     next.run(cx).await
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> orm::Result<()> {
//! let db = Db::builder("sqlite::memory:")
//!     .callbacks(|on| {
//!         on.create().before("orm:transaction").register("app:stamp", stamp);
//!         for chain in on.each() {
//!             chain.before("*").register("app:only_ours", only_ours);
//!         }
//!     })
//!     .open()
//!     .await?;
//! assert_eq!(db.callbacks().query().to_string(), "app:only_ours → orm:query → orm:after_find");
//!
//! db.create_tables::<User>().await?;
//! let seven = db.session().with(Tenant(7));
//! seven.create(User { name: "ann".into(), ..User::default() }).await?;
//! assert_eq!(seven.find::<User>().count().await?, 1);
//! assert_eq!(db.delete_all(every::<User>()).await?, 0);
//! # Ok(()) }
//! ```
//!
//! What a link runs through [`Context::session`] is in the transaction of the
//! statement. An error of a link ends the chain; links behind `orm:transaction`
//! are inside the transaction, and their error undoes the write. Links that
//! only watch stand `before("*")`. A wrong name or a cycle is an error of
//! `open` that names the links. [`Chain::explain_order`] says why a link stands
//! where it stands. A [`Plugin`] is a bundle of callbacks; [`Hooks`] are for
//! what one model does around its own storing.
//!
//! # Transactions
//!
//! A closure that gets a session. `Ok` commits; an error, a panic, or the drop
//! of its future undoes what it did. A transaction inside of one is a
//! savepoint. Functions that take `&Session` work in both.
//!
//! ```
//! use orm::prelude::*;
//! # #[derive(Debug, Clone, Default, Model)]
//! # struct Account { #[orm(key)] name: String, cents: i64 }
//!
//! async fn pay(db: &Session, from: &str, to: &str, cents: i64) -> orm::Result<()> {
//!     db.transaction(async |tx| {
//!         let enough = Account::NAME.eq(from).and(Account::CENTS.ge(cents));
//!         if tx.update_all(enough).set(Account::CENTS, Account::CENTS.minus(cents)).await? == 0 {
//!             return Err(orm::Error::other("not enough money"));
//!         }
//!         let to = tx.get::<Account>(to).await?;
//!         tx.update(to).set(Account::CENTS, Account::CENTS.plus(cents)).await?;
//!         Ok(())
//!     }).await
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> orm::Result<()> {
//! # let db = Db::open("sqlite::memory:").await?;
//! # db.create_tables::<Account>().await?;
//! db.create_many(["ann", "bob"].map(|name| Account { name: name.into(), cents: 500 })).await?;
//! db.transaction(async |tx| {
//!     pay(tx, "ann", "bob", 300).await?;
//!     // Its error undoes its own part only; the rest goes on.
//!     let refused = pay(tx, "ann", "nobody", 100).await;
//!     assert!(refused.is_err_and(|error| error.is_not_found()));
//!     Ok(())
//! }).await?;
//! assert_eq!(db.get::<Account>("ann").await?.cents, 200);
//! # Ok(()) }
//! ```
//!
//! [`Session::try_transaction`] is the same with an error type of the program.
//! What an answer promises, what becomes of work that nobody waits for, isolation,
//! retries, and what is done after a commit: [what `Ok` means](guide::outcomes).
//!
//! # Sessions
//!
//! [`Session::session`] makes one with settings of its own: how long all that
//! it does may take, what it is for, whether it only reads. Reads of one
//! session run at the same time where they are awaited together, each on a
//! connection of its own. There are two ways to do so. With `try_join!` the
//! first error is returned at once, and dropping the others stops them, on the
//! server too:
//!
//! ```
//! use orm::Timeouts;
//! use orm::prelude::*;
//! # #[derive(Debug, Clone, Default, Model)]
//! # struct Patient { #[orm(key, auto)] id: i64, name: String }
//! # #[derive(Debug, Clone, Default, Model)]
//! # struct Visit { #[orm(key, auto)] id: i64, patient: i64 }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> orm::Result<()> {
//! # let db = Db::open("sqlite::memory:").await?;
//! # db.create_tables::<(Patient, Visit)>().await?;
//! # let id = db.create(Patient { name: "ann".into(), ..Patient::default() }).await?.id;
//! let request = db.session().timeout(Timeouts::EXTERNAL).tag("route", "/patients");
//! let (patient, visits) = tokio::try_join!(
//!     request.find().where_(Patient::ID.eq(id)).first(),
//!     request.find().where_(Visit::PATIENT.eq(id)),
//! )?;
//! # assert!(patient.is_some() && visits.is_empty());
//! # Ok(()) }
//! ```
//!
//! With `join!` all are waited for, and there is an answer with what came:
//!
//! ```
//! # use orm::prelude::*;
//! # #[derive(Debug, Clone, Default, Model)]
//! # struct Patient { #[orm(key, auto)] id: i64, name: String }
//! # #[derive(Debug, Clone, Default, Model)]
//! # struct Visit { #[orm(key, auto)] id: i64, patient: i64 }
//! # async fn f(request: &Session) -> orm::Result<()> {
//! let (patients, visits) = tokio::join!(request.find::<Patient>(), request.find::<Visit>().count());
//! let patients = patients?;
//! // The figure is good to have, and not needed.
//! let visits = visits.ok();
//! # Ok(()) }
//! ```
//!
//! In a transaction there is one connection, so reads there wait for one
//! another. What is more than memory holds is read by
//! [`stream`](Find::stream), record by record.
//!
//! # Errors
//!
//! One type, [`Error`], that names what was being done to what, and never holds
//! a value or a password in its text. Ask it ([`is_not_found`](Error::is_not_found),
//! [`is_unique_violation`](Error::is_unique_violation),
//! [`is_retryable`](Error::is_retryable)), or match its variants. A write with
//! `or_return()` gives its record back with the error:
//!
//! ```
//! use orm::prelude::*;
//! # #[derive(Debug, Clone, Default, Model)]
//! # struct User { #[orm(key, auto)] id: i64, #[orm(unique)] name: String }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> orm::Result<()> {
//! # let db = Db::open("sqlite::memory:").await?;
//! # db.create_tables::<User>().await?;
//! # db.create(User { name: "ann".into(), ..User::default() }).await?;
//! match db.create(User { name: "ann".into(), ..User::default() }).or_return().await {
//!     Ok(user) => println!("{} is in", user.id),
//!     Err(failed) if failed.error().is_unique_violation() => {
//!         let user = failed.into_record();
//!         assert_eq!(user.name, "ann");
//!     }
//!     Err(failed) => return Err(failed.into()),
//! }
//! # Ok(()) }
//! ```
//!
//! # The way of a statement
//!
//! For those who read the source: the modules in reading order, from the lowest
//! floor up. Each knows only those before it.
//!
//! | module      | what it is                                                            |
//! |-------------|-----------------------------------------------------------------------|
//! | `error`     | what can go wrong: [`Error`]                                          |
//! | `value`     | what a column can hold: [`Field`], [`Value`]; [`FromRow`]             |
//! | `schema`    | what the data is: [`Model`](trait@Model), [`ModelMeta`]; constants    |
//! | `expr`      | what can be said of it: [`Column`], [`Predicate`], [`sql`], [`Args`]  |
//! | [`statement`] | one operation as data: [`Statement`]; [`Record`], whose model is forgotten |
//! | `dialect`   | a statement as SQL text and arguments; what differs per [`Engine`]    |
//! | `driver`    | SQL text to rows: connections, the pool ([`PoolOptions`])             |
//! | `callback`  | the chains: [`Callbacks`], [`Context`], [`Next`]                      |
//! | `query`     | the typed builders, [`Find`] and [`Create`] for example               |
//! | `session`   | where statements run: [`Session`], [`Hooks`]                          |
//! | `steps`     | the links every chain starts with, on one page                        |
//! | `db`        | puts it together: [`Db`]                                              |
//! | [`service`] | what a service has around it: [`Databases`]                           |
//!
//! `db.find().where_(User::AGE.ge(18)).await` makes a [`Predicate`] (`expr`),
//! collects it in a [`Find`] (`query`), and becomes a [`Statement`] when it is
//! awaited; here the type of the model ends. The [`Session`] sends it through
//! the chain `query` (`callback`). Its link `orm:query` (`steps`) renders it
//! (`dialect`), takes a connection and runs it (`driver`). Rows are decoded by
//! position into records, whose type comes back in [`Find`].

#![deny(missing_docs)]

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
pub mod service;

#[doc = include_str!("connecting.md")]
pub mod connecting {}

#[cfg(feature = "config")]
#[doc = include_str!("configuration.md")]
pub mod configuration {}

#[doc = include_str!("databases.md")]
pub mod databases {}

pub mod guide;
mod macros;
pub mod prelude;

#[doc(hidden)]
pub mod __private;

pub use crate::callback::{
    BoxFuture, Callback, Callbacks, Chain, ChainEditor, Chains, Context, IntoCallback, Next, Place, Plugin, Settings,
};
pub use crate::db::{Db, DbBuilder, DbCell, PoolHandle};
pub use crate::dialect::{Engine, Isolation, SqliteMode};
pub use crate::driver::{
    ConnectOptions, ConnectionInfo, Histogram, Leak, PoolOptions, PoolStats, Pooler, Reload, Shutdown, SqliteOptions, Verdict,
};
pub use crate::error::{Cause, DatabasesError, Error, Holder, Result};
pub use crate::expr::{
    Args, Argument, Arguments, Assignment, Binary, Case, CastTo, Clause, ClauseAt, Column, ColumnRef, Columns, Comparable, Computed,
    Divisible, DynColumn, Expr, Function, IntoArgument, IntoSql, List, ListItem, Named, Nullable, Number, Operand, Order, OrderBy, Pick,
    Predicate, Selection, Sortable, TextOperand, WholeNumber, all_of, any_of, case_when, column_by_name, count, every, list, named, sql,
    table,
};
pub use crate::query::{
    Count, CountSelected, Create, CreateMany, CreateManyOrReturn, CreateOrReturn, Delete, DeleteAll, DeleteOrReturn, Execute, Exists,
    Fetch, FetchOne, FetchOptional, Find, First, FirstSelected, Get, InsertMany, Progress, Raw, RecordStream, Returning, Save,
    SaveOrReturn, Selected, Subquery, Update, UpdateAll, UpdateOrReturn, WriteError, exists, joined, joined_opt, outer, subquery,
};
pub use crate::schema::{Access, Embedded, FieldMeta, IndexMeta, KeyOf, Keyed, Model, ModelMeta, Stamp, StampWhen, TableName};
#[cfg(feature = "breaker")]
pub use crate::service::{Breaker, CircuitState, Fallbacks};
#[cfg(feature = "config")]
pub use crate::service::{
    ConfigChange, ConfigEvent, ConfigSource, ConfigWatch, DbConfig, EnvironmentSource, FileSource, PoolConfig, Secret, SqliteConfig,
};
pub use crate::service::{DatabaseHealth, DatabaseShutdown, DatabaseState, Databases, DatabasesBuilder, Degraded, Health, HealthReport};
pub use crate::session::{Again, Hooks, Planned, Retry, Session, Timeouts, Transaction};
pub use crate::statement::{Kind, Models, Outcome, Record, RecordSet, Statement};
#[cfg(feature = "json")]
pub use crate::value::{AsJson, Document, Json};
pub use crate::value::{
    AssertSqlSafe, Auto, AutoKey, Binder, Cells, DecimalField, DefaultField, Element, Encoding, Field, FromRow, RowRef, SizedField,
    SqlText, SqlType, Timestamp, Value, With,
};
#[cfg(feature = "chrono")]
pub use crate::value::{UnixMicros, UnixMillis, UnixSeconds};
pub use orm_derive::{Embedded, Field, Model, Row};

/// The examples of the README.
#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../../README.md")]
struct Readme;
