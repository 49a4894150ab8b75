//! `created_at` and `updated_at`, with a clock of the test.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, NaiveDateTime, Utc};
use orm::Timestamp;
use orm::prelude::*;

use crate::{Test, cases};

cases![
    a_create_sets_both_times,
    times_may_be_of_any_of_these_types,
    a_batch_has_one_time,
    an_update_moves_only_updated_at,
    an_update_of_nothing_moves_nothing,
    a_save_moves_only_updated_at,
    update_all_moves_updated_at,
    times_that_are_given_are_kept,
    what_a_hook_sets_is_kept,
    reads_and_deletes_do_not_ask_the_clock,
];

/// 2024-01-02 03:04:05.123456 UTC.
const START: i64 = 1_704_164_645_123_456;
const SECOND: i64 = 1_000_000;

/// A record whose times are of the type `T`.
#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "events")]
struct Event<T: Timestamp> {
    #[orm(key, auto)]
    id: i64,
    name: String,
    #[orm(created_at)]
    created: T,
    #[orm(updated_at)]
    updated: T,
}

type E = Event<DateTime<Utc>>;

/// A record with hooks.
#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(hooks)]
struct Made {
    #[orm(key, auto)]
    id: i64,
    name: String,
    #[orm(created_at)]
    made: Option<i64>,
    #[orm(updated_at)]
    changed: Option<NaiveDateTime>,
}

impl Hooks for Made {
    async fn before_save(&mut self, _: &Session) -> orm::Result<()> {
        if self.name == "old" {
            self.made = Some(1);
            self.changed = Some(time(2).naive_utc());
        }
        Ok(())
    }
}

fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap()
}

fn event(name: &str) -> E {
    Event { name: name.to_owned(), ..E::default() }
}

/// A handle whose clock stands until it is moved.
async fn clock(t: &Test) -> (Db, Arc<AtomicI64>) {
    t.create_tables::<(E, Made)>().await.unwrap();
    let now = Arc::new(AtomicI64::new(START));
    let shown = Arc::clone(&now);
    let db = t.builder().clock(move || shown.load(Ordering::Relaxed)).open().await.unwrap();
    (db, now)
}

async fn stored(t: &Test) -> Vec<E> {
    t.find().order(E::ID.asc()).await.unwrap()
}

async fn a_create_sets_both_times(t: Test) {
    let (db, _) = clock(&t).await;
    let it = db.create(event("a")).await.unwrap();
    assert_eq!(it, Event { id: it.id, created: time(START), updated: time(START), ..event("a") });
    assert_eq!(stored(&t).await, [it]);
}

/// Creates, changes, saves and changes again, with one second between.
async fn goes_through<T: Timestamp + Default + PartialEq + Debug>(t: &Test, at: fn(i64) -> T) {
    let (db, now) = clock(t).await;
    t.raw("DROP TABLE events", ()).execute().await.unwrap();
    t.create_tables::<Event<T>>().await.unwrap();
    let tick = || now.fetch_add(SECOND, Ordering::Relaxed) + SECOND;
    let check = async |it: Event<T>, created: i64, updated: i64| {
        let found = t.get::<Event<T>>(it.id).await.unwrap();
        assert_eq!((&found.created, &found.updated), (&at(created), &at(updated)));
        assert_eq!(found, it);
        it
    };
    let it = db.create(Event::<T>::default()).await.unwrap();
    let it = check(it, START, START).await;
    let later = tick();
    let it = check(db.update(it).set(Event::<T>::NAME, "a").await.unwrap(), START, later).await;
    let later = tick();
    let it = check(db.save(it).await.unwrap(), START, later).await;
    let later = tick();
    db.update_all(every()).set(Event::<T>::NAME, "b").await.unwrap();
    let it = check(Event { name: "b".into(), updated: at(later), ..it }, START, later).await;
    db.update_all(every()).set(Event::<T>::UPDATED, at(0)).await.unwrap();
    check(Event { updated: at(0), ..it }, START, 0).await;
    let given = Event { id: 0, name: String::new(), created: at(7 * SECOND), updated: at(9 * SECOND) };
    check(db.create(given).await.unwrap(), 7 * SECOND, 9 * SECOND).await;
}

async fn times_may_be_of_any_of_these_types(t: Test) {
    goes_through::<DateTime<Utc>>(&t, time).await;
    goes_through::<NaiveDateTime>(&t, |it| time(it).naive_utc()).await;
    goes_through::<i64>(&t, |it| it / SECOND).await;
    goes_through::<Option<DateTime<Utc>>>(&t, |it| Some(time(it))).await;
    goes_through::<Option<NaiveDateTime>>(&t, |it| Some(time(it).naive_utc())).await;
    goes_through::<Option<i64>>(&t, |it| Some(it / SECOND)).await;
}

