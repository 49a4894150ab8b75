//! Writes that read what they wrote.

use orm::Error;
use orm::prelude::*;

use crate::models::{User, user};
use crate::{Test, cases};

cases![
    changed_records_are_read_as_they_are_now,
    removed_records_are_read_as_they_were,
    callbacks_hear_how_many_there_were,
    what_a_database_cannot_return_is_not_sent,
];

async fn three(t: &Test) {
    t.create_tables::<User>().await.unwrap();
    t.create_many([user("ann", 30), user("bob", 40), user("cleo", 50)]).await.unwrap();
}

fn names(mut users: Vec<User>) -> Vec<(String, u8)> {
    users.sort_by_key(|it| it.id);
    users.into_iter().map(|it| (it.name, it.age)).collect()
}

fn returns_updates(t: &Test) -> bool {
    matches!(t.engine(), orm::Engine::Sqlite | orm::Engine::Postgres)
}

async fn changed_records_are_read_as_they_are_now(t: Test) {
    three(&t).await;
    if !returns_updates(&t) {
        return;
    }
    let older = || t.update_all(User::AGE.lt(45)).set(User::AGE, User::AGE.plus(1));
    assert_eq!(names(older().returning().await.unwrap()), [("ann".into(), 31), ("bob".into(), 41)]);
    let mut pairs = older().returning_only((User::NAME.upper(), User::AGE)).await.unwrap();
    pairs.sort();
    assert_eq!(pairs, [("ANN".into(), 32), ("BOB".into(), 42)]);
    assert_eq!(t.update_all(User::AGE.gt(90)).set(User::AGE, 1).returning().await.unwrap(), []);
    assert_eq!(t.find().where_(User::NAME.eq("cleo")).select(User::AGE).await.unwrap(), [50]);
}

async fn removed_records_are_read_as_they_were(t: Test) {
    three(&t).await;
    if t.engine() == orm::Engine::MySql {
        return;
    }
    assert_eq!(names(t.delete_all(User::AGE.lt(35)).returning().await.unwrap()), [("ann".into(), 30)]);
    assert_eq!(t.delete_all(User::AGE.lt(45)).returning_only(User::NAME).await.unwrap(), ["bob"]);
    assert_eq!(t.delete_all(User::AGE.lt(45)).returning().await.unwrap(), []);
    assert_eq!(names(t.find().await.unwrap()), [("cleo".into(), 50)]);
}

async fn callbacks_hear_how_many_there_were(t: Test) {
    async fn heard(cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
        next.run(cx).await?;
        assert_eq!((cx.outcome().affected, cx.outcome().rows, cx.len()), (2, 2, 2));
        Ok(())
    }
    three(&t).await;
    let db = t
        .with_callbacks(|on| {
            on.delete().before("*").register("test:heard", heard);
        })
        .unwrap();
    let mut ids = db.delete_all(User::AGE.lt(45)).returning_only(User::ID).await.unwrap();
    ids.sort_unstable();
    assert_eq!(ids, [1, 2]);
}

async fn what_a_database_cannot_return_is_not_sent(t: Test) {
    three(&t).await;
    if returns_updates(&t) {
        return;
    }
    let error = t.update_all(every::<User>()).set(User::AGE, 1).returning().await.unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
    assert_eq!(t.find().where_(User::AGE.eq(1)).count().await.unwrap(), 0);
}
