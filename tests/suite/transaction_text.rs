//! Statements that would end a transaction behind its back.

use orm::prelude::*;
use orm::{Engine, Error};

use super::transactions::names;
use crate::models::{User, user};
use crate::{Test, cases};

cases![transactions_are_not_ended_by_text, a_procedure_that_commits_is_found_out, tables_are_not_made_where_that_would_commit,];

/// A `BEGIN` in a text would leave a connection of the pool inside a transaction,
/// and the writes of whoever gets it next would be lost.
async fn transactions_are_not_ended_by_text(t: Test) {
    t.create_tables::<User>().await.unwrap();
    for text in ["BEGIN", " start transaction", "-- a comment\nCOMMIT", "/* a */ rollback", "SAVEPOINT a", "RELEASE a", "END", ";COMMIT"] {
        let refused = t.raw(text, ()).execute().await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{text}: {refused:?}");
        let ended = t
            .transaction(async |tx| {
                tx.create(user("ann", 1)).await?;
                tx.raw(text, ()).execute().await
            })
            .await;
        assert!(matches!(ended, Err(Error::Invalid(_))), "{text}: {ended:?}");
    }
    assert!(names(&t).await.is_empty());
}

/// What is said after it would be committed statement by statement, and a
/// rollback would undo nothing and succeed.
async fn a_procedure_that_commits_is_found_out(t: Test) {
    t.create_tables::<User>().await.unwrap();
    if t.engine() != Engine::MariaDb {
        // PostgreSQL refuses such a procedure inside a transaction; SQLite has none.
        return;
    }
    t.plain().await.execute("CREATE PROCEDURE keep() BEGIN COMMIT; END").await;
    t.plain().await.execute("CREATE PROCEDURE harmless() BEGIN SET @a = 1; END").await;
    let ended = t
        .transaction(async |tx| {
            tx.raw("CALL harmless()", ()).execute().await?;
            tx.create(user("ann", 1)).await?;
            let called = tx.raw("CALL keep()", ()).execute().await;
            assert!(matches!(called, Err(Error::EndedByStatement { .. })), "{called:?}");
            assert!(matches!(tx.create(user("bob", 1)).await, Err(Error::EndedByStatement { .. })));
            assert!(tx.transaction(async |_| Ok(())).await.is_err());
            Ok(())
        })
        .await;
    assert!(matches!(ended, Err(Error::EndedByStatement { .. })), "{ended:?}");
    t.create(user("after", 1)).await.unwrap();
    assert_eq!(names(&t).await, ["after", "ann"]);
}

#[derive(Debug, Model)]
struct Ledger {
    #[orm(key)]
    id: i64,
}

/// MariaDB and MySQL commit before and after each change of a table.
async fn tables_are_not_made_where_that_would_commit(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let made = t
        .transaction(async |tx| {
            tx.create(user("ann", 1)).await?;
            tx.create_tables::<Ledger>().await?;
            Err::<(), _>(Error::other("on purpose"))
        })
        .await
        .unwrap_err();
    let text = t.transaction(async |tx| {
        tx.create(user("bob", 1)).await?;
        tx.raw("CREATE TABLE other (id INT)", ()).execute().await?;
        Err::<(), _>(Error::other("on purpose"))
    });
    let text = text.await.unwrap_err();
    if t.engine().is_mysql_family() {
        assert!(matches!(made, Error::Unsupported { .. }), "{made:?}");
        assert!(matches!(text, Error::Unsupported { .. }), "{text:?}");
    } else {
        assert_eq!((made.to_string(), text.to_string()), ("on purpose".to_owned(), "on purpose".to_owned()));
        assert!(matches!(t.find::<Ledger>().await, Err(Error::MissingTable { .. })));
    }
    assert!(names(&t).await.is_empty());
}
