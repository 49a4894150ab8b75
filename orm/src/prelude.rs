//! What most files of a program need: `use orm::prelude::*;`.

pub use crate::callback::{Callback, Callbacks, Context, Next, Plugin};
pub use crate::db::Db;
pub use crate::expr::{Column, Predicate, every, sql};
pub use crate::schema::Model;
pub use crate::session::{Hooks, Session};
pub use orm_derive::Model;
