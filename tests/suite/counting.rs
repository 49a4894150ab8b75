//! Calculations and lists whose parts are unusual: fractions of 32 bits,
//! numbers that are negative on the way, and nests.

use orm::prelude::*;
use orm::{Computed, Engine, Error, PoolOptions, Value, exists, list, subquery};

use crate::{Test, cases};

cases![
    a_sum_of_short_fractions_is_counted_in_64_bits,
    a_sum_may_be_negative_on_the_way,
    a_calculation_with_the_largest_integers_may_be_negative_on_the_way,
    the_largest_integers_are_calculated_with_where_nothing_is_subtracted,
    a_calculation_that_is_nested_too_deep_is_an_error,
    everything_that_is_nested_too_deep_is_an_error,
    what_is_nested_too_deep_can_be_dropped_cloned_and_printed,
    a_calculation_whose_text_would_not_end_is_an_error,
    a_looked_up_column_is_in_no_list_of_numbers_that_it_cannot_hold,
    a_long_list_of_numbers_stays_out_of_the_text,
    a_long_text_is_not_kept_prepared,
];

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Gauge {
    #[orm(key)]
    id: i32,
    short: f32,
    long: f64,
    a: u32,
    b: u32,
    c: u32,
    wide: u64,
}

async fn gauges(t: &Test, shorts: &[f32]) {
    t.create_tables::<Gauge>().await.unwrap();
    let gauge = |(id, short): (i32, &f32)| Gauge { id, short: *short, long: 2.0, a: 1, b: 10, c: 5, wide: 7 };
    t.create_many((1..).zip(shorts).map(gauge)).await.unwrap();
}

async fn a_sum_of_short_fractions_is_counted_in_64_bits(t: Test) {
    // In 32 bits, 16,777,216 + 1 is 16,777,216.
    gauges(&t, &[16_777_216.0, 1.0, 1.0, 1.0]).await;
    let sum = t.find().select(Gauge::SHORT.sum()).first().await.unwrap().unwrap();
    assert_eq!(sum, Some(16_777_219.0));
    let some = t.find().where_(Gauge::ID.eq(0)).select(Gauge::SHORT.sum()).first().await.unwrap().unwrap();
    assert_eq!(some, None);
    let larger = t.find().select(Gauge::A).group_by(Gauge::A).having(Gauge::SHORT.sum().gt(16_777_218.0));
    assert_eq!(larger.await.unwrap(), [1]);
}

