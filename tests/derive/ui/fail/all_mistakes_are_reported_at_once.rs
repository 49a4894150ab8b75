use orm::prelude::*;

#[derive(Model)]
#[orm(tabel = "x", index(nothing))]
struct Tag {
    #[orm(primary)]
    id: i64,
    #[orm(column = 3)]
    name: String,
    #[orm(auto)]
    size: i32,
    #[orm(key)]
    parent: Option<i64>,
}

fn use_it(tag: &Tag) -> Predicate<Tag> {
    Tag::ID.eq(tag.id).and(Tag::NAME.like("a%")).and(Tag::SIZE.gt(2)).and(Tag::PARENT.is_none())
}

fn main() {}
