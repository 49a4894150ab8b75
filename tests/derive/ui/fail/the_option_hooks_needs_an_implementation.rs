use orm::prelude::*;

#[derive(Model)]
#[orm(hooks)]
struct User {
    #[orm(key, auto)]
    id: i64,
}

fn main() {}
