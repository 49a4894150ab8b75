use orm::prelude::*;

#[derive(Model)]
struct User {
    #[orm(key, auto)]
    id: i64,
    name: String,
}

fn find(name: &str) -> Predicate<User> {
    sql(&format!("name = '{name}'"), ())
}

fn main() {
    let _ = find("ann");
}
