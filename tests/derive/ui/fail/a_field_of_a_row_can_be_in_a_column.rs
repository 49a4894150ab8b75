use orm::prelude::*;

#[derive(Row)]
struct Total {
    since: std::time::Instant,
}

fn main() {}
