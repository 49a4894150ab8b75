use orm::prelude::*;

#[derive(Debug, Clone, Model)]
struct User {
    #[orm(key, auto)]
    id: i64,
    name: String,
    age: u8,
    email: Option<String>,
    active: bool,
    weight: f64,
}

async fn read(db: &Session) -> orm::Result<()> {
    db.update_all(User::ID.eq(1)).set(User::AGE.plus(1), 3).await?;
    Ok(())
}

fn main() {}
