use orm::prelude::*;

#[derive(Field)]
struct Email(String);

fn main() {}
