//! Requests to stop a statement that reach the server when the statement has ended.

use std::time::Duration;

use orm::{AssertSqlSafe, Db, Engine, PoolOptions};

use crate::models::{User, user};
use crate::plain::Plain;
use crate::proxy::Proxy;
use crate::{Test, cases};

cases![
    one_that_is_late_at_the_deadline_stops_nothing_else,
    one_that_is_not_answered_in_time_stops_nothing_else,
    one_that_was_said_again_stops_nothing_else,
    a_connection_that_is_given_up_is_closed_after_the_time_to_release_it,
];

/// A pool of one connection, and somebody else who keeps it waiting.
struct Stage {
    proxy: Proxy,
    db: Db,
    other: Plain,
    /// Not in a transaction, in which PostgreSQL shows the same picture again and again.
    watch: Plain,
    engine: Engine,
}

impl Stage {
    /// `None` on SQLite, where a statement is stopped without a word.
    async fn of(t: &Test) -> Option<Self> {
        let (proxy, builder) = t.behind_network().await;
        t.create_tables::<User>().await.unwrap();
        t.create_many([user("ann", 1), user("bob", 2)]).await.unwrap();
        let options = PoolOptions::new().max_size(1).wait_timeout(Duration::from_secs(30)).release_timeout(Duration::from_secs(3));
        let db = builder.pool(options).open().await.unwrap();
        Some(Self { proxy: proxy?, db, other: t.plain().await, watch: t.plain().await, engine: t.engine() })
    }

    /// Keeps the next request to stop a statement on its way.
    fn hold_cancel(&self) {
        self.proxy.hold(if self.engine == Engine::Postgres { b"pg_cancel_backend" } else { b"KILL QUERY" });
    }

    async fn lock(&mut self, id: i64) {
        self.other.execute(&format!("BEGIN; UPDATE users SET age = 9 WHERE id = {id}")).await;
    }

    async fn unlock(&mut self) {
        self.other.execute("ROLLBACK").await;
    }

    /// Runs a statement on the one connection, lets go what was kept, and sees what becomes of it.
    async fn innocent(mut self) {
        self.lock(2).await;
        let db = self.db.clone();
        let innocent = tokio::spawn(async move { wait_for(&db, 2).await });
        // It waits for the lock, or because the connection is not given away yet.
        while self.db.stats().waiting == 0 && !self.is_running().await {
            tokio::task::yield_now().await;
        }
        self.proxy.release().await;
        self.unlock().await;
        assert_eq!(innocent.await.unwrap().unwrap(), [2]);
    }

    async fn is_running(&mut self) -> bool {
        let running = match self.engine {
            Engine::Postgres => {
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = current_setting('application_name')
                 AND query LIKE '% id = 2 FOR UPDATE' AND wait_event_type = 'Lock'"
            }
            _ => "SELECT count(*) FROM information_schema.processlist WHERE db = database() AND info LIKE '% id = 2 FOR UPDATE'",
        };
        self.watch.one(running).await != "0"
    }
}

/// Reads a record as soon as nobody else has it.
async fn wait_for(db: &orm::Session, id: i64) -> orm::Result<Vec<i64>> {
    db.raw(AssertSqlSafe(format!("SELECT id FROM users WHERE id = {id} FOR UPDATE")), ()).fetch().await
}

/// Waits for what comes to rest in the background.
async fn rest(db: &Db) {
    while db.stats().in_use > 0 {
        tokio::task::yield_now().await;
    }
}

/// Seen failing while the connection went home with the request on its way: `Cancelled`.
async fn one_that_is_late_at_the_deadline_stops_nothing_else(t: Test) {
    let Some(mut stage) = Stage::of(&t).await else { return };
    stage.lock(1).await;
    stage.hold_cancel();
    let short = stage.db.session().timeout(Duration::from_millis(50));
    let late = tokio::spawn(async move { wait_for(&short, 1).await });
    stage.proxy.held().await;
    // It ends by itself, in the time that the server has to say that it has stopped it.
    stage.unlock().await;
    assert!(late.await.unwrap().is_err());
    stage.innocent().await;
}

/// Seen failing as the one above, though the log said that the connection was closed.
async fn one_that_is_not_answered_in_time_stops_nothing_else(t: Test) {
    let Some(mut stage) = Stage::of(&t).await else { return };
    stage.lock(1).await;
    stage.hold_cancel();
    assert!(tokio::time::timeout(Duration::from_millis(50), wait_for(&stage.db, 1)).await.is_err());
    stage.proxy.held().await;
    stage.unlock().await;
    rest(&stage.db).await;
    stage.innocent().await;
}

/// Seen failing as the first one, with the second request answered in time.
async fn one_that_was_said_again_stops_nothing_else(t: Test) {
    let Some(mut stage) = Stage::of(&t).await else { return };
    stage.lock(1).await;
    for hold in [false, true] {
        if hold {
            // Over a connection that is open already; one that is silent is given up.
            stage.hold_cancel();
        }
        assert!(tokio::time::timeout(Duration::from_millis(50), wait_for(&stage.db, 1)).await.is_err());
        rest(&stage.db).await;
    }
    stage.proxy.held().await;
    stage.unlock().await;
    stage.innocent().await;
}

/// Seen failing with five seconds for all: the one with more time was closed as well.
async fn a_connection_that_is_given_up_is_closed_after_the_time_to_release_it(t: Test) {
    let ((Some(one), long), (Some(other), short)) = (t.behind_network().await, t.behind_network().await) else { return };
    let options = PoolOptions::new().max_size(1).validate_after(Duration::from_secs(60));
    let long = long.pool(options.clone().release_timeout(Duration::from_secs(60))).open().await.unwrap();
    let short = short.pool(options.release_timeout(Duration::from_secs(1))).open().await.unwrap();
    for (proxy, db) in [(one, &long), (other, &short)] {
        proxy.silence();
        assert!(tokio::time::timeout(Duration::from_millis(50), db.raw("SELECT 7", ()).fetch::<i32>()).await.is_err());
    }
    rest(&short).await;
    assert_eq!(long.stats().in_use, 1);
}
