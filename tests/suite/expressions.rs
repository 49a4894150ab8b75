//! Every operator of conditions, orders and assignments.

use orm::Error;
use orm::prelude::*;

use crate::{Test, cases};

cases![
    comparisons_compare,
    an_operator_takes_columns_and_expressions,
    a_column_that_may_be_null_goes_with_one_that_may_not,
    eq_none_finds_null_and_ne_none_the_others,
    null_is_neither_equal_nor_unequal_to_a_value,
    is_in_takes_any_list,
    is_in_finds_null_where_none_is_in_the_list,
    is_in_takes_long_lists,
    conditions_may_be_many_but_not_deep,
    between_includes_both_ends,
    like_has_wildcards_and_contains_has_none,
    conditions_mean_the_same_however_they_are_nested,
    orders_are_applied_one_after_the_other,
    arithmetic_is_done_by_the_database,
    what_is_set_is_made_of_what_was_there_before,
    nested_arithmetic_keeps_its_order,
    sql_text_goes_with_typed_conditions,
    question_marks_in_quotes_and_comments_are_text,
    a_doubled_question_mark_is_one_for_the_database,
    the_number_of_arguments_is_checked_before_anything_is_sent,
    conditions_are_values,
];

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Item {
    #[orm(key)]
    id: i64,
    name: String,
    size: i32,
    // A keyword.
    limit: i32,
    score: Option<i32>,
    note: Option<String>,
}

/// Five items; a condition always leaves some of them out.
async fn five(t: &Test) {
    t.create_tables::<Item>().await.unwrap();
    let item = |id, name: &str, size, limit, score: Option<i32>, note: Option<&str>| Item {
        id,
        name: name.into(),
        size,
        limit,
        score,
        note: note.map(str::to_owned),
    };
    let items = [
        item(1, "alpha", 10, 10, Some(10), Some("x")),
        item(2, "beta", 20, 10, None, None),
        item(3, "gamma", 30, 40, Some(5), Some("gamma")),
        item(4, "100%", -5, 0, Some(-5), Some("a_b")),
        item(5, "it's ?", 0, 0, None, Some("")),
    ];
    t.create_many(items).await.unwrap();
}

async fn ids(t: &Test, condition: Predicate<Item>) -> Vec<i64> {
    let found = t.find().where_(condition).order(Item::ID.asc()).await.unwrap();
    found.into_iter().map(|it| it.id).collect()
}

async fn comparisons_compare(t: Test) {
    five(&t).await;
    assert_eq!(ids(&t, Item::SIZE.eq(20)).await, [2]);
    assert_eq!(ids(&t, Item::SIZE.ne(20)).await, [1, 3, 4, 5]);
    assert_eq!(ids(&t, Item::SIZE.gt(10)).await, [2, 3]);
    assert_eq!(ids(&t, Item::SIZE.ge(10)).await, [1, 2, 3]);
    assert_eq!(ids(&t, Item::SIZE.lt(0)).await, [4]);
    assert_eq!(ids(&t, Item::SIZE.le(0)).await, [4, 5]);
    assert_eq!(ids(&t, Item::NAME.eq("alpha")).await, [1]);
    assert_eq!(ids(&t, Item::NAME.eq("alpha".to_owned())).await, [1]);
    assert_eq!(ids(&t, Item::NAME.gt("beta")).await, [3, 5]);
    assert_eq!(ids(&t, Item::NOTE.eq("gamma")).await, [3]);
    assert_eq!(ids(&t, Item::NOTE.eq(Some("gamma".to_owned()))).await, [3]);
    assert_eq!(ids(&t, Item::SCORE.ge(5)).await, [1, 3]);
}

