//! Hooks: what a model does around its own storing.

use std::sync::Mutex;

use orm::prelude::*;
use orm::{Error, Kind};

use crate::watch::Log;
use crate::{Test, cases};

cases![
    all_hooks_run_in_their_order,
    hooks_run_for_each_record_of_a_batch,
    hooks_do_not_run_for_whole_sets,
    without_hooks_leaves_them_out,
    what_hooks_change_before_a_create_is_stored,
    what_hooks_change_before_an_update_is_stored,
    a_save_stores_what_hooks_change,
    hooks_see_the_new_values_of_an_update,
    a_hook_cannot_change_the_key_of_a_record_that_is_stored,
    an_error_of_any_hook_undoes_everything,
    a_panic_of_a_hook_names_its_link,
    after_find_runs_for_each_record_that_was_found,
    hooks_are_in_the_transaction_of_their_statement,
    hooks_and_callbacks_stand_beside_each_other,
    hooks_of_models_with_parameters_need_the_attribute,
];

/// What hooks did, and the one of them that fails.
#[derive(Debug, Clone, Default)]
struct Trace {
    log: Log,
    fails: &'static str,
    panics: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(hooks)]
struct Note {
    #[orm(key, auto)]
    id: i64,
    text: String,
    size: i64,
    score: Option<f64>,
}

/// A record that hooks write.
#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Line {
    #[orm(key, auto)]
    id: i64,
    hook: String,
}

impl Note {
    async fn ran(&self, hook: &'static str, db: &Session) -> orm::Result<()> {
        let Some(trace) = db.settings().get::<Trace>() else { return Ok(()) };
        trace.log.write(format!("{hook} {}", self.text));
        if !trace.fails.is_empty() {
            assert!(hook == "after_find" || db.in_transaction());
            db.create(Line { id: 0, hook: hook.to_owned() }).await?;
        }
        if trace.fails == hook {
            assert!(!trace.panics, "{hook} panics");
            return Err(Error::other(format!("{hook} fails")));
        }
        Ok(())
    }
}

impl Hooks for Note {
    async fn before_save(&mut self, db: &Session) -> orm::Result<()> {
        self.text = self.text.trim().to_owned();
        self.ran("before_save", db).await
    }

    async fn before_create(&mut self, db: &Session) -> orm::Result<()> {
        self.size = i64::try_from(self.text.len()).unwrap();
        self.ran("before_create", db).await
    }

    async fn after_create(&mut self, db: &Session) -> orm::Result<()> {
        assert!(self.id > 0);
        self.ran("after_create", db).await
    }

    async fn before_update(&mut self, db: &Session) -> orm::Result<()> {
        if self.text == "another key" {
            self.id += 1;
        }
        self.size = i64::try_from(self.text.len()).unwrap();
        self.ran("before_update", db).await
    }

    async fn after_update(&mut self, db: &Session) -> orm::Result<()> {
        self.ran("after_update", db).await
    }

    async fn after_save(&mut self, db: &Session) -> orm::Result<()> {
        self.ran("after_save", db).await
    }

    async fn before_delete(&mut self, db: &Session) -> orm::Result<()> {
        self.ran("before_delete", db).await
    }

    async fn after_delete(&mut self, db: &Session) -> orm::Result<()> {
        self.ran("after_delete", db).await
    }

    async fn after_find(&mut self, db: &Session) -> orm::Result<()> {
        self.ran("after_find", db).await
    }
}

fn note(text: &str) -> Note {
    Note { text: text.to_owned(), ..Note::default() }
}

/// A session whose hooks write to the log.
async fn traced(t: &Test) -> (Session, Log) {
    t.create_tables::<(Note, Line)>().await.unwrap();
    let trace = Trace::default();
    (t.session().with(trace.clone()), trace.log)
}

async fn stored(t: &Test) -> Vec<Note> {
    t.find().order(Note::ID.asc()).await.unwrap()
}

