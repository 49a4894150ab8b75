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
    let names: Vec<(i64, i64)> = db.find::<User>().select((User::ID, User::NAME)).await?;
    Ok(())
}

fn main() {}
