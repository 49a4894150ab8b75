//! Where all of its columns may be NULL, or are written anyway, nobody could
//! tell `None` from `Some`.

use orm::prelude::*;

#[derive(Clone, Embedded)]
struct Contact {
    email: Option<String>,
    phone: Option<String>,
}

#[derive(Clone, Embedded)]
struct Times {
    #[orm(created_at)]
    created: i64,
}

#[derive(Model)]
struct User {
    #[orm(key, auto)]
    id: i64,
    #[orm(embedded)]
    contact: Option<Contact>,
}

#[derive(Model)]
struct Post {
    #[orm(key, auto)]
    id: i64,
    #[orm(embedded)]
    times: Option<Times>,
}

fn main() {
    let _ = (User::META.table, Post::META.table);
}
