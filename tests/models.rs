//! Models that several suites use.

use orm::prelude::*;

/// A person who can sign in.
#[derive(Debug, Clone, Default, PartialEq, Model)]
pub struct User {
    #[orm(key, auto)]
    pub id: i64,
    pub name: String,
    pub age: u8,
    #[orm(unique)]
    pub email: Option<String>,
    pub active: bool,
}

/// A user of this name and age, otherwise the default.
#[must_use]
pub fn user(name: &str, age: u8) -> User {
    User { name: name.to_owned(), age, ..User::default() }
}
