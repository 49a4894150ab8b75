//! Transactions that a write begins by itself.

use orm::prelude::*;

use crate::models::{User, user};
use crate::watch::Log;
use crate::{Test, cases};

cases![
    a_callback_whose_condition_fails_needs_no_transaction,
    what_a_condition_said_before_the_write_holds,
    a_write_in_parts_is_all_or_nothing_inside_a_transaction,
];

/// Says that the callback is to run.
struct Wanted;

/// Stands where `orm:timestamps` stood, which needs no transaction.
async fn tell(cx: &mut Context) -> orm::Result<()> {
    let log = cx.session().settings().get::<Log>().cloned().unwrap();
    log.write(if cx.session().in_transaction() { "in a transaction" } else { "alone" });
    Ok(())
}

async fn fail(_: &mut Context) -> orm::Result<()> {
    Err(orm::Error::other("not today"))
}

async fn a_callback_whose_condition_fails_needs_no_transaction(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let log = Log::new();
    let db = t
        .with_callbacks(|on| {
            on.create().replace("orm:timestamps", tell).when(|cx| cx.setting::<Wanted>().is_some()).register("app:fail", fail);
        })
        .unwrap();
    let session = db.session().with(log.clone());
    session.create(user("ann", 1)).await.unwrap();
    assert_eq!(log.take(), ["alone"]);
    let failed = session.create(user("bob", 1)).with(Wanted).await;
    assert!(failed.unwrap_err().to_string().ends_with("not today"));
    assert_eq!(log.take(), ["in a transaction"]);
    // Its error undid the write.
    assert_eq!(t.find::<User>().count().await.unwrap(), 1);
}

/// Otherwise the callback would run where its error undoes nothing.
async fn what_a_condition_said_before_the_write_holds(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t
        .with_callbacks(|on| {
            on.create().when(|cx| cx.outcome().affected > 0).register("app:late", fail);
        })
        .unwrap();
    db.create(user("ann", 1)).await.unwrap();
    db.transaction(async |tx| tx.create(user("bob", 1)).await).await.unwrap();
    assert_eq!(t.find::<User>().count().await.unwrap(), 2);
}

async fn a_write_in_parts_is_all_or_nothing_inside_a_transaction(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let numbered = |n: u32| User { email: Some(n.to_string()), ..user("many", 1) };
    let ended = t
        .transaction(async |tx| {
            tx.create(numbered(700)).await?;
            // More than go into one statement; the last one is there already.
            let failed = tx.create_many((0..=700).map(numbered)).await;
            assert!(failed.unwrap_err().is_unique_violation());
            Ok(())
        })
        .await;
    // They were a level of their own, so that the transaction goes on without them.
    ended.unwrap();
    assert_eq!(t.find::<User>().count().await.unwrap(), 1);
}
