//! Lists: arrays where the database has them.

use orm::prelude::*;
use orm::{Engine, Error};
use uuid::Uuid;

use super::{one, there_and_back};
use crate::{Test, cases};

cases![
    lists_of_integers,
    lists_of_numbers,
    lists_of_texts,
    lists_of_other_types,
    lists_with_holes,
    many_records_with_lists_are_created_together,
    the_database_has_arrays_where_there_are_any,
    elements_that_cannot_be_stored_are_refused,
    what_is_no_list_is_an_error_that_names_the_column,
];

one!(Short, Vec<i16>);
one!(Medium, Vec<i32>);
one!(Large, Vec<i64>);
one!(Floats, Vec<f64>);
one!(Singles, Vec<f32>);
one!(Texts, Vec<String>);
one!(Flags, Vec<bool>);
one!(Ids, Vec<Uuid>);
one!(Holes, Vec<Option<i64>>);
one!(Blob, Vec<u8>);

async fn lists_of_integers(t: Test) {
    there_and_back::<Short>(&t, vec![vec![], vec![0], vec![i16::MIN, i16::MAX]]).await;
    there_and_back::<Medium>(&t, vec![vec![], vec![0], vec![i32::MIN, i32::MAX]]).await;
    there_and_back::<Large>(&t, vec![vec![], vec![0], vec![i64::MIN, -1, i64::MAX], (0..10_000).collect()]).await;
}

async fn lists_of_numbers(t: Test) {
    there_and_back::<Floats>(&t, vec![vec![], vec![0.1, -1.0, f64::MAX, f64::MIN_POSITIVE, 1e21, f64::from_bits(1)]]).await;
    there_and_back::<Singles>(&t, vec![vec![], vec![0.1, 1.0, f32::MAX, f32::from_bits(1)]]).await;
}

async fn lists_of_texts(t: Test) {
    let odd = ["", " ", "a \"quoted\" \\ {text}", "NULL", "null", "\u{1}\t\r\n", "é😀", "\\u0041", ",", "'"].map(str::to_owned).to_vec();
    there_and_back::<Texts>(&t, vec![vec![], vec![String::new()], odd]).await;
}

async fn lists_of_other_types(t: Test) {
    there_and_back::<Flags>(&t, vec![vec![], vec![true, false]]).await;
    there_and_back::<Ids>(&t, vec![vec![], vec![Uuid::nil(), Uuid::max(), Uuid::from_u128(0x0123_4567_89ab_cdef)]]).await;
    // These are bytes, and no list.
    there_and_back::<Blob>(&t, vec![vec![], vec![0, 255]]).await;
}

async fn lists_with_holes(t: Test) {
    there_and_back::<Holes>(&t, vec![vec![], vec![None], vec![Some(1), None, Some(-1)]]).await;
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Article {
    #[orm(key, auto)]
    id: i64,
    tags: Vec<String>,
    scores: Option<Vec<f64>>,
}

async fn many_records_with_lists_are_created_together(t: Test) {
    t.create_tables::<Article>().await.unwrap();
    let article = |n: u32| Article {
        id: 0,
        tags: (0..n % 4).map(|it| format!("tag {it}")).collect(),
        scores: (!n.is_multiple_of(3)).then(|| vec![f64::from(n); (n % 5) as usize]),
    };
    // More than one statement has placeholders for.
    let all = t.create_many((0..40_000).map(article)).await.unwrap();
    assert_eq!(t.find::<Article>().order(Article::ID.asc()).await.unwrap(), all);
}

async fn the_database_has_arrays_where_there_are_any(t: Test) {
    t.create_tables::<Article>().await.unwrap();
    t.create(Article { id: 0, tags: vec!["a".into(), "b".into()], scores: None }).await.unwrap();
    let mut plain = t.plain().await;
    let text = match t.engine() {
        Engine::Postgres => plain.one("SELECT tags[2] FROM articles").await,
        _ => plain.one("SELECT json_extract(tags, '$[1]') FROM articles").await,
    };
    assert_eq!(text.trim_matches('"'), "b");
}

async fn elements_that_cannot_be_stored_are_refused(t: Test) {
    t.create_tables::<(Floats, Texts)>().await.unwrap();
    let error = t.create(Floats { id: 0, it: Some(vec![1.0, f64::NAN]) }).await.unwrap_err();
    assert!(matches!(&error, Error::Unstorable { column, .. } if column == "Floats.it"), "{error}");
    let error = t.create(Texts { id: 0, it: Some(vec!["a\0".into()]) }).await.unwrap_err();
    assert!(matches!(&error, Error::Unstorable { column, .. } if column == "Texts.it"), "{error}");
}

/// The same table, whose column is read as a list of something else.
#[derive(Debug, Clone, Model)]
#[orm(table = "texts")]
struct Wrong {
    #[orm(key)]
    id: i64,
    it: Option<Vec<i64>>,
}

async fn what_is_no_list_is_an_error_that_names_the_column(t: Test) {
    t.create_tables::<Texts>().await.unwrap();
    t.create(Texts { id: 0, it: Some(vec!["a".into()]) }).await.unwrap();
    let error = t.find::<Wrong>().await.unwrap_err();
    assert!(matches!(&error, Error::Decode { column, .. } if column == "Wrong.it"), "{error}");
}
