//! Links: what they may do, and what becomes of a statement when they fail.

use std::time::Duration;

use orm::prelude::*;
use orm::{Db, Encoding, Error, IntoCallback, Kind, PoolOptions};

use crate::models::{User, user};
use crate::watch::Log;
use crate::{Test, cases};

cases![
    every_shape_of_callback_runs,
    an_error_ends_the_chain_and_undoes_the_write,
    an_error_of_a_link_names_it_and_is_what_the_link_made,
    an_error_that_travels_through_a_link_is_not_its_own,
    an_error_undoes_a_batch_and_what_links_wrote,
    an_error_leaves_the_outer_transaction_usable,
    an_error_of_a_link_outside_the_transaction_comes_too_late,
    statements_of_links_are_inside_the_transaction,
    links_do_not_wait_for_themselves_with_one_connection,
    every_operation_passes_its_chain,
    a_link_may_write_records_of_other_models,
    a_link_that_calls_itself_without_end_is_stopped,
];

/// A record that links write beside others.
#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Audit {
    #[orm(key, auto)]
    id: i64,
    what: String,
}

fn entry(what: &str) -> Audit {
    Audit { id: 0, what: what.to_owned() }
}

/// The tables, and one user.
async fn ann(t: &Test) -> User {
    t.create_tables::<(User, Audit)>().await.unwrap();
    t.create(user("ann", 30)).await.unwrap()
}

/// A handle with one more link on the chain `create`, for users.
fn on_create<S>(t: &Test, callback: impl IntoCallback<S>) -> Db {
    t.with_callbacks(|on| {
        on.create().when(|cx| cx.statement().model() == Some(User::META)).register("app:link", callback);
    })
    .unwrap()
}

async fn fail(_: &mut Context) -> orm::Result<()> {
    Err(Error::other("not today"))
}

async fn write_and_fail(cx: &mut Context) -> orm::Result<()> {
    cx.session().create(entry("before the error")).await?;
    fail(cx).await
}

/// Only ann is there, and nobody wrote anything else.
async fn assert_only(t: &Test, ann: &User) {
    assert_eq!(t.find::<User>().await.unwrap(), std::slice::from_ref(ann));
    assert_eq!(t.find::<Audit>().await.unwrap(), []);
}

async fn every_shape_of_callback_runs(t: Test) {
    async fn step(cx: &mut Context) -> orm::Result<()> {
        cx.settings_mut().set(1_u8);
        Ok(())
    }
    async fn around(cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
        assert_eq!(cx.settings().get(), Some(&1_u8));
        cx.settings_mut().set(2_u16);
        next.run(cx).await
    }
    let log = Log::new();
    let db = t
        .with_callbacks(|on| {
            on.raw().before("*").register("d", log.link("a type"));
            on.raw().before("d").register("a", step);
            on.raw().before("d").register("b", around);
            on.raw().before("d").register("c", async |cx: &mut Context| {
                assert_eq!(cx.settings().get(), Some(&2_u16));
                cx.settings_mut().set(3_u32);
                Ok(())
            });
            on.raw().register("e", async |cx: &mut Context, next: Next<'_>| {
                assert_eq!((cx.kind(), cx.settings().get()), (Kind::Raw, Some(&3_u32)));
                next.run(cx).await?;
                Err(Error::other("the last one ran"))
            });
        })
        .unwrap();
    let error = db.raw("SELECT 1", ()).execute().await.unwrap_err();
    assert_eq!(error.to_string(), "the callback `e` of `raw` failed: the last one ran");
    assert_eq!(log.take(), ["a type"]);
}

async fn an_error_ends_the_chain_and_undoes_the_write(t: Test) {
    let ann = ann(&t).await;
    let log = Log::new();
    let db = t
        .with_callbacks(|on| {
            for chain in [Kind::Create, Kind::Update, Kind::Delete] {
                on.of(chain).register("app:fail", fail).after("app:fail").register("app:later", log.link("later"));
            }
        })
        .unwrap();
    let bob = user("bob", 40);
    let failed = db.create(bob.clone()).or_return().await.unwrap_err();
    let said = |chain| format!("the callback `app:fail` of `{chain}` failed: not today");
    assert_eq!(failed.error().to_string(), said("create"));
    assert_eq!(failed.into_record().name, "bob");
    assert_eq!(db.update(ann.clone()).set(User::AGE, 31).await.unwrap_err().to_string(), said("update"));
    assert_eq!(db.save(User { age: 31, ..ann.clone() }).await.unwrap_err().to_string(), said("update"));
    assert_eq!(db.update_all(every()).set(User::AGE, 31).await.unwrap_err().to_string(), said("update"));
    assert_eq!(db.delete(ann.clone()).await.unwrap_err().to_string(), said("delete"));
    assert_eq!(db.delete_all(every::<User>()).await.unwrap_err().to_string(), said("delete"));
    assert_only(&t, &ann).await;
    assert_eq!(log.take(), [""; 0]);
}

