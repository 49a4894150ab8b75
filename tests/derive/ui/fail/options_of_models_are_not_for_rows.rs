use orm::prelude::*;

#[derive(Row)]
struct Total {
    #[orm(key)]
    id: i64,
    #[orm(colum = "n")]
    count: i64,
}

fn main() {}
