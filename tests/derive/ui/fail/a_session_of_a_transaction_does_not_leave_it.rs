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
    let mut kept: Option<&Session> = None;
    db.transaction(async |tx| {
        kept = Some(tx);
        Ok(())
    })
    .await?;
    Ok(())
}

fn main() {}
