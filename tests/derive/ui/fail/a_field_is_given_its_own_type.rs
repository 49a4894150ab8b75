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
    db.create(User { id: 0, name: "ann", age: 30, email: "a@x" }).await?;
    Ok(())
}

fn main() {}
