#![deny(warnings)]

fn main() {
    #[derive(orm::Model)]
    struct User {
        #[orm(key, auto)]
        id: i64,
        name: String,
    }

    assert_eq!(<User as orm::Model>::META.table, "users");
    let _ = User::ID.eq(1);
}
