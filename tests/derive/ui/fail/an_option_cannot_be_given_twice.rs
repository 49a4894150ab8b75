use orm::prelude::*;

#[derive(Model)]
#[orm(table = "a")]
#[orm(table = "b")]
struct User {
    #[orm(key, key)]
    id: i64,
    #[orm(column = "x", column = "y")]
    name: String,
}

fn main() {
    let _ = User::NAME.eq("ann");
}
