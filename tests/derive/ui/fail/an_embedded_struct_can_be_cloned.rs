//! A record is read again on a copy, so that what fails changes nothing.

use orm::prelude::*;

#[derive(Embedded)]
struct Address {
    city: String,
}

#[derive(Model)]
struct User {
    #[orm(key, auto)]
    id: i64,
    #[orm(embedded)]
    home: Address,
    #[orm(embedded(prefix = "work_"))]
    work: Option<Address>,
}

fn main() {
    let _ = User::HOME.city.eq("Bonn");
}
