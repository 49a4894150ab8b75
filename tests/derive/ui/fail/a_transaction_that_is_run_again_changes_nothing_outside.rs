use orm::prelude::*;

async fn write(db: &Session) -> orm::Result<u32> {
    let mut attempts = 0;
    db.session()
        .retry(3)
        .transaction(async |tx| {
            attempts += 1;
            tx.raw("DELETE FROM drafts", ()).execute().await
        })
        .await?;
    Ok(attempts)
}

fn main() {}
