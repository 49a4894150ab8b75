//! `with` names a type that encodes the type of the field.

use orm::prelude::*;
use orm::UnixSeconds;

#[derive(Model)]
struct User {
    #[orm(key, auto)]
    id: i64,
    #[orm(with = UnixSeconds)]
    name: String,
    #[orm(json, with = UnixSeconds)]
    both: chrono::DateTime<chrono::Utc>,
    #[orm(with)]
    none: String,
}

fn main() {}
