use orm::prelude::*;

#[derive(Model)]
#[orm(tabel = "users", colour)]
struct User {
    #[orm(key, primary)]
    id: i64,
    #[orm(uniqe)]
    name: String,
    #[orm(hooks)]
    age: u8,
}

fn main() {
    let _ = User::ID.eq(1);
}
