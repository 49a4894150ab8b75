//! A type that is no struct of columns is reported once, where it is written.

use orm::prelude::*;

struct Address {
    city: String,
}

#[derive(Model)]
struct User {
    #[orm(key, auto)]
    id: i64,
    #[orm(embedded)]
    address: Address,
}

fn main() {
    let _ = User::ID.eq(7);
}
