//! The order of callbacks, as GORM tests it.

use orm::ChainEditor;
use orm::prelude::*;

use crate::watch::Log;
use crate::{Test, cases};

cases![
    callbacks_run_in_the_order_that_their_places_ask_for,
    plugins_may_add_to_a_chain_later,
    a_chain_knows_which_callbacks_it_has,
    callbacks_are_removed_one_by_one,
];

/// A name, what it stands before and behind.
type Entry = (&'static str, &'static [&'static str], &'static [&'static str]);

const NONE: &[&str] = &[];
const ALL: &[&str] = &["*"];

fn register(on: &mut ChainEditor, log: &Log, entries: &[Entry]) {
    for (name, before, after) in entries {
        let place = on.when(|_| true);
        let place = before.iter().fold(place, |place, it| place.before(*it));
        let place = after.iter().fold(place, |place, it| place.after(*it));
        place.register(*name, log.link(*name));
    }
}

/// What ran, in the order in which it ran.
async fn order(db: &Db, log: &Log) -> String {
    db.raw("SELECT 1", ()).execute().await.unwrap();
    log.take().join(" ")
}

// gorm: callbacks:TestCallbacks
async fn callbacks_run_in_the_order_that_their_places_ask_for(t: Test) {
    const C2: Entry = ("c2", &["c4"], &["c5"]);
    let cases: [(&[Entry], &str); 12] = [
        (&[("c1", NONE, NONE), ("c2", NONE, NONE), ("c3", NONE, NONE), ("c4", NONE, NONE), ("c5", NONE, NONE)], "c1 c2 c3 c4 c5"),
        (&[("c1", NONE, NONE), ("c2", NONE, NONE), ("c3", NONE, NONE), ("c4", NONE, NONE), ("c5", &["c4"], NONE)], "c1 c2 c3 c5 c4"),
        (&[("c1", NONE, NONE), ("c2", NONE, NONE), ("c3", NONE, NONE), ("c4", NONE, &["c5"]), ("c5", NONE, NONE)], "c1 c2 c3 c5 c4"),
        (&[("c1", NONE, NONE), ("c2", NONE, NONE), ("c3", NONE, NONE), ("c4", NONE, &["c5"]), ("c5", &["c4"], NONE)], "c1 c2 c3 c5 c4"),
        (&[("c1", NONE, NONE), C2, ("c3", NONE, NONE), ("c4", NONE, NONE), ("c5", NONE, NONE)], "c1 c5 c2 c3 c4"),
        (&[("c1", NONE, &["c3"]), C2, ("c3", &["c5"], NONE), ("c4", NONE, NONE), ("c5", NONE, NONE)], "c3 c1 c5 c2 c4"),
        (&[("c1", &["c4"], &["c3"]), C2, ("c3", &["c5"], NONE), ("c4", NONE, NONE), ("c5", NONE, NONE)], "c3 c1 c5 c2 c4"),
        (&[("c1", &["c3"], &["c4"]), C2, ("c3", &["c5"], NONE), ("c4", NONE, NONE), ("c5", NONE, NONE)], "they wait for one another"),
        (&[("c1", NONE, NONE), C2, ("c3", NONE, NONE), ("c4", NONE, NONE), ("c5", ALL, NONE)], "c5 c1 c2 c3 c4"),
        // GORM runs c3 first, because it takes up c5 early, for c2; the one registered last for "*" is the first here.
        (&[("c1", NONE, NONE), C2, ("c3", ALL, NONE), ("c4", NONE, NONE), ("c5", ALL, NONE)], "c5 c3 c1 c2 c4"),
        (&[("c1", NONE, NONE), C2, ("c3", &["c4"], ALL), ("c4", NONE, ALL), ("c5", ALL, NONE)], "c5 c1 c2 c3 c4"),
        (&[("c1", NONE, NONE), C2, ("c3", NONE, NONE), ("c4", NONE, NONE), ("c5", NONE, NONE), ("c6", ALL, ALL)], "c6 c1 c5 c2 c3 c4"),
    ];
    for (entries, expected) in cases {
        let log = Log::new();
        let ran = match t.with_callbacks(|on| register(on.raw(), &log, entries)) {
            Ok(db) => order(&db, &log).await,
            Err(error) => error.to_string(),
        };
        assert!(ran == expected || ran.contains("cannot be ordered") && ran.contains(expected), "{ran} instead of {expected}: {entries:?}");
    }

    let log = Log::new();
    let db = t.with_callbacks(|on| {
        register(on.raw(), &log, &[("c1", NONE, NONE), C2, ("c3", NONE, NONE), ("c4", NONE, NONE), ("c5", NONE, NONE)]);
        on.raw().remove("c2");
    });
    assert_eq!(order(&db.unwrap(), &log).await, "c1 c3 c4 c5");
    let db = t.with_callbacks(|on| {
        register(on.raw(), &log, &[("c1", NONE, NONE), ("c", NONE, NONE), ("c3", NONE, NONE)]);
        on.raw().replace("c", log.link("c4"));
    });
    assert_eq!(order(&db.unwrap(), &log).await, "c1 c4 c3");
}

// gorm: callbacks:TestPluginCallbacks
async fn plugins_may_add_to_a_chain_later(t: Test) {
    let log = Log::new();
    let mut db = t.db();
    let steps: [(&[Entry], &str); 4] = [
        (&[("c1", ALL, NONE), ("c2", NONE, ALL)], "c1 c2"),
        (&[("c3", ALL, NONE)], "c3 c1 c2"),
        (&[("c4", NONE, ALL)], "c3 c1 c2 c4"),
        (&[("c5", ALL, NONE), ("c6", NONE, ALL)], "c5 c3 c1 c2 c4 c6"),
    ];
    for (entries, expected) in steps {
        db = db.with_callbacks(|on| register(on.raw(), &log, entries)).unwrap();
        assert_eq!(order(&db, &log).await, expected);
    }
}

// gorm: callbacks:TestCallbacksGet
async fn a_chain_knows_which_callbacks_it_has(t: Test) {
    let log = Log::new();
    let db = t
        .with_callbacks(|on| {
            on.create().register("c1", log.link("c1"));
        })
        .unwrap();
    assert!(db.callbacks().create().contains("c1"));
    assert!(!db.callbacks().create().contains("c2"));
    assert!(!db.callbacks().update().contains("c1"));
    assert!(!t.callbacks().create().contains("c1"));
}

// gorm: callbacks:TestCallbacksRemove
async fn callbacks_are_removed_one_by_one(t: Test) {
    let log = Log::new();
    let entries: [Entry; 4] = [("c1", ALL, NONE), ("c2", NONE, ALL), ("c3", &["c4"], NONE), ("c4", NONE, &["c2"])];
    let mut db = t.with_callbacks(|on| register(on.raw(), &log, &entries)).unwrap();
    // GORM runs c4 before c2, although it was registered behind it.
    assert_eq!(order(&db, &log).await, "c1 c3 c2 c4");
    for (name, expected) in [("c1", "c3 c2 c4"), ("c4", "c3 c2"), ("c2", "c3"), ("c3", "")] {
        db = db
            .with_callbacks(|on| {
                on.raw().remove(name);
            })
            .unwrap();
        assert_eq!(order(&db, &log).await, expected);
    }
}
