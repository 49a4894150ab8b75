use orm::prelude::*;

#[derive(Clone, Field)]
enum Payment {
    Cash,
    Card { number: String },
    Voucher(i64),
}

#[derive(Model)]
struct Order {
    #[orm(key, auto)]
    id: i64,
    payment: Payment,
}

fn main() {}
