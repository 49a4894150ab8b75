//! Keys of several columns, in every operation.

use futures_util::TryStreamExt;
use orm::prelude::*;

use crate::{Test, cases};

cases![
    get_takes_the_key_in_the_order_of_the_fields,
    update_changes_one_record,
    save_writes_one_record,
    delete_removes_one_record,
    a_record_that_is_gone_is_not_found,
    two_records_cannot_have_the_same_key,
    tuples_of_columns_are_compared_with_tuples,
    lists_of_tuples_find_many,
    whole_sets_are_changed_by_the_key,
    first_is_in_the_order_of_the_whole_key,
    many_are_created_and_streamed,
    a_part_of_a_key_may_change,
    a_key_has_eight_parts_at_most,
];

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Seat {
    guest: Option<String>,
    #[orm(key)]
    hall: String,
    #[orm(key)]
    row: i32,
    #[orm(key)]
    number: u8,
    price: i64,
}

fn seat(hall: &str, row: i32, number: u8) -> Seat {
    Seat { hall: hall.into(), row, number, ..Seat::default() }
}

/// Keys that have parts in common.
async fn four(t: &Test) -> [Seat; 4] {
    t.create_tables::<Seat>().await.unwrap();
    let seats = t.create_many([seat("b", 1, 1), seat("a", 2, 1), seat("a", 1, 2), seat("a", 1, 1)]).await.unwrap();
    seats.try_into().unwrap()
}

async fn keys(t: &Test, condition: Predicate<Seat>) -> Vec<(String, i32, u8)> {
    let found = t.find().where_(condition).order(Seat::HALL.asc()).order(Seat::ROW.asc()).order(Seat::NUMBER.asc());
    found.select((Seat::HALL, Seat::ROW, Seat::NUMBER)).await.unwrap()
}

fn key(hall: &str, row: i32, number: u8) -> (String, i32, u8) {
    (hall.to_owned(), row, number)
}

async fn get_takes_the_key_in_the_order_of_the_fields(t: Test) {
    let [b11, a21, a12, a11] = four(&t).await;
    assert_eq!(t.get::<Seat>(("b", 1, 1)).await.unwrap(), b11);
    assert_eq!(t.get::<Seat>(("a", 2, 1)).await.unwrap(), a21);
    assert_eq!(t.get::<Seat>(("a".to_owned(), 1, 2)).await.unwrap(), a12);
    assert_eq!(t.get::<Seat>(("a", 1, 1)).await.unwrap(), a11);
    assert!(t.get::<Seat>(("b", 2, 1)).await.unwrap_err().is_not_found());
}

async fn update_changes_one_record(t: Test) {
    let [b11, a21, a12, a11] = four(&t).await;
    let changed = t.update(a11).set(Seat::GUEST, "Ann").set(Seat::PRICE, Seat::PRICE.plus(5)).await.unwrap();
    assert_eq!((changed.guest.as_deref(), changed.price), (Some("Ann"), 5));
    assert_eq!(t.get::<Seat>(("a", 1, 1)).await.unwrap(), changed);
    for other in [b11, a21, a12] {
        assert_eq!(t.get::<Seat>((other.hall.as_str(), other.row, other.number)).await.unwrap(), other);
    }
}

async fn save_writes_one_record(t: Test) {
    let [.., a11] = four(&t).await;
    let saved = t.save(Seat { guest: Some("Bob".into()), price: 7, ..a11 }).await.unwrap();
    assert_eq!(t.get::<Seat>(("a", 1, 1)).await.unwrap(), saved);
    assert_eq!(t.find().where_(Seat::PRICE.eq(0)).count().await.unwrap(), 3);
}

async fn delete_removes_one_record(t: Test) {
    let [.., a12, _] = four(&t).await;
    t.delete(a12).await.unwrap();
    assert_eq!(keys(&t, every()).await, [key("a", 1, 1), key("a", 2, 1), key("b", 1, 1)]);
}

async fn a_record_that_is_gone_is_not_found(t: Test) {
    four(&t).await;
    let gone = || seat("a", 2, 2);
    for error in [
        t.update(gone()).set(Seat::PRICE, 1).await.unwrap_err(),
        t.update(gone()).set(Seat::PRICE, Seat::PRICE.plus(1)).await.unwrap_err(),
        t.save(gone()).await.unwrap_err(),
        t.delete(gone()).await.unwrap_err(),
    ] {
        assert!(error.is_not_found(), "{error:?}");
    }
    assert_eq!(t.find().where_(Seat::PRICE.eq(0)).count().await.unwrap(), 4);
}

async fn two_records_cannot_have_the_same_key(t: Test) {
    four(&t).await;
    assert!(t.create(seat("a", 1, 1)).await.unwrap_err().is_unique_violation());
    assert!(t.create_many([seat("c", 1, 1), seat("a", 1, 1)]).await.unwrap_err().is_unique_violation());
    t.create(seat("b", 1, 2)).await.unwrap();
    assert_eq!(t.find::<Seat>().count().await.unwrap(), 5);
}

async fn tuples_of_columns_are_compared_with_tuples(t: Test) {
    four(&t).await;
    assert_eq!(keys(&t, (Seat::HALL, Seat::ROW, Seat::NUMBER).eq(("a", 1, 2))).await, [key("a", 1, 2)]);
    assert_eq!(keys(&t, (Seat::ROW, Seat::NUMBER).ne((1, 1))).await, [key("a", 1, 2), key("a", 2, 1)]);
    assert_eq!(keys(&t, (Seat::HALL, Seat::ROW).eq(("a", Seat::NUMBER.cast::<i32>()))).await, [key("a", 1, 1)]);
    t.update_all((Seat::HALL, Seat::ROW).eq(("a", 2))).set(Seat::GUEST, "Cleo").await.unwrap();
    assert_eq!(keys(&t, (Seat::HALL, Seat::GUEST).eq(("a", None))).await, [key("a", 1, 1), key("a", 1, 2)]);
    assert_eq!(keys(&t, (Seat::HALL, Seat::GUEST).eq(("a", "Cleo"))).await, [key("a", 2, 1)]);
}

