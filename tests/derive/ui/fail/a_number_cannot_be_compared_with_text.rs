use orm::prelude::*;

#[derive(Model)]
struct User {
    #[orm(key, auto)]
    id: i64,
    age: u8,
}

fn main() {
    let _ = User::AGE.gt("seventeen");
}
