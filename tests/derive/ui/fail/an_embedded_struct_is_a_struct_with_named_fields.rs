//! What has no fields with names has no columns to embed.

use orm::prelude::*;

#[derive(Clone, Embedded)]
enum Place {
    Here,
}

#[derive(Clone, Embedded)]
struct Pair(i64, i64);

#[derive(Clone, Embedded)]
struct Tagged<T> {
    tag: T,
}

#[derive(Clone, Embedded)]
#[orm(table = "places")]
struct Spot {
    lat: f64,
}

#[derive(Model)]
struct Visit<T: Field> {
    #[orm(key)]
    id: i64,
    what: T,
    #[orm(embedded)]
    spot: Spot,
}

fn main() {}
