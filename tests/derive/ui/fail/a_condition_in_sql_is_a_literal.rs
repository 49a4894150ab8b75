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
    let name = String::from("ann");
    let _: Predicate<User> = sql(format!("name = '{name}'"), ());
    Ok(())
}

fn main() {}
