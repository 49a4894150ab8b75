//! Many records at once: all of them, in order, in statements that the
//! database takes, with news of how far they are.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use orm::{Error, Progress};

use crate::models::{User, user};
use crate::{Test, cases};

cases![
    a_hundred_thousand_records_are_created_in_order,
    a_hundred_thousand_records_are_inserted_from_an_iterator,
    a_hundred_thousand_records_are_copied,
    progress_tells_of_each_statement_and_ends_at_the_total,
    an_iterator_that_does_not_know_its_length_has_no_total,
    a_statement_has_at_most_the_batch_size,
    a_batch_size_of_zero_is_refused,
    of_no_records_nothing_is_stored,
];

/// Where tests keep what they were told.
pub(super) type Told = Arc<Mutex<Vec<(u64, Option<u64>)>>>;

fn teller(told: &Told) -> impl FnMut(Progress) + Send + 'static {
    let told = Arc::clone(told);
    move |it| told.lock().unwrap().push((it.done, it.total))
}

/// What was told grows by at most `step`, and ends at `total`.
#[track_caller]
fn ends_at(told: &Told, total: u64, step: u64, known: Option<u64>) {
    let told = std::mem::take(&mut *told.lock().unwrap());
    let mut before = 0;
    for (done, of) in told {
        assert!(done > before && done - before <= step, "{before} → {done}");
        assert_eq!(of, known);
        before = done;
    }
    assert_eq!(before, total);
}

const MANY: u32 = 100_000;

pub(super) fn numbered(n: u32) -> User {
    User { email: Some(format!("{n}@example.com")), ..user("many", 7) }
}

/// The numbers in the e-mails, in the order of the keys.
async fn numbers(t: &Test) -> Vec<u32> {
    let emails = t.find::<User>().where_(User::NAME.eq("many")).order(User::ID.asc()).select(User::EMAIL).await.unwrap();
    emails.into_iter().map(|it| it.unwrap().split('@').next().unwrap().parse().unwrap()).collect()
}

async fn a_hundred_thousand_records_are_created_in_order(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create(user("bystander", 1)).await.unwrap();
    let told = Told::default();
    let created = t.create_many((0..MANY).map(numbered)).progress(teller(&told)).await.unwrap();
    ends_at(&told, MANY.into(), 10_000, Some(MANY.into()));
    assert!(created.iter().zip(0..).all(|(it, n)| *it == User { id: it.id, ..numbered(n) }));
    assert!(created.windows(2).all(|it| it[0].id < it[1].id) && created[0].id > 1);
    assert_eq!(t.find::<User>().where_(User::NAME.eq("many")).order(User::ID.asc()).await.unwrap(), created);
}

async fn a_hundred_thousand_records_are_inserted_from_an_iterator(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let (taken, told) = (Arc::new(AtomicU64::new(0)), Told::default());
    let count = Arc::clone(&taken);
    let records = (0..MANY).map(move |n| {
        count.fetch_add(1, Ordering::Relaxed);
        numbered(n)
    });
    let mut tell = teller(&told);
    let inserted = t.insert_many(records).progress(move |it| {
        // Of those that were taken, few are still in memory.
        assert!(taken.load(Ordering::Relaxed) <= it.done + 10_001, "{taken:?} taken, {} sent", it.done);
        tell(it);
    });
    assert_eq!(inserted.await.unwrap(), u64::from(MANY));
    ends_at(&told, MANY.into(), 10_000, Some(MANY.into()));
    assert!(numbers(&t).await.into_iter().eq(0..MANY));
}

async fn a_hundred_thousand_records_are_copied(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let told = Told::default();
    let copied = t.insert_many((0..MANY).map(numbered)).copy().progress(teller(&told)).await.unwrap();
    assert_eq!(copied, u64::from(MANY));
    ends_at(&told, MANY.into(), 99_999, Some(MANY.into()));
    assert!(numbers(&t).await.into_iter().eq(0..MANY));
}

async fn progress_tells_of_each_statement_and_ends_at_the_total(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let told = Told::default();
    t.create_many((0..7).map(numbered)).batch_size(3).progress(teller(&told)).await.unwrap();
    assert_eq!(*told.lock().unwrap(), [(3, Some(7)), (6, Some(7)), (7, Some(7))]);
    told.lock().unwrap().clear();
    t.insert_many((7..9).map(numbered)).progress(teller(&told)).await.unwrap();
    assert_eq!(*told.lock().unwrap(), [(2, Some(2))]);
    // Inside a transaction, too.
    told.lock().unwrap().clear();
    t.transaction(async |tx| tx.insert_many((9..14).map(numbered)).copy().batch_size(2).progress(teller(&told)).await).await.unwrap();
    assert_eq!(*told.lock().unwrap(), [(2, Some(5)), (4, Some(5)), (5, Some(5))]);
    assert!(numbers(&t).await.into_iter().eq(0..14));
}

async fn an_iterator_that_does_not_know_its_length_has_no_total(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let told = Told::default();
    let odd = (0..20).filter(|it| it % 2 == 1);
    assert_eq!(t.insert_many(odd.map(numbered)).batch_size(4).progress(teller(&told)).await.unwrap(), 10);
    assert_eq!(*told.lock().unwrap(), [(4, None), (8, None), (10, None)]);
}

// gorm: create:TestCreateInBatchesWithReturning
async fn a_statement_has_at_most_the_batch_size(t: Test) {
    t.create_tables::<User>().await.unwrap();
    for (size, step) in [(1, 1), (100, 100), (400, 400), (1_000_000, 1_203)] {
        let told = Told::default();
        let created = t.create_many((0..1_203).map(numbered)).batch_size(size).progress(teller(&told)).await.unwrap();
        ends_at(&told, 1_203, step, Some(1_203));
        assert!(created.windows(2).all(|it| it[0].id < it[1].id));
        for copied in [false, true] {
            if copied && size == 1 {
                // It would wait for the network a thousand times.
                continue;
            }
            t.delete_all(User::NAME.eq("many")).await.unwrap();
            let insert = t.insert_many((0..1_203).map(numbered)).batch_size(size).progress(teller(&told));
            assert_eq!(if copied { insert.copy() } else { insert }.await.unwrap(), 1_203);
            ends_at(&told, 1_203, step, Some(1_203));
        }
        assert!(numbers(&t).await.into_iter().eq(0..1_203));
        t.delete_all(User::NAME.eq("many")).await.unwrap();
    }
}

async fn a_batch_size_of_zero_is_refused(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let failed = t.create_many([user("ann", 1)]).batch_size(0).or_return().await.unwrap_err();
    assert!(matches!(failed.error(), Error::Invalid(it) if it.contains("batch_size")), "{failed}");
    assert_eq!(failed.into_record()[0].name, "ann");
    assert!(matches!(t.insert_many([user("ann", 1)]).batch_size(0).await, Err(Error::Invalid(_))));
    assert_eq!(t.find::<User>().count().await.unwrap(), 0);
}

async fn of_no_records_nothing_is_stored(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let told = Told::default();
    assert!(t.create_many(Vec::<User>::new()).batch_size(5).progress(teller(&told)).await.unwrap().is_empty());
    assert_eq!(t.insert_many(Vec::<User>::new()).progress(teller(&told)).await.unwrap(), 0);
    assert_eq!(t.insert_many(Vec::<User>::new()).copy().progress(teller(&told)).await.unwrap(), 0);
    assert!(told.lock().unwrap().is_empty());
}
