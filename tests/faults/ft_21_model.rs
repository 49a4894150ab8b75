//! FT-21: random programs of nested transactions, compared with a model in memory.
//!
//! Raw sqlx diverges in its first programs. Seen failing, on every database, with
//! a `Level` whose drop does not note that its savepoint must be undone.

use std::panic::AssertUnwindSafe;
use std::sync::Mutex;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use orm::prelude::*;
use orm::{Db, Engine, Error};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use crate::chance::cancel_after;
use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::plain::Plain;

#[derive(Debug, Clone, Model)]
#[orm(table = "model")]
struct Entry {
    #[orm(key)]
    id: i64,
    number: i64,
}

#[derive(Debug, Clone)]
enum Step {
    Insert,
    Update,
    /// A statement that the database refuses.
    Fail,
    /// An insert that is dropped at its n-th point.
    Cancel(usize),
    Level(Vec<Self>, End, Form),
}

#[derive(Debug, Clone, Copy)]
enum End {
    Commit,
    Rollback,
    Panic,
    /// Dropped at its n-th point, if it is not done before.
    Drop(usize),
}

/// How a level is written.
#[derive(Debug, Clone, Copy)]
enum Form {
    Closure,
    /// `begin`, and `commit` or `rollback`; a panic drops it.
    Guard,
}

fn form() -> impl Strategy<Value = Form> {
    prop_oneof![Just(Form::Closure), Just(Form::Guard)]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![4 => Just(End::Commit), 2 => Just(End::Rollback), 1 => Just(End::Panic), 2 => (0_usize..60).prop_map(End::Drop)]
}

/// Programs of at most so many steps, of levels at most eight deep.
fn programs(length: u32) -> impl Strategy<Value = Vec<(Vec<Step>, End, Form)>> {
    let plain = prop_oneof![
        6 => Just(Step::Insert),
        2 => Just(Step::Update),
        1 => Just(Step::Fail),
        1 => any::<u8>().prop_map(|it| Step::Cancel(usize::from(it % 6))),
    ];
    let step = plain.prop_recursive(7, length, 6, |inner| {
        (proptest::collection::vec(inner, 0..6), end(), form()).prop_map(|(steps, end, form)| Step::Level(steps, end, form))
    });
    proptest::collection::vec((proptest::collection::vec(step, 0..8), end(), form()), 1..4)
}

pub(crate) async fn run(ground: Ground) -> Seen {
    let (cases, length) = ground.size((40, 40), (10_000, 200));
    let db = ground.pool(1).await;
    db.create_tables::<Entry>().await.unwrap();
    let seed: Vec<u8> = ground.seed.to_le_bytes().repeat(4);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let runtime = tokio::runtime::Handle::current();
    let (result, steps) = tokio::task::spawn_blocking(move || {
        let steps = std::sync::atomic::AtomicU64::new(0);
        let mut plain = runtime.block_on(ground.plain());
        let plain = Mutex::new(&mut plain);
        let result = TestRunner::new_with_rng(config, rng).run(&programs(length), |program| {
            let plain = &mut *plain.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let ran = runtime.block_on(AssertUnwindSafe(compare(&ground, &db, plain, &program)).catch_unwind());
            steps.fetch_add(program.iter().map(|it| count(&it.0)).sum(), std::sync::atomic::Ordering::Relaxed);
            ran.unwrap_or_else(|_| Err("it panicked".to_owned())).map_err(TestCaseError::fail)
        });
        (result, steps.into_inner())
    })
    .await
    .unwrap();
    if let Err(error) = &result {
        println!("the smallest program that diverges: {error}");
    }
    Seen::new().count("programs", cases).within("steps", steps, 1..=u64::MAX).zero("diverged", u64::from(result.is_err()))
}

fn count(steps: &[Step]) -> u64 {
    steps.iter().map(|it| if let Step::Level(inner, ..) = it { 1 + count(inner) } else { 1 }).sum()
}

