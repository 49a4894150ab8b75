use orm::prelude::*;

#[derive(Debug, Clone)]
struct User {
    id: i64,
    name: String,
}

async fn read(db: &Session) -> orm::Result<()> {
    let users: Vec<User> = db.find().await?;
    Ok(())
}

fn main() {}
