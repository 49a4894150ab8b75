use orm::prelude::*;

struct User {
    id: i64,
}

fn delete_all<M: Model>(_: Predicate<M>) {}

fn main() {
    let _ = User { id: 1 }.id;
    delete_all(every::<User>());
}
