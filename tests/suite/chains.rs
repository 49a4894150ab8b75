//! Chains: their order, and what cannot be ordered.

use orm::prelude::*;
use orm::{ChainEditor, Db, Error};

use crate::models::{User, user};
use crate::watch::Log;
use crate::{Test, cases};

cases![
    the_default_chains_are_these,
    a_chain_is_printed_as_one_line_or_as_many,
    callbacks_stand_where_they_were_registered,
    a_callback_stands_right_before_or_behind_the_one_it_names,
    a_star_is_before_or_behind_all,
    names_weigh_more_than_stars,
    what_follows_a_star_stays_outside_the_others,
    callbacks_run_in_the_order_that_is_printed,
    a_callback_is_replaced_in_its_place,
    a_callback_is_removed_and_may_be_registered_again,
    a_place_may_name_a_callback_that_was_removed,
    a_callback_runs_only_when_its_condition_is_true,
    each_registers_for_all_chains,
    an_unknown_name_is_an_error_that_names_the_known_ones,
    callbacks_that_wait_for_one_another_are_named,
    a_callback_cannot_wait_for_itself,
    a_name_is_registered_once,
    what_is_missing_can_be_neither_replaced_nor_removed,
    all_mistakes_of_a_chain_are_reported_at_once,
    open_reports_what_cannot_be_ordered,
    a_failed_change_leaves_the_handle_as_it_was,
    handles_have_their_own_chains_over_one_pool,
    explain_order_says_why,
];

fn names(chain: &orm::Chain) -> Vec<String> {
    chain.names().map(str::to_owned).collect()
}

/// The chain `raw` after a change, without `orm:raw`.
fn raw(t: &Test, change: impl FnOnce(&mut ChainEditor)) -> Vec<String> {
    let db = t.with_callbacks(|on| change(on.raw())).unwrap();
    db.callbacks().raw().names().filter(|it| *it != "orm:raw").map(str::to_owned).collect()
}

/// Why a change of the chain `raw` is refused.
fn refused(t: &Test, change: impl FnOnce(&mut ChainEditor)) -> String {
    match t.with_callbacks(|on| change(on.raw())) {
        Err(Error::CallbackOrder { chain: "raw", reason }) => reason,
        other => panic!("{other:?}"),
    }
}

async fn pass(_: &mut Context) -> orm::Result<()> {
    Ok(())
}

async fn the_default_chains_are_these(t: Test) {
    let chains = t.callbacks();
    assert_eq!(
        chains.to_string(),
        "create: orm:transaction → orm:before_create → orm:timestamps → orm:create → orm:after_create\n\
         query: orm:query → orm:after_find\n\
         update: orm:transaction → orm:before_update → orm:timestamps → orm:update → orm:after_update\n\
         delete: orm:transaction → orm:before_delete → orm:delete → orm:after_delete\n\
         raw: orm:raw\n\
         row: orm:row → orm:after_find\n"
    );
    assert!(chains.create().contains("orm:create"));
    assert!(!chains.create().contains("orm:update"));
}

async fn a_chain_is_printed_as_one_line_or_as_many(t: Test) {
    let query = t.callbacks().query();
    assert_eq!(query.to_string(), "orm:query → orm:after_find");
    assert_eq!(format!("{query:#}"), "orm:query\norm:after_find");
    assert_eq!(format!("{query:?}"), "query: orm:query → orm:after_find");
    assert_eq!(names(query), ["orm:query", "orm:after_find"]);
}

async fn callbacks_stand_where_they_were_registered(t: Test) {
    let order = raw(&t, |on| {
        on.register("c1", pass).register("c2", pass).register("c3", pass);
    });
    assert_eq!(order, ["c1", "c2", "c3"]);
}

async fn a_callback_stands_right_before_or_behind_the_one_it_names(t: Test) {
    let db = t
        .with_callbacks(|on| {
            on.create().register("app:end", pass);
            on.create().before("orm:create").register("app:before", pass);
            on.create().after("orm:create").register("app:after", pass);
            on.create().before("app:after").register("app:between", pass);
            on.create().after("orm:create").register("app:after2", pass);
        })
        .unwrap();
    assert_eq!(
        names(db.callbacks().create())[3..],
        ["app:before", "orm:create", "app:between", "app:after", "app:after2", "orm:after_create", "app:end"]
    );
}

async fn a_star_is_before_or_behind_all(t: Test) {
    let order = raw(&t, |on| {
        on.after("*").register("last", pass);
        on.before("*").register("first", pass);
        on.register("middle", pass);
        on.before("*").register("really first", pass);
        on.after("*").register("really last", pass);
    });
    assert_eq!(order, ["really first", "first", "middle", "last", "really last"]);
}

async fn names_weigh_more_than_stars(t: Test) {
    let order = raw(&t, |on| {
        on.before("*").register("first", pass);
        on.before("first").register("before the first", pass);
        on.after("*").register("last", pass);
        on.after("last").register("behind the last", pass);
        on.register("middle", pass);
    });
    assert_eq!(order, ["before the first", "first", "middle", "last", "behind the last"]);
}

