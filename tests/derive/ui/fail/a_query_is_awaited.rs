use orm::prelude::*;

#[derive(Debug, Clone, Model)]
struct User {
    #[orm(key, auto)]
    id: i64,
    name: String,
    age: u8,
    email: Option<String>,
}

async fn read(db: &Session) -> orm::Result<()> {
    let users: Vec<User> = db.find();
    let user = db.get::<User>(7)?;
    Ok(())
}

fn main() {}
