//! Tags, time kept back, unscoped sessions: what callbacks see of them.

use std::time::Duration;

use orm::Timeouts;
use orm::prelude::*;

use crate::models::{User, user};
use crate::watch::Log;
use crate::{Test, cases};

cases![
    tags_keep_their_order_and_reach_callbacks_hooks_and_transactions,
    a_child_ends_so_much_earlier_as_is_kept_back_for_its_parent,
    a_callback_sees_all_settings_of_its_session,
    an_unscoped_statement_is_unscoped_alone,
    an_unscoped_session_is_unscoped_in_its_hooks_too,
    presets_bound_statements_from_the_longest_to_the_shortest,
];

/// Writes what the session says to the log in its settings.
async fn show(cx: &mut Context) -> orm::Result<()> {
    let session = cx.session();
    let tags: Vec<String> = session.tags().map(|(name, value)| format!("{name}={value}")).collect();
    let said = [
        (session.is_unscoped(), "unscoped"),
        (session.is_read_only(), "read_only"),
        (session.is_dry_run(), "dry_run"),
        (session.is_pinned(), "pinned"),
        (!session.hooks_run(), "without_hooks"),
        (session.time_left().is_some(), "timeout"),
        (session.in_transaction(), "transaction"),
    ];
    let said = said.into_iter().filter(|it| it.0).map(|it| it.1.to_owned());
    if let Some(log) = cx.setting::<Log>() {
        log.write(tags.into_iter().chain(said).collect::<Vec<_>>().join(" "));
    }
    Ok(())
}

fn watched(t: &Test) -> Db {
    t.with_callbacks(|on| {
        on.query().before("*").register("test:show", show);
        on.create().before("*").register("test:show", show);
        on.row().before("*").register("test:show", show);
    })
    .unwrap()
}

async fn tags_keep_their_order_and_reach_callbacks_hooks_and_transactions(t: Test) {
    let db = watched(&t);
    db.create_tables::<(User, Note)>().await.unwrap();
    let log = Log::new();
    let request = db.session().with(log.clone()).tag("request_id", 4711).tag("route", "/visits").tag("again", 1);
    let request = request.tag("request_id", "4712");
    assert_eq!(request.tags().collect::<Vec<_>>(), [("request_id", "4712"), ("route", "/visits"), ("again", "1")]);
    assert_eq!((request.tagged("again"), request.tagged("none")), (Some("1"), None));
    // A child has more, and its parent does not.
    let child = request.child().tag("part", "a");
    child.find::<User>().await.unwrap();
    request.find::<User>().count().await.unwrap();
    request.transaction(async |tx| tx.create(user("ann", 1)).await).await.unwrap();
    assert!(request.find::<User>().stream().next().await.unwrap().is_ok());
    // The hook of the note reads users.
    request.create(Note { id: 0, text: "x".into(), hidden: false }).await.unwrap();
    let all = "request_id=4712 route=/visits again=1";
    let inside = format!("{all} pinned transaction");
    assert_eq!(log.take(), [format!("{all} part=a"), all.into(), inside.clone(), all.into(), all.into(), inside]);
    assert_eq!(db.tags().count(), 0);
}

async fn a_child_ends_so_much_earlier_as_is_kept_back_for_its_parent(t: Test) {
    let request = t.session().timeout(Duration::from_secs(60));
    let child = request.child().reserve(Duration::from_secs(20));
    let (parents, childs) = (request.time_left().unwrap(), child.time_left().unwrap());
    assert!(childs <= parents.saturating_sub(Duration::from_secs(19)) && childs > Duration::from_secs(30), "{parents:?} {childs:?}");
    // Its own limit is still one.
    assert!(child.child().timeout(Duration::from_secs(5)).time_left().unwrap() <= Duration::from_secs(5));
    let grandchild = child.child().reserve(Duration::from_secs(20)).transaction(async |tx| Ok(tx.time_left())).await.unwrap();
    assert!(grandchild.unwrap() <= Duration::from_secs(20));

    let none = request.child().reserve(Duration::from_secs(3600));
    assert_eq!(none.time_left(), Some(Duration::ZERO));
    let error = none.raw("SELECT 1", ()).fetch::<i32>().await.unwrap_err();
    assert!(matches!(error, orm::Error::Timeout { .. }), "{error:?}");
    // The parent has the time to say so.
    assert_eq!(request.raw("SELECT 1", ()).fetch_one::<i32>().await.unwrap(), 1);
    assert_eq!(t.session().reserve(Duration::from_secs(1)).time_left(), None);
}

