use orm::prelude::*;

#[derive(Model)]
struct User {
    #[orm(key, auto)]
    id: Option<i64>,
    name: String,
}

fn main() {}