async fn an_operator_takes_columns_and_expressions(t: Test) {
    five(&t).await;
    assert_eq!(ids(&t, Item::SIZE.eq(Item::LIMIT)).await, [1, 5]);
    assert_eq!(ids(&t, Item::SIZE.gt(Item::LIMIT)).await, [2]);
    assert_eq!(ids(&t, Item::SIZE.plus(10).eq(Item::LIMIT)).await, [3]);
    assert_eq!(ids(&t, Item::LIMIT.le(Item::SIZE.minus(10))).await, [2]);
    assert_eq!(ids(&t, Item::SIZE.between(Item::LIMIT, Item::LIMIT.plus(10))).await, [1, 2, 5]);
}

async fn a_column_that_may_be_null_goes_with_one_that_may_not(t: Test) {
    five(&t).await;
    assert_eq!(ids(&t, Item::SCORE.eq(Item::SIZE)).await, [1, 4]);
    assert_eq!(ids(&t, Item::SCORE.lt(Item::SIZE)).await, [3]);
    assert_eq!(ids(&t, Item::SCORE.eq(Item::SIZE.minus(25))).await, [3]);
    assert_eq!(ids(&t, Item::NOTE.eq(Item::NAME)).await, [3]);
    assert_eq!(ids(&t, Item::SCORE.plus(1).eq(6)).await, [3]);
    t.update_all(Item::ID.eq(2)).set(Item::SCORE, Item::SIZE.plus(1)).set(Item::NOTE, Item::NAME).await.unwrap();
    let two = t.get::<Item>(2).await.unwrap();
    assert_eq!((two.score, two.note.as_deref()), (Some(21), Some("beta")));
    assert_eq!(t.get::<Item>(5).await.unwrap().score, None);
}

async fn eq_none_finds_null_and_ne_none_the_others(t: Test) {
    five(&t).await;
    assert_eq!(ids(&t, Item::SCORE.eq(None)).await, [2, 5]);
    assert_eq!(ids(&t, Item::SCORE.ne(None)).await, [1, 3, 4]);
    assert_eq!(ids(&t, Item::NOTE.is_none()).await, [2]);
    assert_eq!(ids(&t, Item::NOTE.is_some()).await, [1, 3, 4, 5]);
    assert_eq!(ids(&t, Item::SCORE.plus(1).eq(None)).await, [2, 5]);
    let wanted: Option<String> = None;
    assert_eq!(ids(&t, Item::NOTE.eq(wanted)).await, [2]);
}

async fn null_is_neither_equal_nor_unequal_to_a_value(t: Test) {
    five(&t).await;
    assert_eq!(ids(&t, Item::SCORE.ne(10)).await, [3, 4]);
    assert_eq!(ids(&t, !Item::SCORE.eq(10)).await, [3, 4]);
    assert_eq!(ids(&t, !Item::SCORE.between(0, 7)).await, [1, 4]);
    assert_eq!(ids(&t, !Item::SCORE.is_in([10, 5])).await, [4]);
    assert_eq!(ids(&t, !Item::NOTE.contains("m")).await, [1, 4, 5]);
    // Unknown or true is true; unknown and false is false, and its opposite true.
    assert_eq!(ids(&t, Item::SCORE.gt(0).or(Item::ID.eq(2))).await, [1, 2, 3]);
    assert_eq!(ids(&t, !Item::SCORE.gt(0).and(Item::ID.ne(2))).await, [2, 4]);
}

async fn is_in_takes_any_list(t: Test) {
    five(&t).await;
    assert_eq!(ids(&t, Item::SIZE.is_in([20, 30, 99])).await, [2, 3]);
    assert_eq!(ids(&t, Item::SIZE.is_in(vec![20])).await, [2]);
    assert_eq!(ids(&t, Item::SIZE.is_in([20, 30].iter())).await, [2, 3]);
    assert_eq!(ids(&t, Item::NAME.is_in(["alpha", "beta"])).await, [1, 2]);
    assert_eq!(ids(&t, Item::NAME.is_in(vec!["it's ?".to_owned()])).await, [5]);
    assert_eq!(ids(&t, Item::NOTE.is_in(["", "x"])).await, [1, 5]);
    assert_eq!(ids(&t, Item::ID.is_in((1..4).filter(|it| it % 2 == 1))).await, [1, 3]);
    let nobody: [i32; 0] = [];
    assert_eq!(ids(&t, Item::SIZE.is_in(nobody)).await, [0_i64; 0]);
    assert_eq!(ids(&t, !Item::SIZE.is_in(nobody)).await, [1, 2, 3, 4, 5]);
    assert_eq!(ids(&t, !Item::SCORE.is_in(nobody)).await, [1, 2, 3, 4, 5]);
    assert_eq!(t.delete_all(Item::SIZE.is_in(nobody)).await.unwrap(), 0);
    assert_eq!(t.update_all(Item::SIZE.is_in(nobody)).set(Item::SIZE, 0).await.unwrap(), 0);
}

