//! Integers and floating-point numbers.

use orm::prelude::*;
use orm::{Auto, Engine, Error, FieldMeta};

use super::{in_order, one};
use crate::{Test, cases};

cases![
    integers_of_8_bits,
    integers_of_64_bits_without_a_sign,
    the_largest_integers_have_room_or_are_refused,
    floating_point_numbers_of_32_bits,
    not_a_number_is_refused,
    integers_out_of_range_are_refused_by_the_table,
    keys_of_every_integer_type,
    integers_of_the_machines_size,
    integers_of_the_machines_size_are_columns_of_64_bits,
    integers_of_the_machines_size_are_calculated_with,
];

one!(Tiny, i8);
one!(Long, u64);
one!(Single, f32);
one!(Word, usize);
one!(Signed, isize);

async fn integers_of_8_bits(t: Test) {
    in_order::<Tiny>(&t, vec![i8::MIN, -1, 0, 1, i8::MAX]).await;
}

async fn integers_of_64_bits_without_a_sign(t: Test) {
    in_order::<Long>(&t, vec![0, 1, u64::from(u32::MAX), i64::MAX.unsigned_abs()]).await;
}

async fn integers_of_the_machines_size(t: Test) {
    in_order::<Word>(&t, vec![0, 1, u32::MAX as usize, isize::MAX.unsigned_abs()]).await;
    in_order::<Signed>(&t, vec![isize::MIN, -1, 0, 1, isize::MAX]).await;
    let created = t.create(Word { id: 0, it: Some(usize::MAX) }).await;
    if matches!(t.engine(), Engine::MariaDb | Engine::MySql) {
        assert_eq!(t.get::<Word>(created.unwrap().id).await.unwrap().it, Some(usize::MAX));
    } else {
        assert!(matches!(created.unwrap_err(), Error::Unstorable { column, .. } if column == "Word.it"));
    }
    assert!(t.plain().await.fails("INSERT INTO words (it) VALUES (-1)").await);
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Field)]
struct Count(usize);

#[derive(Debug, Clone, PartialEq, Default, Embedded)]
struct Sizes {
    high: usize,
    wide: Option<isize>,
}

#[derive(Debug, Clone, PartialEq, Default, Model)]
struct Crate {
    #[orm(key, auto)]
    id: Auto<usize>,
    #[orm(unique)]
    count: Count,
    room: isize,
    #[orm(default = 3)]
    left: Auto<usize>,
    #[orm(embedded)]
    sizes: Sizes,
    weights: Vec<isize>,
    #[orm(created_at)]
    made: isize,
}

#[derive(Debug, Clone, PartialEq, Default, Model)]
#[orm(table = "crates")]
struct WideCrate {
    #[orm(key, auto)]
    id: Auto<u64>,
    #[orm(unique)]
    count: u64,
    room: i64,
    #[orm(default = 3)]
    left: Auto<u64>,
    high: u64,
    wide: Option<i64>,
    weights: Vec<i64>,
    #[orm(created_at)]
    made: i64,
}

async fn integers_of_the_machines_size_are_columns_of_64_bits(t: Test) {
    let column = |it: &FieldMeta| (it.column, it.ty, it.nullable, it.auto, it.zero_is_unset);
    assert_eq!(Crate::META.fields.iter().map(column).collect::<Vec<_>>(), WideCrate::META.fields.iter().map(column).collect::<Vec<_>>());
    t.create_tables::<Crate>().await.unwrap();
    let made = |n: usize| Crate { count: Count(n), room: -7, weights: vec![isize::MIN, isize::MAX], ..Crate::default() };
    let one = t.create(made(1)).await.unwrap();
    assert!((one.id.is_set(), one.left) == (true, Auto::Set(3)) && one.made > 1_700_000_000, "{one:?}");
    let two = t.create_many([made(2), made(3)]).await.unwrap();
    assert_eq!(t.find::<Crate>().order(Crate::ID.asc()).await.unwrap(), [one.clone(), two[0].clone(), two[1].clone()]);
    let wide = t.get::<WideCrate>(one.id.into_option().unwrap() as u64).await.unwrap();
    assert_eq!((wide.room, wide.weights), (-7, vec![i64::MIN, i64::MAX]));
    assert_eq!(t.find().where_(Crate::COUNT.is_in([Count(2), Count(9)])).await.unwrap(), [two[0].clone()]);
    assert_eq!(t.find().where_(Crate::WEIGHTS.eq(vec![isize::MIN, isize::MAX])).count().await.unwrap(), 3);
    assert!(t.create(made(2)).await.unwrap_err().is_unique_violation());
}

