use orm::prelude::*;

#[derive(Model)]
#[orm(rename_all = "camel_case")]
struct User {
    #[orm(key)]
    id: i64,
}

#[derive(Model)]
#[orm(table = "person", singular)]
struct Person {
    #[orm(key)]
    id: i64,
}

fn main() {}
