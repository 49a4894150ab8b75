//! What an operation says whose statement a link did not let pass.

use orm::prelude::*;
use orm::{Db, Error, Kind};

use crate::models::{User, user};
use crate::{Test, cases};

cases![
    a_statement_that_was_never_sent_is_no_success,
    a_removed_default_is_no_success,
    a_swallowed_error_is_no_success,
    a_link_may_answer_a_write,
    a_link_may_answer_a_read,
    a_link_may_try_again,
];

async fn ann(t: &Test) -> User {
    t.create_tables::<User>().await.unwrap();
    t.create(user("ann", 30)).await.unwrap()
}

async fn skip(_: &mut Context, _: Next<'_>) -> orm::Result<()> {
    Ok(())
}

fn assert_unsent<T: std::fmt::Debug>(done: orm::Result<T>) {
    match done {
        Err(Error::CallbackMisuse { what, .. }) => assert!(what.contains("unsent") && what.contains("Context::answer"), "{what}"),
        other => panic!("{other:?}"),
    }
}

/// No operation counts as done on this handle.
async fn assert_nothing_is_done(db: &Db, ann: &User) {
    assert_unsent(db.create(user("bob", 1)).await);
    assert_unsent(db.create_many([user("bob", 1), user("cleo", 2)]).await);
    assert_unsent(db.update(ann.clone()).set(User::AGE, 31).await);
    assert_unsent(db.save(ann.clone()).await);
    assert_unsent(db.update_all(every()).set(User::AGE, 31).await);
    assert_unsent(db.delete(ann.clone()).await);
    assert_unsent(db.delete_all(every::<User>()).await);
    assert_unsent(db.find::<User>().await);
    assert_unsent(db.find::<User>().first().await);
    assert_unsent(db.find::<User>().count().await);
    assert_unsent(db.find::<User>().exists().await);
    assert_unsent(db.get::<User>(ann.id).await);
    assert_unsent(db.raw("DELETE FROM users", ()).execute().await);
    assert_unsent(db.raw("SELECT 1", ()).fetch::<i64>().await);
    assert_unsent(db.create_tables::<User>().await);
}

async fn a_statement_that_was_never_sent_is_no_success(t: Test) {
    let ann = ann(&t).await;
    let outside = t
        .with_callbacks(|on| {
            on.each().for_each(|chain| {
                chain.before("*").register("app:skip", skip);
            })
        })
        .unwrap();
    assert_nothing_is_done(&outside, &ann).await;
    let inside = t
        .with_callbacks(|on| {
            on.each().for_each(|chain| {
                let default = format!("orm:{}", chain.kind().name());
                chain.before(default).register("app:skip", skip);
            });
        })
        .unwrap();
    assert_nothing_is_done(&inside, &ann).await;
    assert_eq!(t.find::<User>().await.unwrap(), [ann]);
}

async fn a_removed_default_is_no_success(t: Test) {
    let ann = ann(&t).await;
    let db = t
        .with_callbacks(|on| {
            on.each().for_each(|chain| {
                chain.remove(format!("orm:{}", chain.kind().name()));
            })
        })
        .unwrap();
    assert_nothing_is_done(&db, &ann).await;
    assert_eq!(t.find::<User>().await.unwrap(), [ann]);
}

async fn a_swallowed_error_is_no_success(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create(User { email: Some("a@x".into()), ..user("ann", 30) }).await.unwrap();
    let db = t
        .with_callbacks(|on| {
            on.create().before("orm:create").register("app:swallow", async |cx: &mut Context, next: Next<'_>| {
                let _ = next.run(cx).await;
                Ok(())
            });
        })
        .unwrap();
    assert!(db.create(User { email: Some("a@x".into()), ..user("bob", 1) }).await.is_err());
    assert_eq!(t.find::<User>().count().await.unwrap(), 1);
}

async fn a_link_may_answer_a_write(t: Test) {
    let ann = ann(&t).await;
    // A soft delete, in the place of the default.
    let db = t
        .with_callbacks(|on| {
            on.delete().replace("orm:delete", async |cx: &mut Context| {
                let Some(&id) = cx.record(0).and_then(|it| it.get(User::ID)) else { return Err(Error::other("one at a time")) };
                let hidden = cx.session().update_all(User::ID.eq(id)).set(User::NAME, "gone").await?;
                cx.answer(hidden);
                Ok(())
            });
        })
        .unwrap();
    db.delete(ann.clone()).await.unwrap();
    assert_eq!(
        db.delete_all(every::<User>()).await.unwrap_err().to_string(),
        "the callback `orm:delete` of `delete` failed: one at a time"
    );
    assert_eq!(t.find::<User>().await.unwrap(), [User { name: "gone".into(), ..ann }]);
    let deaf = t
        .with_callbacks(|on| {
            on.update().before("*").register("app:deaf", deaf);
        })
        .unwrap();
    async fn deaf(cx: &mut Context, _: Next<'_>) -> orm::Result<()> {
        cx.answer(42);
        Ok(())
    }
    assert_eq!(deaf.update_all(every()).set(User::AGE, 1).await.unwrap(), 42);
}

async fn a_link_may_answer_a_read(t: Test) {
    t.create_tables::<User>().await.unwrap();
    async fn cache(cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
        if cx.answer_with(vec![user("cached", 1)]).is_ok() || cx.answer_with(vec![99_i64]).is_ok() {
            return Ok(());
        }
        next.run(cx).await
    }
    let db = t
        .with_callbacks(|on| {
            on.query().before("orm:query").register("app:cache", cache);
            on.raw().before("orm:raw").register("app:cache", cache);
            on.create().before("orm:create").register("app:cache", cache);
        })
        .unwrap();
    assert_eq!(db.find::<User>().await.unwrap(), [user("cached", 1)]);
    assert_eq!(db.find::<User>().count().await.unwrap(), 99);
    assert_eq!(db.raw("SELECT 1", ()).fetch::<i64>().await.unwrap(), [99]);
    assert_eq!(db.raw("SELECT 1, 2", ()).fetch::<(i64, i64)>().await.unwrap(), [(1, 2)]);
    // A write has no rows to answer with.
    assert_eq!(db.create(user("bob", 1)).await.unwrap().name, "bob");
    assert_eq!(t.find::<User>().count().await.unwrap(), 1);
}

async fn a_link_may_try_again(t: Test) {
    let ann = ann(&t).await;
    async fn twice(cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
        next.run(cx).await?;
        next.run(cx).await
    }
    let db = t
        .with_callbacks(|on| {
            [Kind::Query, Kind::Raw].into_iter().for_each(|it| {
                on.of(it).before("*").register("app:twice", twice);
            })
        })
        .unwrap();
    assert_eq!(db.find::<User>().await.unwrap(), [ann]);
    assert_eq!(db.find::<User>().count().await.unwrap(), 1);
    assert_eq!(db.raw("SELECT 7", ()).fetch::<i64>().await.unwrap(), [7]);
}
