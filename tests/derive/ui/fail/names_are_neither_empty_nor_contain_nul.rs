use orm::prelude::*;

#[derive(Model)]
#[orm(table = "")]
struct User {
    #[orm(key)]
    id: i64,
    #[orm(column = "na\0me")]
    name: String,
}

fn main() {}
