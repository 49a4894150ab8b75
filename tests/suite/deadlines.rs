//! A session's time: what is stopped at its end, and what is left.

use std::time::{Duration, Instant};

use orm::{Db, Engine, Error, PoolOptions};

use crate::models::{User, user};
use crate::{Test, cases};

cases![
    a_statement_is_stopped_at_the_deadline_and_its_connection_used_again,
    a_transaction_whose_time_is_up_is_undone,
    a_statement_after_the_deadline_is_not_sent,
    waiting_for_a_connection_counts,
    a_child_has_no_more_time_than_its_parent,
    the_default_holds_for_each_statement_and_gives_way_to_the_session,
    a_record_comes_back_from_a_write_that_was_stopped,
    a_write_that_is_not_heard_of_at_the_deadline_is_not_known,
    over_a_slow_network_the_connection_of_a_late_statement_is_kept,
    text_that_is_not_heard_of_at_the_deadline_is_not_known,
    a_procedure_that_is_stopped_halfway_is_not_known,
    it_holds_where_no_thread_is_free,
];

/// Takes a minute, unless it is stopped; then the test would not end in time.
pub(super) const fn minute(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "SELECT 1::bigint FROM pg_sleep(60)",
        Engine::Sqlite => "SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n)",
        _ => "SELECT CAST(sleep(60) AS SIGNED)",
    }
}

/// Waits for what comes to rest in the background.
async fn rest(db: &Db) {
    while db.stats().in_use > 0 {
        tokio::task::yield_now().await;
    }
}

fn is_timeout(error: &Error) -> bool {
    matches!(error, Error::Timeout { .. })
}

/// Text may write, and a server may be slow to say that it has stopped it.
fn is_late(error: &Error) -> bool {
    is_timeout(error) || error.is_outcome_unknown()
}

async fn a_statement_is_stopped_at_the_deadline_and_its_connection_used_again(t: Test) {
    let db = t.builder().pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    let opened = db.stats().opened;
    for _ in 0..3 {
        let short = db.session().timeout(Duration::from_millis(40));
        let error = short.raw(minute(t.engine()), ()).fetch::<i64>().await.unwrap_err();
        assert!(is_late(&error), "{error:?}");
        assert_eq!(db.raw("SELECT 7", ()).fetch_one::<i32>().await.unwrap(), 7);
    }
    assert_eq!(db.stats().opened, opened, "connections were replaced");
    assert_eq!(db.stats().in_use, 0);
}

// gorm: transaction:TestTransactionWithDefaultTimeout
async fn a_transaction_whose_time_is_up_is_undone(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create(user("bystander", 1)).await.unwrap();
    let short = t.session().timeout(Duration::from_millis(400));
    let error = short
        .transaction(async |tx| {
            tx.create(user("never", 2)).await?;
            // The error is swallowed; the commit must not happen all the same.
            let stopped = tx.raw(minute(t.engine()), ()).fetch::<i64>().await.unwrap_err();
            assert!(is_timeout(&stopped), "{stopped:?}");
            Ok(())
        })
        .await
        .unwrap_err();
    assert!(is_timeout(&error) || matches!(error, Error::RolledBack { .. }), "{error:?}");
    assert_eq!(t.find::<User>().await.unwrap().len(), 1);
    rest(&t).await;
}

// gorm: transaction:TestCancelTransaction
async fn a_statement_after_the_deadline_is_not_sent(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let over = t.session().deadline(Instant::now());
    assert_eq!(over.time_left(), Some(Duration::ZERO));
    let failed = over.create(user("ann", 1)).or_return().await.unwrap_err();
    assert!(is_timeout(failed.error()), "{failed:?}");
    assert_eq!(failed.into_record().name, "ann");
    assert!(is_timeout(&over.transaction(async |_| Ok(())).await.unwrap_err()));
    assert_eq!(t.find::<User>().count().await.unwrap(), 0);
}

