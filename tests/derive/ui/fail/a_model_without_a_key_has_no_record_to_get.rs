use orm::prelude::*;

#[derive(Debug, Clone, Model)]
struct Line {
    text: String,
}

async fn read(db: &Session) -> orm::Result<()> {
    db.get::<Line>(1).await?;
    let _ = db.find::<Line>().stream();
    Ok(())
}

fn main() {}
