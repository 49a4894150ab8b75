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
    db.create(User { name: "ann".into(), age: 30 }).await?;
    db.create(User { name: "ann".into(), ..User::default() }).await?;
    Ok(())
}

fn main() {}
