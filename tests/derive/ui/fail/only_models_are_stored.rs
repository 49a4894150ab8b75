use orm::prelude::*;

#[derive(Debug, Clone)]
struct User {
    id: i64,
    name: String,
}

async fn read(db: &Session) -> orm::Result<()> {
    db.create(User { id: 0, name: "ann".into() }).await?;
    Ok(())
}

fn main() {}
