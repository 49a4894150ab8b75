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

async fn remove(db: &Session, user: User) -> orm::Result<()> {
    db.delete(user).await?;
    println!("{}", user.name);
    Ok(())
}

fn main() {}
