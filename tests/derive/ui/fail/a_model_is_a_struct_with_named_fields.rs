use orm::prelude::*;

#[derive(Model)]
enum Role {
    Admin,
    Reader { since: i64 },
}

#[derive(Model)]
struct Pair(i64, String);

#[derive(Model)]
#[orm(hooks)]
union Bits {
    int: i64,
    float: f64,
}

fn needs_a_model<M: Model>() {}

fn main() {
    needs_a_model::<Role>();
    needs_a_model::<Pair>();
    needs_a_model::<Bits>();
}