/// A rule of the program.
#[derive(Debug, PartialEq)]
struct TooYoung(u8);

impl std::fmt::Display for TooYoung {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is too young", self.0)
    }
}

impl std::error::Error for TooYoung {}

/// It was said without the link.
async fn an_error_of_a_link_names_it_and_is_what_the_link_made(t: Test) {
    let ann = ann(&t).await;
    let db = on_create(&t, async |cx: &mut Context| {
        match cx.record(0).and_then(|it| it.get(User::AGE)).copied() {
            Some(it) if it < 10 => Err(Error::other(TooYoung(it))),
            // What the link asks for itself fails as it would elsewhere.
            Some(10) => cx.session().get::<Audit>(999).await.map(drop),
            Some(11) => cx.session().create(User { email: Some("a@x".into()), ..user("eve", 30) }).await.map(drop),
            Some(12) => Err(Error::Timeout { phase: "a question to another service", limit: Duration::from_secs(1) }),
            _ => Ok(()),
        }
    });
    let error = db.create(user("bob", 9)).await.unwrap_err();
    assert!(matches!(&error, Error::CallbackFailed { chain: "create", link, .. } if link == "app:link"), "{error:?}");
    assert_eq!(error.to_string(), "the callback `app:link` of `create` failed: 9 is too young");
    assert_eq!(error.downcast_ref(), Some(&TooYoung(9)));
    assert!(std::error::Error::source(&error).is_some_and(|it| it.is::<TooYoung>()));
    assert_eq!(error.public_message(), Error::other(TooYoung(9)).public_message());
    assert_eq!(error.http_status(), 500);
    assert!(!error.is_retryable() && !error.is_not_found() && error.downcast_ref::<std::fmt::Error>().is_none());
    let batch = db.transaction(async |tx| tx.create_many([user("bob", 8), user("cleo", 30)]).await).await.unwrap_err();
    assert_eq!(batch.downcast_ref(), Some(&TooYoung(8)));
    assert_eq!(Error::other(TooYoung(1)).downcast_ref(), Some(&TooYoung(1)));
    let replaced = t.with_callbacks(|on| {
        on.create().replace("orm:timestamps", fail);
    });
    let error = replaced.unwrap().create(user("bob", 9)).await.unwrap_err();
    assert_eq!(error.to_string(), "the callback `orm:timestamps` of `create` failed: not today");
    // What has a meaning of its own keeps it.
    assert!(db.create(user("bob", 10)).await.unwrap_err().is_not_found());
    t.create(User { email: Some("a@x".into()), ..user("dan", 30) }).await.unwrap();
    let taken = db.create(user("bob", 11)).await.unwrap_err();
    assert!(taken.is_unique_violation() && taken.columns() == ["email"], "{taken:?}");
    let late = db.create(user("bob", 12)).await.unwrap_err();
    assert!(late.is_timeout() && late.http_status() == 504, "{late:?}");
    t.delete_all(User::ID.ne(ann.id)).await.unwrap();
    assert_only(&t, &ann).await;
}

/// A value that its encoding refuses with an error of the program.
#[derive(Debug)]
enum Refused {}

impl Encoding<String> for Refused {
    type Stored = String;

    fn encode(it: &String) -> orm::Result<String> {
        if it.is_empty() { Err(Error::other(TooYoung(0))) } else { Ok(it.clone()) }
    }

