use orm::prelude::*;

#[derive(Model)]
struct User {
    #[orm(key)]
    id: i64,
    r#type: String,
    type_: String,
}

fn main() {
    let _ = User::TYPE.eq("admin");
}
