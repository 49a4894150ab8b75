#![deny(unused_must_use)]

use orm::prelude::*;

#[derive(Debug, Clone, Model)]
struct User {
    #[orm(key, auto)]
    id: i64,
    name: String,
    age: u8,
    email: Option<String>,
}

async fn read(db: &Session) -> orm::Result<()> {
    db.update_all(User::AGE.lt(18)).set(User::NAME, "minor");
    Ok(())
}

fn main() {}