async fn a_sum_may_be_negative_on_the_way(t: Test) {
    gauges(&t, &[0.5]).await;
    for condition in [
        Gauge::A.minus(Gauge::B).plus(Gauge::C).lt(1),
        Gauge::C.plus(Gauge::A.minus(Gauge::B)).lt(1),
        Gauge::B.neg().plus(Gauge::C).lt(1),
        Gauge::C.minus(Gauge::B).minus(Gauge::A).lt(1),
        Gauge::A.minus(Gauge::B).plus(7).lt(1),
    ] {
        let shown = format!("{condition:?}");
        assert_eq!(t.find().where_(condition).count().await.unwrap(), 1, "{shown}");
    }
    // Where the end is not negative, it can be stored.
    t.update_all(every()).set(Gauge::A, Gauge::A.minus(Gauge::B).plus(Gauge::C).plus(Gauge::C)).await.unwrap();
    assert_eq!(t.get::<Gauge>(1).await.unwrap().a, 1);
    assert!(t.update_all(every()).set(Gauge::A, Gauge::A.minus(Gauge::B)).await.is_err());
    assert_eq!(t.get::<Gauge>(1).await.unwrap().a, 1);
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Meter {
    #[orm(key)]
    id: i64,
    a: u64,
    b: u64,
    c: usize,
    none: Option<u64>,
}

/// MariaDB said that a `BIGINT UNSIGNED` is out of range.
async fn a_calculation_with_the_largest_integers_may_be_negative_on_the_way(t: Test) {
    t.create_tables::<Meter>().await.unwrap();
    t.create_many([Meter { id: 1, a: 1, b: 10, c: 5, none: None }, Meter { id: 2, a: 100, b: 10, c: 5, none: Some(3) }]).await.unwrap();
    let below = [
        Meter::A.minus(Meter::B).lt(1),
        Meter::A.minus(10).lt(1),
        Meter::A.minus(Meter::B).plus(4).lt(1),
        Meter::A.minus(Meter::B).plus(Meter::A).plus(Meter::A).lt(1),
        Meter::A.plus(Meter::A.minus(Meter::B)).lt(1),
        Meter::B.neg().plus(Meter::A).lt(1),
        Meter::A.minus(Meter::B).times(Meter::B).lt(1),
        Meter::B.times(Meter::A.minus(Meter::B)).lt(1),
        Meter::A.minus(Meter::B).divided_by(2).lt(1),
        Meter::A.minus(Meter::B).divided_by(Meter::A).lt(0),
        Meter::A.minus(Meter::B).divided_by(Meter::A).plus(Meter::A).lt(1),
        Meter::A.minus(Meter::B).modulo(Meter::B).lt(0),
        Meter::A.lt(Meter::B.minus(Meter::A)),
        Meter::A.minus(Meter::B).between(Meter::A.minus(20), Meter::A.minus(2)).and(Meter::A.lt(50)),
        Meter::A.minus(Meter::B).lt(Meter::A).and(Meter::A.minus(Meter::B).is_in([0, 90]).not()),
        Meter::NONE.minus(Meter::A).coalesce(Meter::A.minus(Meter::B)).plus(Meter::A).lt(1),
        case_when(Meter::A.lt(50), Meter::A.minus(Meter::B)).otherwise(7_u64).plus(Meter::A).lt(1),
    ];
    for condition in below {
        let shown = format!("{condition:?}");
        assert_eq!(t.find().where_(condition).select(Meter::ID).await.unwrap(), [1], "{shown}");
    }
    assert_eq!(t.find().where_(Meter::A.minus(Meter::B).plus(Meter::B).eq(Meter::A)).count().await.unwrap(), 2);
    let sums = t.find::<Meter>().select((Meter::A.minus(Meter::B).sum(), Meter::A.minus(Meter::B).avg()));
    assert_eq!(sums.await.unwrap(), [(Some(81), Some(40.5))]);
    let sorted = t.find::<Meter>().order(Meter::A.minus(Meter::B).desc()).select(Meter::ID);
    assert_eq!(sorted.await.unwrap(), [2, 1]);
    let negative = t.find::<Meter>().where_(Meter::ID.eq(1)).select(Meter::A.minus(Meter::B)).await.unwrap_err();
    assert!(matches!(&negative, Error::Decode { expected: "u64", .. }), "{negative:?}");
    assert_eq!(t.find::<Meter>().where_(Meter::ID.eq(2)).select(Meter::A.minus(Meter::B)).await.unwrap(), [90]);
    // What is negative in the end is not stored.
    let all = t.find::<Meter>().order(Meter::ID.asc()).await.unwrap();
    assert!(t.update_all(every()).set(Meter::A, Meter::A.minus(Meter::B)).await.is_err());
    assert_eq!(t.find::<Meter>().order(Meter::ID.asc()).await.unwrap(), all);
    let one = t.update(all[0].clone()).set(Meter::A, Meter::A.minus(Meter::B).plus(20)).set(Meter::C, Meter::C.minus(5)).await.unwrap();
    assert_eq!((one.a, one.b, one.c), (11, 10, 0));
    let overflow = t.find().where_(Meter::A.minus(Meter::B).plus(i64::MAX.unsigned_abs()).gt(0)).count().await.unwrap_err();
    assert!(matches!(&overflow, Error::Database { .. }), "{overflow:?}");
}

/// Only MariaDB and MySQL have room for them.
async fn the_largest_integers_are_calculated_with_where_nothing_is_subtracted(t: Test) {
    t.create_tables::<Meter>().await.unwrap();
    let large = t.create(Meter { id: 1, a: u64::MAX - 1, b: 2, c: usize::MAX, none: None }).await;
    if !matches!(t.engine(), Engine::MariaDb | Engine::MySql) {
        assert!(matches!(large, Err(Error::Unstorable { .. })), "{large:?}");
        return;
    }
    let read = t.find::<Meter>().select((Meter::A.plus(1), Meter::A.divided_by(Meter::B), Meter::A.modulo(10), Meter::C.times(1)));
    assert_eq!(read.await.unwrap(), [(u64::MAX, u64::MAX / 2, (u64::MAX - 1) % 10, usize::MAX)]);
    assert_eq!(t.find().where_(Meter::A.minus(Meter::A).eq(0)).count().await.unwrap(), 1);
    let too_large = [
        t.find::<Meter>().select(Meter::A.plus(Meter::B)).await.map(drop).unwrap_err(),
        t.find().where_(Meter::A.minus(1).gt(0)).count().await.map(drop).unwrap_err(),
        t.update_all(every()).set(Meter::A, Meter::A.minus(1)).await.map(drop).unwrap_err(),
    ];
    for error in too_large {
        assert!(matches!(&error, Error::Database { message, .. } if message.contains("out of the range")), "{error}");
    }
    assert_eq!(t.get::<Meter>(1).await.unwrap().a, u64::MAX - 1);
}

async fn a_calculation_that_is_nested_too_deep_is_an_error(t: Test) {
    gauges(&t, &[0.5]).await;
    let sum = |n: u32| (0..n).fold(Gauge::WIDE.plus(0), |sum, _| sum.plus(1));
    assert_eq!(t.find().where_(sum(100).eq(107)).count().await.unwrap(), 1);
    // Without a bound, the last ones fill the stack, which ends the program.
    for n in [300, 1_000, 100_000] {
        let opposite = (0..n).fold(Gauge::LONG.neg(), |it, _| it.neg());
        let one = t.find().where_(sum(n).eq(107)).count().await.unwrap_err();
        let other = t.find().select(opposite).await.unwrap_err();
        for error in [one, other] {
            assert!(matches!(&error, Error::Invalid(it) if it.contains("nested")), "{error:?}");
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Label {
    #[orm(key)]
    id: i64,
    name: String,
    nick: Option<String>,
    size: i64,
}

/// Conditions with nests of everything that can be nested.
fn nests(db: &Session, n: usize) -> Vec<(&'static str, Predicate<Label>)> {
    fn nest<T>(n: usize, first: T, around: impl Fn(T) -> T) -> T {
        (0..n).fold(first, |it, _| around(it))
    }
    let name = || Label::NAME.concat("");
    let named = || Label::NAME.eq("Ann");
    vec![
        ("concat", nest(n, name(), |it| it.concat("")).eq("Ann")),
        ("concat on the right", nest(n, name(), |it| Label::NICK.coalesce("").concat(it)).eq("Ann")),
        ("coalesce", nest(n, Label::NICK.coalesce("Ann"), |it| Label::NICK.coalesce(it)).eq("Ann")),
        ("functions", nest(n, name(), |it| it.lower().upper().trim()).eq("ANN")),
        ("lengths", nest(n, Label::SIZE.plus(0), |it| it.cast::<String>().length()).eq(1)),
        ("cases", nest(n, name(), |it| case_when(Label::ID.eq(2), "").otherwise(it)).eq("Ann")),
        ("cases of cases", nest(n, name(), |it| case_when(Label::ID.eq(1), it).otherwise("")).eq("Ann")),
        ("conditions of cases", nest(n, named(), |it| case_when(it, true).otherwise(false).into())),
        ("and, or, not", nest(n, named(), |it| !(!it.or(Label::ID.eq(2)).and(Label::ID.eq(1))))),
        ("any and all", nest(n, named(), |it| any_of([all_of([it, Label::ID.eq(1)]), Label::ID.eq(2)]))),
        ("sql", nest(n, name(), |it| sql::<Computed<Label, String>>("coalesce(?, '')", (it,))).eq("Ann")),
        ("sql conditions", nest(n, named(), |it| sql("? = 'Ann'", (case_when(it, Label::NAME).otherwise(""),)))),
        ("aggregates", nest(n, Label::SIZE.plus(1), |it| it.sum().coalesce(0)).eq(1)),
        ("queries", nest(n, named(), |it| exists(db.find().where_(it)))),
        ("lists of queries", nest(n, named(), |it| Label::ID.is_in_query(db.find().where_(it).select(Label::ID)))),
        ("values of queries", nest(n, name(), |it| subquery(db.find::<Label>().select(it.lower().min())).coalesce("")).eq("")),
        ("mixed", nest(n, Label::SIZE.plus(1), |it| it.cast::<String>().concat("1").length().plus(1)).eq(3)),
    ]
}

/// Without a bound, they filled the stack, which ends the program.
async fn everything_that_is_nested_too_deep_is_an_error(t: Test) {
    t.create_tables::<Label>().await.unwrap();
    t.create(Label { id: 1, name: "Ann".into(), nick: None, size: 7 }).await.unwrap();
    for (what, condition) in nests(&t, 10) {
        if what != "aggregates" {
            let found = t.find().where_(condition).count().await;
            assert!(found.is_ok(), "{what}: {found:?}");
        }
    }
    for n in [260, 700] {
        for (what, condition) in nests(&t, n) {
            let error = t.find().where_(condition).count().await.unwrap_err();
            assert!(matches!(&error, Error::Invalid(it) if it.contains("nested")), "{what}: {error:?}");
        }
    }
}

/// On a thread with as little stack as threads have.
async fn what_is_nested_too_deep_can_be_dropped_cloned_and_printed(t: Test) {
    let (engine, db) = (t.engine(), t.session());
    let work = move || {
        for n in [195, 260, 1_000] {
            for (what, condition) in nests(&db, n) {
                let copy = condition.clone();
                assert_eq!(format!("{condition:?}"), format!("{copy:?}"), "{what}");
                let text = engine.to_sql(&db.find().where_(copy.not()).count().statement());
                assert!(n == 195 || text.is_err_and(|it| it.to_string().contains("nested")), "{what}");
            }
        }
    };
    // As deep as it was seen to fill the stack.
    let deep = (0..20_000).fold(Label::NAME.concat(""), |it, _| it.concat(""));
    drop(deep);
    std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap();
}

async fn a_calculation_whose_text_would_not_end_is_an_error(t: Test) {
    gauges(&t, &[0.5]).await;
    let product = |n: u32| (0..n).fold(Gauge::LONG.times(1.0), |it, _| it.times(Gauge::LONG));
    let quotient = |n: u32| (0..n).fold(Gauge::LONG.divided_by(2.0), |it, _| Gauge::LONG.divided_by(it));
    assert_eq!(t.find().where_(product(4).eq(32.0).and(quotient(2).eq(1.0))).count().await.unwrap(), 1);
    for it in [product(40), quotient(40)] {
        match t.find().where_(it.gt(0.0)).count().await {
            // PostgreSQL checks by itself, and MariaDB the products.
            Ok(found) => assert_eq!(found, 1),
            Err(error) => assert!(matches!(&error, Error::Invalid(it) if it.contains("too long")), "{error:?}"),
        }
    }
}

async fn a_looked_up_column_is_in_no_list_of_numbers_that_it_cannot_hold(t: Test) {
    gauges(&t, &[0.5, 1.5]).await;
    for name in ["id", "a", "wide"] {
        let column = column_by_name::<Gauge>(name).unwrap();
        let large = [5_000_000_000_i64, -5_000_000_000];
        assert_eq!(t.find().where_(column.is_in(large).unwrap()).count().await.unwrap(), 0, "{name}");
        assert_eq!(t.find().where_(column.not_in(large).unwrap()).count().await.unwrap(), 2, "{name}");
        assert_eq!(t.find().where_(column.eq(large[0]).unwrap()).count().await.unwrap(), 0, "{name}");
    }
    let some = column_by_name::<Gauge>("id").unwrap().is_in([5_000_000_000_i64, 2]).unwrap();
    assert_eq!(t.find().where_(some).select(Gauge::ID).await.unwrap(), [2]);
}

async fn a_long_list_of_numbers_stays_out_of_the_text(t: Test) {
    gauges(&t, &[0.5, 1.5, 2.5]).await;
    for count in [1_000, 1_500, 40_000] {
        let ids = || (3..count).chain([2, -1]);
        let text = t.engine().to_sql(&t.find().where_(Gauge::ID.is_in(ids())).count().statement()).unwrap();
        assert!(!text.contains("777"), "{text}");
        assert_eq!(t.find().where_(Gauge::ID.is_in(ids())).select(Gauge::ID).order(Gauge::ID.asc()).await.unwrap(), [2, 3]);
        assert_eq!(t.find().where_(Gauge::ID.not_in(ids())).select(Gauge::ID).await.unwrap(), [1]);
        let wide = || (8..u64::try_from(count).unwrap()).chain([7, i64::MAX as u64]);
        assert_eq!(t.find().where_(Gauge::WIDE.is_in(wide())).count().await.unwrap(), 3);
        assert_eq!(t.find().where_(Gauge::A.plus(Gauge::C).is_in((6..).take(usize::try_from(count).unwrap()))).count().await.unwrap(), 3);
    }
    if matches!(t.engine(), Engine::MariaDb | Engine::MySql) {
        t.update_all(Gauge::ID.eq(3)).set(Gauge::WIDE, u64::MAX).await.unwrap();
        let wide = || (8..2_000_u64).chain([u64::MAX]);
        assert_eq!(t.find().where_(Gauge::WIDE.is_in(wide())).select(Gauge::ID).await.unwrap(), [3]);
        let mixed = (-2_000..0_i64).map(Value::from).chain([Value::U64(u64::MAX)]);
        let mixed = column_by_name::<Gauge>("wide").unwrap().is_in(mixed).unwrap();
        assert_eq!(t.find().where_(mixed).select(Gauge::ID).await.unwrap(), [3]);
    }
}

async fn a_long_text_is_not_kept_prepared(t: Test) {
    gauges(&t, &[0.5]).await;
    let db = t.builder().pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    // What this connection has prepared, and not closed.
    let kept = async || match t.engine() {
        Engine::Postgres => db.raw("SELECT count(*) FROM pg_prepared_statements", ()).fetch_one::<i64>().await.unwrap(),
        Engine::MariaDb => {
            let text = "SELECT CAST(sum(IF(variable_name = 'COM_STMT_PREPARE', 1, -1) * variable_value) AS SIGNED) \
                        FROM information_schema.session_status WHERE variable_name IN ('COM_STMT_PREPARE', 'COM_STMT_CLOSE')";
            db.raw(text, ()).fetch_one::<i64>().await.unwrap()
        }
        // MySQL has no such figures of a session, and SQLite keeps few.
        _ => 0,
    };
    kept().await;
    let before = kept().await;
    for n in 0..5_i32 {
        // Of a length of its own each.
        let ids: Vec<i32> = (1..6_000 + n).collect();
        assert_eq!(db.find::<Gauge>().where_(sql("id IN ?", list(ids))).count().await.unwrap(), 1);
    }
    assert_eq!(kept().await, before);
}
