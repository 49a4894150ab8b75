#![deny(warnings)]

#[derive(orm::Model)]
pub struct User {
    #[cfg(any())]
    pub never: std::net::TcpStream,
    #[orm(key, auto)]
    pub id: i64,
    #[cfg_attr(all(), orm(column = "full_name"))]
    pub name: String,
}

fn main() {
    assert_eq!((User::ID.position(), User::NAME.name()), (0, "full_name"));
}
