//! Where an experiment is made.

use std::fs;
use std::ops::Deref;
use std::time::{Duration, Instant};

use orm::{Db, Engine, PoolOptions};

use crate::cases;
use crate::chance::Dice;
use crate::faults::storm::{Drop, row};
use crate::place::Test;
use crate::plain::Plain;

cases![what_is_left_in_a_transaction_is_seen];

/// A database of the experiment's own, its chance and its size.
#[derive(Debug)]
pub(crate) struct Ground {
    test: Test,
    pub(crate) seed: u64,
    full: bool,
}

impl Ground {
    pub(crate) fn new(test: Test, seed: u64, full: bool) -> Self {
        Self { test, seed, full }
    }

    /// How many, in the suites and at full size.
    pub(crate) fn size<T>(&self, small: T, full: T) -> T {
        if self.full { full } else { small }
    }

    /// The chance of one task; the same in each run with the same seed.
    pub(crate) fn dice(&self, task: u64) -> Dice {
        Dice::new(self.seed.wrapping_mul(1_000_003).wrapping_add(task))
    }

    /// A handle with so many connections.
    pub(crate) async fn pool(&self, size: usize) -> Db {
        let options = PoolOptions::new().max_size(size).wait_timeout(Duration::from_secs(60)).connect_timeout(Duration::from_secs(30));
        self.test.builder().pool(options).open().await.unwrap()
    }

    /// Waits until no connection is used: what was dropped comes to rest in the
    /// background. Says how long that took.
    pub(crate) async fn rest(&self, db: &Db) -> Duration {
        let start = Instant::now();
        while db.stats().in_use > 0 {
            assert!(start.elapsed() < Duration::from_secs(30), "a connection did not come back: {:?}", db.stats());
            tokio::task::yield_now().await;
        }
        start.elapsed()
    }

    /// Connections that the server holds in a transaction.
    pub(crate) async fn dirty(&self, plain: &mut Plain) -> u64 {
        // One that was closed is gone when the server has noticed; one that was
        // left in a transaction stays.
        let end = Instant::now() + Duration::from_secs(1);
        loop {
            let dirty = self.dirty_now(plain).await;
            if dirty == 0 || Instant::now() > end {
                return dirty;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn dirty_now(&self, plain: &mut Plain) -> u64 {
        let name = self.test.name();
        match self.test.engine() {
            // A transaction that writes would keep this one out.
            Engine::Sqlite => u64::from(plain.fails("PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK").await),
            Engine::Postgres => {
                let sql = format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}' AND state LIKE 'idle in%'");
                plain.one(&sql).await.parse().unwrap()
            }
            _ => {
                let own = plain.rows(&format!("SELECT id FROM information_schema.processlist WHERE db = '{name}'")).await;
                // `innodb_trx` answers from a copy, which stays old while others ask, too.
                let in_transaction = active(&plain.rows("SHOW ENGINE INNODB STATUS").await[0][2]);
                own.iter().filter(|it| in_transaction.contains(&it[0])).count() as u64
            }
        }
    }

    /// Connections that the server knows, but for the handle and the plain one of
    /// the experiment itself.
    pub(crate) async fn connections(&self, plain: &mut Plain) -> u64 {
        let name = self.test.name();
        let all: u64 = match self.test.engine() {
            Engine::Sqlite => return 0,
            Engine::Postgres => plain
                .one(&format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}' AND pid <> pg_backend_pid()"))
                .await
                .parse(),
            _ => plain
                .one(&format!("SELECT count(*) FROM information_schema.processlist WHERE db = '{name}' AND id <> connection_id()"))
                .await
                .parse(),
        }
        .unwrap();
        all.saturating_sub(u64::try_from(self.test.stats().open).unwrap())
    }
}

/// The connections that are in a transaction, as InnoDB describes them:
/// `---TRANSACTION 19, ACTIVE 0 sec`, and in one of the lines behind it `thread id 9,`.
fn active(status: &str) -> Vec<String> {
    let transactions = status.split("---TRANSACTION ").skip(1).filter(|it| it.lines().next().is_some_and(|it| it.contains("ACTIVE")));
    let ids = transactions.filter_map(|it| it.split_once("thread id ")?.1.split(',').next().map(str::to_owned));
    ids.collect()
}

/// What the program has in memory, in KiB; 0 where it cannot be read.
pub(crate) fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}

impl Deref for Ground {
    type Target = Test;

    fn deref(&self) -> &Test {
        &self.test
    }
}

async fn what_is_left_in_a_transaction_is_seen(t: Test) {
    let ground = Ground::new(t, 7, false);
    let db = ground.pool(1).await;
    db.create_tables::<Drop>().await.unwrap();
    let mut plain = ground.plain().await;
    assert_eq!(ground.dirty(&mut plain).await, 0);
    let tx = db.begin().await.unwrap();
    tx.create(row(1)).await.unwrap();
    assert_eq!(ground.dirty(&mut plain).await, 1);
    tx.rollback().await;
    assert_eq!(ground.dirty(&mut plain).await, 0);
}
