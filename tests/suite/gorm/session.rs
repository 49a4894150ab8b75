//! Sessions, as GORM has them.

use orm::Statement;
use orm::prelude::*;

use crate::models::{User, user};
use crate::watch::Log;
use crate::{Test, cases};

cases![
    conditions_stay_with_their_query,
    one_statement_needs_no_transaction,
    whole_tables_are_said_aloud,
    a_session_is_logged_by_a_callback,
    a_list_is_stored_in_parts_of_the_size_that_fits,
];

/// `NewDB` and `Initialized`: a session has no conditions that a query could inherit.
async fn conditions_stay_with_their_query(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create_many([user("ann", 1), user("bob", 2)]).await.unwrap();
    let session = t.session();
    let adults = session.find().where_(User::AGE.gt(1));
    assert_eq!(session.find::<User>().count().await.unwrap(), 2);
    assert_eq!(adults.await.unwrap().len(), 1);
    let seen = session.transaction(async |tx| tx.find::<User>().count().await).await.unwrap();
    assert_eq!(seen, 2);
}

/// Writes whether each write is in a transaction.
async fn places(cx: &mut Context) -> orm::Result<()> {
    let place = if cx.session().in_transaction() { "transaction" } else { "alone" };
    if let Some(log) = cx.setting::<Log>() {
        log.write(format!("{} {} {place}", cx.kind().name(), cx.len()));
    }
    Ok(())
}

/// `SkipDefaultTransaction`: there is none that could be left out.
async fn one_statement_needs_no_transaction(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let log = Log::new();
    let db = t.with_callbacks(|on| {
        on.create().before("*").register("test:places", places);
        on.update().before("*").register("test:places", places);
        on.delete().before("*").register("test:places", places);
    });
    let db = db.unwrap().session().with(log.clone());
    let ann = db.create(user("ann", 1)).await.unwrap();
    let ann = db.update(ann).set(User::AGE, 2).await.unwrap();
    db.delete(ann).await.unwrap();
    assert_eq!(log.take(), ["create 1 alone", "update 1 alone", "delete 1 alone"]);
}

/// `AllowGlobalUpdate`: no switch, but a word.
async fn whole_tables_are_said_aloud(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create_many([user("ann", 1), user("bob", 2)]).await.unwrap();
    assert_eq!(t.update_all(every::<User>()).set(User::AGE, 3).await.unwrap(), 2);
    assert_eq!(t.delete_all(every::<User>()).await.unwrap(), 2);
    assert_eq!(t.find::<User>().count().await.unwrap(), 0);
}

/// `Logger` and `Debug()`: a callback prints for the sessions that ask for it.
async fn a_session_is_logged_by_a_callback(t: Test) {
    async fn print(cx: &mut Context) -> orm::Result<()> {
        let Some(log) = cx.setting::<Log>().cloned() else { return Ok(()) };
        log.write(cx.sql().await?.to_string());
        Ok(())
    }
    t.create_tables::<User>().await.unwrap();
    let db = t.with_callbacks(|on| _ = on.query().before("orm:query").register("app:print", print)).unwrap();
    let log = Log::new();
    db.find::<User>().await.unwrap();
    db.session().with(log.clone()).find().where_(User::AGE.gt(3)).count().await.unwrap();
    db.find().where_(User::AGE.gt(4)).with(log.clone()).await.unwrap();
    let count = t.engine().to_sql(&t.find().where_(User::AGE.gt(3)).count().statement()).unwrap();
    let list = t.engine().to_sql(&t.find().where_(User::AGE.gt(4)).statement()).unwrap();
    assert_eq!(log.take(), [count, list]);
}

/// `CreateBatchSize`: as many as one statement of the database takes.
async fn a_list_is_stored_in_parts_of_the_size_that_fits(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let plan = t.session().dry_run();
    plan.create_many((0..12_000).map(|n| user(&n.to_string(), 1))).await.unwrap();
    let parts = plan.statements();
    assert!((2..=24).contains(&parts.len()), "{} parts", parts.len());
    let insert = t.create(user("ann", 1)).statement();
    assert!(matches!(insert, Statement::Insert(_)) && parts.iter().all(|it| it.sql().starts_with("INSERT")));
    assert_eq!(t.create_many((0..1_200).map(|n| user(&n.to_string(), 1))).await.unwrap().len(), 1_200);
    assert_eq!(t.find::<User>().count().await.unwrap(), 1_200);
}