async fn is_in_finds_null_where_none_is_in_the_list(t: Test) {
    five(&t).await;
    assert_eq!(ids(&t, Item::SCORE.is_in([Some(10), None])).await, [1, 2, 5]);
    assert_eq!(ids(&t, !Item::SCORE.is_in([Some(10), None])).await, [3, 4]);
    assert_eq!(ids(&t, Item::SCORE.is_in([None::<i32>])).await, [2, 5]);
    assert_eq!(ids(&t, Item::SCORE.is_in([Some(10), None]).and(Item::ID.lt(5))).await, [1, 2]);
}

async fn is_in_takes_long_lists(t: Test) {
    five(&t).await;
    assert_eq!(ids(&t, Item::ID.is_in(2..70_002)).await, [2, 3, 4, 5]);
    assert_eq!(ids(&t, Item::ID.is_in((0..70_000).map(|it: i64| -it))).await, [0_i64; 0]);
    assert_eq!(ids(&t, !Item::ID.is_in(2..70_002)).await, [1]);
    t.create_many([i64::MIN, i64::MAX].map(|id| Item { id, ..Item::default() })).await.unwrap();
    assert_eq!(ids(&t, Item::ID.is_in((10..2_000).chain([i64::MIN, i64::MAX]))).await, [i64::MIN, i64::MAX]);
    t.delete_all(Item::ID.is_in([i64::MIN, i64::MAX])).await.unwrap();
    let names = || (0..2_000).map(|it| format!("name {it}")).chain(["beta".to_owned()]);
    assert_eq!(ids(&t, Item::NAME.is_in(names())).await, [2]);
    assert_eq!(ids(&t, !Item::NOTE.is_in(names().chain(["x".to_owned()]))).await, [3, 4, 5]);
}

async fn between_includes_both_ends(t: Test) {
    five(&t).await;
    assert_eq!(ids(&t, Item::SIZE.between(0, 20)).await, [1, 2, 5]);
    assert_eq!(ids(&t, Item::SIZE.between(20, 0)).await, [0_i64; 0]);
    assert_eq!(ids(&t, !Item::SIZE.between(0, 20)).await, [3, 4]);
    assert_eq!(ids(&t, Item::NAME.between("alpha", "beta").and(Item::SIZE.gt(10))).await, [2]);
}

