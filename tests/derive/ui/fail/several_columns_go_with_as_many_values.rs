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
    let _ = (User::ID, User::NAME).eq((1, "ann", 3));
    let _ = (User::ID, User::NAME).is_in([("ann", 1)]);
}
