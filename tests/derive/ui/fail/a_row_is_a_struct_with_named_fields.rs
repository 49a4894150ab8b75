use orm::prelude::*;

#[derive(Row)]
struct Pair(i64, String);

#[derive(Row)]
enum Kind {
    One,
}

fn main() {}
