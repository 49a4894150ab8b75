use orm::prelude::*;

#[derive(Debug, Clone, Model)]
struct User {
    #[orm(key, auto)]
    id: i64,
    name: String,
    age: u8,
    email: Option<String>,
}

async fn read(db: &Session, user: User) -> orm::Result<()> {
    db.save(&user).await?;
    Ok(())
}

fn main() {}
