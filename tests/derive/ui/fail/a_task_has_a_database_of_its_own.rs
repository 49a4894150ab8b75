use orm::prelude::*;

#[derive(Debug, Clone, Model)]
struct User {
    #[orm(key, auto)]
    id: i64,
    name: String,
    age: u8,
    email: Option<String>,
}

fn start(db: &Session) {
    tokio::spawn(async move { db.find::<User>().count().await });
}

fn main() {}
