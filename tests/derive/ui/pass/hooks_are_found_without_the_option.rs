#![deny(warnings)]

use orm::{Field, Hooks, Model};

#[derive(Model)]
#[orm(hooks)]
struct Said {
    #[orm(key, auto)]
    id: i64,
}

impl Hooks for Said {}

#[derive(Model)]
struct Unsaid {
    #[orm(key, auto)]
    id: i64,
}

impl Hooks for Unsaid {}

#[derive(Model)]
struct Without {
    #[orm(key, auto)]
    id: i64,
}

#[derive(Model)]
#[orm(hooks)]
struct Setting<T: Field> {
    #[orm(key)]
    name: String,
    value: T,
}

impl<T: Field> Hooks for Setting<T> {}

fn main() {
    assert!(<Said as Model>::hooks().is_some());
    assert!(<Unsaid as Model>::hooks().is_some());
    assert!(<Without as Model>::hooks().is_none());
    assert!(<Setting<i64> as Model>::hooks().is_some());
}
