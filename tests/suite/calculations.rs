//! Calculations, functions, cases and conversions.

use orm::Error;
use orm::prelude::*;
use rust_decimal::Decimal;

use crate::{Test, cases};

cases![
    integers_are_divided_towards_zero,
    integers_are_counted_in_64_bits,
    an_overflow_is_an_error,
    a_division_by_zero_is_an_error,
    fractions_are_calculated_with,
    decimals_are_exact,
    letters_a_to_z_may_be_compared_without_case,
    other_letters_keep_their_case,
    text_has_functions,
    null_has_a_stand_in,
    a_case_is_the_value_of_its_first_condition,
    a_cast_means_the_same_everywhere,
    a_computed_text_is_sorted_by_code_points,
    nulls_come_where_they_are_wanted,
    lists_and_ranges_have_an_opposite,
    conditions_may_be_optional,
    conditions_can_be_collected,
    a_boolean_column_is_a_condition,
    columns_are_found_by_name_through_the_metadata,
    a_looked_up_column_does_what_its_type_can_do,
];

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Part {
    #[orm(key)]
    id: i64,
    name: String,
    small: i16,
    tiny: u8,
    count: u32,
    large: i64,
    weight: f64,
    #[orm(precision = 10, scale = 2)]
    price: Decimal,
    tax: Decimal,
    note: Option<String>,
    rank: Option<i32>,
    active: bool,
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

async fn three(t: &Test) {
    t.create_tables::<Part>().await.unwrap();
    let part = |id, name: &str, small, price: &str| Part {
        id,
        name: name.into(),
        small,
        tiny: 200,
        count: 3,
        large: 10,
        weight: 1.5,
        price: decimal(price),
        tax: decimal("0.19"),
        ..Part::default()
    };
    let one = Part { note: Some("first".into()), rank: Some(7), active: true, ..part(1, "Bolt", 7, "10.50") };
    t.create_many([one, part(2, "nut", -7, "0.10"), Part { rank: Some(-1), ..part(3, "Ähre", 0, "-2.25") }]).await.unwrap();
}

async fn ids(t: &Test, condition: Predicate<Part>) -> Vec<i64> {
    let found = t.find().where_(condition).select(Part::ID).order(Part::ID.asc());
    found.await.unwrap()
}

async fn integers_are_divided_towards_zero(t: Test) {
    three(&t).await;
    let read = t.find::<Part>().select((Part::SMALL.divided_by(2), Part::SMALL.modulo(3), Part::SMALL.neg())).order(Part::ID.asc());
    assert_eq!(read.await.unwrap(), [(3, 1, -7), (-3, -1, 7), (0, 0, 0)]);
    assert_eq!(ids(&t, Part::SMALL.divided_by(-2).eq(3)).await, [2]);
    assert_eq!(ids(&t, Part::LARGE.divided_by(Part::LARGE).eq(1)).await, [1, 2, 3]);
    assert_eq!(ids(&t, Part::SMALL.plus(1).times(2).minus(2).divided_by(2).eq(Part::SMALL)).await, [1, 2, 3]);
    assert_eq!(ids(&t, Part::RANK.modulo(4).eq(3)).await, [1]);
    t.update_all(Part::ID.eq(1)).set(Part::SMALL, Part::SMALL.times(3).divided_by(2)).await.unwrap();
    assert_eq!(t.get::<Part>(1).await.unwrap().small, 10);
    assert_eq!(t.get::<Part>(2).await.unwrap().small, -7);
}

async fn integers_are_counted_in_64_bits(t: Test) {
    three(&t).await;
    // Neither in the bits of the column nor without a sign.
    assert_eq!(ids(&t, Part::TINY.times(Part::TINY).divided_by(200).eq(200)).await, [1, 2, 3]);
    assert_eq!(ids(&t, Part::COUNT.minus(5).lt(0)).await, [1, 2, 3]);
    assert_eq!(ids(&t, Part::COUNT.neg().lt(0)).await, [1, 2, 3]);
    assert_eq!(ids(&t, Part::COUNT.neg().times(Part::COUNT).lt(0)).await, [1, 2, 3]);
    assert_eq!(ids(&t, Part::COUNT.cast::<i64>().divided_by(-2).eq(-1)).await, [1, 2, 3]);
    assert_eq!(ids(&t, Part::SMALL.times(20_000).times(20_000).eq(0)).await, [3]);
}

async fn an_overflow_is_an_error(t: Test) {
    three(&t).await;
    t.update_all(Part::ID.eq(1)).set(Part::LARGE, i64::MAX).await.unwrap();
    t.update_all(Part::ID.eq(2)).set(Part::LARGE, i64::MIN).await.unwrap();
    let failing = [
        Part::LARGE.plus(1).gt(0).and(Part::ID.eq(1)),
        Part::LARGE.times(2).gt(0).and(Part::ID.eq(1)),
        Part::LARGE.neg().gt(0).and(Part::ID.eq(2)),
        Part::LARGE.minus(1).gt(0).and(Part::ID.eq(2)),
        Part::RANK.coalesce(0).cast::<i64>().minus(Part::LARGE).gt(0).and(Part::ID.eq(2)),
        Part::LARGE.divided_by(-1).gt(0).and(Part::ID.eq(2)),
        Part::LARGE.times(2).divided_by(2).gt(0).and(Part::ID.eq(1)),
        Part::WEIGHT.times(1e300).times(1e300).gt(0.0),
    ];
    for condition in failing {
        let text = format!("{condition:?}");
        assert!(t.find().where_(condition).await.is_err(), "{text}");
    }
    assert!(t.update_all(Part::ID.eq(1)).set(Part::SMALL, Part::SMALL.times(10_000)).await.is_err());
    assert!(t.update_all(Part::ID.eq(1)).set(Part::TINY, Part::TINY.minus(201)).await.is_err());
    assert_eq!((t.get::<Part>(1).await.unwrap().small, t.get::<Part>(1).await.unwrap().tiny), (7, 200));
}

async fn a_division_by_zero_is_an_error(t: Test) {
    three(&t).await;
    let failing = [
        Part::LARGE.divided_by(0).gt(0),
        Part::LARGE.modulo(0).gt(0),
        Part::SMALL.divided_by(Part::SMALL).eq(1),
        Part::LARGE.modulo(Part::LARGE.minus(10)).eq(1),
        Part::WEIGHT.divided_by(0.0).gt(0.0),
        Part::WEIGHT.divided_by(Part::WEIGHT.minus(1.5)).gt(0.0),
    ];
    for condition in failing {
        let text = format!("{condition:?}");
        assert!(t.find().where_(condition).await.is_err(), "{text}");
    }
    assert!(t.update_all(every()).set(Part::SMALL, Part::SMALL.divided_by(Part::SMALL)).await.is_err());
    assert_eq!(ids(&t, Part::SMALL.ne(0).and(Part::LARGE.divided_by(10).eq(1))).await, [1, 2]);
    // NULL divides to NULL, as everywhere.
    assert_eq!(ids(&t, Part::RANK.divided_by(Part::RANK).eq(1)).await, [1, 3]);
}

async fn fractions_are_calculated_with(t: Test) {
    three(&t).await;
    assert_eq!(ids(&t, Part::WEIGHT.divided_by(2.0).eq(0.75)).await, [1, 2, 3]);
    assert_eq!(ids(&t, Part::WEIGHT.times(2.0).minus(Part::WEIGHT).eq(1.5)).await, [1, 2, 3]);
    let halves: Vec<f64> = t.find().where_(Part::ID.eq(1)).select(Part::WEIGHT.neg().divided_by(Part::WEIGHT)).await.unwrap();
    assert_eq!(halves, [-1.0]);
}

async fn decimals_are_exact(t: Test) {
    three(&t).await;
    let read =
        t.find::<Part>().select((Part::PRICE.times(Part::TAX), Part::PRICE.plus(Part::TAX), Part::PRICE.neg())).order(Part::ID.asc());
    let expected = [("1.995", "10.69", "-10.50"), ("0.019", "0.29", "-0.10"), ("-0.4275", "-2.06", "2.25")];
    assert_eq!(read.await.unwrap(), expected.map(|(a, b, c)| (decimal(a), decimal(b), decimal(c))));
    assert_eq!(ids(&t, Part::PRICE.times(decimal("0.5")).eq(decimal("5.25"))).await, [1]);
    assert_eq!(ids(&t, Part::PRICE.times(Part::TAX).lt(decimal("0.02"))).await, [2, 3]);
    assert_eq!(ids(&t, Part::PRICE.times(decimal("2")).is_in([decimal("21"), decimal("0.2")])).await, [1, 2]);
    assert_eq!(ids(&t, Part::PRICE.times(decimal("2")).between(decimal("-5"), decimal("1"))).await, [2, 3]);
    // Of whole numbers, the product has no more digits than the column.
    t.update_all(Part::ID.eq(1)).set(Part::PRICE, Part::PRICE.times(decimal("3"))).await.unwrap();
    assert_eq!(t.get::<Part>(1).await.unwrap().price, decimal("31.50"));
    let rounded = t.update_all(Part::ID.eq(1)).set(Part::PRICE, Part::PRICE.times(Part::TAX)).await.unwrap_err();
    assert!(matches!(rounded, Error::Invalid(_)), "{rounded:?}");
    let price = case_when(Part::ACTIVE.is_true(), Part::PRICE).otherwise(decimal("1.5"));
    assert_eq!(t.find().select(price.clone()).order(Part::ID.asc()).await.unwrap(), ["31.50", "1.5", "1.5"].map(decimal));
    assert_eq!(t.find().select(price.plus(Part::TAX)).order(Part::ID.asc()).await.unwrap(), ["31.69", "1.69", "1.69"].map(decimal));
}

async fn letters_a_to_z_may_be_compared_without_case(t: Test) {
    three(&t).await;
    assert_eq!(ids(&t, Part::NAME.ieq("BOLT")).await, [1]);
    assert_eq!(ids(&t, Part::NAME.ine("NUT")).await, [1, 3]);
    assert_eq!(ids(&t, Part::NOTE.ieq("FIRST")).await, [1]);
    assert_eq!(ids(&t, Part::NOTE.ieq(None)).await, [2, 3]);
    assert_eq!(ids(&t, Part::NOTE.ine(None)).await, [1]);
    assert_eq!(ids(&t, Part::NAME.ieq(Part::NAME.upper())).await, [1, 2, 3]);
    assert_eq!(ids(&t, Part::NAME.icontains("OL")).await, [1]);
    assert_eq!(ids(&t, Part::NAME.istarts_with("B")).await, [1]);
    assert_eq!(ids(&t, Part::NAME.istarts_with("N")).await, [2]);
    assert_eq!(ids(&t, Part::NAME.iends_with("HRE")).await, [3]);
    assert_eq!(ids(&t, Part::NAME.icontains("%")).await, [0_i64; 0]);
    assert_eq!(ids(&t, Part::NAME.ieq("bolt ")).await, [0_i64; 0]);
}

async fn other_letters_keep_their_case(t: Test) {
    three(&t).await;
    assert_eq!(ids(&t, Part::NAME.ieq("ÄHRE")).await, [3]);
    assert_eq!(ids(&t, Part::NAME.ieq("ähre")).await, [0_i64; 0]);
    let text = "AZaz ÀÖŒŽ İIı ẞß ΣΑΣ Привет ǅ 日本 \u{1F600}";
    t.update_all(Part::ID.eq(1)).set(Part::NAME, text).await.unwrap();
    let (lower, upper) = t.find().where_(Part::ID.eq(1)).select((Part::NAME.lower(), Part::NAME.upper())).first().await.unwrap().unwrap();
    assert_eq!((lower, upper), (text.to_ascii_lowercase(), text.to_ascii_uppercase()));
}

async fn text_has_functions(t: Test) {
    three(&t).await;
    t.update_all(Part::ID.eq(2)).set(Part::NAME, "  a b\t ").await.unwrap();
    let read = t.find::<Part>().select((Part::NAME.trim(), Part::NAME.length(), Part::NOTE.length())).order(Part::ID.asc());
    let expected = [("Bolt", 4, Some(5)), ("a b\t", 7, None), ("Ähre", 4, None)];
    assert_eq!(read.await.unwrap(), expected.map(|(a, b, c)| (a.to_owned(), b, c)));
    assert_eq!(ids(&t, Part::NAME.concat("-").concat(Part::NAME).eq("Bolt-Bolt")).await, [1]);
    assert_eq!(ids(&t, Part::NOTE.concat("!").eq("first!")).await, [1]);
    assert_eq!(ids(&t, Part::NOTE.concat("!").is_none()).await, [2, 3]);
    assert_eq!(ids(&t, Part::NAME.length().plus(1).eq(5)).await, [1, 3]);
    t.update_all(Part::ID.eq(1)).set(Part::NAME, Part::NAME.lower().concat("s")).await.unwrap();
    assert_eq!(t.get::<Part>(1).await.unwrap().name, "bolts");
}

async fn null_has_a_stand_in(t: Test) {
    three(&t).await;
    let read = t.find::<Part>().select((Part::NOTE.coalesce(Part::NAME), Part::RANK.coalesce(0))).order(Part::ID.asc());
    assert_eq!(read.await.unwrap(), [("first".into(), 7), ("nut".into(), 0), ("Ähre".into(), -1)]);
    assert_eq!(ids(&t, Part::RANK.coalesce(0).plus(1).le(1)).await, [2, 3]);
    assert_eq!(ids(&t, Part::NOTE.coalesce("none").eq("none")).await, [2, 3]);
}

async fn a_case_is_the_value_of_its_first_condition(t: Test) {
    three(&t).await;
    let sign = || case_when(Part::SMALL.gt(0), "plus").when(Part::SMALL.lt(0), "minus").otherwise("zero");
    assert_eq!(t.find().select(sign()).order(Part::ID.asc()).await.unwrap(), ["plus", "minus", "zero"]);
    assert_eq!(ids(&t, sign().eq("zero")).await, [3]);
    assert_eq!(t.find::<Part>().order(sign().asc()).select(Part::ID).await.unwrap(), [2, 1, 3]);
    let size = case_when(Part::SMALL.gt(0), Part::LARGE).otherwise_none();
    assert_eq!(t.find().select(size).order(Part::ID.asc()).await.unwrap(), [Some(10), None, None]);
    let doubled = case_when(Part::ACTIVE.is_true(), Part::SMALL.times(2)).otherwise(Part::SMALL);
    t.update_all(every()).set(Part::SMALL, doubled).await.unwrap();
    assert_eq!(t.find::<Part>().select(Part::SMALL).order(Part::ID.asc()).await.unwrap(), [14, -7, 0]);
}

async fn a_cast_means_the_same_everywhere(t: Test) {
    three(&t).await;
    let read = t.find().where_(Part::ID.eq(2)).select((
        Part::SMALL.cast::<String>(),
        Part::TINY.cast::<i64>().minus(300),
        Part::SMALL.cast::<f64>().divided_by(2.0),
        Part::PRICE.cast::<f64>(),
        Part::ACTIVE.cast::<i64>(),
        Part::RANK.cast::<Option<i64>>(),
    ));
    assert_eq!(read.first().await.unwrap().unwrap(), ("-7".to_owned(), -100, -3.5, 0.1, 0, None));
    assert_eq!(ids(&t, Part::SMALL.cast::<String>().concat("!").eq("7!")).await, [1]);
    assert_eq!(ids(&t, Part::SMALL.cast::<String>().contains("7")).await, [1, 2]);
}

async fn a_computed_text_is_sorted_by_code_points(t: Test) {
    three(&t).await;
    t.create_many([Part { id: 4, name: "Zoll".into(), ..Part::default() }, Part { id: 5, name: "achse".into(), ..Part::default() }])
        .await
        .unwrap();
    let by = async |order: orm::Order<Part>| t.find::<Part>().order(order).select(Part::ID).await.unwrap();
    assert_eq!(by(Part::NAME.asc()).await, [1, 4, 5, 2, 3]);
    assert_eq!(by(Part::NAME.trim().asc()).await, [1, 4, 5, 2, 3]);
    assert_eq!(by(Part::NAME.concat("").asc()).await, [1, 4, 5, 2, 3]);
    assert_eq!(by(Part::NAME.lower().asc()).await, [5, 1, 2, 4, 3]);
    assert_eq!(by(case_when(Part::ID.gt(0), Part::NAME).otherwise("").desc()).await, [3, 2, 5, 4, 1]);
    assert_eq!(by(Part::NOTE.coalesce(Part::NAME).asc()).await, [4, 5, 1, 2, 3]);
}

async fn nulls_come_where_they_are_wanted(t: Test) {
    three(&t).await;
    let by = async |order: orm::Order<Part>| t.find().order(order).order(Part::ID.asc()).select(Part::ID).await.unwrap();
    assert_eq!(by(Part::RANK.asc()).await, [2, 3, 1]);
    assert_eq!(by(Part::RANK.asc().nulls_first()).await, [2, 3, 1]);
    assert_eq!(by(Part::RANK.asc().nulls_last()).await, [3, 1, 2]);
    assert_eq!(by(Part::RANK.desc()).await, [1, 3, 2]);
    assert_eq!(by(Part::RANK.desc().nulls_last()).await, [1, 3, 2]);
    assert_eq!(by(Part::RANK.desc().nulls_first()).await, [2, 1, 3]);
    assert_eq!(by(Part::RANK.plus(1).desc().nulls_first()).await, [2, 1, 3]);
    assert_eq!(by(Part::RANK.plus(1).asc()).await, [2, 3, 1]);
}

async fn lists_and_ranges_have_an_opposite(t: Test) {
    three(&t).await;
    assert_eq!(ids(&t, Part::SMALL.not_in([7, 0])).await, [2]);
    assert_eq!(ids(&t, Part::RANK.not_in([Some(7)])).await, [3]);
    assert_eq!(ids(&t, Part::RANK.not_in([Some(7), None])).await, [3]);
    assert_eq!(ids(&t, Part::RANK.not_in([None::<i32>])).await, [1, 3]);
    assert_eq!(ids(&t, Part::RANK.not_in(Vec::<i32>::new())).await, [1, 2, 3]);
    assert_eq!(ids(&t, Part::SMALL.not_between(-1, 8)).await, [2]);
    assert_eq!(ids(&t, Part::SMALL.plus(1).is_in([8, -6])).await, [1, 2]);
    assert_eq!(ids(&t, Part::NAME.lower().not_in(["bolt", "nut"])).await, [3]);
}

async fn conditions_may_be_optional(t: Test) {
    three(&t).await;
    let search = async |name: Option<&str>, most: Option<i16>| {
        let found = t.find().where_opt(name.map(|it| Part::NAME.eq(it))).where_opt(most.map(|it| Part::SMALL.le(it)));
        found.select(Part::ID).order(Part::ID.asc()).await.unwrap()
    };
    assert_eq!(search(None, None).await, [1, 2, 3]);
    assert_eq!(search(Some("nut"), None).await, [2]);
    assert_eq!(search(None, Some(0)).await, [2, 3]);
    assert_eq!(search(Some("Bolt"), Some(0)).await, [0_i64; 0]);
}

async fn conditions_can_be_collected(t: Test) {
    three(&t).await;
    assert_eq!(ids(&t, any_of(["Bolt", "nut"].map(|it| Part::NAME.eq(it)))).await, [1, 2]);
    assert_eq!(ids(&t, all_of((1..3).map(|it| Part::ID.ne(it)))).await, [3]);
    assert_eq!(ids(&t, any_of([])).await, [0_i64; 0]);
    assert_eq!(ids(&t, all_of([])).await, [1, 2, 3]);
    assert_eq!(ids(&t, any_of([]).or(Part::ID.eq(1))).await, [1]);
    assert_eq!(ids(&t, all_of([Part::ID.gt(1), any_of([Part::SMALL.eq(7), Part::SMALL.eq(0)])])).await, [3]);
    assert_eq!(ids(&t, !any_of([Part::ID.eq(1), Part::ID.eq(2)])).await, [3]);
}

async fn a_boolean_column_is_a_condition(t: Test) {
    three(&t).await;
    assert_eq!(ids(&t, Part::ACTIVE.into()).await, [1]);
    assert_eq!(ids(&t, Part::ACTIVE.is_false()).await, [2, 3]);
    assert_eq!(ids(&t, Part::ACTIVE.is_true().or(Part::ID.eq(3))).await, [1, 3]);
}

async fn columns_are_found_by_name_through_the_metadata(t: Test) {
    three(&t).await;
    let small = column_by_name::<Part>("small").unwrap();
    assert_eq!(ids(&t, small.gt(0).unwrap()).await, [1]);
    assert_eq!(ids(&t, small.is_in([7, -7]).unwrap()).await, [1, 2]);
    assert_eq!(ids(&t, column_by_name("note").unwrap().eq(orm::Value::Null).unwrap()).await, [2, 3]);
    assert_eq!(ids(&t, column_by_name("id").unwrap().not_in([1, 3]).unwrap()).await, [2]);
    assert_eq!(t.find().order(small.desc()).select(Part::ID).await.unwrap(), [1, 3, 2]);
    let unknown = column_by_name::<Part>("small; DROP TABLE parts").unwrap_err();
    assert!(matches!(&unknown, Error::UnknownColumn { model: "Part", .. }), "{unknown:?}");
    let kind = small.eq("x").unwrap_err();
    assert!(matches!(&kind, Error::Unstorable { column, .. } if column == "Part.small"), "{kind:?}");
}

async fn a_looked_up_column_does_what_its_type_can_do(t: Test) {
    three(&t).await;
    let column = |name| column_by_name::<Part>(name).unwrap();
    let (name, note) = (column("name"), column("note"));
    for (condition, expected) in [
        (note.is_none(), vec![2, 3]),
        (note.is_some(), vec![1]),
        (column("rank").is_none(), vec![2]),
        (name.like("B_l%"), vec![1]),
        (name.contains("u"), vec![2]),
        (name.contains("%"), vec![]),
        (name.starts_with("Ä"), vec![3]),
        (name.ends_with("t"), vec![1, 2]),
        (name.ieq("bOLT"), vec![1]),
        (name.ine("bOLT"), vec![2, 3]),
        (name.icontains("HR"), vec![3]),
        (name.istarts_with("NU"), vec![2]),
        (name.iends_with("T"), vec![1, 2]),
        (note.contains("irs"), vec![1]),
    ] {
        let condition = condition.unwrap();
        let shown = format!("{condition:?}");
        assert_eq!(ids(&t, condition).await, expected, "{shown}");
    }
    let small = column("small");
    for (refused, method) in [
        (small.is_none(), "is_none"),
        (name.is_some(), "is_some"),
        (small.like("1%"), "like"),
        (small.contains("1"), "contains"),
        (column("rank").starts_with("1"), "starts_with"),
        (column("price").ends_with("1"), "ends_with"),
        (column("active").ieq("true"), "ieq"),
        (column("weight").ine("1"), "ine"),
        (small.icontains("1"), "icontains"),
        (small.istarts_with("1"), "istarts_with"),
        (small.iends_with("1"), "iends_with"),
    ] {
        let error = refused.unwrap_err();
        let names = |it: &str| it.contains("Part.") && it.contains(&format!("`{method}`"));
        assert!(matches!(&error, Error::Invalid(it) if names(it)), "{error:?}");
    }
}
