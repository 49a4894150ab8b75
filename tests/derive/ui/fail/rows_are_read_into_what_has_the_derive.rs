use orm::prelude::*;

struct Plain {
    id: i64,
}

async fn read(db: &Session) -> orm::Result<()> {
    let _: Vec<Plain> = db.raw("SELECT 1", ()).fetch().await?;
    Ok(())
}

fn main() {}
