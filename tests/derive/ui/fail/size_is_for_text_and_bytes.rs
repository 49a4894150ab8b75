use orm::prelude::*;

#[derive(Model)]
struct User {
    #[orm(key, auto)]
    id: i64,
    #[orm(size = 40)]
    name: String,
    #[orm(size = 3)]
    age: u8,
    #[orm(size = 0)]
    short: String,
    #[orm(size = "10")]
    text: Option<String>,
}

fn main() {}