/// What the table must hold, and what the transaction must be like.
#[derive(Debug, Default, Clone)]
struct World {
    rows: Vec<(i64, i64)>,
    next: i64,
    /// The depth of the level whose end is needed to go on.
    broken: Option<usize>,
    /// Whether the outermost level came to its end.
    ended: bool,
    diverged: Option<String>,
}

struct Run<'a> {
    engine: Engine,
    world: &'a Mutex<World>,
}

/// Runs a program, and compares the table with the model after each transaction.
async fn compare(ground: &Ground, db: &Db, plain: &mut Plain, program: &[(Vec<Step>, End, Form)]) -> Result<(), String> {
    plain.execute("DELETE FROM model").await;
    plain.execute("INSERT INTO model (id, number) VALUES (0, 0)").await;
    let world = Mutex::new(World { rows: vec![(0, 0)], next: 1, ..World::default() });
    let run = Run { engine: ground.engine(), world: &world };
    for (steps, end, form) in program {
        let before = run.world().rows.clone();
        run.world().ended = false;
        let whole = run.level(db, 0, steps, *end, *form).await;
        ground.rest(db).await;
        let found = plain.rows("SELECT id, number FROM model ORDER BY id").await;
        let found: Vec<(i64, i64)> = found.iter().map(|it| (it[0].parse().unwrap(), it[1].parse().unwrap())).collect();
        let mut world = run.world();
        if let Some(what) = &world.diverged {
            return Err(what.clone());
        }
        // Dropped while it was committed, it took place or not.
        let done = matches!(whole, Ended::Dropped(ref after) if world.ended && found == *after);
        if !done && found != world.rows {
            return Err(format!("the table holds {found:?} and not {:?}, before it was {before:?}", world.rows));
        }
        world.rows = found;
        world.broken = None;
    }
    Ok(())
}

/// How a level ended.
enum Ended {
    Done,
    /// With the rows there would be had it ended.
    Dropped(Vec<(i64, i64)>),
}

