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

#[derive(Debug, Clone, Model)]
struct Post {
    #[orm(key, auto)]
    id: i64,
    title: String,
}

async fn read(db: &Session) -> orm::Result<()> {
    db.find::<User>().select(User::NAME).group_by(Post::TITLE).await?;
    Ok(())
}

fn main() {}
