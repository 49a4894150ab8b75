//! Panics: caught, named, and undone.

use std::panic::panic_any;
use std::time::Duration;

use orm::prelude::*;
use orm::{Db, Error, IntoCallback};

use crate::models::{Fuse, User, user};
use crate::{Test, cases};

cases![
    a_panic_names_the_link_and_undoes_the_write,
    a_panic_of_any_place_and_payload_is_caught,
    a_panic_of_a_field_is_caught,
    a_panic_leaves_the_outer_transaction_usable,
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

/// Only ann is there, and nobody wrote anything else.
async fn assert_only(t: &Test, ann: &User) {
    assert_eq!(t.find::<User>().await.unwrap(), std::slice::from_ref(ann));
    assert_eq!(t.find::<Audit>().await.unwrap(), []);
}

async fn skip(_: &mut Context, _: Next<'_>) -> orm::Result<()> {
    Ok(())
}

fn assert_panicked(error: &Error, message: &str) {
    match error {
        Error::CallbackPanicked { chain: "create", link, message: said } => assert_eq!((&**link, &**said), ("app:link", message)),
        other => panic!("{other:?}"),
    }
}

async fn a_panic_names_the_link_and_undoes_the_write(t: Test) {
    let ann = ann(&t).await;
    let db = on_create(&t, async |cx: &mut Context| {
        cx.session().create(entry("before the panic")).await?;
        panic!("{} people are too many", cx.len() + 1);
    });
    let failed = db.create(user("bob", 1)).or_return().await.unwrap_err();
    assert_panicked(failed.error(), "2 people are too many");
    assert_eq!(failed.error().to_string(), "the callback `app:link` of `create` panicked: 2 people are too many");
    assert_eq!(failed.into_record().name, "bob");
    assert_panicked(&db.create_many([user("bob", 1), user("cleo", 2)]).await.unwrap_err(), "3 people are too many");
    assert_only(&t, &ann).await;
}

struct PanicsEarly;

impl Callback for PanicsEarly {
    #[allow(clippy::manual_async_fn, reason = "what panics is outside the future")]
    fn call(&self, cx: &mut Context, _: Next<'_>) -> impl Future<Output = orm::Result<()>> + Send {
        assert!(cx.is_empty(), "before there is a future");
        async { Ok(()) }
    }
}

async fn a_panic_of_any_place_and_payload_is_caught(t: Test) {
    let ann = ann(&t).await;
    fn early(cx: &mut Context) -> std::future::Ready<orm::Result<()>> {
        assert!(cx.is_empty(), "in a plain function");
        std::future::ready(Ok(()))
    }
    let handles = [
        (on_create(&t, async |_: &mut Context| -> orm::Result<()> { panic!("a str") }), "a str"),
        (on_create(&t, async |_: &mut Context| -> orm::Result<()> { panic_any(String::from("a string")) }), "a string"),
        (on_create(&t, async |_: &mut Context| -> orm::Result<()> { panic_any(7_i32) }), "a panic without a message"),
        (on_create(&t, async |_: &mut Context, _: Next<'_>| -> orm::Result<()> { panic!("around") }), "around"),
        (
            on_create(&t, async |cx: &mut Context, next: Next<'_>| -> orm::Result<()> {
                next.run(cx).await?;
                panic!("behind the rest")
            }),
            "behind the rest",
        ),
        (
            on_create(&t, async |_: &mut Context| -> orm::Result<()> {
                tokio::time::sleep(Duration::from_millis(1)).await;
                panic!("later")
            }),
            "later",
        ),
        (on_create(&t, PanicsEarly), "before there is a future"),
        (on_create(&t, early), "in a plain function"),
        (
            t.with_callbacks(|on| {
                on.create().when(|_| panic!("in a condition")).register("app:link", skip);
            })
            .unwrap(),
            "in a condition",
        ),
    ];
    for (db, message) in handles {
        assert_panicked(&db.create(user("bob", 1)).await.unwrap_err(), message);
        assert_only(&t, &ann).await;
    }
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Lamp {
    #[orm(key, auto)]
    id: i64,
    fuse: Fuse,
}

async fn a_panic_of_a_field_is_caught(t: Test) {
    t.create_tables::<Lamp>().await.unwrap();
    let lamp = |fuse| Lamp { id: 0, fuse: Fuse(fuse) };
    let panicked = |error: &Error| assert!(error.to_string().contains("panicked"), "{error:?}");
    panicked(&t.create(lamp(2)).await.unwrap_err());
    panicked(&t.create_many([lamp(3), lamp(2)]).await.unwrap_err());
    let failed = t.create(lamp(2)).or_return().await.unwrap_err();
    panicked(failed.error());
    assert_eq!(failed.into_record(), lamp(2));
    let dark = t.create(lamp(1)).await.unwrap();
    panicked(&t.find::<Lamp>().await.unwrap_err());
    panicked(&t.save(Lamp { fuse: Fuse(2), ..dark.clone() }).await.unwrap_err());
    t.delete(dark).await.unwrap();
    assert_eq!(t.find::<Lamp>().await.unwrap(), []);
}

async fn a_panic_leaves_the_outer_transaction_usable(t: Test) {
    let ann = ann(&t).await;
    let db = on_create(&t, async |_: &mut Context| -> orm::Result<()> { panic!("oh") });
    db.transaction(async |tx| {
        assert_panicked(&tx.create(user("bob", 1)).await.unwrap_err(), "oh");
        tx.update(ann.clone()).set(User::AGE, 31).await
    })
    .await
    .unwrap();
    assert_only(&t, &User { age: 31, ..ann }).await;
}
