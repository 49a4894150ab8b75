//! What a link sees of a statement, and changes in it.

use orm::prelude::*;
use orm::{ChainEditor, Db, Error, Kind, Statement, Value};

use crate::models::{User, user};
use crate::watch::Log;
use crate::{Test, cases};

cases![
    a_link_reads_and_sets_records_by_column,
    a_link_reads_and_sets_records_by_name,
    a_batch_is_seen_in_one_call,
    records_that_were_read_are_seen_behind_the_query,
    the_outcome_is_seen_behind_the_statement,
    values_of_the_session_and_of_the_statement_are_found_by_type,
    a_condition_is_added_to_every_operation_that_has_some,
    a_condition_for_another_model_is_not_added,
    a_link_may_limit_what_is_read,
    a_link_may_set_more_columns,
    a_rewrite_to_another_kind_is_refused,
    a_rewrite_to_records_that_are_not_there_is_refused,
    a_rewrite_to_another_model_is_refused,
];

async fn three(t: &Test) -> [User; 3] {
    t.create_tables::<User>().await.unwrap();
    t.create_many([user("ann", 30), user("bob", 40), user("cleo", 50)]).await.unwrap().try_into().unwrap()
}

/// A handle with a change of one chain.
fn on(t: &Test, kind: Kind, change: impl FnOnce(&mut ChainEditor)) -> Db {
    t.with_callbacks(|on| change(on.of(kind))).unwrap()
}

async fn a_link_reads_and_sets_records_by_column(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = on(&t, Kind::Create, |on| {
        on.before("orm:create").register("app:set", async |cx: &mut Context| {
            for record in cx.records_mut() {
                assert!(record.is_a::<User>() && record.get(User::ID) == Some(&0));
                record.get_mut(User::NAME).unwrap().push('!');
                assert!(record.set(User::EMAIL, Some("x@x".to_owned())));
            }
            Ok(())
        });
    });
    let ann = db.create(user("ann", 30)).await.unwrap();
    assert_eq!((ann.name.as_str(), ann.email.as_deref()), ("ann!", Some("x@x")));
    assert_eq!(t.get::<User>(ann.id).await.unwrap(), ann);
}

async fn a_link_reads_and_sets_records_by_name(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let db = on(&t, Kind::Create, |on| {
        on.before("orm:create").register("app:set", async |cx: &mut Context| {
            let record = cx.record_mut(0).unwrap();
            assert_eq!(record.get_by_name("name")?, Value::from("ann"));
            record.set_by_name("age", 31)?;
            let unknown = record.set_by_name("height", 1).unwrap_err();
            assert_eq!(unknown.to_string(), "User has no column height; it has id, name, age, email, active");
            assert!(matches!(record.get_by_name("Name"), Err(Error::UnknownColumn { .. })));
            let wrong = record.set_by_name("age", "old").unwrap_err();
            assert!(matches!(&wrong, Error::Decode { column, .. } if column == "User.age"), "{wrong:?}");
            assert!(matches!(record.set_by_name("age", 256), Err(Error::Decode { .. })));
            assert_eq!(record.get(User::AGE), Some(&31));
            assert!(cx.record(1).is_none() && cx.record_mut(1).is_none());
            Ok(())
        });
    });
    assert_eq!(db.create(user("ann", 30)).await.unwrap().age, 31);
}

async fn a_batch_is_seen_in_one_call(t: Test) {
    let [ann, ..] = three(&t).await;
    let log = Log::new();
    let seen = log.clone();
    struct Count(Log);
    impl Callback for Count {
        async fn call(&self, cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
            assert_eq!((cx.len(), cx.is_empty()), (cx.records().count(), cx.records_mut().count() == 0));
            self.0.write(format!("{} {}", cx.kind().name(), cx.len()));
            next.run(cx).await
        }
    }
    let db = t
        .with_callbacks(|on| {
            on.each().for_each(|chain| {
                chain.before("*").register("app:count", Count(seen.clone()));
            })
        })
        .unwrap();
    db.create_many([user("dan", 1), user("eve", 2)]).await.unwrap();
    db.create_many(Vec::<User>::new()).await.unwrap();
    db.update(ann.clone()).set(User::AGE, 1).await.unwrap();
    db.update_all(User::AGE.lt(5)).set(User::AGE, 3).await.unwrap();
    db.delete(ann).await.unwrap();
    db.delete_all(User::AGE.lt(5)).await.unwrap();
    db.find::<User>().await.unwrap();
    assert_eq!(log.take(), ["create 2", "create 0", "update 1", "update 0", "delete 1", "delete 0", "query 0"]);
}

