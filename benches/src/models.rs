//! The table of every work: one row is small, and has a text that may be absent.

use orm::prelude::*;

pub const USERS: i64 = 10_000;

/// What is read and changed; there are [`USERS`] of them.
#[derive(Debug, Clone, Default, PartialEq, Model)]
pub struct User {
    #[orm(key, auto)]
    pub id: i64,
    pub name: String,
    pub age: i32,
    pub email: Option<String>,
}

/// What is written: the same, in a table that starts empty.
#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "entries")]
pub struct Entry {
    #[orm(key, auto)]
    pub id: i64,
    pub name: String,
    pub age: i32,
    pub email: Option<String>,
}

/// What is streamed: the same, in a table of a million.
#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "streamed")]
pub struct Line {
    #[orm(key, auto)]
    pub id: i64,
    pub name: String,
    pub age: i32,
    pub email: Option<String>,
}

pub fn user(n: i64) -> User {
    let (name, email) = texts(n);
    User { id: 0, name, age: age(n), email }
}

pub fn entry(n: i64) -> Entry {
    let (name, email) = texts(n);
    Entry { id: 0, name, age: age(n), email }
}

/// Name and address of the n-th.
pub fn texts(n: i64) -> (String, Option<String>) {
    (format!("user number {n}"), (n % 3 > 0).then(|| format!("user{n}@example.org")))
}

pub fn age(n: i64) -> i32 {
    i32::try_from(n % 90).unwrap_or_default()
}

/// A key that is there, another one for each n.
pub fn key(n: u64) -> i64 {
    i64::try_from(n.wrapping_mul(7919) % 10_000).unwrap_or_default() + 1
}
