use orm::prelude::*;

#[derive(Model)]
struct Payment {
    #[orm(key)]
    id: i64,
    #[orm(precision = 4, scale = 6)]
    amount: rust_decimal::Decimal,
    #[orm(precision = 40, scale = 2)]
    fee: rust_decimal::Decimal,
    #[orm(precision = 4)]
    tax: rust_decimal::Decimal,
    #[orm(precision = 4, scale = 2)]
    weight: f64,
}

fn main() {}
