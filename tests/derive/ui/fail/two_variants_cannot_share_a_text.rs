use orm::prelude::*;

#[derive(Clone, Field)]
enum Role {
    Admin,
    #[orm(rename = "admin")]
    Administrator,
    ReadOnly,
    Read_Only,
}

fn main() {}
