//! Plugins: named bundles of callbacks, and two that programs often want.

use orm::prelude::*;
use orm::{DbBuilder, Error, Kind};

use crate::watch::Log;
use crate::{Test, cases};

cases![
    a_plugin_registers_its_callbacks,
    a_plugin_is_taken_once,
    an_error_of_a_plugin_is_an_error_of_open,
    the_first_mistake_is_reported,
    plugins_may_stand_beside_those_that_come_later,
    a_tenant_sees_and_changes_only_its_own_records,
    a_statement_without_a_tenant_is_refused,
    an_audit_log_is_written_with_what_it_tells_of,
];

struct Named(&'static str, Log);

impl Plugin for Named {
    fn name(&self) -> &'static str {
        self.0
    }

    fn register(&self, on: &mut Callbacks) -> orm::Result<()> {
        on.raw().register(format!("{}:watch", self.0), self.1.link(self.0));
        Ok(())
    }
}

struct Broken;

impl Plugin for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    fn register(&self, _: &mut Callbacks) -> orm::Result<()> {
        Err(Error::other("the licence has run out"))
    }
}

async fn why(builder: impl Fn() -> DbBuilder) -> Error {
    let lazy = builder().lazy().unwrap_err();
    let open = builder().open().await.unwrap_err();
    assert_eq!(lazy.to_string(), open.to_string());
    open
}

async fn a_plugin_registers_its_callbacks(t: Test) {
    let log = Log::new();
    let db = t.builder().plugin(Named("one", log.clone())).plugin(Named("two", log.clone())).open().await.unwrap();
    db.raw("SELECT 1", ()).execute().await.unwrap();
    assert_eq!(log.take(), ["one", "two"]);
    assert!(db.callbacks().raw().contains("two:watch"));
}

async fn a_plugin_is_taken_once(t: Test) {
    let error = why(|| t.builder().plugin(Named("one", Log::new())).plugin(Named("one", Log::new()))).await;
    assert!(matches!(error, Error::Configuration { .. }), "{error:?}");
    assert_eq!(error.to_string(), "the plugin one: it was added twice");
}

async fn an_error_of_a_plugin_is_an_error_of_open(t: Test) {
    assert_eq!(why(|| t.builder().plugin(Broken)).await.to_string(), "the licence has run out");
}

async fn the_first_mistake_is_reported(t: Test) {
    let log = Log::new();
    let twice = || t.builder().plugin(Broken).plugin(Named("one", log.clone())).plugin(Named("one", log.clone()));
    assert_eq!(why(twice).await.to_string(), "the licence has run out");
}

async fn plugins_may_stand_beside_those_that_come_later(t: Test) {
    struct Early(Log);
    impl Plugin for Early {
        fn name(&self) -> &'static str {
            "early"
        }

        fn register(&self, on: &mut Callbacks) -> orm::Result<()> {
            on.raw().after("late:watch").register("early:watch", self.0.link("early"));
            Ok(())
        }
    }
    let log = Log::new();
    let db = t.builder().plugin(Early(log.clone())).plugin(Named("late", log.clone())).open().await.unwrap();
    db.raw("SELECT 1", ()).execute().await.unwrap();
    assert_eq!(log.take(), ["late", "early"]);
    let alone = why(|| t.builder().plugin(Early(Log::new()))).await;
    assert!(matches!(alone, Error::CallbackOrder { chain: "raw", .. }), "{alone:?}");
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Note {
    #[orm(key, auto)]
    id: i64,
    tenant: i64,
    text: String,
}

fn note(text: &str) -> Note {
    Note { text: text.to_owned(), ..Note::default() }
}

/// Keeps the notes of tenants apart.
struct Tenancy;

#[derive(Debug, Clone, Copy)]
struct Tenant(i64);

impl Plugin for Tenancy {
    fn name(&self) -> &'static str {
        "tenancy"
    }

    fn register(&self, on: &mut Callbacks) -> orm::Result<()> {
        let of_notes = |cx: &Context| cx.statement().model() == Some(Note::META);
        for kind in [Kind::Query, Kind::Row, Kind::Update, Kind::Delete] {
            on.of(kind).before("*").when(of_notes).register("tenancy:filter", filter);
        }
        on.create().before("orm:create").when(of_notes).register("tenancy:stamp", stamp);
        on.update().before("orm:update").when(of_notes).register("tenancy:stamp", stamp);
        Ok(())
    }
}

fn tenant(cx: &Context) -> orm::Result<i64> {
    cx.setting::<Tenant>().map(|it| it.0).ok_or_else(|| Error::other("no tenant"))
}

async fn filter(cx: &mut Context) -> orm::Result<()> {
    let tenant = tenant(cx)?;
    cx.add_condition(Note::TENANT.eq(tenant));
    Ok(())
}

async fn stamp(cx: &mut Context) -> orm::Result<()> {
    let tenant = tenant(cx)?;
    for record in cx.records_mut() {
        assert!(record.set(Note::TENANT, tenant));
    }
    Ok(())
}