async fn integers_of_the_machines_size_are_calculated_with(t: Test) {
    t.create_tables::<Crate>().await.unwrap();
    let one = t.create(Crate { room: 5, sizes: Sizes { high: 40, wide: Some(-2) }, ..Crate::default() }).await.unwrap();
    t.create(Crate { count: Count(1), ..Crate::default() }).await.unwrap();
    let high = Crate::SIZES.high;
    let read = t.find().where_(high.gt(Crate::LEFT)).select((
        high.plus(2),
        high.divided_by(7),
        high.modulo(7),
        Crate::ROOM.neg(),
        Crate::ROOM.cast::<f64>(),
        high.cast::<String>(),
        Crate::ROOM.cast::<i64>(),
    ));
    assert_eq!(read.await.unwrap(), [(42, 5, 5, -5, 5.0, "40".to_owned(), 5)]);
    let totals = t.find::<Crate>().select((high.sum(), high.max(), Crate::ROOM.min(), Crate::SIZES.wide.sum(), Crate::ROOM.avg()));
    assert_eq!(totals.await.unwrap(), [(Some(40), Some(40), Some(0), Some(-2), Some(2.5))]);
    let changed = t.update(one).set(high, high.minus(1)).set(Crate::SIZES.wide, isize::MIN).await.unwrap();
    assert_eq!(changed.sizes, Sizes { high: 39, wide: Some(isize::MIN) });
    let error = t.update(changed).set(Crate::SIZES.wide, Crate::SIZES.wide.minus(Some(1))).await.unwrap_err();
    assert!(matches!(&error, Error::Database { .. }), "{error}");
    let by_name: Predicate<Crate> = column_by_name("high").unwrap().ge(39_usize).unwrap();
    assert_eq!(t.find().where_(by_name).count().await.unwrap(), 1);
    let rows: Vec<(usize, isize)> = t.raw("SELECT high, room FROM crates WHERE high IN ?", [39_usize, 77]).fetch().await.unwrap();
    assert_eq!(rows, [(39, 5)]);
    let error = t.raw("SELECT -1", ()).fetch_one::<usize>().await.unwrap_err();
    assert!(matches!(&error, Error::Decode { .. }), "{error}");
}

async fn the_largest_integers_have_room_or_are_refused(t: Test) {
    let large = [i64::MAX.unsigned_abs() + 1, u64::MAX];
    if matches!(t.engine(), Engine::MariaDb | Engine::MySql) {
        in_order::<Long>(&t, [&[7, i64::MAX.unsigned_abs()], &large[..]].concat()).await;
        return;
    }
    t.create_tables::<Long>().await.unwrap();
    for it in large {
        let error = t.create(Long { id: 0, it: Some(it) }).await.unwrap_err();
        assert!(matches!(&error, Error::Unstorable { column, .. } if column == "Long.it"), "{error}");
        let error = t.create_many([Long { id: 0, it: Some(it) }, Long { id: 0, it: None }]).await.unwrap_err();
        assert!(matches!(&error, Error::Unstorable { column, .. } if column == "Long.it"), "{error}");
        assert!(matches!(t.find().where_(Long::IT.eq(it)).await.unwrap_err(), Error::Unstorable { .. }));
    }
    assert_eq!(t.find::<Long>().count().await.unwrap(), 0);
}

async fn floating_point_numbers_of_32_bits(t: Test) {
    let small = f32::from_bits(1);
    in_order::<Single>(&t, vec![f32::MIN, -0.1, -small, 0.0, small, f32::MIN_POSITIVE, 0.1, 1.0 / 3.0, 16_777_217.0, f32::MAX]).await;
    // Sums are rounded, and can be read all the same.
    let one = t.create(Single { id: 0, it: Some(0.1) }).await.unwrap();
    let sum = t.update(one).set(Single::IT, Single::IT.plus(0.2)).await.unwrap();
    assert!((sum.it.unwrap() - 0.3).abs() < 1e-6, "{sum:?}");
}

async fn not_a_number_is_refused(t: Test) {
    t.create_tables::<Single>().await.unwrap();
    for it in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for db in [t.session(), t.session().dry_run()] {
            let error = db.create(Single { id: 0, it: Some(it) }).await.unwrap_err();
            assert!(matches!(&error, Error::Unstorable { column, .. } if column == "Single.it"), "{error}");
        }
    }
}

async fn integers_out_of_range_are_refused_by_the_table(t: Test) {
    t.create_tables::<(Tiny, Long)>().await.unwrap();
    let mut plain = t.plain().await;
    for it in ["128", "-129", "1000000"] {
        assert!(plain.fails(&format!("INSERT INTO tinies (it) VALUES ({it})")).await, "{it}");
    }
    assert!(plain.fails("INSERT INTO longs (it) VALUES (-1)").await);
    t.raw("UPDATE tinies SET it = 1", ()).execute().await.unwrap();
}

macro_rules! keys {
    ($($name:ident $type:ty;)*) => {$(
        #[derive(Debug, Clone, PartialEq, Model)]
        struct $name {
            #[orm(key, auto)]
            id: $type,
            name: String,
        }
    )*

    async fn keys_of_every_integer_type(t: Test) {$(
        t.create_tables::<$name>().await.unwrap();
        let one = t.create($name { id: 0, name: "one".into() }).await.unwrap();
        let more = t.create_many([$name { id: 0, name: "two".into() }, $name { id: 100, name: "three".into() }]).await.unwrap();
        assert!(one.id > 0 && more[0].id > one.id && more[1].id == 100, "{one:?} {more:?}");
        assert_eq!(t.get::<$name>(more[1].id).await.unwrap(), more[1]);
    )*}
    };
}

keys! {
    KeyI8 i8;
    KeyI16 i16;
    KeyU8 u8;
    KeyU32 u32;
    KeyU64 u64;
    KeyIsize isize;
    KeyUsize usize;
}
