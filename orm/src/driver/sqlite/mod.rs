//! SQLite: sqlx opens the database, rusqlite drives the statements on the same
//! handle.
//!
//! sqlx would send every row through a channel to another thread; a read by
//! key then costs many times what SQLite needs for it. So short reads run
//! where they are awaited, and everything that can wait for a disk or a lock
//! runs on tokio's blocking threads.

mod bind;
mod cells;
mod connect;
#[cfg(feature = "rust_decimal")]
mod decimal;
mod errors;
mod foreign;
mod handle;
mod objects;
mod rebuild;
mod run;
mod step;
mod stop;
#[cfg(feature = "chrono")]
mod time;

#[cfg(test)]
mod tests;

pub(crate) use self::connect::{Place, open};
pub(crate) use self::handle::Lite;
pub(crate) use self::run::{Limits, control, run};
pub(crate) use self::stop::Stop;
