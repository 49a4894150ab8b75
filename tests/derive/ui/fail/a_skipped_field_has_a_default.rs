use orm::prelude::*;

struct Token;

#[derive(Model)]
struct User {
    #[orm(key, auto)]
    id: i64,
    #[orm(skip)]
    token: Token,
}

fn main() {}
