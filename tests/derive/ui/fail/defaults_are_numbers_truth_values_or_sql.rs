use orm::prelude::*;

#[derive(Model)]
struct Task {
    #[orm(key, auto)]
    id: i64,
    #[orm(default = 'x')]
    letter: Option<String>,
    #[orm(default)]
    empty: Option<String>,
    #[orm(default = -true)]
    open: Option<bool>,
}

fn main() {}