async fn like_has_wildcards_and_contains_has_none(t: Test) {
    five(&t).await;
    assert_eq!(ids(&t, Item::NAME.like("%a")).await, [1, 2, 3]);
    assert_eq!(ids(&t, Item::NAME.like("_eta")).await, [2]);
    assert_eq!(ids(&t, Item::NAME.like(r"100\%")).await, [4]);
    assert_eq!(ids(&t, Item::NAME.like(r"%\_%")).await, [0_i64; 0]);
    assert_eq!(ids(&t, Item::NAME.like("ALPHA")).await, [0_i64; 0]);
    assert_eq!(ids(&t, Item::NAME.contains("m")).await, [3]);
    assert_eq!(ids(&t, Item::NAME.contains("%")).await, [4]);
    assert_eq!(ids(&t, Item::NAME.contains("'s ?")).await, [5]);
    assert_eq!(ids(&t, Item::NAME.contains("")).await, [1, 2, 3, 4, 5]);
    assert_eq!(ids(&t, Item::NAME.starts_with("al")).await, [1]);
    assert_eq!(ids(&t, Item::NAME.starts_with("_")).await, [0_i64; 0]);
    assert_eq!(ids(&t, Item::NAME.ends_with("%")).await, [4]);
    assert_eq!(ids(&t, Item::NAME.ends_with("ta")).await, [2]);
    assert_eq!(ids(&t, Item::NOTE.contains("_")).await, [4]);
    assert_eq!(ids(&t, Item::NOTE.like("a_b")).await, [4]);
    for odd in [r"a\b", r"\", "a!b", "!%", "[a]", "*", "?", "a''b", "é", r"\\"] {
        t.save(Item { id: 1, name: format!("<{odd}>"), ..Item::default() }).await.unwrap();
        assert_eq!(ids(&t, Item::NAME.contains(odd).and(Item::ID.lt(5))).await, [1], "{odd}");
        assert_eq!(ids(&t, Item::NAME.starts_with(format!("<{odd}"))).await, [1], "{odd}");
        assert_eq!(ids(&t, Item::NAME.ends_with(format!("{odd}>"))).await, [1], "{odd}");
    }
}

/// Each condition with what it means, to compare with.
type Meant = (Predicate<Item>, fn(&Item) -> bool);

async fn conditions_mean_the_same_however_they_are_nested(t: Test) {
    five(&t).await;
    let items = t.find::<Item>().order(Item::ID.asc()).await.unwrap();
    let (a, b, c) = (|| Item::SIZE.gt(5), || Item::LIMIT.eq(10), || Item::NAME.contains("a"));
    let cases: [Meant; 12] = [
        (a().or(b()).and(c()), |it| (is_a(it) || is_b(it)) && is_c(it)),
        (a().or(b().and(c())), |it| is_a(it) || (is_b(it) && is_c(it))),
        (a().and(b()).or(c()), |it| (is_a(it) && is_b(it)) || is_c(it)),
        (a().and(b().or(c())), |it| is_a(it) && (is_b(it) || is_c(it))),
        (!a().and(b()), |it| !(is_a(it) && is_b(it))),
        ((!a()).and(b()), |it| !is_a(it) && is_b(it)),
        (!a().or(b()), |it| !(is_a(it) || is_b(it))),
        (!!a(), |it| is_a(it)),
        (!(!a()).or(!c()), |it| is_a(it) && is_c(it)),
        (a().and(every()), |it| is_a(it)),
        (a().or(every()), |_| true),
        (!every(), |_| false),
    ];
    for (condition, meant) in cases {
        let text = format!("{condition:?}");
        let expected: Vec<i64> = items.iter().filter(|it| meant(it)).map(|it| it.id).collect();
        assert_eq!(ids(&t, condition.clone()).await, expected, "{text}");
        // The same beside another condition.
        let expected: Vec<i64> = items.iter().filter(|it| meant(it) && it.id != 1).map(|it| it.id).collect();
        let beside = t.find().where_(condition).where_(Item::ID.ne(1)).order(Item::ID.asc()).await.unwrap();
        assert_eq!(beside.into_iter().map(|it| it.id).collect::<Vec<_>>(), expected, "{text}");
    }
}

fn is_a(it: &Item) -> bool {
    it.size > 5
}

fn is_b(it: &Item) -> bool {
    it.limit == 10
}

fn is_c(it: &Item) -> bool {
    it.name.contains('a')
}