async fn waiting_for_a_connection_counts(t: Test) {
    let db = t.builder().pool(PoolOptions::new().max_size(1).wait_timeout(Duration::from_secs(60))).open().await.unwrap();
    db.transaction(async |tx| {
        tx.raw("SELECT 1", ()).fetch::<i32>().await?;
        // The transaction has the one connection that writes.
        // Made in a task of its own: in this one it is known to wait for ever.
        let limit = Duration::from_millis(30);
        let other = db.session().timeout(limit);
        let begun = Instant::now();
        let error = tokio::spawn(async move { other.transaction(async |_| Ok(())).await }).await.unwrap().unwrap_err();
        let took = begun.elapsed();
        // As much is said as where the pool's own limit is over.
        let Error::PoolExhausted { at, waited, phase, in_use, own, max, waiting, deadline, holder: Some(holder), .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!((phase, in_use, own, max, waiting, deadline), ("a connection", 1, 0, 1, 0, true));
        assert!(waited <= took && took >= limit && took < limit + Duration::from_millis(50), "{waited:?}, {took:?}");
        assert!([at, holder.at].iter().all(|it| it.file() == file!()) && holder.at.line() < at.line(), "{at} {holder}");
        assert!(error.is_retryable() && !error.is_timeout(), "{error:?}");
        assert!(error.to_string().contains("when the session's time was up"), "{error}");
        Ok(())
    })
    .await
    .unwrap();
    let stats = db.stats();
    assert_eq!((stats.in_use, stats.timed_out, stats.wait_count, stats.waiting), (0, 1, 1, 0));
}

async fn a_child_has_no_more_time_than_its_parent(t: Test) {
    assert_eq!(t.session().time_left(), None);
    let parent = t.session().timeout(Duration::from_secs(5));
    let child = parent.session().timeout(Duration::from_secs(60));
    assert!(child.time_left() <= Some(Duration::from_secs(5)));
    let sooner = parent.session().timeout(Duration::from_secs(1));
    assert!(sooner.time_left() <= Some(Duration::from_secs(1)));
    // A transaction has the time of the session it was made on.
    let left = child.transaction(async |tx| Ok(tx.time_left())).await.unwrap();
    assert!(left.is_some_and(|it| it <= Duration::from_secs(5)));
}

async fn the_default_holds_for_each_statement_and_gives_way_to_the_session(t: Test) {
    let db = t.builder().timeout(Duration::from_millis(40)).open().await.unwrap();
    let is = |error: &Error, millis| match error {
        Error::Timeout { limit, .. } => *limit == Duration::from_millis(millis),
        error => error.is_outcome_unknown(),
    };
    let error = db.raw(minute(t.engine()), ()).fetch::<i64>().await.unwrap_err();
    assert!(is(&error, 40), "{error:?}");
    assert_eq!(db.raw("SELECT 7", ()).fetch_one::<i32>().await.unwrap(), 7);
    let longer = db.session().timeout(Duration::from_millis(90));
    let error = longer.raw(minute(t.engine()), ()).fetch::<i64>().await.unwrap_err();
    assert!(is(&error, 90), "{error:?}");
}

async fn a_record_comes_back_from_a_write_that_was_stopped(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let ann = t.create(user("ann", 1)).await.unwrap();
    // Another transaction holds the record; the write waits for it.
    t.transaction(async |tx| {
        tx.update(ann.clone()).set(User::AGE, 2).await?;
        let short = t.session().timeout(Duration::from_millis(60));
        let late = User { age: 3, ..ann.clone() };
        let failed = tokio::spawn(async move { short.save(late).or_return().await }).await.unwrap().unwrap_err();
        // A server that is slow to say that it has stopped it is not waited for.
        // SQLite's only connection that writes is the one of the transaction.
        let is_late = |it: &Error| is_timeout(it) || it.is_outcome_unknown() || it.is_pool_exhausted();
        assert!(is_late(failed.error()), "{failed:?}");
        assert_eq!(failed.into_record().age, 3);
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(t.get::<User>(ann.id).await.unwrap().age, 2);
}

async fn a_write_that_is_not_heard_of_at_the_deadline_is_not_known(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let (Some(proxy), builder) = t.behind_network().await else { return };
    let db = builder.pool(PoolOptions::new().max_size(2)).open().await.unwrap();
    db.create(user("bystander", 1)).await.unwrap();
    proxy.silence();
    let failed = db.session().timeout(Duration::from_millis(60)).create(user("ann", 2)).or_return().await.unwrap_err();
    assert!(failed.error().is_outcome_unknown(), "{failed:?}");
    assert_eq!(failed.into_record().name, "ann");
    // Another connection cannot be opened in time, so nothing was sent.
    let read = db.session().timeout(Duration::from_millis(60)).find::<User>().count().await;
    assert!(matches!(read, Err(Error::PoolExhausted { deadline: true, opening: 1, .. })), "{read:?}");
    proxy.heal();
    assert_eq!(t.find::<User>().count().await.unwrap(), 1);
}

async fn over_a_slow_network_the_connection_of_a_late_statement_is_kept(t: Test) {
    let (Some(proxy), builder) = t.behind_network().await else { return };
    let db = builder.pool(PoolOptions::new().max_size(1)).open().await.unwrap();
    db.raw("SELECT 7", ()).fetch_one::<i32>().await.unwrap();
    let opened = db.stats().opened;
    proxy.delay(Duration::from_millis(100));
    let error = db.session().timeout(Duration::from_millis(150)).raw(minute(t.engine()), ()).fetch::<i64>().await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error:?}");
    // The answer is still under way.
    assert_eq!(db.stats().in_use, 1);
    proxy.delay(Duration::ZERO);
    assert_eq!(db.raw("SELECT 7", ()).fetch_one::<i32>().await.unwrap(), 7);
    assert_eq!(db.stats().opened, opened, "the connection was replaced");
}

/// Seen failing where text that begins with `SELECT` counted as a read: `Timeout`, which says
/// that nothing was written.
async fn text_that_is_not_heard_of_at_the_deadline_is_not_known(t: Test) {
    t.create_tables::<User>().await.unwrap();
    for text in ["SELECT 7", "VALUES (7)", "EXPLAIN SELECT 7"] {
        let (Some(proxy), builder) = t.behind_network().await else { return };
        let db = builder.pool(PoolOptions::new().max_size(1)).open().await.unwrap();
        proxy.silence();
        let error = db.session().timeout(Duration::from_millis(60)).raw(text, ()).execute().await.unwrap_err();
        assert!(error.is_outcome_unknown(), "{text}: {error:?}");
    }
}

/// Seen failing: `Timeout`.
async fn a_procedure_that_is_stopped_halfway_is_not_known(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let procedure = match t.engine() {
        Engine::Sqlite => return,
        Engine::Postgres => {
            "CREATE PROCEDURE halfway() LANGUAGE plpgsql AS $$ BEGIN
                INSERT INTO users (name, age, active) VALUES ('half', 1, true); COMMIT; PERFORM pg_sleep(60);
             END $$"
        }
        _ => "CREATE PROCEDURE halfway() BEGIN INSERT INTO users (name, age, active) VALUES ('half', 1, true); LOOP DO 1; END LOOP; END",
    };
    t.plain().await.execute(procedure).await;
    let error = t.session().timeout(Duration::from_millis(400)).raw("CALL halfway()", ()).execute().await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error:?}");
    assert_eq!(t.find::<User>().count().await.unwrap(), 1);
    // In a transaction of its own, PostgreSQL refuses that, and nothing is there in any case.
    rest(&t).await;
}

/// SQLite's statements run on threads that may wait, which the program may have taken for
/// something else. Seen failing: the write was waited for until a thread was free.
async fn it_holds_where_no_thread_is_free(t: Test) {
    if t.engine() != Engine::Sqlite {
        return;
    }
    let builder = t.builder().pool(PoolOptions::new().max_size(1));
    let crowded = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let db = builder.open().await.unwrap();
            db.create_tables::<User>().await.unwrap();
            let (done, until_done) = std::sync::mpsc::channel::<()>();
            let busy = tokio::task::spawn_blocking(move || until_done.recv());
            let hang = Duration::from_secs(20);

            let short = db.session().timeout(Duration::from_millis(100));
            let late = short.create(user("late", 1)).or_return();
            let failed = tokio::time::timeout(hang, late).await.expect("it is not waited for").unwrap_err();
            assert!(is_timeout(failed.error()), "{failed:?}");
            assert_eq!(failed.into_record().name, "late");
            let short = db.session().timeout(Duration::from_millis(100));
            let scan = short.find::<User>().into_future();
            assert!(is_timeout(&tokio::time::timeout(hang, scan).await.expect("it is not waited for").unwrap_err()));
            // Whoever is dropped does not keep the connection either.
            assert!(tokio::time::timeout(Duration::from_millis(20), db.create(user("never", 2))).await.is_err());
            tokio::time::timeout(hang, rest(&db)).await.expect("it is back");

            drop(done);
            let _ = busy.await.unwrap();
            db.create(user("ann", 3)).await.unwrap();
            db.find::<User>().select(User::NAME).await.unwrap()
        })
    };
    let stored = std::thread::scope(|scope| scope.spawn(crowded).join().unwrap());
    assert_eq!(stored, ["ann"]);
}