async fn what_follows_a_star_stays_outside_the_others(t: Test) {
    let order = raw(&t, |on| {
        on.before("*").register("first", pass);
        on.register("middle", pass);
        on.after("first").register("behind the first", pass);
        on.before("*").register("really first", pass);
        on.after("behind the first").register("next", pass);
    });
    assert_eq!(order, ["really first", "first", "behind the first", "next", "middle"]);
}

async fn callbacks_run_in_the_order_that_is_printed(t: Test) {
    let log = Log::new();
    let db = t
        .with_callbacks(|on| {
            on.raw().register("b", log.link("b"));
            on.raw().before("*").register("a", log.link("a"));
            on.raw().after("*").register("d", log.link("d"));
            on.raw().after("b").register("c", log.link("c"));
        })
        .unwrap();
    db.raw("SELECT 1", ()).execute().await.unwrap();
    assert_eq!(log.take(), ["a", "b", "c", "d"]);
    assert_eq!(names(db.callbacks().raw()), ["a", "orm:raw", "b", "c", "d"]);
}

async fn a_callback_is_replaced_in_its_place(t: Test) {
    let log = Log::new();
    let db = t
        .with_callbacks(|on| {
            on.raw().register("c1", log.link("c1"));
            on.raw().before("c1").register("c2", log.link("c2"));
            on.raw().register("c3", log.link("c3"));
            on.raw().replace("c2", log.link("another c2"));
        })
        .unwrap();
    db.raw("SELECT 1", ()).execute().await.unwrap();
    assert_eq!(log.take(), ["another c2", "c1", "c3"]);
}

async fn a_callback_is_removed_and_may_be_registered_again(t: Test) {
    let log = Log::new();
    let less = t
        .with_callbacks(|on| {
            on.raw().register("c1", log.link("c1")).register("c2", log.link("c2")).remove("c1");
        })
        .unwrap();
    less.raw("SELECT 1", ()).execute().await.unwrap();
    assert_eq!(log.take(), ["c2"]);
    let more = less
        .with_callbacks(|on| {
            on.raw().register("c1", log.link("the new c1"));
        })
        .unwrap();
    more.raw("SELECT 1", ()).execute().await.unwrap();
    assert_eq!(log.take(), ["c2", "the new c1"]);
}

async fn a_place_may_name_a_callback_that_was_removed(t: Test) {
    let order = raw(&t, |on| {
        on.register("c1", pass).register("c2", pass).before("c1").register("c3", pass);
        on.remove("c1");
    });
    assert_eq!(order, ["c2", "c3"]);
}

async fn a_callback_runs_only_when_its_condition_is_true(t: Test) {
    struct Loud;
    let log = Log::new();
    let db = t
        .with_callbacks(|on| {
            on.raw().when(|cx| cx.setting::<Loud>().is_some()).register("c1", log.link("c1"));
            on.raw().when(|_| false).register("c2", log.link("c2"));
            on.raw().after("c2").when(|_| true).register("c3", log.link("c3"));
        })
        .unwrap();
    db.raw("SELECT 1", ()).execute().await.unwrap();
    assert_eq!(log.take(), ["c3"]);
    db.raw("SELECT 1", ()).with(Loud).execute().await.unwrap();
    assert_eq!(log.take(), ["c1", "c3"]);
}

async fn each_registers_for_all_chains(t: Test) {
    let log = Log::new();
    let db = t
        .with_callbacks(|on| {
            for chain in on.each() {
                let name = chain.kind().name();
                chain.before("*").register("app:watch", log.link(name));
            }
        })
        .unwrap();
    db.create_tables::<User>().await.unwrap();
    assert!(log.take().iter().all(|it| it == "raw"));
    let ann = db.create(user("ann", 30)).await.unwrap();
    let ann = db.update(ann).set(User::AGE, 31).await.unwrap();
    db.find::<User>().count().await.unwrap();
    db.delete(ann).await.unwrap();
    db.raw("SELECT 1", ()).fetch::<i64>().await.unwrap();
    assert_eq!(log.take(), ["create", "update", "query", "delete", "raw"]);
    assert!(db.callbacks().row().contains("app:watch"));
}

async fn an_unknown_name_is_an_error_that_names_the_known_ones(t: Test) {
    let reason = refused(&t, |on| {
        on.after("orm:rwa").register("app:one", pass);
    });
    assert_eq!(reason, "`app:one` is to stand after `orm:rwa`, but there is no such callback; there are orm:raw, app:one");
    let error = t
        .with_callbacks(|on| {
            on.create().before("orm:update").register("app:one", pass);
        })
        .unwrap_err();
    assert!(
        error.to_string().starts_with("the callbacks of `create` cannot be ordered: `app:one` is to stand before `orm:update`"),
        "{error}"
    );
}

async fn callbacks_that_wait_for_one_another_are_named(t: Test) {
    let reason = refused(&t, |on| {
        on.before("c2").register("c1", pass);
        on.before("c3").register("c2", pass);
        on.before("c1").register("c3", pass);
        on.register("c4", pass);
    });
    let cycle = reason.strip_prefix("they wait for one another: ").unwrap();
    let cycles = [
        "`c1` before `c2` before `c3` before `c1`",
        "`c2` before `c3` before `c1` before `c2`",
        "`c3` before `c1` before `c2` before `c3`",
    ];
    assert!(cycles.contains(&cycle), "{cycle}");
}

