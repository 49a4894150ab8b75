use orm::prelude::*;

#[derive(Model)]
struct User {
    #[orm(key)]
    id: i64,
    name: String,
    #[orm(column = "Name")]
    nick: String,
}

fn main() {}
