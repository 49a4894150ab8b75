//! Two columns of one name are found at compile time, also in structs.

use orm::prelude::*;

#[derive(Clone, Embedded)]
struct Address {
    city: String,
    street: String,
}

#[derive(Model)]
struct Twice {
    #[orm(key, auto)]
    id: i64,
    #[orm(embedded)]
    home: Address,
    #[orm(embedded)]
    work: Address,
}

#[derive(Model)]
struct Beside {
    #[orm(key, auto)]
    id: i64,
    home_city: String,
    #[orm(embedded(prefix = "home_"))]
    home: Address,
}

fn main() {
    let _ = (Twice::META.table, Beside::META.table);
}
