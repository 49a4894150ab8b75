use orm::prelude::*;

#[derive(Model)]
struct User {
    #[orm(key, update_only)]
    id: i64,
    #[orm(readonly, create_only)]
    name: String,
    #[orm(create_only, update_only)]
    email: String,
    #[orm(readonly, write_only)]
    password: String,
}

fn main() {}
