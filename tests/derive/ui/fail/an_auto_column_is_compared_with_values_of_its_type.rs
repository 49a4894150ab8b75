//! What may be left to the database is compared as if it could not.

use orm::prelude::*;
use orm::Auto;

#[derive(Model)]
struct Task {
    #[orm(key, auto)]
    id: Auto<i64>,
    #[orm(default = "'open'")]
    state: Auto<String>,
}

fn main() {
    let _ = Task::STATE.eq("open");
    let _ = Task::STATE.eq(7);
    let _ = Task::STATE.is_none();
}
