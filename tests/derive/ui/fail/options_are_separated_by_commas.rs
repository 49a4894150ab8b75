use orm::prelude::*;

#[derive(Model)]
struct User {
    #[orm(key auto)]
    id: i64,
    #[orm]
    name: String,
    #[orm("unique")]
    email: String,
}

fn main() {}
