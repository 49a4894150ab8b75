#![deny(warnings)]
#![allow(dead_code)]

pub struct Result;
pub struct Option;
pub struct Ok;
pub struct Some;
pub struct None;
pub struct Vec;
pub struct Send;
pub struct Sync;
pub struct Any;
pub struct Default;
pub mod core {}
pub mod std {}

#[derive(orm::Model)]
pub struct Box {
    #[orm(key, auto)]
    pub id: i64,
    #[orm(created_at)]
    pub made: ::std::option::Option<i64>,
    #[orm(skip)]
    pub open: bool,
}

fn main() {
    assert_eq!(Box::MADE.name(), "made");
}
