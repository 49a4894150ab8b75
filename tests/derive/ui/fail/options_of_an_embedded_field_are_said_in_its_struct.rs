//! An embedded field is no column of its own.

use orm::prelude::*;

#[derive(Clone, Embedded)]
struct Address {
    city: String,
}

#[derive(Model)]
#[orm(index(home))]
struct User {
    #[orm(key, auto)]
    id: i64,
    #[orm(embedded(prefx = "home_"))]
    home: Address,
    #[orm(embedded, unique, column = "work")]
    work: Address,
    #[orm(embedded = "x")]
    other: Address,
    #[orm(embedded, skip)]
    last: Option<Address>,
}

fn main() {}
