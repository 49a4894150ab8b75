//! Embedded structs, as GORM tests them.

use orm::prelude::*;
use orm::{Auto, Encoding, Error};

use crate::{Test, cases};

cases![
    structs_are_embedded_with_prefixes,
    a_struct_that_is_an_option_is_none_where_all_is_null,
    a_struct_may_be_one_column_instead,
    the_key_and_its_numbers_stand_in_an_embedded_struct,
];

#[derive(Debug, Clone, Default, PartialEq, Embedded)]
struct BasePost {
    #[orm(key, auto)]
    id: i64,
    title: String,
    url: String,
}

#[derive(Debug, Clone, Default, PartialEq, Embedded)]
struct Author {
    id: String,
    name: String,
    email: String,
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct HnPost {
    #[orm(embedded, key)]
    base: BasePost,
    #[orm(embedded(prefix = "user_"))]
    author: Author,
    upvotes: i32,
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct EngadgetPost {
    #[orm(embedded, key)]
    base: BasePost,
    #[orm(embedded(prefix = "author_"))]
    author: Option<Author>,
    image: String,
}

// gorm: embedded_struct:TestEmbeddedStruct
async fn structs_are_embedded_with_prefixes(t: Test) {
    t.create_tables::<(HnPost, EngadgetPost)>().await.unwrap();
    let columns: Vec<_> = HnPost::META.fields.iter().map(|it| it.column).collect();
    assert_eq!(columns, ["id", "title", "url", "user_id", "user_name", "user_email", "upvotes"]);
    let base = |title: &str| BasePost { title: title.into(), ..BasePost::default() };
    let author = || Author { id: "u1".into(), name: "ann".into(), email: "a@x".into() };
    t.create(HnPost { base: base("bystander"), ..HnPost::default() }).await.unwrap();
    let post = t.create(HnPost { base: base("hn news"), author: author(), upvotes: 3 }).await.unwrap();
    let found = t.find().where_(HnPost::BASE.title.eq("hn news")).first().await.unwrap().unwrap();
    assert_eq!(found, post);
    let post = t.update(post).set(HnPost::AUTHOR.name, "bob").set(HnPost::BASE.url, "http://x").await.unwrap();
    assert_eq!(t.find().where_(HnPost::AUTHOR.name.eq("bob")).await.unwrap(), [post]);

    let engadget = t.create(EngadgetPost { base: base("e"), author: Some(author()), image: "i".into() }).await.unwrap();
    assert_eq!(t.find().where_(EngadgetPost::AUTHOR.email.eq("a@x")).await.unwrap(), [engadget]);
}

// gorm: embedded_struct:TestEmbeddedPointerTypeStruct
async fn a_struct_that_is_an_option_is_none_where_all_is_null(t: Test) {
    t.create_tables::<EngadgetPost>().await.unwrap();
    let base = |title: &str| BasePost { title: title.into(), ..BasePost::default() };
    let none = t.create(EngadgetPost { base: base("none"), ..EngadgetPost::default() }).await.unwrap();
    let some = t.create(EngadgetPost { base: base("some"), author: Some(Author::default()), ..EngadgetPost::default() }).await.unwrap();
    let read = t.find().order(EngadgetPost::BASE.id.asc()).await.unwrap();
    // Empty text is a value: the struct is there.
    assert_eq!(read, [none, some]);
    assert_eq!((read[0].author.is_none(), read[1].author.is_some()), (true, true));
}

/// What is stored as one text, though it is a struct.
#[derive(Debug, Clone, PartialEq)]
struct Content {
    kind: String,
    text: String,
}

#[derive(Debug)]
enum Colon {}

impl Encoding<Content> for Colon {
    type Stored = String;

    fn encode(it: &Content) -> orm::Result<String> {
        Ok(format!("{}:{}", it.kind, it.text))
    }

    fn decode(stored: String) -> orm::Result<Content> {
        let (kind, text) = stored.split_once(':').ok_or_else(|| Error::Invalid("content has a colon".into()))?;
        Ok(Content { kind: kind.into(), text: text.into() })
    }
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "scanned_posts")]
struct Scanned {
    #[orm(embedded, key)]
    base: BasePost,
    #[orm(with = Colon)]
    content: Content,
    #[orm(with = Colon)]
    more: Option<Content>,
}

// gorm: embedded_struct:TestEmbeddedScanValuer
async fn a_struct_may_be_one_column_instead(t: Test) {
    t.create_tables::<Scanned>().await.unwrap();
    let content = |text: &str| Content { kind: "html".into(), text: text.into() };
    let one = t.create(Scanned { base: BasePost::default(), content: content("a"), more: None }).await.unwrap();
    let two = t.create(Scanned { base: BasePost::default(), content: content("b:c"), more: Some(content("d")) }).await.unwrap();
    assert_eq!(t.find().order(Scanned::BASE.id.asc()).await.unwrap(), [one, two.clone()]);
    assert_eq!(t.find().where_(Scanned::CONTENT.eq(content("b:c"))).await.unwrap(), [two]);
    let texts: Vec<String> = t.raw("SELECT content FROM scanned_posts ORDER BY id", ()).fetch().await.unwrap();
    assert_eq!(texts, ["html:a", "html:b:c"]);
}

#[derive(Debug, Clone, Default, PartialEq, Embedded)]
struct Numbered {
    #[orm(key, auto)]
    number: Auto<i64>,
    #[orm(default = 9, check = "{column} > 0")]
    size: Auto<i32>,
    #[orm(unique, size = 20)]
    code: String,
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Tagged {
    name: String,
    #[orm(embedded(prefix = "the_"), key)]
    part: Numbered,
}

// gorm: embedded_struct:TestEmbeddedTagSetting
async fn the_key_and_its_numbers_stand_in_an_embedded_struct(t: Test) {
    t.create_tables::<Tagged>().await.unwrap();
    assert_eq!((Tagged::META.key, Tagged::META.auto), (&[1][..], Some(1)));
    let it = |code: &str| Tagged { name: "a".into(), part: Numbered { code: code.into(), ..Numbered::default() } };
    let one = t.create(it("x")).await.unwrap();
    assert_eq!((one.part.number, one.part.size), (Auto::Set(1), Auto::Set(9)));
    assert_eq!(t.get::<Tagged>(1).await.unwrap(), one);
    assert!(t.create(it("x")).await.unwrap_err().is_unique_violation());
    let wrong = Tagged { part: Numbered { size: Auto::Set(-1), ..it("y").part }, ..it("y") };
    assert!(matches!(t.create(wrong).await.unwrap_err(), Error::CheckViolation { .. }));
    t.create_many([it("y"), Tagged { part: Numbered { size: Auto::Set(2), ..it("z").part }, ..it("z") }]).await.unwrap();
    let sizes = t.find().order(Tagged::PART.code.asc()).select(Tagged::PART.size).await.unwrap();
    assert_eq!(sizes, [Auto::Set(9), Auto::Set(9), Auto::Set(2)]);
}