async fn records_that_were_read_are_seen_behind_the_query(t: Test) {
    let [_, bob, _] = three(&t).await;
    let db = on(&t, Kind::Query, |on| {
        on.after("orm:query").register("app:mask", async |cx: &mut Context| {
            assert_eq!(cx.outcome().rows, cx.len());
            for record in cx.records_mut() {
                record.set_by_name("name", "***")?;
            }
            Ok(())
        });
    });
    assert!(db.find::<User>().await.unwrap().iter().all(|it| it.name == "***"));
    assert_eq!(db.get::<User>(bob.id).await.unwrap(), User { name: "***".into(), ..bob });
    assert_eq!(db.find::<User>().where_(User::AGE.gt(90)).await.unwrap(), []);
    // A figure is a row, but no record.
    assert_eq!(
        on(&t, Kind::Query, |on| {
            on.register("app:figures", async |cx: &mut Context| {
                assert!(cx.len() == 1 && cx.record(0).is_none() && cx.records_mut().next().is_none());
                Ok(())
            });
        })
        .find::<User>()
        .count()
        .await
        .unwrap(),
        3
    );
}

async fn the_outcome_is_seen_behind_the_statement(t: Test) {
    let [ann, ..] = three(&t).await;
    let log = Log::new();
    struct Affected(Log);
    impl Callback for Affected {
        async fn call(&self, cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
            assert_eq!((cx.outcome().affected, cx.outcome().rows), (0, 0));
            next.run(cx).await?;
            self.0.write(format!("{} {}", cx.outcome().affected, cx.outcome().rows));
            Ok(())
        }
    }
    let db = t
        .with_callbacks(|on| {
            on.each().for_each(|chain| {
                chain.before("*").register("app:log", Affected(log.clone()));
            })
        })
        .unwrap();
    db.create_many([user("dan", 1), user("eve", 2)]).await.unwrap();
    db.update(ann.clone()).set(User::AGE, 30).await.unwrap();
    db.update(ann).await.unwrap();
    db.update_all(User::AGE.lt(5)).set(User::AGE, 3).await.unwrap();
    db.find::<User>().await.unwrap();
    db.delete_all(User::AGE.lt(5)).await.unwrap();
    assert_eq!(log.take(), ["2 0", "1 0", "0 0", "2 0", "0 5", "2 0"]);
}

