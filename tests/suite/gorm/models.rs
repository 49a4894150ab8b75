//! A model like that of GORM's tests, as far as it goes without relations.

use chrono::{DateTime, Utc};
use orm::prelude::*;

use crate::Test;

#[derive(Debug, Clone, Default, PartialEq, Model)]
pub(super) struct User {
    #[orm(key, auto)]
    pub(super) id: i64,
    #[orm(created_at)]
    pub(super) created_at: DateTime<Utc>,
    #[orm(updated_at)]
    pub(super) updated_at: DateTime<Utc>,
    pub(super) name: String,
    pub(super) age: u32,
    pub(super) birthday: Option<DateTime<Utc>>,
    pub(super) company_id: Option<i64>,
    pub(super) manager_id: Option<i64>,
    pub(super) active: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
pub(super) struct Company {
    #[orm(key, auto)]
    pub(super) id: i64,
    pub(super) name: String,
}

/// A user of this name, who is 18 and was born in 1990.
pub(super) fn user(name: &str) -> User {
    User { name: name.to_owned(), age: 18, birthday: DateTime::from_timestamp(631_152_000, 0), ..User::default() }
}

/// Users of these names, and one that no test is about.
pub(super) async fn users<const N: usize>(t: &Test, names: [&str; N]) -> Vec<User> {
    t.create_tables::<(User, Company)>().await.unwrap();
    t.create(User { age: 99, ..user("bystander") }).await.unwrap();
    t.create_many(names.map(user)).await.unwrap()
}

/// The names of the users for which a condition holds, by key.
pub(super) async fn names(t: &Test, condition: Predicate<User>) -> Vec<String> {
    t.find().where_(condition).order(User::ID.asc()).select(User::NAME).await.unwrap()
}
