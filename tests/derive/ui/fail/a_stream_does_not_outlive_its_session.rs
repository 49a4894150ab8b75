use orm::prelude::*;

#[derive(Debug, Clone, Model)]
struct User {
    #[orm(key, auto)]
    id: i64,
    name: String,
}

async fn read(db: &Session) -> orm::Result<()> {
    let mut late = db.transaction(async |tx| Ok(tx.find::<User>().stream())).await?;
    late.next().await;
    Ok(())
}

fn leak(db: &Session) -> orm::RecordStream<'static, User> {
    let request = db.session();
    request.find::<User>().stream()
}

fn main() {}
