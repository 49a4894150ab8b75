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
    let script = std::fs::read_to_string("tables.sql").unwrap();
    db.execute_script(&script).await?;
    Ok(())
}

fn main() {}
