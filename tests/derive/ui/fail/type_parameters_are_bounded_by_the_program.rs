use orm::prelude::*;

#[derive(Model)]
struct Setting<T: Send + Sync + 'static> {
    #[orm(key)]
    name: String,
    value: T,
}

fn main() {}
