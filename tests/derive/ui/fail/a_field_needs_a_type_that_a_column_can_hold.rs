use orm::prelude::*;

struct Color;

#[derive(Model)]
struct Tag {
    #[orm(key, auto)]
    id: i64,
    color: Color,
    size: Option<u128>,
}

fn main() {}
