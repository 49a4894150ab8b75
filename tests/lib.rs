//! Cases that are written once and run on every database.
//!
//! `cargo test -p orm-tests --test sqlite` runs them on SQLite; the binaries
//! `postgres` and `mysql` need `ORM_TEST_POSTGRES_URL` and
//! `ORM_TEST_MYSQL_URL`. A case is an `async fn(Test)` in a module of
//! [`suite`], named in the module's `cases!`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod chance;
mod harness;
pub mod models;
mod plain;
mod place;
mod proxy;
pub mod suite;
pub mod watch;

pub use crate::harness::{Case, main};
pub use crate::place::Test;
pub use crate::plain::Plain;
