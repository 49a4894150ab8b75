use orm::prelude::*;

#[derive(Model)]
struct User {
    #[orm(key, auto)]
    id: i64,
}

#[derive(Model)]
struct Post {
    #[orm(key, auto)]
    id: i64,
}

fn main() {
    let _ = User::ID.eq(Post::ID);
}
