//! Texts compare on every database as they do in Rust.

use orm::prelude::*;

use crate::{Test, cases};

cases![conditions_on_text_agree_with_rust, text_is_sorted_as_in_rust,];

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Text {
    #[orm(key)]
    id: i64,
    text: String,
    other: Option<String>,
}

/// What databases treat in special ways.
const PARTS: [&str; 24] = [
    "a",
    "A",
    "b",
    "á",
    "e\u{301}",
    "é",
    " ",
    "%",
    "_",
    "!",
    "\\",
    "'",
    "\"",
    "?",
    "[",
    "ß",
    "ss",
    "i",
    "İ",
    "日",
    "\u{1F3E5}",
    "\u{FFFD}",
    "0",
    "\t",
];

/// The same texts in each run, of no to four parts.
fn texts(count: usize) -> Vec<String> {
    let mut state = 7_u64;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((state >> 33) % below).unwrap()
    };
    let mut text = || (0..next(5)).map(|_| PARTS[next(PARTS.len() as u64)]).collect::<String>();
    (0..count).map(|_| text()).collect()
}

async fn stored(t: &Test) -> Vec<Text> {
    t.create_tables::<Text>().await.unwrap();
    let all = texts(120);
    let others = all.iter().rev().map(|it| (it.len() > 2).then(|| it.clone()));
    let rows = (0..).zip(all.iter().zip(others)).map(|(id, (text, other))| Text { id, text: text.clone(), other });
    t.create_many(rows).await.unwrap()
}

type Meant = fn(&str, &str) -> bool;

async fn conditions_on_text_agree_with_rust(t: Test) {
    let rows = stored(&t).await;
    let needles = texts(160).split_off(120);
    for needle in needles.iter().map(String::as_str).chain(PARTS) {
        let conditions: [(&str, Predicate<Text>, Meant); 9] = [
            ("eq", Text::TEXT.eq(needle), |it, needle| it == needle),
            ("ne", Text::TEXT.ne(needle), |it, needle| it != needle),
            ("gt", Text::TEXT.gt(needle), |it, needle| it > needle),
            ("le", Text::TEXT.le(needle), |it, needle| it <= needle),
            ("is_in", Text::TEXT.is_in([needle]), |it, needle| it == needle),
            ("contains", Text::TEXT.contains(needle), |it, needle| it.contains(needle)),
            ("starts_with", Text::TEXT.starts_with(needle), |it, needle| it.starts_with(needle)),
            ("ends_with", Text::TEXT.ends_with(needle), |it, needle| it.ends_with(needle)),
            ("not contains", !Text::TEXT.contains(needle), |it, needle| !it.contains(needle)),
        ];
        for (name, condition, meant) in conditions {
            let found = t.find().where_(condition).order(Text::ID.asc()).await.unwrap();
            let expected: Vec<_> = rows.iter().filter(|it| meant(&it.text, needle)).cloned().collect();
            assert_eq!(found, expected, "{name} {needle:?}");
        }
    }
    let found = t.find().where_(Text::OTHER.gt(Text::TEXT)).order(Text::ID.asc()).await.unwrap();
    let expected: Vec<_> = rows.into_iter().filter(|it| it.other.as_ref().is_some_and(|other| *other > it.text)).collect();
    assert_eq!(found, expected);
}

async fn text_is_sorted_as_in_rust(t: Test) {
    let mut rows = stored(&t).await;
    rows.sort_by(|a, b| (&a.text, a.id).cmp(&(&b.text, b.id)));
    assert_eq!(t.find().order(Text::TEXT.asc()).order(Text::ID.asc()).await.unwrap(), rows);
    // `None` is before everything in Rust, too.
    rows.sort_by(|a, b| (&b.other, &a.text, a.id).cmp(&(&a.other, &b.text, b.id)));
    assert_eq!(t.find().order(Text::OTHER.desc()).order(Text::TEXT.asc()).order(Text::ID.asc()).await.unwrap(), rows);
}
