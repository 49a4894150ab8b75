//! Transactions, as GORM tests them.

use orm::Error;
use orm::prelude::*;

use crate::models::{User, user};
use crate::suite::transactions::names;
use crate::{Test, cases};

cases![
    a_transaction_is_begun_and_ended_by_hand,
    a_block_commits_or_rolls_back,
    what_has_ended_cannot_be_ended_again,
    a_part_is_rolled_back_and_the_rest_goes_on,
    an_inner_block_rolls_back_its_own_part,
    three_levels_end_one_by_one,
    a_block_in_the_same_transaction_keeps_what_it_wrote,
    a_closed_database_begins_nothing,
    a_block_has_the_settings_of_its_session,
];

fn no() -> Error {
    Error::other("on purpose")
}

// gorm: transaction:TestTransaction
async fn a_transaction_is_begun_and_ended_by_hand(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let tx = t.begin().await.unwrap();
    let ann = tx.create(user("ann", 1)).await.unwrap();
    assert_eq!(tx.get::<User>(ann.id).await.unwrap(), ann);
    let nested = tx.begin().await.unwrap();
    nested.create(user("nested", 1)).await.unwrap();
    nested.rollback().await;
    tx.rollback().await;
    assert!(t.get::<User>(ann.id).await.unwrap_err().is_not_found());
    let tx = t.begin().await.unwrap();
    tx.create(user("bob", 1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(names(&t).await, ["bob"]);
}

// gorm: transaction:TestTransactionWithBlock
async fn a_block_commits_or_rolls_back(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let failed = t
        .transaction(async |tx| {
            tx.create(user("ann", 1)).await?;
            assert_eq!(tx.find().where_(User::NAME.eq("ann")).count().await?, 1);
            Err::<(), _>(no())
        })
        .await;
    assert_eq!(failed.unwrap_err().to_string(), "on purpose");
    t.transaction(async |tx| tx.create(user("bob", 1)).await).await.unwrap();
    let db = t.db();
    let panicked = tokio::spawn(async move {
        db.transaction(async |tx| -> orm::Result<()> {
            tx.create(user("cleo", 1)).await?;
            panic!("on purpose")
        })
        .await
    });
    assert!(panicked.await.unwrap_err().is_panic());
    t.create(user("dan", 1)).await.unwrap();
    assert_eq!(names(&t).await, ["bob", "dan"]);
}

// gorm: transaction:TestTransactionRaiseErrorOnRollbackAfterCommit
async fn what_has_ended_cannot_be_ended_again(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let tx = t.begin().await.unwrap();
    tx.create(user("ann", 1)).await.unwrap();
    let kept = tx.session();
    tx.commit().await.unwrap();
    // `tx.rollback()` does not compile any more: it was given away. What is left of it is of no use.
    assert!(matches!(kept.begin().await, Err(Error::TransactionClosed)));
    assert!(matches!(kept.delete_all(every::<User>()).await, Err(Error::TransactionClosed)));
    assert_eq!(names(&t).await, ["ann"]);
}

// gorm: transaction:TestTransactionWithSavePoint
async fn a_part_is_rolled_back_and_the_rest_goes_on(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let tx = t.begin().await.unwrap();
    tx.create(user("ann", 1)).await.unwrap();
    let point = tx.begin().await.unwrap();
    let bob = point.create(user("bob", 1)).await.unwrap();
    point.rollback().await;
    assert!(tx.get::<User>(bob.id).await.unwrap_err().is_not_found());
    tx.create(user("cleo", 1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(names(&t).await, ["ann", "cleo"]);
}

// gorm: transaction:TestNestedTransactionWithBlock
async fn an_inner_block_rolls_back_its_own_part(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.transaction(async |tx| {
        tx.create(user("ann", 1)).await?;
        let inner = tx.transaction(async |tx| {
            tx.create(user("bob", 1)).await?;
            Err::<(), _>(no())
        });
        assert!(inner.await.is_err());
        assert_eq!(tx.find::<User>().count().await?, 1);
        tx.transaction(async |tx| tx.create(user("cleo", 1)).await).await
    })
    .await
    .unwrap();
    assert_eq!(names(&t).await, ["ann", "cleo"]);
}

// gorm: transaction:TestDeeplyNestedTransactionWithBlockAndWrappedCallback
async fn three_levels_end_one_by_one(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.transaction(async |tx| {
        tx.create(user("one", 1)).await?;
        let second = tx
            .transaction(async |tx| {
                tx.create(user("two", 1)).await?;
                let third = tx.transaction(async |tx| {
                    tx.create(user("three", 1)).await?;
                    Err::<(), _>(no())
                });
                // An error of a program around the one of the third level.
                third.await.map_err(|error| Error::other(format!("wrapped: {error}")))
            })
            .await;
        assert_eq!(second.unwrap_err().to_string(), "wrapped: on purpose");
        tx.transaction(async |tx| tx.transaction(async |tx| tx.create(user("four", 1)).await).await).await
    })
    .await
    .unwrap();
    assert_eq!(names(&t).await, ["four", "one"]);
}

/// Without a nested transaction: a plain call.
// gorm: transaction:TestDisabledNestedTransaction
async fn a_block_in_the_same_transaction_keeps_what_it_wrote(t: Test) {
    async fn part(tx: &Session) -> orm::Result<()> {
        tx.create(user("bob", 1)).await?;
        Err(no())
    }
    t.create_tables::<User>().await.unwrap();
    t.transaction(async |tx| {
        tx.create(user("ann", 1)).await?;
        assert!(part(tx).await.is_err());
        assert_eq!(tx.find::<User>().count().await?, 2);
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(names(&t).await, ["ann", "bob"]);
}

// gorm: transaction:TestTransactionOnClosedConn
async fn a_closed_database_begins_nothing(t: Test) {
    let db = t.builder().open().await.unwrap();
    db.close();
    assert!(matches!(db.transaction(async |_| Ok(())).await, Err(Error::Closed)));
    assert!(matches!(db.begin().await, Err(Error::Closed)));
    assert!(matches!(db.session().retry(1).transaction(async |_| Ok(())).await, Err(Error::Closed)));
}

// gorm: transaction:TestTransactionWithHooks
async fn a_block_has_the_settings_of_its_session(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create_many([user("ann", 1), user("bob", 2)]).await.unwrap();
    // What a handle carries goes into the transaction, and into those inside it.
    let seven = t.session().with(7_u8);
    let names = seven
        .transaction(async |tx| {
            assert_eq!(tx.settings().get::<u8>(), Some(&7));
            let outer = tx.find().where_(User::AGE.eq(1)).limit(1).select(User::NAME).await?;
            let inner = tx.transaction(async |tx| {
                assert_eq!(tx.settings().get::<u8>(), Some(&7));
                tx.find().where_(User::AGE.eq(2)).limit(1).select(User::NAME).await
            });
            Ok([outer, inner.await?].concat())
        })
        .await
        .unwrap();
    assert_eq!(names, ["ann", "bob"]);
}
