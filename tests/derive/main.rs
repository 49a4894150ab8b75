//! What `#[derive(Model)]` makes of a struct, without a database.

#![deny(missing_docs, warnings, clippy::pedantic)]

mod fake;
mod gorm;
mod meta;
mod record;
mod ui;
