#![deny(warnings)]
#![allow(non_snake_case)]

use orm::Model;

#[derive(Model)]
#[orm(index(r#type, at, name = "odd_idx"))]
pub struct Odd {
    pub r#type: String,
    pub r#match: bool,
    pub self_: i32,
    pub meta: i32,
    pub at: i32,
    pub row: i32,
    pub to: i32,
    pub value: i32,
    pub field: i32,
    pub name: String,
    pub cells: i32,
    pub hooks: i32,
    pub table: i32,
    #[orm(key)]
    pub id: Vec<u8>,
    pub _1: i16,
    pub __: i16,
    pub camelCase: i16,
}

fn main() {
    let names = [Odd::TYPE.name(), Odd::MATCH.name(), Odd::SELF.name(), Odd::META.name(), Odd::ID.name(), Odd::CAMEL_CASE.name()];
    assert_eq!(names, ["type", "match", "self_", "meta", "id", "camelCase"]);
    assert_eq!(<Odd as Model>::META.fields[0].name, "type");
    assert_eq!(Odd::_1.position() + 1, Odd::__.position());
}
