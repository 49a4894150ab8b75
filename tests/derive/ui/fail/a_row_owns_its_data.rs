use orm::prelude::*;

#[derive(Row)]
struct Name<'a> {
    name: &'a str,
}

fn main() {}
