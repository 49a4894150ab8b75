use orm::prelude::*;

#[derive(Model)]
#[orm(table)]
#[orm(schema = trial)]
struct User {
    #[orm(key = true)]
    id: i64,
    #[orm(column = 3)]
    name: String,
    #[orm(const = "no name")]
    age: u8,
    #[orm(index(age))]
    size: i32,
}

fn main() {
    let _ = User::SIZE.eq(1);
}