async fn a_callback_sees_all_settings_of_its_session(t: Test) {
    let db = watched(&t);
    db.create_tables::<User>().await.unwrap();
    let log = Log::new();
    let all = db.session().with(log.clone()).tag("a", 1).unscoped().read_only().without_hooks().timeout(Duration::from_secs(60));
    all.find::<User>().await.unwrap();
    all.child().pinned().find::<User>().await.unwrap();
    all.child().dry_run().find::<User>().await.unwrap();
    assert_eq!(
        log.take(),
        [
            "a=1 unscoped read_only without_hooks timeout",
            "a=1 unscoped read_only pinned without_hooks timeout",
            "a=1 unscoped read_only dry_run without_hooks timeout",
        ]
    );
    let more = db.session().lane("batch").isolation(orm::Isolation::Serializable).strict().child();
    assert_eq!((more.lane_name(), more.isolation_level(), more.is_strict()), (Some("batch"), Some(orm::Isolation::Serializable), true));
    assert_eq!((db.lane_name(), db.isolation_level(), db.is_strict()), (None, None, false));
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(hooks)]
struct Note {
    #[orm(key, auto)]
    id: i64,
    text: String,
    hidden: bool,
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Line {
    #[orm(key, auto)]
    id: i64,
    hidden: bool,
}

impl Hooks for Note {
    async fn before_create(&mut self, db: &Session) -> orm::Result<()> {
        db.find::<User>().await.map(drop)
    }

    /// Removes its lines, as far as it sees them.
    async fn before_delete(&mut self, db: &Session) -> orm::Result<()> {
        db.delete_all(every::<Line>()).await.map(drop)
    }
}

/// Hides what is hidden, as a plugin for soft deletes does.
async fn hide(cx: &mut Context) -> orm::Result<()> {
    if !cx.is_unscoped() {
        cx.add_condition(Note::HIDDEN.eq(false));
        cx.add_condition(Line::HIDDEN.eq(false));
    }
    Ok(())
}

async fn hiding(t: &Test) -> Db {
    t.create_tables::<(User, Note, Line)>().await.unwrap();
    t.create_many([false, true, true].map(|hidden| Note { id: 0, text: "n".into(), hidden })).await.unwrap();
    t.create_many([false, true].map(|hidden| Line { id: 0, hidden })).await.unwrap();
    t.with_callbacks(|on| {
        on.query().before("orm:query").register("test:hide", hide);
        on.row().before("orm:row").register("test:hide", hide);
        on.update().before("orm:update").register("test:hide", hide);
        on.delete().before("orm:delete").register("test:hide", hide);
    })
    .unwrap()
}

async fn an_unscoped_statement_is_unscoped_alone(t: Test) {
    let db = hiding(&t).await;
    assert_eq!(db.find::<Note>().count().await.unwrap(), 1);
    assert_eq!(db.find::<Note>().unscoped().count().await.unwrap(), 3);
    assert_eq!(db.find::<Note>().unscoped().select(Note::ID).await.unwrap().len(), 3);
    let mut streamed = db.find::<Note>().unscoped().stream();
    let mut seen = 0;
    while let Some(it) = streamed.next().await {
        it.unwrap();
        seen += 1;
    }
    assert_eq!(seen, 3);
    assert_eq!(db.update_all(every::<Note>()).unscoped().set(Note::TEXT, "m").await.unwrap(), 3);
    assert_eq!(db.update_all(every::<Note>()).set(Note::TEXT, "k").await.unwrap(), 1);

    let hidden = db.find().where_(Note::HIDDEN.eq(true)).unscoped().first().await.unwrap().unwrap();
    assert!(db.delete(hidden.clone()).await.unwrap_err().is_not_found());
    db.delete(hidden).unscoped().await.unwrap();
    // Its hook saw what hooks see, and so did the one that failed.
    assert_eq!(t.find::<Line>().count().await.unwrap(), 1);
    assert_eq!(t.find::<Note>().count().await.unwrap(), 2);
}

// gorm: hooks:TestPropagateUnscoped
async fn an_unscoped_session_is_unscoped_in_its_hooks_too(t: Test) {
    let db = hiding(&t).await;
    let all = db.session().unscoped();
    let hidden = all.find().where_(Note::HIDDEN.eq(true)).first().await.unwrap().unwrap();
    all.delete(hidden).await.unwrap();
    assert_eq!(t.find::<Line>().count().await.unwrap(), 0);
    // In a transaction and in a child, too; not beside them.
    let seen = all.transaction(async |tx| tx.session().find::<Note>().count().await).await.unwrap();
    assert_eq!((seen, db.find::<Note>().count().await.unwrap()), (2, 1));
}

async fn presets_bound_statements_from_the_longest_to_the_shortest(t: Test) {
    assert!(Timeouts::INTERNAL < Timeouts::EXTERNAL && Timeouts::EXTERNAL < Timeouts::BULK);
    let db = t.builder().timeout(Timeouts::EXTERNAL).open().await.unwrap();
    assert_eq!(db.raw("SELECT 7", ()).fetch_one::<i32>().await.unwrap(), 7);
    assert!(db.session().timeout(Timeouts::BULK).time_left() > Some(Timeouts::EXTERNAL));
}