async fn all_hooks_run_in_their_order(t: Test) {
    let (db, log) = traced(&t).await;
    let it = db.create(note("a")).await.unwrap();
    assert_eq!(log.take(), ["before_save a", "before_create a", "after_create a", "after_save a"]);
    let it = db.update(it).set(Note::TEXT, "b").await.unwrap();
    assert_eq!(log.take(), ["before_save b", "before_update b", "after_update b", "after_save b"]);
    let it = db.save(it).await.unwrap();
    assert_eq!(log.take(), ["before_save b", "before_update b", "after_update b", "after_save b"]);
    let it = db.get::<Note>(it.id).await.unwrap();
    assert_eq!(log.take(), ["after_find b"]);
    db.delete(it).await.unwrap();
    assert_eq!(log.take(), ["before_delete b", "after_delete b"]);
}

async fn hooks_run_for_each_record_of_a_batch(t: Test) {
    let (db, log) = traced(&t).await;
    let notes = db.create_many([note(" a "), note("b b")]).await.unwrap();
    let expected = ["before_save a", "before_create a", "before_save b b", "before_create b b"];
    let after = ["after_create a", "after_save a", "after_create b b", "after_save b b"];
    assert_eq!(log.take(), [expected, after].concat());
    assert_eq!(notes.iter().map(|it| it.size).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(stored(&t).await, notes);
    assert_eq!(db.create_many(Vec::<Note>::new()).await.unwrap(), []);
    assert_eq!(log.take(), [""; 0]);
}

async fn hooks_do_not_run_for_whole_sets(t: Test) {
    let (db, log) = traced(&t).await;
    t.create(note("a")).await.unwrap();
    assert_eq!(db.update_all(every()).set(Note::TEXT, " b ").await.unwrap(), 1);
    assert_eq!(stored(&t).await[0].text, " b ");
    assert_eq!(db.delete_all(every::<Note>()).await.unwrap(), 1);
    db.raw("DELETE FROM notes", ()).execute().await.unwrap();
    assert_eq!(log.take(), [""; 0]);
}

async fn without_hooks_leaves_them_out(t: Test) {
    let (db, log) = traced(&t).await;
    let quiet = db.session().without_hooks();
    let it = quiet.create(note(" a ")).await.unwrap();
    let it = quiet.update(it).set(Note::SIZE, 7).await.unwrap();
    let it = quiet.save(it).await.unwrap();
    assert_eq!(quiet.find::<Note>().await.unwrap(), [Note { id: it.id, text: " a ".into(), size: 7, score: None }]);
    quiet.transaction(async |tx| tx.delete(it).await).await.unwrap();
    assert_eq!(log.take(), [""; 0]);
    // Callbacks run all the same.
    let watched = t
        .with_callbacks(|on| {
            on.create().register("app:watch", log.link("create"));
        })
        .unwrap();
    watched.session().without_hooks().create(note(" b ")).await.unwrap();
    assert_eq!(log.take(), ["create"]);
}

async fn what_hooks_change_before_a_create_is_stored(t: Test) {
    let (db, _) = traced(&t).await;
    let it = db.create(note("  four ")).await.unwrap();
    assert_eq!((it.text.as_str(), it.size), ("four", 4));
    assert_eq!(stored(&t).await, [it]);
}

async fn what_hooks_change_before_an_update_is_stored(t: Test) {
    let (db, _) = traced(&t).await;
    let [a, b] = t.create_many([note("a"), note("b")]).await.unwrap().try_into().unwrap();
    // `size` is not in the set, but the hook changes it.
    let a = db.update(a).set(Note::TEXT, "  four ").await.unwrap();
    assert_eq!((a.text.as_str(), a.size), ("four", 4));
    assert_eq!(stored(&t).await, [a.clone(), b.clone()]);
    // What the hook leaves alone is not written: this copy is old.
    t.update_all(Note::ID.eq(a.id)).set(Note::SCORE, Some(1.5)).await.unwrap();
    db.update(Note { score: Some(f64::NAN), ..a.clone() }).set(Note::TEXT, "xy").await.unwrap();
    assert_eq!(stored(&t).await, [Note { text: "xy".into(), size: 2, score: Some(1.5), ..a }, b.clone()]);
    // Of a column that is set to an expression, the hook sees the old value.
    let b = db.update(b).set(Note::SCORE, Some(2.0)).set(Note::SIZE, Note::SIZE.plus(10)).await.unwrap();
    assert_eq!(stored(&t).await[1], b);
    assert_eq!(b.size, 11);
}

async fn a_save_stores_what_hooks_change(t: Test) {
    let (db, _) = traced(&t).await;
    let it = t.create(note("a")).await.unwrap();
    let it = db.save(Note { text: " long ".into(), ..it }).await.unwrap();
    assert_eq!((it.text.as_str(), it.size), ("long", 4));
    assert_eq!(stored(&t).await, [it]);
}

async fn hooks_see_the_new_values_of_an_update(t: Test) {
    let (db, log) = traced(&t).await;
    let it = t.create(note("old")).await.unwrap();
    let failing = t.session().with(Trace { fails: "after_update", log: log.clone(), panics: false });
    let failed = failing.update(it.clone()).set(Note::TEXT, "new").or_return().await.unwrap_err();
    assert_eq!(failed.error().to_string(), "the callback `Note::after_update` of `update` failed: after_update fails");
    assert_eq!(log.take(), ["before_save new", "before_update new", "after_update new"]);
    assert_eq!(stored(&t).await, std::slice::from_ref(&it));
    // An update that sets nothing still asks the hooks, and stores what they change.
    let it = db.update(Note { text: "longer".into(), ..it }).await.unwrap();
    assert_eq!((it.size, stored(&t).await[0].size, stored(&t).await[0].text.as_str()), (6, 6, "old"));
}

async fn a_hook_cannot_change_the_key_of_a_record_that_is_stored(t: Test) {
    let (db, _) = traced(&t).await;
    let all = t.create_many([note("a"), note("b")]).await.unwrap();
    let a = all[0].clone();
    for error in [
        db.update(a.clone()).set(Note::TEXT, "another key").await.unwrap_err(),
        db.save(Note { text: "another key".into(), ..a.clone() }).await.unwrap_err(),
    ] {
        assert!(matches!(&error, Error::CallbackMisuse { chain: "update", what } if what.contains("another key")), "{error:?}");
    }
    assert_eq!(stored(&t).await, all);
}

async fn an_error_of_any_hook_undoes_everything(t: Test) {
    let (_, log) = traced(&t).await;
    let it = t.create(note("stays")).await.unwrap();
    let check = async |fails, done: orm::Result<()>| {
        let error = done.unwrap_err();
        let Error::CallbackFailed { chain, link, source } = &error else { panic!("{error:?}") };
        assert_eq!((link.as_str(), source.to_string()), (format!("Note::{fails}").as_str(), format!("{fails} fails")));
        assert!(["create", "update", "delete"].contains(chain));
        assert_eq!(stored(&t).await, std::slice::from_ref(&it), "{fails}");
        assert_eq!(t.find::<Line>().count().await.unwrap(), 0, "{fails}");
    };
    let with = |fails| t.session().with(Trace { fails, log: log.clone(), panics: false });
    for fails in ["before_save", "before_create", "after_create", "after_save"] {
        check(fails, with(fails).create(note("new")).await.map(drop)).await;
        check(fails, with(fails).create_many([note("new"), note("newer")]).await.map(drop)).await;
    }
    for fails in ["before_save", "before_update", "after_update", "after_save"] {
        check(fails, with(fails).update(it.clone()).set(Note::TEXT, "changed").await.map(drop)).await;
        check(fails, with(fails).save(Note { text: "changed".into(), ..it.clone() }).await.map(drop)).await;
    }
    for fails in ["before_delete", "after_delete"] {
        check(fails, with(fails).delete(it.clone()).await).await;
    }
}

async fn a_panic_of_a_hook_names_its_link(t: Test) {
    let (_, log) = traced(&t).await;
    for (fails, expected) in [("before_create", "orm:before_create"), ("after_save", "orm:after_create")] {
        let db = t.session().with(Trace { fails, log: log.clone(), panics: true });
        match db.create(note("a")).await {
            Err(Error::CallbackPanicked { chain: "create", link, message }) => {
                assert_eq!((link.as_str(), message), (expected, format!("{fails} panics")));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(stored(&t).await, []);
    assert_eq!(t.find::<Line>().count().await.unwrap(), 0);
}

async fn after_find_runs_for_each_record_that_was_found(t: Test) {
    let (db, log) = traced(&t).await;
    t.create_many([note("a"), note("b")]).await.unwrap();
    db.find().order(Note::ID.asc()).await.unwrap();
    assert_eq!(log.take(), ["after_find a", "after_find b"]);
    db.find::<Note>().first().await.unwrap();
    assert_eq!(log.take(), ["after_find a"]);
    assert_eq!(db.find::<Note>().count().await.unwrap(), 2);
    assert!(db.find::<Note>().exists().await.unwrap());
    assert_eq!(db.find().where_(Note::TEXT.eq("c")).await.unwrap(), []);
    assert_eq!(db.find().where_(Note::TEXT.eq("c")).first().await.unwrap(), None);
    assert_eq!(log.take(), [""; 0]);
    let failing = t.session().with(Trace { fails: "after_find", log: log.clone(), panics: false });
    let error = failing.find::<Note>().await.unwrap_err();
    assert_eq!(error.to_string(), "the callback `Note::after_find` of `query` failed: after_find fails");
}

async fn hooks_are_in_the_transaction_of_their_statement(t: Test) {
    let (_, log) = traced(&t).await;
    let db = t.session().with(Trace { fails: "never", log: log.clone(), panics: false });
    let undone = db.transaction(async |tx| {
        tx.create(note("a")).await?;
        assert_eq!(tx.find::<Line>().count().await?, 4);
        Err::<(), _>(Error::other("undo"))
    });
    undone.await.unwrap_err();
    assert_eq!(t.find::<Line>().count().await.unwrap(), 0);
    let failing = t.session().with(Trace { fails: "after_create", log, panics: false });
    failing
        .transaction(async |tx| {
            tx.create(Line { id: 0, hook: "outer".into() }).await?;
            tx.create(note("a")).await.unwrap_err();
            tx.create(Line { id: 0, hook: "outer".into() }).await
        })
        .await
        .unwrap();
    assert!(t.find::<Line>().await.unwrap().iter().map(|it| &*it.hook).eq(["outer"; 2]));
    assert_eq!(stored(&t).await, []);
}

async fn hooks_and_callbacks_stand_beside_each_other(t: Test) {
    let (_, log) = traced(&t).await;
    let db = t
        .with_callbacks(|on| {
            on.of(Kind::Create).before("orm:before_create").register("app:first", log.link("first"));
            on.of(Kind::Create).before("orm:create").register("app:between", log.link("between"));
            on.of(Kind::Create).register("app:last", log.link("last"));
        })
        .unwrap();
    db.session().with(Trace { log: log.clone(), ..Trace::default() }).create(note("a")).await.unwrap();
    assert_eq!(log.take(), ["first", "before_save a", "before_create a", "between", "after_create a", "after_save a", "last"]);
}

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[derive(Debug, Model)]
#[orm(table = "said", hooks)]
struct Said<T: orm::Field> {
    #[orm(key, auto)]
    id: i64,
    value: T,
}

#[derive(Debug, Model)]
#[orm(table = "unsaid")]
struct Unsaid {
    #[orm(key, auto)]
    id: i64,
}

impl<T: orm::Field> Hooks for Said<T> {
    async fn before_create(&mut self, _: &Session) -> orm::Result<()> {
        SEEN.lock().unwrap().push(format!("said {:?}", self.value.to_value()));
        Ok(())
    }
}

impl Hooks for Unsaid {
    async fn before_create(&mut self, _: &Session) -> orm::Result<()> {
        SEEN.lock().unwrap().push(format!("unsaid {}", self.id));
        Ok(())
    }
}

async fn hooks_of_models_with_parameters_need_the_attribute(t: Test) {
    t.create_tables::<(Said<i64>, Unsaid)>().await.unwrap();
    t.create(Said { id: 0, value: 7_i64 }).await.unwrap();
    t.create(Unsaid { id: 0 }).await.unwrap();
    assert_eq!(*SEEN.lock().unwrap(), ["said I64(_)", "unsaid 0"]);
}
