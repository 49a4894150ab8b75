//! Cases that are written once and run on every database.
//!
//! `cargo test -p orm-tests --test sqlite` runs them on SQLite; the binaries
//! `postgres` and `mysql` need `ORM_TEST_POSTGRES_URL` and
//! `ORM_TEST_MYSQL_URL`. A case is an `async fn(Test)` in a module of
//! [`suite`], named in the module's `cases!`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "tests")]
#![allow(
    clippy::unit_arg,
    clippy::type_complexity,
    clippy::cloned_ref_to_slice_refs,
    clippy::needless_borrows_for_generic_args,
    reason = "cases say what they try in the form in which it is tried"
)]

mod chance;
pub mod faults;
mod harness;
pub mod models;
mod pgbouncer;
mod plain;
mod place;
mod proxy;
pub mod suite;
pub mod watch;

pub use crate::harness::{Case, behind_pgbouncer, everywhere, main};
pub use crate::place::Test;
pub use crate::plain::Plain;