async fn a_batch_has_one_time(t: Test) {
    let (db, now) = clock(&t).await;
    let moved = Arc::clone(&now);
    let running = t.builder().clock(move || moved.fetch_add(SECOND, Ordering::Relaxed)).open().await.unwrap();
    let all = running.create_many([event("a"), event("b")]).await.unwrap();
    assert!(all.iter().all(|it| it.created == time(START) && it.updated == time(START)));
    assert_eq!(stored(&t).await, all);
    assert_eq!(db.create(event("c")).await.unwrap().created, time(START + SECOND));
}

async fn an_update_moves_only_updated_at(t: Test) {
    let (db, now) = clock(&t).await;
    let all = db.create_many([event("a"), event("b")]).await.unwrap();
    now.fetch_add(5 * SECOND, Ordering::Relaxed);
    let a = db.update(all[0].clone()).set(E::NAME, "c").await.unwrap();
    assert_eq!(a, Event { name: "c".into(), updated: time(START + 5 * SECOND), ..all[0].clone() });
    assert_eq!(stored(&t).await, [a, all[1].clone()]);
}

async fn an_update_of_nothing_moves_nothing(t: Test) {
    let (db, now) = clock(&t).await;
    let it = db.create(event("a")).await.unwrap();
    now.fetch_add(SECOND, Ordering::Relaxed);
    assert_eq!(db.update(it.clone()).await.unwrap(), it);
    assert_eq!(db.update_all(every::<E>()).await.unwrap(), 0);
    assert_eq!(stored(&t).await, [it]);
}

async fn a_save_moves_only_updated_at(t: Test) {
    let (db, now) = clock(&t).await;
    let it = db.create(event("a")).await.unwrap();
    now.fetch_add(SECOND, Ordering::Relaxed);
    let saved = db.save(Event { name: "b".into(), ..it.clone() }).await.unwrap();
    assert_eq!(saved, Event { name: "b".into(), updated: time(START + SECOND), ..it });
    assert_eq!(stored(&t).await, [saved]);
}

async fn update_all_moves_updated_at(t: Test) {
    let (db, now) = clock(&t).await;
    let all = db.create_many([event("a"), event("b")]).await.unwrap();
    now.fetch_add(SECOND, Ordering::Relaxed);
    assert_eq!(db.update_all(E::NAME.eq("b")).set(E::NAME, "c").await.unwrap(), 1);
    assert_eq!(stored(&t).await, [all[0].clone(), Event { name: "c".into(), updated: time(START + SECOND), ..all[1].clone() }]);
}

async fn times_that_are_given_are_kept(t: Test) {
    let (db, now) = clock(&t).await;
    let given = Event { created: time(7 * SECOND), updated: time(9 * SECOND), ..event("a") };
    let it = db.create(given.clone()).await.unwrap();
    assert_eq!(it, Event { id: it.id, ..given });
    now.fetch_add(SECOND, Ordering::Relaxed);
    let it = db.update(it).set(E::NAME, "b").set(E::UPDATED, time(SECOND)).await.unwrap();
    assert_eq!((it.updated, it.created), (time(SECOND), time(7 * SECOND)));
    db.update_all(every()).set(E::CREATED, time(SECOND)).await.unwrap();
    assert_eq!(stored(&t).await, [Event { created: time(SECOND), updated: time(START + SECOND), ..it }]);
}

async fn what_a_hook_sets_is_kept(t: Test) {
    let (db, _) = clock(&t).await;
    let it = db.create(Made { name: "old".into(), ..Made::default() }).await.unwrap();
    assert_eq!((it.made, it.changed), (Some(1), Some(time(2).naive_utc())));
    let it = db.update(it).set(Made::NAME, "new").await.unwrap();
    assert_eq!((it.made, it.changed), (Some(1), Some(time(START).naive_utc())));
    let it = db.update(it).set(Made::NAME, "old").await.unwrap();
    assert_eq!((it.made, it.changed), (Some(1), Some(time(2).naive_utc())));
    assert_eq!(t.get::<Made>(it.id).await.unwrap(), it);
}

async fn reads_and_deletes_do_not_ask_the_clock(t: Test) {
    let (db, _) = clock(&t).await;
    let it = db.create(event("a")).await.unwrap();
    let broken = t.builder().clock(|| panic!("nobody asks")).open().await.unwrap();
    broken.find::<E>().await.unwrap();
    broken.raw("SELECT 1", ()).execute().await.unwrap();
    broken.delete(it).await.unwrap();
}