async fn a_callback_cannot_wait_for_itself(t: Test) {
    assert_eq!(
        refused(&t, |on| {
            on.before("c1").register("c1", pass);
        }),
        "they wait for one another: `c1` before `c1`"
    );
    assert_eq!(
        refused(&t, |on| {
            on.after("c1").register("c1", pass);
        }),
        "they wait for one another: `c1` before `c1`"
    );
}

async fn a_name_is_registered_once(t: Test) {
    let reason = refused(&t, |on| {
        on.register("c1", pass).register("c1", pass);
    });
    assert_eq!(reason, "`c1` is registered twice: replace it, or choose another name");
    let reason = refused(&t, |on| {
        on.before("*").register("orm:raw", pass);
    });
    assert!(reason.contains("`orm:raw` is registered twice"), "{reason}");
}

async fn what_is_missing_can_be_neither_replaced_nor_removed(t: Test) {
    assert_eq!(
        refused(&t, |on| {
            on.replace("c1", pass);
        }),
        "`c1` cannot be replaced: there is no callback of this name"
    );
    assert_eq!(
        refused(&t, |on| {
            on.remove("c1");
        }),
        "`c1` cannot be removed: there is no callback of this name"
    );
    assert_eq!(
        refused(&t, |on| {
            on.register("c1", pass).remove("c1").remove("c1");
        }),
        "`c1` cannot be removed: there is no callback of this name"
    );
}

async fn all_mistakes_of_a_chain_are_reported_at_once(t: Test) {
    let reason = refused(&t, |on| {
        on.remove("c1").replace("c2", pass).before("c9").register("c3", pass);
    });
    for part in ["`c1` cannot be removed", "`c2` cannot be replaced", "`c3` is to stand before `c9`"] {
        assert!(reason.contains(part), "{reason}");
    }
}

async fn open_reports_what_cannot_be_ordered(t: Test) {
    let wrong = || {
        t.builder().callbacks(|on| {
            on.delete().before("nobody").register("app:one", pass);
        })
    };
    for error in [wrong().open().await.unwrap_err(), wrong().lazy().unwrap_err()] {
        assert!(matches!(error, Error::CallbackOrder { chain: "delete", .. }), "{error:?}");
    }
}

async fn a_failed_change_leaves_the_handle_as_it_was(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let before = t.callbacks().to_string();
    let failed = t.with_callbacks(|on| {
        on.create().remove("orm:create");
        on.query().before("nobody").register("app:one", pass);
    });
    assert!(matches!(failed, Err(Error::CallbackOrder { chain: "query", .. })), "{failed:?}");
    assert_eq!(t.callbacks().to_string(), before);
    let ann = t.create(user("ann", 30)).await.unwrap();
    assert_eq!(t.get::<User>(ann.id).await.unwrap(), ann);
    // What was asked for in vain is not remembered either.
    assert_eq!(t.with_callbacks(|_| ()).unwrap().callbacks().to_string(), before);
}

async fn handles_have_their_own_chains_over_one_pool(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let log = Log::new();
    let watched: Db = t
        .with_callbacks(|on| {
            on.create().register("app:watch", log.link("create"));
        })
        .unwrap();
    let more = watched
        .with_callbacks(|on| {
            on.create().register("app:more", log.link("more"));
        })
        .unwrap();
    t.create(user("ann", 1)).await.unwrap();
    assert_eq!(log.take(), [""; 0]);
    watched.create(user("bob", 2)).await.unwrap();
    assert_eq!(log.take(), ["create"]);
    // Sessions and transactions of a handle have its chains.
    more.transaction(async |tx| tx.session().create(user("cleo", 3)).await).await.unwrap();
    assert_eq!(log.take(), ["create", "more"]);
    assert_eq!(t.find::<User>().count().await.unwrap(), 3);
    assert_eq!(format!("{:?}", t.stats()), format!("{:?}", more.stats()));
    more.close();
    assert!(matches!(t.find::<User>().count().await, Err(Error::Closed)));
}

async fn explain_order_says_why(t: Test) {
    let db = t
        .with_callbacks(|on| {
            on.query().before("*").register("app:first", pass);
            on.query().before("orm:after_find").after("orm:query").when(|_| true).register("app:between", pass);
        })
        .unwrap();
    assert_eq!(
        db.callbacks().query().explain_order(),
        " 1. app:first       before all\n \
         2. orm:query       in the order of registration\n \
         3. app:between     before orm:after_find, after orm:query, for some statements only\n \
         4. orm:after_find  in the order of registration, for some statements only\n"
    );
    // Ours is for models that have hooks; what comes in its place is for all.
    let log = Log::new();
    let replaced = t.with_callbacks(|on| _ = on.query().replace("orm:after_find", log.link("mine"))).unwrap();
    t.create_tables::<User>().await.unwrap();
    replaced.find::<User>().await.unwrap();
    assert_eq!(log.take(), ["mine"]);
}
