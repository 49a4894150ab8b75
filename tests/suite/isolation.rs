//! What transactions are begun with, and what that costs.

use futures_util::future::join_all;
use orm::prelude::*;
use orm::{AssertSqlSafe, Engine, Error, Isolation, PoolOptions, SqliteMode};

use crate::chance::cancel_after;
use crate::models::{User, user};
use crate::{Test, cases};

cases![
    a_transaction_sees_as_much_of_others_as_it_asked_for,
    the_level_is_of_one_transaction,
    a_begin_that_is_dropped_leaves_no_level_behind,
    what_a_database_cannot_do_is_refused,
    a_report_says_all_it_needs_in_one_message,
    a_nested_transaction_asks_for_nothing_else,
    a_deferred_transaction_lets_others_write_until_it_does,
    a_transaction_and_a_read_are_three_round_trips,
    implicit_transactions_have_the_level_of_their_session,
];

const LEVELS: [Isolation; 3] = [Isolation::ReadCommitted, Isolation::RepeatableRead, Isolation::Serializable];

/// Whether a transaction of this session sees what another one commits meanwhile.
async fn sees_others(t: &Test, session: &Session) -> bool {
    session
        .transaction(async |tx| {
            let before = tx.find::<User>().count().await?;
            // MariaDB's serializable reads lock what they read; this is another table's business.
            t.plain().await.execute("INSERT INTO users (name, age, active) VALUES ('other', 1, true)").await;
            Ok(tx.find::<User>().count().await? > before)
        })
        .await
        .unwrap()
}

async fn a_transaction_sees_as_much_of_others_as_it_asked_for(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let at = |level| t.session().isolation(level).sqlite_mode(SqliteMode::Deferred);
    // SQLite keeps more than was asked for.
    assert_eq!(sees_others(&t, &at(Isolation::ReadCommitted)).await, t.engine() != Engine::Sqlite);
    assert!(!sees_others(&t, &at(Isolation::RepeatableRead)).await);
    // MariaDB would make the other one wait.
    if !t.engine().is_mysql_family() {
        assert!(!sees_others(&t, &at(Isolation::Serializable)).await);
    }
}

/// The level goes to MariaDB as a statement of its own that holds for the next
/// transaction, whoever makes it.
async fn the_level_is_of_one_transaction(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t.builder().pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let deferred = db.session().sqlite_mode(SqliteMode::Deferred);
    let by_default = sees_others(&t, &deferred).await;
    for level in [Isolation::ReadCommitted, Isolation::RepeatableRead] {
        let failed = db.session().isolation(level).transaction(async |_| Err::<(), _>(Error::other("on purpose"))).await;
        assert!(failed.is_err());
        assert_eq!(sees_others(&t, &deferred).await, by_default, "{level:?}");
    }
}

async fn a_begin_that_is_dropped_leaves_no_level_behind(t: Test) {
    t.create_tables::<User>().await.unwrap();
    // SQLite has one level, and begins before anybody could drop it.
    let (Some(_network), builder) = t.behind_network().await else { return };
    let db = builder.pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let deferred = db.session().sqlite_mode(SqliteMode::Deferred);
    let by_default = sees_others(&t, &deferred).await;
    let other = if by_default { Isolation::RepeatableRead } else { Isolation::ReadCommitted };
    let mut dropped = 0;
    for k in 0..12 {
        let begin = db.session().isolation(other);
        dropped += usize::from(cancel_after(k, begin.transaction(async |_| Ok(()))).await.is_none());
        assert_eq!(sees_others(&t, &deferred).await, by_default, "dropped at moment {k}");
    }
    assert!(dropped > 0);
}

async fn what_a_database_cannot_do_is_refused(t: Test) {
    let run = async |session: Session| session.transaction(async |_| Ok(())).await;
    for level in LEVELS {
        run(t.session().isolation(level)).await.unwrap();
    }
    let uncommitted = run(t.session().isolation(Isolation::ReadUncommitted)).await;
    let deferrable = run(t.session().isolation(Isolation::Serializable).deferrable()).await;
    if t.engine() == Engine::Sqlite {
        assert!(matches!(uncommitted, Err(Error::Unsupported { .. })), "{uncommitted:?}");
    } else {
        uncommitted.unwrap();
    }
    if t.engine() == Engine::Postgres {
        assert!(matches!(deferrable, Err(Error::Configuration { .. })), "{deferrable:?}");
    } else {
        assert!(matches!(deferrable, Err(Error::Unsupported { .. })), "{deferrable:?}");
    }
    for mode in [SqliteMode::Deferred, SqliteMode::Immediate, SqliteMode::Exclusive] {
        run(t.session().sqlite_mode(mode)).await.unwrap();
    }
    assert_eq!(t.stats().in_use, 0);
}

