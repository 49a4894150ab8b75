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

fn of_users(_: Predicate<User>) {}

fn main() {
    of_users(Post::ID.eq(1));
    of_users(User::ID.eq(1).and(Post::ID.eq(1)));
}
