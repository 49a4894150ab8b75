//! Several reads at once: all or none, and whatever there is. That the first
//! failure stops the others on the server, too, is shown by the experiment FT-52.

use std::sync::{Condvar, Mutex};
use std::time::Duration;

use orm::{Cells, Engine, Error, FromRow, RowRef};

use crate::models::{User, user};
use crate::{Test, cases};

cases![reads_that_are_waited_for_together_come_back_with_what_there_is, three_reads_of_different_things_at_once, reads_of_sqlite_overlap,];

async fn reads_that_are_waited_for_together_come_back_with_what_there_is(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create_many([user("ann", 1), user("bob", 2)]).await.unwrap();
    let request = t.session().timeout(Duration::from_secs(60));
    let (users, missing, count) = tokio::join!(
        request.find::<User>().order(User::NAME.asc()),
        request.raw("SELECT id FROM no_such_table", ()).fetch::<i64>(),
        request.find().where_(User::AGE.gt(1)).count(),
    );
    assert_eq!(users.unwrap().len(), 2);
    assert!(matches!(missing, Err(Error::MissingTable { .. })));
    assert_eq!(count.unwrap(), 1);
}

async fn three_reads_of_different_things_at_once(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create_many([user("ann", 1), user("bob", 2)]).await.unwrap();
    let request = t.session();
    let (users, ages, any) = tokio::try_join!(
        request.find::<User>().order(User::ID.asc()),
        request.find::<User>().order(User::ID.asc()).select(User::AGE),
        request.find().where_(User::NAME.eq("bob")).exists(),
    )
    .unwrap();
    assert_eq!((users.len(), ages, any), (2, vec![1, 2], true));
    // In a transaction there is one connection, and they wait for one another.
    let (count, first) = t.transaction(async |tx| tokio::try_join!(tx.find::<User>().count(), tx.find::<User>().first())).await.unwrap();
    assert_eq!((count, first.unwrap().name.as_str()), (2, "ann"));
}

/// Two rows that are read at the same time: each waits for the other.
#[derive(Debug)]
struct Meeting;

static THERE: Mutex<u32> = Mutex::new(0);
static CAME: Condvar = Condvar::new();

impl FromRow for Meeting {
    fn positions(_: &dyn Cells) -> orm::Result<Vec<usize>> {
        Ok(Vec::new())
    }

    fn from_row(_: &RowRef<'_>) -> orm::Result<Self> {
        let mut there = THERE.lock().unwrap();
        *there += 1;
        CAME.notify_all();
        let (there, late) = CAME.wait_timeout_while(there, Duration::from_secs(30), |it| *it < 2).unwrap();
        assert!(!late.timed_out() || *there >= 2);
        if *there < 2 { Err(Error::other("the other read did not begin before this one ended")) } else { Ok(Self) }
    }
}

/// Seen failing with one reader (`PoolOptions::max_size(1)`).
async fn reads_of_sqlite_overlap(t: Test) {
    // Servers hand their rows to one thread, which must not wait here.
    if t.engine() != Engine::Sqlite {
        return;
    }
    let text = "SELECT max(i) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000) SELECT i FROM n)";
    let request = t.session();
    let both = tokio::try_join!(request.raw(text, ()).fetch_one::<Meeting>(), request.raw(text, ()).fetch_one::<Meeting>()).unwrap();
    assert!(matches!(both, (Meeting, Meeting)));
}
