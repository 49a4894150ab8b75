//! Integers and floating-point numbers.

use orm::prelude::*;
use orm::{Engine, Error};

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
];

one!(Tiny, i8);
one!(Long, u64);
one!(Single, f32);

async fn integers_of_8_bits(t: Test) {
    in_order::<Tiny>(&t, vec![i8::MIN, -1, 0, 1, i8::MAX]).await;
}

async fn integers_of_64_bits_without_a_sign(t: Test) {
    in_order::<Long>(&t, vec![0, 1, u64::from(u32::MAX), i64::MAX.unsigned_abs()]).await;
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
        let error = t.create(Single { id: 0, it: Some(it) }).await.unwrap_err();
        assert!(matches!(&error, Error::Unstorable { column, .. } if column == "Single.it"), "{error}");
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
}
