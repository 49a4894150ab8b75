use orm::prelude::*;

struct Plain {
    id: i64,
}

async fn read(db: &Session) -> orm::Result<()> {
    db.create(Plain { id: 1 }).await?;
    Ok(())
}

fn main() {}
