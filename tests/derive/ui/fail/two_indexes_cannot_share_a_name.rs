use orm::prelude::*;

#[derive(Model)]
#[orm(index(name, age), unique(age, name = "users_name_age_idx"), index(age))]
struct User {
    #[orm(key)]
    id: i64,
    name: String,
    #[orm(index)]
    age: u8,
}

fn main() {}
