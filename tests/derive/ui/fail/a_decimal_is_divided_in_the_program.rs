use orm::prelude::*;

#[derive(Model)]
struct Payment {
    #[orm(key, auto)]
    id: i64,
    amount: rust_decimal::Decimal,
}

fn main() {
    let _ = Payment::AMOUNT.divided_by(rust_decimal::Decimal::TWO);
}
