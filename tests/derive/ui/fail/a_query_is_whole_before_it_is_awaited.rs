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
    db.find::<User>().await?.limit(10);
    Ok(())
}

fn main() {}