async fn a_tenant_sees_and_changes_only_its_own_records(t: Test) {
    t.create_tables::<Note>().await.unwrap();
    let db = t.builder().plugin(Tenancy).open().await.unwrap();
    let (one, two) = (db.session().with(Tenant(1)), db.session().with(Tenant(2)));
    let theirs = two.create(note("theirs")).await.unwrap();
    let ours = one.create_many([note("a"), Note { tenant: 2, ..note("b") }]).await.unwrap();
    assert!(ours.iter().all(|it| it.tenant == 1));
    assert_eq!(one.find().order(Note::ID.asc()).await.unwrap(), ours);
    assert_eq!(one.find::<Note>().count().await.unwrap(), 2);
    assert!(!one.find().where_(Note::TEXT.eq("theirs")).exists().await.unwrap());
    for error in [
        one.get::<Note>(theirs.id).await.unwrap_err(),
        one.update(theirs.clone()).set(Note::TEXT, "mine now").await.unwrap_err(),
        one.save(Note { tenant: 1, ..theirs.clone() }).await.unwrap_err(),
        one.delete(theirs.clone()).await.unwrap_err(),
    ] {
        assert!(error.is_not_found(), "{error:?}");
    }
    assert_eq!(one.update_all(every()).set(Note::TEXT, "c").await.unwrap(), 2);
    one.transaction(async |tx| tx.update(ours[0].clone()).set(Note::TEXT, "d").await).await.unwrap();
    // Another tenant for one statement only.
    assert_eq!(one.find::<Note>().with(Tenant(2)).await.unwrap(), std::slice::from_ref(&theirs));
    assert_eq!(one.delete_all(every::<Note>()).await.unwrap(), 2);
    assert_eq!(t.find::<Note>().await.unwrap(), [theirs]);
}

async fn a_statement_without_a_tenant_is_refused(t: Test) {
    t.create_tables::<Note>().await.unwrap();
    let db = t.builder().plugin(Tenancy).open().await.unwrap();
    let kept = t.create(note("kept")).await.unwrap();
    for error in [
        db.find::<Note>().await.unwrap_err(),
        db.create(note("a")).await.unwrap_err(),
        db.update_all(every::<Note>()).set(Note::TEXT, "b").await.unwrap_err(),
        db.delete_all(every::<Note>()).await.unwrap_err(),
    ] {
        assert!(error.to_string().ends_with("failed: no tenant"), "{error}");
    }
    assert_eq!(t.find::<Note>().await.unwrap(), [kept]);
}

/// Who did what.
#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Entry {
    #[orm(key, auto)]
    id: i64,
    who: String,
    what: String,
}

struct Audit;

struct Actor(&'static str);

impl Plugin for Audit {
    fn name(&self) -> &'static str {
        "audit"
    }

    fn register(&self, on: &mut Callbacks) -> orm::Result<()> {
        for kind in [Kind::Create, Kind::Update, Kind::Delete] {
            on.of(kind).when(|cx| cx.statement().model() != Some(Entry::META)).register("audit:write", write);
        }
        Ok(())
    }
}

async fn write(cx: &mut Context) -> orm::Result<()> {
    let who = cx.setting::<Actor>().map_or("nobody", |it| it.0).to_owned();
    let model = cx.statement().model().map_or("", |it| it.name);
    let what = format!("{} {} {}", cx.kind().name(), cx.outcome().affected, model);
    cx.session().create(Entry { id: 0, who, what }).await?;
    Ok(())
}

async fn an_audit_log_is_written_with_what_it_tells_of(t: Test) {
    t.create_tables::<(Note, Entry)>().await.unwrap();
    let db = t.builder().plugin(Audit).open().await.unwrap();
    let ann = db.session().with(Actor("ann"));
    let it = ann.create(note("a")).await.unwrap();
    ann.create_many([note("b"), note("c")]).await.unwrap();
    let it = ann.update(it).set(Note::TEXT, "d").await.unwrap();
    db.update_all(every()).set(Note::TEXT, "e").await.unwrap();
    ann.delete(it).await.unwrap();
    ann.delete_all(every::<Note>()).with(Actor("bob")).await.unwrap();
    // What is undone is not told of.
    let undone = ann.transaction(async |tx| {
        tx.create(note("f")).await?;
        Err::<(), _>(Error::other("undo"))
    });
    undone.await.unwrap_err();
    ann.delete(note("never stored")).await.unwrap_err();
    let told: Vec<String> =
        t.find().order(Entry::ID.asc()).await.unwrap().into_iter().map(|it: Entry| format!("{}: {}", it.who, it.what)).collect();
    assert_eq!(
        told,
        [
            "ann: create 1 Note",
            "ann: create 2 Note",
            "ann: update 1 Note",
            "nobody: update 3 Note",
            "ann: delete 1 Note",
            "bob: delete 2 Note",
        ]
    );
}
