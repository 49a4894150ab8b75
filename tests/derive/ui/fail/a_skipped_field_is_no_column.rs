use orm::prelude::*;

#[derive(Model)]
struct User {
    #[orm(key, auto, skip)]
    id: i64,
    #[orm(skip, column = "nick")]
    name: String,
    age: u8,
}

fn main() {}
