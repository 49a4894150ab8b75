use orm::prelude::*;

#[derive(Model)]
struct Tag {
    #[orm(key, auto)]
    id: i64,
    blobs: Vec<Vec<u8>>,
}

fn main() {}
