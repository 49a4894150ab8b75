use orm::prelude::*;

#[derive(Model)]
struct User {
    #[orm(key)]
    id: i64,
    #[orm(created_at, updated_at)]
    born: i64,
    #[orm(created_at)]
    created: i64,
    #[orm(updated_at)]
    changed: String,
}

fn main() {}