async fn values_of_the_session_and_of_the_statement_are_found_by_type(t: Test) {
    three(&t).await;
    #[derive(Debug, PartialEq)]
    struct Name(&'static str);
    let log = Log::new();
    struct Read(Log);
    impl Callback for Read {
        async fn call(&self, cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
            let name = |it: Option<&Name>| it.map_or("-", |it| it.0);
            self.0.write([name(cx.settings().get()), name(cx.session().settings().get()), name(cx.setting())].join(" "));
            if cx.kind() == Kind::Query {
                cx.session().raw("SELECT 1", ()).execute().await?;
            }
            next.run(cx).await
        }
    }
    let db = t
        .with_callbacks(|on| {
            [Kind::Query, Kind::Raw].into_iter().for_each(|it| {
                on.of(it).register("app:read", Read(log.clone()));
            })
        })
        .unwrap();
    db.find::<User>().await.unwrap();
    assert_eq!(log.take(), ["- - -", "- - -"]);
    let session = db.session().with(Name("session"));
    session.find::<User>().with(7_u8).await.unwrap();
    assert_eq!(log.take(), ["- session session", "- session session"]);
    // What belongs to one statement does not reach those that its links make.
    session.find::<User>().with(Name("statement")).count().await.unwrap();
    assert_eq!(log.take(), ["statement session statement", "- session session"]);
    session.transaction(async |tx| tx.raw("SELECT 1", ()).execute().await).await.unwrap();
    assert_eq!(log.take(), ["- session session"]);
    db.session().raw("SELECT 1", ()).execute().await.unwrap();
    assert_eq!(log.take(), ["- - -"]);
}

async fn not_ann(cx: &mut Context) -> orm::Result<()> {
    cx.add_condition(User::NAME.ne("ann"));
    Ok(())
}

async fn a_condition_is_added_to_every_operation_that_has_some(t: Test) {
    let [ann, bob, cleo] = three(&t).await;
    let db = t
        .with_callbacks(|on| {
            on.each().for_each(|chain| {
                chain.before("*").register("app:not_ann", not_ann);
            })
        })
        .unwrap();
    assert_eq!(db.find().order(User::ID.asc()).await.unwrap(), [bob.clone(), cleo.clone()]);
    assert_eq!(db.find::<User>().count().await.unwrap(), 2);
    assert!(!db.find().where_(User::AGE.eq(30)).exists().await.unwrap());
    assert!(db.get::<User>(ann.id).await.unwrap_err().is_not_found());
    assert!(db.update(ann.clone()).set(User::AGE, 1).await.unwrap_err().is_not_found());
    assert!(db.update(ann.clone()).set(User::AGE, User::AGE.plus(1)).await.unwrap_err().is_not_found());
    assert!(db.save(ann.clone()).await.unwrap_err().is_not_found());
    assert!(db.delete(ann.clone()).await.unwrap_err().is_not_found());
    // Also beside a condition that says "or".
    assert_eq!(db.update_all(User::AGE.eq(30).or(User::AGE.eq(40))).set(User::ACTIVE, true).await.unwrap(), 1);
    assert_eq!(db.delete_all(every::<User>()).await.unwrap(), 2);
    assert_eq!(db.create(user("ann", 1)).await.unwrap().name, "ann");
    assert_eq!(t.get::<User>(ann.id).await.unwrap(), ann);
}

async fn a_condition_for_another_model_is_not_added(t: Test) {
    #[derive(Debug, Model)]
    struct Other {
        #[orm(key, auto)]
        id: i64,
    }
    three(&t).await;
    let db = on(&t, Kind::Query, |on| {
        on.before("*").register("app:other", async |cx: &mut Context| {
            assert!(!cx.add_condition(Other::ID.eq(7)));
            assert!(cx.add_condition(User::AGE.gt(30)));
            Ok(())
        });
    });
    assert_eq!(db.find::<User>().count().await.unwrap(), 2);
}

async fn a_link_may_limit_what_is_read(t: Test) {
    let [ann, bob, _] = three(&t).await;
    let db = on(&t, Kind::Query, |on| {
        on.before("orm:query").register("app:limit", async |cx: &mut Context| {
            if let Statement::Select(it) = cx.statement_mut() {
                it.limit = Some(it.limit.unwrap_or(2).min(2));
            }
            Ok(())
        });
    });
    assert_eq!(db.find().order(User::ID.asc()).await.unwrap(), [ann.clone(), bob]);
    assert_eq!(db.find().order(User::ID.asc()).first().await.unwrap(), Some(ann));
}

async fn a_link_may_set_more_columns(t: Test) {
    let [ann, bob, cleo] = three(&t).await;
    let db = on(&t, Kind::Update, |on| {
        on.before("orm:update").register("app:set", async |cx: &mut Context| {
            if let Statement::Update(it) = cx.statement_mut() {
                it.set.retain(|it| it.column.meta().name != "name");
            }
            Ok(())
        });
    });
    let ann = db.update(ann).set(User::NAME, "not allowed").set(User::AGE, 31).await.unwrap();
    assert_eq!((ann.name.as_str(), ann.age), ("ann", 31));
    assert_eq!(db.update_all(User::AGE.eq(40)).set(User::NAME, "no").await.unwrap(), 0);
    assert_eq!(t.find().order(User::ID.asc()).await.unwrap(), [ann, bob, cleo]);
}

fn assert_misuse<T: std::fmt::Debug>(done: orm::Result<T>, expected: &str) {
    match done {
        Err(Error::CallbackMisuse { what, .. }) => assert!(what.contains(expected), "{what}"),
        other => panic!("{other:?}"),
    }
}

async fn a_rewrite_to_another_kind_is_refused(t: Test) {
    let all = three(&t).await;
    async fn delete_instead(cx: &mut Context) -> orm::Result<()> {
        let model = cx.statement().model().unwrap();
        let target = orm::statement::Target { record: None, filter: Vec::new() };
        *cx.statement_mut() =
            Statement::Delete(orm::statement::Delete { model, target, table: None, clauses: Vec::new(), returning: None });
        Ok(())
    }
    let early = |kind| {
        on(&t, kind, |on| {
            on.before("*").register("app:rewrite", delete_instead);
        })
    };
    let late = |kind| {
        on(&t, kind, |on| {
            on.register("app:rewrite", delete_instead);
        })
    };
    for db in [early(Kind::Query), early(Kind::Create), early(Kind::Update)] {
        let names = db.callbacks().to_string();
        let done = match names.lines().find(|it| it.contains("app:rewrite")).unwrap().split(':').next().unwrap() {
            "query" => db.find::<User>().await.map(drop),
            "create" => db.create(user("dan", 1)).await.map(drop),
            _ => db.update_all(every()).set(User::AGE, 1).await.map(drop),
        };
        assert_misuse(done, "a statement of the chain `delete`");
    }
    // Where it is too late to have an effect, it is undone, not half done.
    assert_misuse(late(Kind::Create).create(user("dan", 1)).await, "a statement of the chain `delete`");
    assert_misuse(late(Kind::Update).update_all(every()).set(User::AGE, 1).await, "a statement of the chain `delete`");
    assert_eq!(t.find().order(User::ID.asc()).await.unwrap(), all);
}

async fn a_rewrite_to_records_that_are_not_there_is_refused(t: Test) {
    let all = three(&t).await;
    async fn more(cx: &mut Context) -> orm::Result<()> {
        match cx.statement_mut() {
            Statement::Insert(it) => it.rows.end += 1,
            Statement::Update(it) => it.target.record = Some(7),
            Statement::Delete(it) => it.target.record = Some(7),
            _ => {}
        }
        Ok(())
    }
    let db = t
        .with_callbacks(|on| {
            on.each().for_each(|chain| {
                chain.before("*").register("app:more", more);
            })
        })
        .unwrap();
    let [ann, ..] = all.clone();
    assert_misuse(db.create(user("dan", 1)).await, "a statement for 2 records where there are 1");
    assert_misuse(db.update(ann.clone()).set(User::AGE, 1).await, "a statement for 8 records");
    assert_misuse(db.update_all(every()).set(User::AGE, 1).await, "a statement for 8 records");
    assert_misuse(db.delete(ann).await, "a statement for 8 records");
    assert_eq!(t.find().order(User::ID.asc()).await.unwrap(), all);
}

async fn a_rewrite_to_another_model_is_refused(t: Test) {
    #[derive(Debug, Model)]
    struct Other {
        #[orm(key)]
        id: i64,
    }
    let all = three(&t).await;
    async fn other(cx: &mut Context) -> orm::Result<()> {
        match cx.statement_mut() {
            Statement::Insert(it) => it.model = Other::META,
            Statement::Select(it) => it.model = Other::META,
            _ => {}
        }
        Ok(())
    }
    let db = t
        .with_callbacks(|on| {
            on.each().for_each(|chain| {
                chain.before("*").register("app:other", other);
            })
        })
        .unwrap();
    db.create_tables::<Other>().await.unwrap();
    assert_misuse(db.create(user("dan", 1)).await, "a statement for Other instead of User");
    assert_misuse(db.find::<User>().await, "a statement for Other instead of User");
    assert_eq!(t.find().order(User::ID.asc()).await.unwrap(), all);
}
