use orm::prelude::*;

#[derive(Debug, Clone, Model)]
struct User {
    #[orm(key, auto)]
    id: i64,
    name: String,
    age: u8,
    email: Option<String>,
    active: bool,
    weight: f64,
}

fn main() {
    let ids = vec![1_i64, 2];
    let _: Predicate<User> = sql("id IN ?", ids);
}
