use orm::prelude::*;

#[derive(Debug, Clone, Model)]
struct User {
    #[orm(key, auto)]
    id: i64,
    name: String,
    age: u8,
    email: Option<String>,
}

fn start(db: Db) {
    let adults = db.find().where_(User::AGE.gt(17));
    tokio::spawn(async move { adults.await });
}

fn main() {}
