//! Also within structs, it is reported where it is written.

use orm::prelude::*;

#[derive(Clone)]
struct Point {
    lat: f64,
}

#[derive(Clone, Embedded)]
struct Address {
    #[orm(embedded)]
    point: Point,
}

fn main() {}
