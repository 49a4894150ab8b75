use orm::prelude::*;

#[derive(Clone, Field)]
enum Nothing {}

fn main() {}