impl Run<'_> {
    fn world(&self) -> std::sync::MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn diverge(&self, what: String) {
        self.world().diverged.get_or_insert(what);
    }

    fn level<'a>(&'a self, place: &'a Session, depth: usize, steps: &'a [Step], end: End, form: Form) -> BoxFuture<'a, Ended> {
        Box::pin(async move {
            let before = self.world().rows.clone();
            let refused = self.world().broken.is_some();
            let inside = async |tx: &Session| {
                self.steps(tx, depth, steps).await;
                self.world().ended |= depth == 0;
                if matches!(end, End::Panic) {
                    std::panic::resume_unwind(Box::new("on purpose"));
                }
            };
            let work = async {
                match form {
                    Form::Closure => {
                        let work = place.transaction(async |tx| {
                            inside(tx).await;
                            if matches!(end, End::Rollback) { Err(Error::other("on purpose")) } else { Ok(()) }
                        });
                        work.await
                    }
                    Form::Guard => {
                        let tx = place.begin().await?;
                        inside(&tx).await;
                        if !matches!(end, End::Rollback) {
                            return tx.commit().await;
                        }
                        tx.rollback().await;
                        Err(Error::other("on purpose"))
                    }
                }
            };
            let ended = match end {
                End::Drop(n) => cancel_after(n, AssertUnwindSafe(work).catch_unwind()).await,
                _ => Some(AssertUnwindSafe(work).catch_unwind().await),
            };
            let broken = self.world().broken;
            let good = match (&ended, end) {
                (_, _) if refused => !matches!(ended, Some(Ok(Ok(())))),
                (Some(Ok(Ok(()))), End::Commit | End::Drop(_)) => broken.is_none(),
                (Some(Ok(Err(Error::RolledBack { .. } | Error::TransactionAborted { .. }))), End::Commit | End::Drop(_)) => {
                    broken.is_some()
                }
                (Some(Ok(Err(Error::Other(_)))), End::Rollback) | (Some(Err(_)), End::Panic) | (None, _) => true,
                _ => false,
            };
            if !good {
                self.diverge(format!("a level {depth} deep that should {end:?}, broken at {broken:?}, ended with {ended:?}"));
            }
            let after = self.world().rows.clone();
            if !matches!(ended, Some(Ok(Ok(())))) {
                self.world().rows = before;
            }
            if broken.is_some_and(|it| it >= depth) {
                self.world().broken = None;
            }
            if depth > 0 && self.world().broken.is_none() {
                self.look(place, depth).await;
            }
            if ended.is_some() {
                return Ended::Done;
            }
            if depth > 0 {
                // A statement of it that was under way takes all with it.
                self.probe(place, 0).await;
            }
            Ended::Dropped(after)
        })
    }

    async fn steps(&self, tx: &Session, depth: usize, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Insert => self.insert(tx).await,
                Step::Update => {
                    let done = tx.update_all(every::<Entry>()).set(Entry::NUMBER, Entry::NUMBER.plus(1)).await;
                    if self.agree(&done.map(drop)) {
                        self.world().rows.iter_mut().for_each(|it| it.1 += 1);
                    }
                }
                Step::Fail => {
                    let refused = tx.create(Entry { id: 0, number: 0 }).await;
                    match (refused, self.world().broken) {
                        (Err(Error::UniqueViolation { .. }), None) | (Err(Error::TransactionAborted { .. }), Some(_)) => {}
                        (other, broken) => self.diverge(format!("a refused statement, broken at {broken:?}, said {other:?}")),
                    }
                    if self.engine == Engine::Postgres {
                        self.world().broken.get_or_insert(depth);
                    }
                }
                Step::Cancel(n) => {
                    let id = self.next();
                    match cancel_after(*n, tx.create(Entry { id, number: 0 })).await {
                        Some(done) => {
                            if self.agree(&done.map(drop)) {
                                self.world().rows.push((id, 0));
                            }
                        }
                        None => self.probe(tx, depth).await,
                    }
                }
                Step::Level(inner, end, form) => drop(self.level(tx, depth + 1, inner, *end, *form).await),
            }
        }
    }

    /// Compares what the level around sees with the model, after an inner one has ended.
    async fn look(&self, place: &Session, depth: usize) {
        match place.find::<Entry>().order(Entry::ID.asc()).await {
            Ok(found) => {
                let found: Vec<(i64, i64)> = found.iter().map(|it| (it.id, it.number)).collect();
                let rows = self.world().rows.clone();
                if found != rows {
                    self.diverge(format!("after a level {depth} deep the one around it sees {found:?} and not {rows:?}"));
                }
            }
            // One that was dropped took the statement that was under way with it; that is found out below.
            Err(Error::TransactionAborted { .. }) => {}
            Err(other) => self.diverge(format!("after a level {depth} deep: {other:?}")),
        }
    }

    fn next(&self) -> i64 {
        let mut world = self.world();
        world.next += 1;
        world.next
    }

    async fn insert(&self, tx: &Session) {
        let id = self.next();
        if self.agree(&tx.create(Entry { id, number: 0 }).await.map(drop)) {
            self.world().rows.push((id, 0));
        }
    }

    /// Finds out whether a level can be used after something in it was dropped.
    async fn probe(&self, tx: &Session, depth: usize) {
        let id = self.next();
        match tx.create(Entry { id, number: 0 }).await {
            Ok(_) => {
                if self.world().broken.is_some() {
                    self.diverge("a broken level takes statements".to_owned());
                }
                self.world().rows.push((id, 0));
            }
            Err(Error::TransactionAborted { .. }) => {
                self.world().broken.get_or_insert(depth);
            }
            Err(other) => self.diverge(format!("after something was dropped: {other:?}")),
        }
    }

    /// Whether a statement was done, which must be as the model says.
    fn agree(&self, done: &orm::Result<()>) -> bool {
        let broken = self.world().broken;
        match (done, broken) {
            (Ok(()), None) => return true,
            (Err(Error::TransactionAborted { .. }), Some(_)) => {}
            _ => self.diverge(format!("broken at {broken:?}, a statement said {done:?}")),
        }
        false
    }
}