    fn decode(stored: String) -> orm::Result<String> {
        if stored == "unreadable" { Err(Error::other(TooYoung(1))) } else { Ok(stored) }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Sealed {
    #[orm(key, auto)]
    id: i64,
    #[orm(with = Refused)]
    text: String,
}

async fn an_error_that_travels_through_a_link_is_not_its_own(t: Test) {
    t.create_tables::<(Sealed, User)>().await.unwrap();
    t.create(Sealed { id: 0, text: "unreadable".into() }).await.unwrap();
    async fn around(cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
        let mut result = next.run(cx).await;
        if matches!(&result, Err(error) if error.is_unique_violation()) {
            return Err(Error::other("made of another"));
        }
        if cx.kind() == Kind::Query && cx.setting::<&str>() == Some(&"again") {
            result = next.run(cx).await;
        }
        result
    }
    async fn step(cx: &mut Context) -> orm::Result<()> {
        if cx.statement().model() == Some(User::META) { Ok(()) } else { cx.session().raw("SELECT 1", ()).execute().await.map(drop) }
    }
    let db = t.with_callbacks(|on| {
        for chain in [Kind::Create, Kind::Query] {
            let outer = on.of(chain).before("*").register("app:outer", around);
            outer.after("app:outer").register("app:inner", around).after("app:inner").register("app:step", step);
        }
    });
    let db = db.unwrap();
    for db in [db.session(), db.session().with("again")] {
        let written = db.create(Sealed { id: 0, text: "another".into() }).await.unwrap();
        let read = db.find::<Sealed>().await.unwrap_err();
        assert!(!matches!(&read, Error::CallbackFailed { .. }), "{read:?}");
        t.delete(written).await.unwrap();
        let made = db.create_many([("a", "a@x"), ("b", "a@x")].map(|(name, email)| User { email: Some(email.into()), ..user(name, 3) }));
        let made = made.await.unwrap_err();
        assert_eq!(made.to_string(), "the callback `app:inner` of `create` failed: made of another");
    }
    assert_eq!(t.find::<Sealed>().count().await.unwrap(), 1);
}

async fn an_error_undoes_a_batch_and_what_links_wrote(t: Test) {
    let ann = ann(&t).await;
    let db = on_create(&t, write_and_fail);
    db.create_many([user("bob", 1), user("cleo", 2)]).await.unwrap_err();
    assert_only(&t, &ann).await;
    db.create(user("bob", 1)).await.unwrap_err();
    assert_only(&t, &ann).await;
}

async fn an_error_leaves_the_outer_transaction_usable(t: Test) {
    ann(&t).await;
    let db = on_create(&t, write_and_fail);
    db.transaction(async |tx| {
        tx.create(entry("first")).await?;
        tx.create(user("bob", 1)).await.unwrap_err();
        tx.create_many([user("bob", 1), user("cleo", 2)]).await.unwrap_err();
        // One that the database refuses, which spoils a transaction of PostgreSQL.
        tx.create(User { email: Some("a@x".into()), ..user("dan", 3) }).await.unwrap_err();
        tx.create(entry("last")).await
    })
    .await
    .unwrap();
    let written: Vec<String> = t.find::<Audit>().order(Audit::ID.asc()).await.unwrap().into_iter().map(|it| it.what).collect();
    assert_eq!(written, ["first", "last"]);
    assert_eq!(t.find::<User>().count().await.unwrap(), 1);
}

async fn an_error_of_a_link_outside_the_transaction_comes_too_late(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = t
        .with_callbacks(|on| {
            on.create().before("*").register("app:late", async |cx: &mut Context, next: Next<'_>| {
                next.run(cx).await?;
                Err(Error::other("too late"))
            });
        })
        .unwrap();
    db.create(user("bob", 1)).await.unwrap_err();
    assert_eq!(t.find::<User>().count().await.unwrap(), 1);
}

async fn statements_of_links_are_inside_the_transaction(t: Test) {
    ann(&t).await;
    let db = on_create(&t, async |cx: &mut Context| {
        assert!(cx.session().in_transaction());
        cx.session().create(entry("beside")).await?;
        // What was written is seen, and a nested part may fail.
        assert_eq!(cx.session().find().where_(User::NAME.eq("bob")).count().await?, 1);
        let nested = cx.session().transaction(async |tx| {
            tx.create(entry("undone")).await?;
            Err::<(), _>(Error::other("only this part"))
        });
        nested.await.unwrap_err();
        Ok(())
    });
    db.create(user("bob", 1)).await.unwrap();
    assert_eq!(t.find::<Audit>().await.unwrap().into_iter().map(|it| it.what).collect::<Vec<_>>(), ["beside"]);
}

async fn links_do_not_wait_for_themselves_with_one_connection(t: Test) {
    ann(&t).await;
    async fn busy(cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
        struct Inner;
        if cx.setting::<Inner>().is_some() {
            return next.run(cx).await;
        }
        let quiet = cx.session().session().with(Inner);
        quiet.create(entry("before")).await?;
        quiet.find::<Audit>().count().await?;
        next.run(cx).await?;
        cx.session().session().with(Inner).create(entry("behind")).await?;
        Ok(())
    }
    let one = PoolOptions::new().max_size(1).wait_timeout(Duration::from_secs(2));
    let db = t.builder().pool(one).callbacks(|on| {
        on.each().for_each(|chain| {
            chain.before("*").register("app:a", busy).register("app:b", busy);
        })
    });
    let db = db.open().await.unwrap();
    let bob = db.create(user("bob", 1)).await.unwrap();
    db.update(bob.clone()).set(User::AGE, User::AGE.plus(1)).await.unwrap();
    db.find::<User>().await.unwrap();
    db.raw("SELECT 1", ()).fetch::<i64>().await.unwrap();
    db.transaction(async |tx| tx.delete(bob).await).await.unwrap();
    assert_eq!(t.find::<Audit>().count().await.unwrap(), 5 * 4);
}

async fn every_operation_passes_its_chain(t: Test) {
    let log = Log::new();
    let db = t
        .with_callbacks(|on| {
            on.each().for_each(|chain| {
                chain.register("app:watch", log.link(chain.kind().name()));
            })
        })
        .unwrap();
    db.create_tables::<User>().await.unwrap();
    assert_eq!(log.take(), ["raw"]);
    let ann = db.create(user("ann", 1)).await.unwrap();
    db.create_many([user("bob", 2), user("cleo", 3)]).await.unwrap();
    assert_eq!(log.take(), ["create", "create"]);
    db.get::<User>(ann.id).await.unwrap();
    db.find::<User>().await.unwrap();
    db.find::<User>().first().await.unwrap();
    db.find::<User>().count().await.unwrap();
    db.find::<User>().exists().await.unwrap();
    assert_eq!(log.take(), ["query"; 5]);
    db.update(ann.clone()).set(User::AGE, 9).await.unwrap();
    db.save(ann.clone()).await.unwrap();
    db.update_all(every()).set(User::AGE, 9).await.unwrap();
    assert_eq!(log.take(), ["update"; 3]);
    db.delete(ann).await.unwrap();
    db.delete_all(every::<User>()).await.unwrap();
    assert_eq!(log.take(), ["delete"; 2]);
    db.raw("SELECT 1", ()).fetch_one::<i64>().await.unwrap();
    db.raw("DELETE FROM users", ()).execute().await.unwrap();
    assert_eq!(log.take(), ["raw"; 2]);
}

async fn a_link_may_write_records_of_other_models(t: Test) {
    ann(&t).await;
    async fn audit(cx: &mut Context) -> orm::Result<()> {
        if cx.statement().model() == Some(Audit::META) {
            return Ok(());
        }
        let names: Vec<Audit> = cx.records().filter_map(|it| Some(entry(it.get(User::NAME)?))).collect();
        cx.session().create_many(names).await?;
        Ok(())
    }
    let db = t
        .with_callbacks(|on| {
            on.create().register("app:a", audit).register("app:b", audit);
        })
        .unwrap();
    db.create_many([user("bob", 1), user("cleo", 2)]).await.unwrap();
    let written: Vec<String> = t.find::<Audit>().order(Audit::ID.asc()).await.unwrap().into_iter().map(|it| it.what).collect();
    assert_eq!(written, ["bob", "cleo", "bob", "cleo"]);
}

async fn a_link_that_calls_itself_without_end_is_stopped(t: Test) {
    let ann = ann(&t).await;
    async fn endless(cx: &mut Context) -> orm::Result<()> {
        cx.session().create(entry("again")).await.map(drop)
    }
    let db = t
        .with_callbacks(|on| {
            on.create().register("app:endless", endless);
        })
        .unwrap();
    let error = db.create(user("bob", 1)).await.unwrap_err();
    assert!(matches!(&error, Error::CallbackMisuse { chain: "create", what } if what.contains("without end")), "{error:?}");
    assert_only(&t, &ann).await;
    async fn endless_read(cx: &mut Context) -> orm::Result<()> {
        cx.session().find::<User>().count().await.map(drop)
    }
    let db = t
        .with_callbacks(|on| {
            on.query().register("app:endless", endless_read);
        })
        .unwrap();
    assert!(matches!(db.find::<User>().await, Err(Error::CallbackMisuse { chain: "query", .. })));
}