async fn a_report_says_all_it_needs_in_one_message(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let report = t.session().isolation(Isolation::Serializable).read_only();
    let report = if t.engine() == Engine::Postgres { report.deferrable() } else { report };
    let written = report
        .transaction(async |tx| {
            if t.engine() == Engine::Postgres {
                for (name, value) in [("isolation", "serializable"), ("read_only", "on"), ("deferrable", "on")] {
                    let is = format!("SELECT current_setting('transaction_{name}')");
                    assert_eq!(tx.raw(AssertSqlSafe(is), ()).fetch_one::<String>().await?, value);
                }
            }
            assert_eq!(tx.find::<User>().count().await?, 0);
            Ok(tx.create(user("ann", 1)).await)
        })
        .await;
    assert!(matches!(written.unwrap(), Err(Error::ReadOnly { .. })));
    // The next transaction may write again.
    t.transaction(async |tx| tx.create(user("ann", 1)).await).await.unwrap();
}

async fn a_nested_transaction_asks_for_nothing_else(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.session()
        .isolation(Isolation::RepeatableRead)
        .transaction(async |tx| {
            let other = tx.session().isolation(Isolation::Serializable).transaction(async |_| Ok(())).await;
            assert!(matches!(other, Err(Error::Configuration { .. })), "{other:?}");
            let deferred = tx.session().sqlite_mode(SqliteMode::Deferred).transaction(async |_| Ok(())).await;
            assert!(matches!(deferred, Err(Error::Configuration { .. })), "{deferred:?}");
            // The refusal spoils nothing, and the same is no other.
            tx.session().isolation(Isolation::RepeatableRead).transaction(async |tx| tx.create(user("ann", 1)).await).await?;
            tx.transaction(async |tx| tx.create(user("bob", 1)).await).await
        })
        .await
        .unwrap();
    assert_eq!(t.find::<User>().count().await.unwrap(), 2);
    let nested = t.transaction(async |tx| tx.session().isolation(Isolation::ReadCommitted).transaction(async |_| Ok(())).await).await;
    assert!(matches!(nested, Err(Error::Configuration { .. })), "{nested:?}");
}

async fn a_deferred_transaction_lets_others_write_until_it_does(t: Test) {
    if t.engine() != Engine::Sqlite {
        return;
    }
    t.create_tables::<User>().await.unwrap();
    let insert = "INSERT INTO users (name, age, active) VALUES ('other', 1, true)";
    let write = async |mode| {
        let session = t.session().sqlite_mode(mode);
        let ended = session.transaction(async |tx| {
            let before = tx.find::<User>().count().await?;
            let mut other = t.plain().await;
            other.execute("PRAGMA busy_timeout = 0").await;
            let locked = other.fails(insert).await;
            Ok((locked, tx.create(user("ann", u8::try_from(before).unwrap())).await))
        });
        ended.await
    };
    let (locked, written) = write(SqliteMode::Immediate).await.unwrap();
    assert!(locked && written.is_ok());
    let (locked, written) = write(SqliteMode::Deferred).await.unwrap();
    let error = written.unwrap_err();
    assert!(!locked && error.is_conflict() && error.is_retryable(), "{error:?}");
    assert_eq!(t.find::<User>().count().await.unwrap(), 2);
}

async fn a_transaction_and_a_read_are_three_round_trips(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let ann = t.create(user("ann", 1)).await.unwrap();
    let (Some(network), builder) = t.behind_network().await else { return };
    let db = builder.pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let read = async |session: &Session| session.transaction(async |tx| tx.get::<User>(ann.id).await).await.unwrap();
    let plain = db.session();
    let strict = db.session().isolation(Isolation::Serializable);
    for session in [&plain, &strict] {
        // The statement is prepared the first time.
        read(session).await;
        network.take_round_trips();
        assert_eq!(read(session).await, ann);
        assert_eq!(network.take_round_trips(), 3);
    }
}

/// A read and a write that depends on it, by a hook of a model.
#[derive(Debug, Default, Model)]
#[orm(hooks)]
struct Numbered {
    #[orm(key, auto)]
    id: i64,
    place: i64,
}

impl Hooks for Numbered {
    async fn before_create(&mut self, db: &Session) -> orm::Result<()> {
        assert!(db.in_transaction());
        self.place = i64::try_from(db.find::<Self>().count().await?).unwrap();
        Ok(())
    }
}

async fn implicit_transactions_have_the_level_of_their_session(t: Test) {
    t.create_tables::<Numbered>().await.unwrap();
    let tasks = (0..8).map(|_| {
        let strict = t.session().isolation(Isolation::Serializable);
        tokio::spawn(async move {
            loop {
                match strict.create(Numbered::default()).await {
                    Ok(_) => return,
                    Err(error) => assert!(error.is_conflict(), "{error:?}"),
                }
            }
        })
    });
    for ended in join_all(tasks).await {
        ended.unwrap();
    }
    let places = t.find::<Numbered>().order(Numbered::PLACE.asc()).select(Numbered::PLACE).await.unwrap();
    assert_eq!(places, (0..8).collect::<Vec<_>>());
}