async fn orders_are_applied_one_after_the_other(t: Test) {
    five(&t).await;
    let ids = async |orders: Vec<orm::Order<Item>>| {
        let sorted = orders.into_iter().fold(t.find::<Item>(), |find, it| find.order(it));
        sorted.await.unwrap().into_iter().map(|it| it.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(vec![Item::SIZE.asc()]).await, [4, 5, 1, 2, 3]);
    assert_eq!(ids(vec![Item::SIZE.desc()]).await, [3, 2, 1, 5, 4]);
    assert_eq!(ids(vec![Item::LIMIT.desc(), Item::SIZE.asc()]).await, [3, 1, 2, 4, 5]);
    assert_eq!(ids(vec![Item::SCORE.asc(), Item::ID.desc()]).await, [5, 2, 4, 3, 1]);
    assert_eq!(ids(vec![sql("size * -1", ()), Item::ID.asc()]).await, [3, 2, 1, 5, 4]);
    assert_eq!(ids(vec![sql("abs(size - ?) DESC", 12), Item::ID.asc()]).await, [3, 4, 5, 2, 1]);
}

async fn arithmetic_is_done_by_the_database(t: Test) {
    five(&t).await;
    let two = t.get::<Item>(2).await.unwrap();
    // Somebody else counts, too.
    t.update_all(Item::ID.eq(2)).set(Item::SIZE, Item::SIZE.plus(1)).await.unwrap();
    let two = t.update(two).set(Item::SIZE, Item::SIZE.plus(1)).await.unwrap();
    assert_eq!(two.size, 22);
    assert_eq!(t.get::<Item>(2).await.unwrap(), two);
    assert_eq!(t.update_all(Item::SCORE.is_none()).set(Item::SCORE, Item::SCORE.plus(1)).await.unwrap(), 2);
    assert_eq!(ids(&t, Item::SCORE.is_none()).await, [2, 5]);
    assert_eq!(t.get::<Item>(1).await.unwrap().size, 10);
}

async fn what_is_set_is_made_of_what_was_there_before(t: Test) {
    five(&t).await;
    let two = t.get::<Item>(2).await.unwrap();
    let two = t.update(two).set(Item::SIZE, Item::SIZE.plus(1)).set(Item::LIMIT, Item::SIZE).await.unwrap();
    assert_eq!((two.size, two.limit), (21, 20));
    t.update_all(Item::ID.eq(3)).set(Item::SIZE, Item::LIMIT).set(Item::LIMIT, Item::SIZE).await.unwrap();
    let three = t.get::<Item>(3).await.unwrap();
    assert_eq!((three.size, three.limit), (40, 30));
    assert_eq!(t.get::<Item>(2).await.unwrap(), two);
}

async fn nested_arithmetic_keeps_its_order(t: Test) {
    five(&t).await;
    assert_eq!(ids(&t, Item::SIZE.minus(Item::LIMIT.minus(5)).eq(5)).await, [1, 5]);
    assert_eq!(ids(&t, Item::SIZE.minus(Item::LIMIT).minus(5).eq(5)).await, [2]);
    let deep = (0..12).fold(Item::SIZE.plus(1), |it, _| it.plus(1));
    assert_eq!(ids(&t, deep.eq(33)).await, [2]);
}

async fn sql_text_goes_with_typed_conditions(t: Test) {
    five(&t).await;
    assert_eq!(ids(&t, sql("size > ? OR size < ?", (20, 0))).await, [3, 4]);
    assert_eq!(ids(&t, sql::<Predicate<Item>>("size = ? OR size = ?", [10, 20]).and(Item::ID.gt(1))).await, [2]);
    assert_eq!(ids(&t, Item::ID.gt(1).and(sql("size = 10 OR size = 20", ()))).await, [2]);
    assert_eq!(ids(&t, !sql::<Predicate<Item>>("size = 10 OR size = 20", ())).await, [3, 4, 5]);
    assert_eq!(ids(&t, sql("name = ?", "it's ?")).await, [5]);
    assert_eq!(ids(&t, sql("score IS NULL AND size = ?", vec![orm::Value::from(0)])).await, [5]);
    assert_eq!(t.update_all(sql::<Predicate<Item>>("size >= ?", 20)).set(Item::SIZE, 1).await.unwrap(), 2);
    assert_eq!(t.delete_all(sql::<Predicate<Item>>("size = ?", 1)).await.unwrap(), 2);
    assert_eq!(ids(&t, every()).await, [1, 4, 5]);
}

async fn question_marks_in_quotes_and_comments_are_text(t: Test) {
    five(&t).await;
    assert_eq!(ids(&t, sql("name = 'it''s ?' AND size = ?", 0)).await, [5]);
    assert_eq!(ids(&t, sql("name LIKE '%?' AND size = ?", 0)).await, [5]);
    assert_eq!(ids(&t, sql("/* why? */ size = ? -- really?\n AND id < ?", (10, 2))).await, [1]);
    assert_eq!(ids(&t, sql::<Predicate<Item>>("size > ? -- what is left?", 10).and(Item::ID.ne(3))).await, [2]);
}

async fn a_doubled_question_mark_is_one_for_the_database(t: Test) {
    five(&t).await;
    if t.engine() == orm::Engine::Postgres {
        assert_eq!(ids(&t, sql(r#"'{"beta": 1}'::jsonb ?? name AND size = ?"#, 20)).await, [2]);
        return;
    }
    // Elsewhere it can only be a placeholder, and one that nothing is given for.
    t.find::<Item>().where_(sql("size = ??", ())).await.unwrap_err();
    assert_eq!(ids(&t, Item::SIZE.eq(20)).await, [2]);
}

async fn the_number_of_arguments_is_checked_before_anything_is_sent(t: Test) {
    // There is no table yet, which only the database could know.
    let few = t.find::<Item>().where_(sql("size = ? AND name = ?", 1)).await.unwrap_err();
    assert!(matches!(&few, Error::BindCount { placeholders: 2, arguments: 1, .. }), "{few:?}");
    let many = t.delete_all(sql::<Predicate<Item>>("size = 1", "s3cret")).await.unwrap_err();
    assert!(matches!(&many, Error::BindCount { placeholders: 0, arguments: 1, .. }), "{many:?}");
    assert!(!format!("{many} {many:?}").contains("s3cret"));
}

fn of_size(least: Option<i32>, most: Option<i32>) -> Predicate<Item> {
    let least = least.map_or(every(), |it| Item::SIZE.ge(it));
    let most = most.map_or(every(), |it| Item::SIZE.le(it));
    least.and(most)
}

async fn conditions_are_values(t: Test) {
    five(&t).await;
    assert_eq!(ids(&t, of_size(None, None)).await, [1, 2, 3, 4, 5]);
    assert_eq!(ids(&t, of_size(Some(0), None)).await, [1, 2, 3, 5]);
    assert_eq!(ids(&t, of_size(Some(0), Some(10))).await, [1, 5]);
    let any = ["alpha", "beta"].iter().map(|it| Item::NAME.eq(*it)).reduce(Predicate::or).unwrap();
    assert_eq!(ids(&t, any.clone()).await, [1, 2]);
    assert_eq!(ids(&t, !any.clone()).await, [3, 4, 5]);
    assert_eq!(ids(&t, any.and(of_size(Some(15), None))).await, [2]);
    let all = (1..=4).map(|it| Item::ID.ne(it)).fold(every(), Predicate::and);
    assert_eq!(ids(&t, all).await, [5]);
}

/// Put together by a loop, also with the new one in front; the walk over nested
/// ones filled the stack, and SQLite refuses what is joined a thousand times.
async fn conditions_may_be_many_but_not_deep(t: Test) {
    five(&t).await;
    let one = || Item::ID.eq(1);
    let (mut front, mut behind, mut both) = (one(), one(), one());
    for _ in 0..3_000 {
        front = Item::ID.eq(9_999).or(front);
        behind = behind.or(Item::ID.eq(9_999));
        both = Item::ID.lt(9_999).and(both);
    }
    for condition in [front, behind, both] {
        assert_eq!(ids(&t, condition).await, [1]);
    }
    let mut deep = one();
    for _ in 0..300 {
        deep = !deep.or(one()).and(one());
    }
    let error = t.find().where_(deep).await.unwrap_err();
    assert!(matches!(&error, orm::Error::Invalid(text) if text.contains("deep")), "{error:?}");
}
