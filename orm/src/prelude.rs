//! What most files of a program need: `use orm::prelude::*;`.
//!
//! | for          | names                                                        |
//! |--------------|--------------------------------------------------------------|
//! | models       | [`Model`](macro@Model) (the derive and the trait), [`Hooks`] |
//! | conditions   | [`Column`], [`Columns`], [`Predicate`], [`every`], [`all_of`], [`any_of`], [`case_when`], [`column_by_name`] |
//! | SQL text     | [`sql`], [`args!`], [`named`], [`Row`](macro@Row)            |
//! | running them | [`Db`], [`Session`]                                          |
//! | callbacks    | [`Context`], [`Next`], [`Callback`], [`Callbacks`], [`Plugin`] |
//!
//! `Result` and `Error` are not among them, so that they do not hide those of
//! the program: write `orm::Result`, `orm::Error`.

pub use crate::args;
pub use crate::callback::{Callback, Callbacks, Context, Next, Plugin};
pub use crate::db::Db;
pub use crate::expr::{Column, Columns, Predicate, all_of, any_of, case_when, column_by_name, every, named, sql};
pub use crate::schema::{Embedded, Model};
pub use crate::session::{Hooks, Session};
pub use crate::value::Field;
pub use orm_derive::{Embedded, Field, Model, Row};