async fn lists_of_tuples_find_many(t: Test) {
    four(&t).await;
    let columns = || (Seat::HALL, Seat::ROW, Seat::NUMBER);
    assert_eq!(keys(&t, columns().is_in([("a", 1, 1), ("b", 1, 1), ("b", 9, 9)])).await, [key("a", 1, 1), key("b", 1, 1)]);
    assert_eq!(keys(&t, columns().not_in([("a", 1, 1), ("b", 1, 1)])).await, [key("a", 1, 2), key("a", 2, 1)]);
    assert_eq!(keys(&t, columns().is_in(Vec::<(&str, i32, u8)>::new())).await, []);
    assert_eq!(keys(&t, columns().not_in(Vec::<(&str, i32, u8)>::new())).await.len(), 4);
    let many = || (0..200).map(|row| ("a", row, 1));
    assert_eq!(keys(&t, columns().is_in(many())).await, [key("a", 1, 1), key("a", 2, 1)]);
    let guests = [("a", None), ("b", Some("nobody".to_owned()))];
    assert_eq!(keys(&t, (Seat::HALL, Seat::GUEST).is_in(guests)).await, [key("a", 1, 1), key("a", 1, 2), key("a", 2, 1)]);
}

async fn whole_sets_are_changed_by_the_key(t: Test) {
    four(&t).await;
    let two = || (Seat::HALL, Seat::ROW, Seat::NUMBER).is_in([("a", 1, 1), ("a", 2, 1)]);
    assert_eq!(t.update_all(two()).set(Seat::PRICE, 9).await.unwrap(), 2);
    assert_eq!(t.find().where_(Seat::PRICE.eq(9)).count().await.unwrap(), 2);
    assert_eq!(t.delete_all(two()).await.unwrap(), 2);
    assert_eq!(keys(&t, every()).await, [key("a", 1, 2), key("b", 1, 1)]);
}

async fn first_is_in_the_order_of_the_whole_key(t: Test) {
    let [b11, _, a12, a11] = four(&t).await;
    assert_eq!(t.find::<Seat>().first().await.unwrap(), Some(a11));
    assert_eq!(t.find().where_(Seat::NUMBER.eq(2)).first().await.unwrap(), Some(a12));
    assert_eq!(t.find().order(Seat::HALL.desc()).first().await.unwrap(), Some(b11));
}

async fn many_are_created_and_streamed(t: Test) {
    t.create_tables::<Seat>().await.unwrap();
    let seats: Vec<Seat> =
        ["a", "b"].iter().flat_map(|hall| (0..30).flat_map(move |row| (0..20).map(move |n| seat(hall, row, n)))).collect();
    assert_eq!(t.create_many(seats.clone()).await.unwrap(), seats);
    assert_eq!(t.find::<Seat>().stream().try_collect::<Vec<_>>().await.unwrap(), seats);
    let some: Vec<Seat> = t.find().where_(Seat::ROW.ge(5)).limit(700).stream().try_collect().await.unwrap();
    let expected: Vec<Seat> = seats.into_iter().filter(|it| it.row >= 5).take(700).collect();
    assert_eq!(some, expected);
}

async fn a_part_of_a_key_may_change(t: Test) {
    let [b11, ..] = four(&t).await;
    let moved = t.update(b11).set(Seat::ROW, 5).await.unwrap();
    assert_eq!(t.get::<Seat>(("b", 5, 1)).await.unwrap(), moved);
    assert!(t.get::<Seat>(("b", 1, 1)).await.unwrap_err().is_not_found());
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Cell {
    #[orm(key)]
    a: i64,
    #[orm(key)]
    b: String,
    #[orm(key)]
    c: i32,
    #[orm(key)]
    d: i16,
    #[orm(key)]
    e: u8,
    #[orm(key)]
    f: bool,
    #[orm(key)]
    g: i64,
    #[orm(key)]
    h: u32,
    content: String,
}

async fn a_key_has_eight_parts_at_most(t: Test) {
    t.create_tables::<Cell>().await.unwrap();
    let cell = |h: u32| Cell { a: 1, b: "b".into(), c: 3, d: 4, e: 5, f: true, g: 7, h, content: h.to_string() };
    let all = t.create_many([cell(1), cell(2), cell(3)]).await.unwrap();
    let key = |h: u32| (1, "b", 3, 4, 5, true, 7, h);
    assert_eq!(t.get::<Cell>(key(2)).await.unwrap(), all[1]);
    let eight = || (Cell::A, Cell::B, Cell::C, Cell::D, Cell::E, Cell::F, Cell::G, Cell::H);
    assert_eq!(t.find().where_(eight().eq(key(3))).first().await.unwrap(), Some(all[2].clone()));
    let found = t.find().where_(eight().is_in([key(1), key(3), key(9)])).order(Cell::H.asc()).select(Cell::H).await.unwrap();
    assert_eq!(found, [1, 3]);
    assert_eq!(t.find().where_(eight().not_in([key(1), key(3)])).select(Cell::H).await.unwrap(), [2]);
    let seven = (Cell::B, Cell::C, Cell::D, Cell::E, Cell::F, Cell::G, Cell::H);
    assert_eq!(t.delete_all(seven.ne(("b", 3, 4, 5, true, 7, 2))).await.unwrap(), 2);
}
