use orm::prelude::*;

#[derive(Model)]
#[orm(table_name = "people")]
struct User {
    #[orm(primary_key, auto_increment)]
    id: i64,
    #[orm(column_name = "nick")]
    name: String,
    #[orm(ignore)]
    token: String,
}

fn main() {
    let _ = User::ID.eq(1);
}
