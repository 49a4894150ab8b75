use orm::prelude::*;

#[derive(Model)]
struct User<'a> {
    #[orm(key, auto)]
    id: i64,
    name: &'a str,
}

fn adults() -> Predicate<User<'static>> {
    User::ID.gt(17)
}

fn main() {
    let _ = adults();
}
