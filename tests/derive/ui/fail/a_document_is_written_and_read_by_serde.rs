//! `json` is for types that serde knows.

use orm::prelude::*;

#[derive(Clone)]
struct Settings {
    dark: bool,
}

#[derive(Model)]
struct User {
    #[orm(key, auto)]
    id: i64,
    #[orm(json)]
    settings: Settings,
}

fn main() {}
