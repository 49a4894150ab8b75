//! Rows that say which operation wrote them, and what became of them.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use orm::prelude::*;
use orm::{Db, Error};

use crate::chance::cancel_after;
use crate::faults::ground::Ground;
use crate::faults::seen::Seen;

/// A row that says which operation wrote it.
#[derive(Debug, Clone, Default, Model)]
#[orm(table = "storm")]
pub(crate) struct Drop {
    #[orm(key, auto)]
    pub(crate) id: i64,
    pub(crate) operation: i64,
}

/// A row of an operation.
pub(crate) fn row(operation: i64) -> Drop {
    Drop { id: 0, operation }
}

/// Two rows of an operation, in a transaction.
pub(crate) async fn pair(db: &Db, operation: i64) -> orm::Result<()> {
    db.transaction(async |tx| {
        tx.create(row(operation)).await?;
        tx.create(row(operation)).await.map(drop)
    })
    .await
}

/// A transaction that fails, and whose inner one is dropped before.
pub(crate) async fn undone(db: &Db, operation: i64, cut: Cut) -> orm::Result<()> {
    db.transaction(async |tx| {
        tx.create(row(operation)).await?;
        let inner = tx.transaction(async |tx| tx.create_many([row(operation), row(operation)]).await);
        let _ = cut.of(inner).await;
        tx.create(row(operation)).await?;
        Err(Error::other("on purpose"))
    })
    .await
}

/// What an operation is; each is a third of a storm.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A transaction that is dropped somewhere.
    Pair,
    /// A write by itself, which is awaited.
    Single,
    /// A transaction that fails after its inner one was dropped.
    Undone,
}

impl Kind {
    pub(crate) fn of(operation: i64) -> Self {
        [Self::Pair, Self::Single, Self::Undone][usize::try_from(operation % 3).unwrap()]
    }

    /// How many rows such an operation writes.
    fn rows(self) -> u64 {
        if matches!(self, Self::Single) { 1 } else { 2 }
    }
}

/// When a future is dropped.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cut {
    Never,
    /// At the n-th point where it waits.
    At(usize),
    /// By `timeout`.
    TimeOut(Duration),
    /// By `select!`.
    Select(Duration),
}

impl Cut {
    /// What comes of a future, unless it is dropped before.
    pub(crate) async fn of<T>(self, work: impl Future<Output = T>) -> Option<T> {
        match self {
            Self::Never => Some(work.await),
            Self::At(n) => cancel_after(n, work).await,
            Self::TimeOut(time) => tokio::time::timeout(time, work).await.ok(),
            Self::Select(time) => tokio::select! {
                done = work => Some(done),
                () = tokio::time::sleep(time) => None,
            },
        }
    }
}

/// So many percent of another time is one; of none it is 0.
pub(crate) fn percent(one: Duration, of: Duration) -> u64 {
    u64::try_from(one.as_micros() * 100 / of.as_micros().max(1)).unwrap()
}

/// What a task knows of its operations.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) acknowledged: Vec<i64>,
    pub(crate) undone: Vec<i64>,
    /// Whether they took place is for the database to say, but wholly or not at all.
    pub(crate) dropped: Vec<i64>,
}

impl Told {
    /// What all tasks know.
    pub(crate) fn of(tasks: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::default();
        for it in tasks {
            all.acknowledged.extend(it.acknowledged);
            all.undone.extend(it.undone);
            all.dropped.extend(it.dropped);
        }
        all
    }

    /// Notes what came of an operation.
    pub(crate) fn note(&mut self, operation: i64, ended: Option<orm::Result<()>>) {
        match ended {
            Some(done) => {
                done.unwrap();
                self.acknowledged.push(operation);
            }
            None => self.dropped.push(operation),
        }
    }

    /// Compares what the tasks were told with what is stored. At the end each
    /// connection writes what others must see.
    pub(crate) async fn judge(&self, ground: &Ground, db: &Db) -> Seen {
        let rest = ground.rest(db).await;
        println!("{} acknowledged, {} undone, {} dropped", self.acknowledged.len(), self.undone.len(), self.dropped.len());
        let mut plain = ground.plain().await;
        let found = plain.rows("SELECT operation, count(*) FROM storm GROUP BY operation").await;
        let stored: BTreeMap<i64, u64> = found.iter().map(|it| (it[0].parse().unwrap(), it[1].parse().unwrap())).collect();
        let lost = self.acknowledged.iter().filter(|it| !stored.contains_key(it)).count();
        let survived = self.undone.iter().filter(|it| stored.contains_key(it)).count();
        let torn = stored.iter().filter(|(operation, stored)| **stored != Kind::of(**operation).rows()).count();

        let connections = db.stats().max_open;
        let writes = (0..connections * 2).map(|_| db.create(row(-1)).into_future());
        let written = futures_util::future::join_all(writes).await.iter().filter(|it| it.is_ok()).count();
        let seen: usize = plain.one("SELECT count(*) FROM storm WHERE operation = -1").await.parse().unwrap();
        plain.execute("DELETE FROM storm").await;
        Seen::new()
            .zero("lost", lost + written - seen)
            .zero("survived", survived)
            .zero("torn", torn)
            .zero("dirty", ground.dirty(&mut plain).await)
            .beside("rest_ms", u64::try_from(rest.as_millis()).unwrap(), ground.size(0..=20_000, 0..=1_000))
            .within("reconnects", db.stats().opened.saturating_sub(u64::try_from(connections).unwrap()), 0..=99)
    }
}
