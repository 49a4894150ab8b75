use orm::prelude::*;

#[derive(Clone, Field)]
#[orm(intger)]
enum Role {
    #[orm(integer)]
    Admin,
    #[orm(renam = "x")]
    Guest,
    #[orm(rename = "")]
    Other,
}

#[derive(Clone, Field)]
#[orm(integer)]
enum Level {
    #[orm(rename = "low")]
    Low,
}

fn main() {}
