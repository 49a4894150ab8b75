use orm::prelude::*;

#[derive(Clone, Field)]
struct Email(String);

#[derive(Clone, Field)]
struct Age(u8);

#[derive(Model)]
struct User {
    #[orm(key, auto)]
    id: Email,
    age: Age,
}

fn main() {
    let _ = User::AGE.starts_with("1");
}
