//! Counting and distinct rows, as GORM tests them.

use orm::prelude::*;
use orm::{joined, joined_opt};

use super::models::{Company, User, names, user, users};
use crate::{Test, cases};

cases![groups_are_counted, counts_of_all_forms_are_right, distinct_rows_are_read_and_counted, groups_have_sums];

// gorm: count:TestCountWithGroup
async fn groups_are_counted(t: Test) {
    t.create_tables::<Company>().await.unwrap();
    t.create_many(["a", "a", "a", "b", "c"].map(|name| Company { id: 0, name: name.into() })).await.unwrap();
    let groups = |condition| t.find().where_(condition).select(Company::NAME).group_by(Company::NAME).count();
    assert_eq!(groups(Company::NAME.eq("a")).await.unwrap(), 1);
    assert_eq!(groups(Company::NAME.is_in(["b", "c"])).await.unwrap(), 2);
}

// gorm: count:TestCount
async fn counts_of_all_forms_are_right(t: Test) {
    let all = users(&t, ["count-1", "count-2", "count-3"]).await;
    let one = || User::NAME.eq("count-1");
    let three = || User::NAME.is_in(["count-1", "count-2", "count-3"]);
    // A query is the start of others, and each keeps its own conditions.
    let either = t.find().where_(one().or(User::NAME.eq("count-3")));
    assert_eq!(either.clone().count().await.unwrap(), 2);
    assert_eq!(either.clone().await.unwrap(), [all[0].clone(), all[2].clone()]);
    assert_eq!(either.await.unwrap().len(), 2);
    let first = t.find().where_(one());
    assert_eq!(first.clone().count().await.unwrap(), 1);
    assert_eq!(t.find().where_(one().or(User::NAME.is_in(["count-2", "count-3"]))).count().await.unwrap(), 3);
    assert_eq!(first.count().await.unwrap(), 1);
    // Groups, columns, different values.
    let twice = t.find().where_(User::NAME.is_in(["count-2", "count-2", "count-3"]));
    assert_eq!(twice.select(User::ID).group_by(User::ID).count().await.unwrap(), 2);
    assert_eq!(t.find::<User>().select(User::NAME).count().await.unwrap(), 4);
    t.create_many(["count-4"; 3].map(user)).await.unwrap();
    assert_eq!(t.find::<User>().select(User::NAME).distinct().count().await.unwrap(), 5);
    assert_eq!(t.find().where_(User::NAME.eq("count-4")).select(User::NAME).group_by(User::NAME).count().await.unwrap(), 1);
    // Joins, and orders that do not matter.
    let joins = t.find().left_join(Company::NAME.eq(joined(User::NAME))).where_(one());
    assert_eq!(joins.clone().where_(joined_opt(Company::ID).is_none()).count().await.unwrap(), 1);
    assert_eq!(joins.count().await.unwrap(), 1);
    assert_eq!(t.find().where_(one()).order(User::NAME.asc()).count().await.unwrap(), 1);
    // Expressions that are read.
    let main = || case_when(one(), "main").otherwise("other");
    let read = t.find().where_(three()).select((main(), User::AGE)).order(main().asc());
    assert_eq!(read.clone().count().await.unwrap(), 3);
    assert_eq!(read.await.unwrap(), ["main", "other", "other"].map(|it| (it.to_owned(), 18)));
    let age = case_when(User::AGE.eq(18), 1_i64).otherwise(2);
    let read = t.find().where_(three()).select((age, User::NAME)).order(User::NAME.asc());
    assert_eq!(read.clone().count().await.unwrap(), 3);
    assert_eq!(read.await.unwrap().into_iter().map(|it| it.0).collect::<Vec<_>>(), [1, 1, 1]);
    // A part of a query that is written once.
    let counted = t.find().scope(|users| users.where_(three()));
    assert_eq!((counted.clone().count().await.unwrap(), counted.await.unwrap().len()), (3, 3));
    // A preload without a model, which GORM refuses when it runs, does not compile: every query has one.
}

// gorm: distinct:TestDistinct
async fn distinct_rows_are_read_and_counted(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let aged = |name: &str, age| User { age, ..user(name) };
    t.create_many([aged("distinct", 20), aged("distinct", 18), aged("distinct", 18), aged("distinct-2", 18), aged("distinct-3", 18)])
        .await
        .unwrap();
    let by_name = || t.find::<User>().select(User::NAME).distinct();
    assert_eq!(by_name().order(User::NAME.asc()).await.unwrap(), ["distinct", "distinct-2", "distinct-3"]);
    assert_eq!(by_name().order(User::NAME.desc()).await.unwrap(), ["distinct-3", "distinct-2", "distinct"]);
    let pairs = || t.find::<User>().select((User::NAME, User::AGE)).distinct();
    let read = pairs().order(User::NAME.asc()).order(User::AGE.desc()).await.unwrap();
    let expected = [("distinct", 20), ("distinct", 18), ("distinct-2", 18), ("distinct-3", 18)];
    assert_eq!(read, expected.map(|(name, age)| (name.to_owned(), age)));
    assert_eq!((by_name().count().await.unwrap(), pairs().count().await.unwrap()), (3, 4));
    assert_eq!(t.find().where_(User::AGE.eq(18)).select(User::NAME.count_distinct()).await.unwrap(), [3]);
    assert_eq!(names(&t, User::AGE.eq(18)).await.len(), 4);
}

// gorm: group_by:TestGroupBy
async fn groups_have_sums(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let aged = |name: &str, age, active| User { age, active, ..user(name) };
    let all = [
        aged("groupby", 10, true),
        aged("groupby", 20, false),
        aged("groupby", 30, true),
        aged("groupby1", 110, false),
        aged("groupby1", 220, true),
        aged("groupby1", 330, true),
    ];
    t.create_many(all).await.unwrap();
    let sums = || t.find::<User>().select((User::NAME, User::AGE.sum())).group_by(User::NAME);
    assert_eq!(sums().having(User::NAME.eq("groupby")).await.unwrap(), [("groupby".into(), Some(60))]);
    assert_eq!(sums().having(User::NAME.eq("groupby1")).first().await.unwrap(), Some(("groupby1".into(), Some(660))));
    let large = sums().having(User::AGE.sum().gt(100)).having(orm::count().gt(2)).await.unwrap();
    assert_eq!(large, [("groupby1".into(), Some(660))]);
    let active = t.find().where_(User::ACTIVE.eq(true)).select((User::NAME, User::AGE.sum())).group_by(User::NAME).order(User::NAME.asc());
    assert_eq!(active.await.unwrap(), [("groupby".into(), Some(40)), ("groupby1".into(), Some(550))]);
    let both = t.find::<User>().select((User::NAME, User::ACTIVE, User::AGE.sum())).group_by((User::NAME, User::ACTIVE));
    let both = both.order(User::NAME.desc()).order(User::ACTIVE.desc()).first().await.unwrap();
    assert_eq!(both, Some(("groupby1".into(), true, Some(550))));
}
