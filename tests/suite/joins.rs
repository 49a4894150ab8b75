//! Rows of two tables beside each other.

use orm::prelude::*;
use orm::{Engine, Error, exists, joined, joined_opt, outer, subquery};

use crate::{Test, cases};

cases![
    rows_stand_beside_each_other,
    a_record_with_no_row_beside_it_stays_in_a_left_join,
    several_tables_are_joined,
    records_are_found_by_what_is_joined,
    joined_rows_are_counted_grouped_and_sorted,
    every_row_stands_beside_every_other,
    names_that_both_tables_have_are_told_apart,
    queries_inside_see_what_is_joined,
    joined_records_are_locked,
    rows_beside_are_locked_where_they_are_named,
    conditions_of_callbacks_hold_for_what_is_joined,
    what_is_not_joined_is_an_error,
];

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Company {
    #[orm(key)]
    id: i64,
    name: String,
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Worker {
    #[orm(key)]
    id: i64,
    name: String,
    company: Option<i64>,
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Badge {
    #[orm(key)]
    worker: i64,
    color: String,
}

async fn town(t: &Test) {
    t.create_tables::<(Company, Worker, Badge)>().await.unwrap();
    t.create_many([(1, "acme"), (2, "bolt"), (3, "core")].map(|(id, name)| Company { id, name: name.into() })).await.unwrap();
    let worker = |id, name: &str, company| Worker { id, name: name.into(), company };
    t.create_many([worker(1, "ann", Some(1)), worker(2, "bob", Some(1)), worker(3, "cleo", Some(2)), worker(4, "dan", None)])
        .await
        .unwrap();
    t.create_many([(1, "red"), (3, "blue")].map(|(worker, color)| Badge { worker, color: color.into() })).await.unwrap();
}

fn employed() -> Predicate<Worker> {
    Worker::COMPANY.eq(joined(Company::ID))
}

async fn rows_stand_beside_each_other(t: Test) {
    town(&t).await;
    let read = t.find::<Company>().join(employed()).select((Company::NAME, joined(Worker::NAME))).order(joined(Worker::ID).asc());
    let expected = [("acme", "ann"), ("acme", "bob"), ("bolt", "cleo")];
    assert_eq!(read.await.unwrap(), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    let of_acme = t.find::<Company>().join(employed()).where_(Company::NAME.eq("acme")).where_(joined(Worker::ID).gt(1));
    assert_eq!(of_acme.select(joined(Worker::NAME)).await.unwrap(), ["bob"]);
}

async fn a_record_with_no_row_beside_it_stays_in_a_left_join(t: Test) {
    town(&t).await;
    let all = || t.find::<Company>().left_join(employed());
    let read = all().select((Company::ID, joined_opt(Worker::NAME))).order(Company::ID.asc()).order(joined(Worker::ID).asc());
    let name = |it: &str| Some(it.to_owned());
    assert_eq!(read.await.unwrap(), [(1, name("ann")), (1, name("bob")), (2, name("cleo")), (3, None)]);
    let alone = all().where_(joined_opt(Worker::ID).is_none());
    assert_eq!(alone.await.unwrap(), [Company { id: 3, name: "core".into() }]);
    let read_as_there = all().order(Company::ID.desc()).select(joined(Worker::NAME)).await.unwrap_err();
    assert!(matches!(read_as_there, Error::Decode { .. }), "{read_as_there:?}");
    let only_ann =
        t.find::<Company>().left_join(employed().and(Worker::NAME.eq("ann"))).select(joined_opt(Worker::ID)).order(Company::ID.asc());
    assert_eq!(only_ann.await.unwrap(), [Some(1), None, None]);
}

async fn several_tables_are_joined(t: Test) {
    town(&t).await;
    let read = t
        .find::<Company>()
        .join(employed())
        .join(Badge::WORKER.eq(joined(Worker::ID)))
        .select((Company::NAME, joined(Worker::NAME), joined(Badge::COLOR)))
        .order(Company::ID.asc());
    let expected = [("acme", "ann", "red"), ("bolt", "cleo", "blue")];
    assert_eq!(read.await.unwrap(), expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
}

async fn records_are_found_by_what_is_joined(t: Test) {
    town(&t).await;
    let found = t.find::<Company>().join(employed()).where_(joined(Worker::NAME).starts_with("c"));
    assert_eq!(found.await.unwrap(), [Company { id: 2, name: "bolt".into() }]);
    // A record for each row that stands beside it.
    let ids = |all: Vec<Company>| all.into_iter().map(|it| it.id).collect::<Vec<_>>();
    assert_eq!(ids(t.find::<Company>().join(employed()).order(Company::ID.asc()).await.unwrap()), [1, 1, 2]);
    assert_eq!(t.find::<Company>().join(employed()).first().await.unwrap().map(|it| it.id), Some(1));
    assert!(t.find::<Company>().join(employed()).where_(Company::ID.eq(2)).exists().await.unwrap());
}

async fn joined_rows_are_counted_grouped_and_sorted(t: Test) {
    town(&t).await;
    assert_eq!(t.find::<Company>().join(employed()).count().await.unwrap(), 3);
    assert_eq!(t.find::<Company>().left_join(employed()).count().await.unwrap(), 4);
    assert_eq!(t.find::<Company>().join(employed()).limit(2).count().await.unwrap(), 2);
    assert_eq!(t.find::<Company>().join(employed()).select(Company::ID).distinct().count().await.unwrap(), 2);
    let sizes = t
        .find::<Company>()
        .left_join(employed())
        .select((Company::NAME, joined_opt(Worker::ID).count()))
        .group_by(Company::NAME)
        .order(joined_opt(Worker::ID).count().desc())
        .order(Company::NAME.asc());
    assert_eq!(sizes.await.unwrap(), [("acme".into(), 2), ("bolt".into(), 1), ("core".into(), 0)]);
    let mixed = t.find::<Company>().join(employed()).select((Company::NAME, joined(Worker::NAME))).group_by(Company::NAME);
    assert!(mixed.await.unwrap_err().to_string().contains("group_by"));
}

async fn every_row_stands_beside_every_other(t: Test) {
    town(&t).await;
    assert_eq!(t.find::<Company>().join(every::<Badge>()).count().await.unwrap(), 6);
}

async fn names_that_both_tables_have_are_told_apart(t: Test) {
    town(&t).await;
    let same = t.find::<Company>().join(Worker::ID.eq(joined(Company::ID)).and(Worker::NAME.ne("bob"))).where_(Company::NAME.ne("core"));
    let read = same.select((Company::ID, Company::NAME, joined(Worker::ID), joined(Worker::NAME)));
    assert_eq!(read.await.unwrap(), [(1, "acme".into(), 1, "ann".into())]);
}

async fn queries_inside_see_what_is_joined(t: Test) {
    town(&t).await;
    let badges = t.find().where_(Badge::WORKER.eq(outer(Worker::ID)));
    let read = t.find::<Company>().join(employed()).where_(exists(badges)).select(joined(Worker::NAME)).order(joined(Worker::ID).asc());
    assert_eq!(read.await.unwrap(), ["ann", "cleo"]);
    // A join inside of a query, whose table is outside, too.
    let rich = t.find::<Company>().join(employed()).where_(joined(Worker::ID).eq(outer(Worker::ID))).where_(Company::NAME.eq("acme"));
    assert_eq!(t.find::<Worker>().where_(exists(rich)).select(Worker::ID).order(Worker::ID.asc()).await.unwrap(), [1, 2]);
    let sizes = t.find::<Company>().join(employed()).where_(Company::ID.eq(outer(Company::ID)));
    assert_eq!(t.find::<Company>().where_(subquery(sizes.count()).eq(2)).select(Company::NAME).await.unwrap(), ["acme"]);
}

async fn joined_records_are_locked(t: Test) {
    town(&t).await;
    let locked = t.transaction(async |tx| tx.find::<Company>().join(employed()).for_update().order(joined(Worker::ID).desc()).await);
    assert_eq!(locked.await.unwrap().into_iter().map(|it| it.id).collect::<Vec<_>>(), [2, 1, 1]);
    let with_none = t.transaction(async |tx| tx.find::<Company>().left_join(employed()).for_update().select(Company::ID).await);
    assert_eq!(with_none.await.unwrap().len(), 4);
}

async fn rows_beside_are_locked_where_they_are_named(t: Test) {
    town(&t).await;
    let other = t.builder().open().await.unwrap();
    let locked = t.transaction(async |tx| {
        let badges = tx.find::<Worker>().join(Badge::WORKER.eq(joined(Worker::ID))).where_(joined(Badge::COLOR).eq("red"));
        let found = match badges.clone().lock_of::<Badge>().await {
            Ok(found) => found,
            Err(error) => {
                let hint = "MariaDB cannot do this: lock rows of Badge";
                assert!(t.engine() == Engine::MariaDb && error.to_string().starts_with(hint), "{error}");
                badges.lock_of::<Worker>().lock_of::<Badge>().await?
            }
        };
        assert_eq!(found.len(), 1);
        if t.engine() == Engine::Sqlite {
            return Ok(());
        }
        let beside = other.transaction(async |tx| {
            let workers = tx.find().where_(Worker::ID.eq(1)).skip_locked().select(Worker::ID).await?;
            Ok((workers.len(), tx.find::<Badge>().skip_locked().select(Badge::WORKER).await?))
        });
        // MariaDB locks what it looks at, also where it is not what was sought.
        let free = if t.engine() == Engine::MariaDb { (0, vec![]) } else { (1, vec![3]) };
        assert_eq!(beside.await?, free);
        Ok(())
    });
    locked.await.unwrap();
}

async fn conditions_of_callbacks_hold_for_what_is_joined(t: Test) {
    async fn not_ann(cx: &mut Context) -> orm::Result<()> {
        assert!(cx.add_condition(Worker::NAME.ne("ann")));
        Ok(())
    }
    town(&t).await;
    let db = t
        .with_callbacks(|on| {
            on.query().before("*").register("test:not_ann", not_ann);
        })
        .unwrap();
    assert_eq!(db.find::<Company>().join(employed()).select(joined(Worker::NAME)).order(Company::ID.asc()).await.unwrap(), ["bob", "cleo"]);
    let only_ann = db.find::<Company>().left_join(employed().and(Worker::ID.eq(1))).select(joined_opt(Worker::ID));
    assert_eq!(only_ann.await.unwrap(), [None, None, None]);
}

async fn what_is_not_joined_is_an_error(t: Test) {
    town(&t).await;
    let errors = [
        (t.find::<Company>().where_(joined(Worker::ID).eq(1)).await.unwrap_err(), "joins Worker"),
        (t.find::<Company>().join(employed()).join(employed()).await.unwrap_err(), "joins Worker twice"),
        (t.find::<Worker>().join(Worker::ID.eq(1)).await.unwrap_err(), "joins Worker twice"),
        (t.find::<Company>().join(employed()).stream().next().await.unwrap().unwrap_err(), "leave out `join`"),
    ];
    for (error, text) in errors {
        assert!(matches!(&error, Error::Invalid(_)) && error.to_string().contains(text), "{error}");
    }
}
