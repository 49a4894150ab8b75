use orm::prelude::*;

#[derive(Debug, Clone, Model)]
struct Seat {
    #[orm(key)]
    hall: String,
    #[orm(key)]
    number: u8,
}

async fn read(db: &Session) -> orm::Result<()> {
    db.get::<Seat>("a").await?;
    db.get::<Seat>(("a", "1")).await?;
    Ok(())
}

fn main() {}
