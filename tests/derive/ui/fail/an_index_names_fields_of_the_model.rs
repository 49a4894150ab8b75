use orm::prelude::*;

#[derive(Model)]
#[orm(index(nane, age), unique(email), index(), index(age, age))]
struct User {
    #[orm(key)]
    id: i64,
    name: String,
    age: u8,
    #[orm(skip)]
    token: String,
}

#[derive(Model)]
#[orm(index(token, id))]
#[orm(index)]
struct Login {
    #[orm(key)]
    id: i64,
    #[orm(skip)]
    token: String,
}

fn main() {}
