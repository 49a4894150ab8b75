use orm::prelude::*;

async fn check(db: &Session) -> orm::Result<()> {
    db.raw("SELECT 1", ()).execute().await?;
    Ok(())
}

fn main() {
    let _ = Db::builder("sqlite::memory:").callbacks(|on| {
        on.create().before("orm:create").register("app:check", check);
    });
}
