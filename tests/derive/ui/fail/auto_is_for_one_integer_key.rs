use orm::prelude::*;

#[derive(Model)]
struct User {
    #[orm(auto)]
    id: i64,
}

#[derive(Model)]
struct Post {
    #[orm(key, auto)]
    id: i64,
    #[orm(key, auto)]
    number: i64,
}

#[derive(Model)]
struct Tag {
    #[orm(key, auto)]
    name: String,
}

fn main() {}
