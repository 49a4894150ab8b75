//! Rows that say which operation wrote them, and what became of them.

use std::collections::BTreeMap;

use orm::Db;
use orm::prelude::*;

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

    /// Compares what the tasks were told with what is stored; an operation writes
    /// `rows` of it. At the end each connection writes what others must see.
    pub(crate) async fn judge(&self, ground: &Ground, db: &Db, rows: impl Fn(i64) -> u64) -> Seen {
        let rest = ground.rest(db).await;
        println!("{} acknowledged, {} undone, {} dropped", self.acknowledged.len(), self.undone.len(), self.dropped.len());
        let mut plain = ground.plain().await;
        let found = plain.rows("SELECT operation, count(*) FROM storm GROUP BY operation").await;
        let stored: BTreeMap<i64, u64> = found.iter().map(|it| (it[0].parse().unwrap(), it[1].parse().unwrap())).collect();
        let lost = self.acknowledged.iter().filter(|it| !stored.contains_key(it)).count();
        let survived = self.undone.iter().filter(|it| stored.contains_key(it)).count();
        let torn = stored.iter().filter(|(operation, stored)| **stored != rows(**operation)).count();

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
            .within("rest_ms", u64::try_from(rest.as_millis()).unwrap(), ground.size(0..=u64::MAX, 0..=1_000))
            .within("reconnects", db.stats().opened.saturating_sub(u64::try_from(connections).unwrap()), 0..=99)
    }
}
