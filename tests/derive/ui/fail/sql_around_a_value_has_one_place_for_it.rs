use orm::prelude::*;

#[derive(Model)]
struct User {
    #[orm(key, to_sql = "upper(name)")]
    id: i64,
    #[orm(from_sql = "coalesce(?, ?)")]
    name: String,
}

fn main() {
    let _ = User::ID.eq(1);
}
