use orm::prelude::*;

#[derive(Clone, Field)]
struct Pair(i64, String);

#[derive(Clone, Field)]
struct Point {
    x: f64,
    y: f64,
}

#[derive(Clone, Field)]
struct Unit;

#[derive(Clone, Field)]
#[orm(integer)]
struct Number(i64);

fn main() {}
