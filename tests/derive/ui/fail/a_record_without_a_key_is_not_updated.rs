use orm::prelude::*;

#[derive(Debug, Clone, Model)]
struct Line {
    text: String,
}

async fn read(db: &Session, line: Line) -> orm::Result<()> {
    db.update(line).set(Line::TEXT, "x").await?;
    Ok(())
}

fn main() {}
