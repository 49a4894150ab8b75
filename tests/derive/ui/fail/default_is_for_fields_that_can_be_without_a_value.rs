use orm::prelude::*;

#[derive(Model)]
struct Task {
    #[orm(key, auto)]
    id: i64,
    #[orm(default = 7)]
    priority: i32,
    #[orm(default = "'new'")]
    state: Option<String>,
}

fn main() {}
