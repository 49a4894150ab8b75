use orm::prelude::*;

#[derive(Model)]
struct Nothing;

#[derive(Model)]
struct Skipped {
    #[orm(skip)]
    name: String,
}

fn main() {}
