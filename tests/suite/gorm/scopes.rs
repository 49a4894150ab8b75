//! Parts of queries that are written once, as GORM tests them.

use orm::prelude::*;
use orm::{DeleteAll, Engine, Find, UpdateAll};

use crate::models::{User, user};
use crate::{Test, cases};

cases![
    scopes_are_joined_by_and_wherever_they_are_applied,
    scopes_in_groups_keep_their_parentheses,
    a_page_is_a_scope,
    changes_and_removals_have_scopes
];

fn named<'s>(name: &'static str) -> impl FnOnce(Find<'s, User>) -> Find<'s, User> {
    move |users| users.where_(User::NAME.eq(name))
}

fn one_of<'s>(names: &[&'static str]) -> impl FnOnce(Find<'s, User>) -> Find<'s, User> {
    let names = names.to_vec();
    move |users| users.where_(User::NAME.is_in(names))
}

fn grown_up(users: Find<'_, User>) -> Find<'_, User> {
    users.where_(User::AGE.ge(18))
}

fn old_table(users: Find<'_, User>) -> Find<'_, User> {
    users.table("users_2020")
}

// gorm: scopes:TestScopes
async fn scopes_are_joined_by_and_wherever_they_are_applied(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create_table_as::<User>("users_2020").await.unwrap();
    t.create_many([user("one", 10), user("two", 20), user("three", 30)]).await.unwrap();
    t.create(user("two", 99)).table("users_2020").await.unwrap();

    assert_eq!(t.find().scope(one_of(&["one", "two"])).count().await.unwrap(), 2);
    assert_eq!(t.find().scope(one_of(&["one", "two"])).scope(one_of(&["two", "three"])).count().await.unwrap(), 1);
    assert_eq!(t.find().scope(one_of(&["one", "two"])).scope(grown_up).scope(named("two")).count().await.unwrap(), 1);
    assert_eq!(t.find().scope(one_of(&["one"])).scope(grown_up).count().await.unwrap(), 0);
    // A scope may be made of others, and know what another session has found.
    let oldest = t.session().find::<User>().order(User::AGE.desc()).first().await.unwrap().unwrap().age;
    let found = t.find().scope(|users: Find<'_, User>| users.scope(grown_up).where_(User::AGE.lt(oldest)).limit(5)).await.unwrap();
    assert_eq!(found.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["two"]);
    // A scope may name the table, and stand before what is selected.
    assert_eq!(t.find().scope(old_table).scope(grown_up).select(User::AGE).await.unwrap(), [99]);
    assert_eq!(t.find().scope(grown_up).select(User::AGE.max()).await.unwrap(), [Some(30)]);
}

// gorm: scopes:TestComplexScopes
async fn scopes_in_groups_keep_their_parentheses(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let adult = || User::AGE.ge(18);
    let named = |name: &'static str| User::NAME.eq(name);
    let where_of = |users: Find<'_, User>| {
        let sql = Engine::Sqlite.to_sql(&users.statement()).unwrap();
        sql.split(" WHERE ").nth(1).unwrap().to_owned()
    };
    let and_of_or = where_of(t.find().where_(adult()).where_(named("a").or(named("b").and(User::ACTIVE.eq(true)))));
    assert_eq!(and_of_or, "(`age` >= ?) AND ((`name` = ?) OR ((`name` = ?) AND (`active` = ?)))");
    let or_of_and = where_of(t.find().where_(adult().and(named("a")).or(adult().not().and(named("b")))));
    assert_eq!(or_of_and, "(((`age` >= ?) AND (`name` = ?)) OR ((NOT (`age` >= ?)) AND (`name` = ?)))");
    t.create_many([user("a", 20), user("b", 20), user("b", 10)]).await.unwrap();
    let found = t.find().where_(adult().and(named("a")).or(adult().not().and(named("b")))).order(User::AGE.asc()).await.unwrap();
    assert_eq!(found.iter().map(|it| (it.name.as_str(), it.age)).collect::<Vec<_>>(), [("b", 10), ("a", 20)]);
}

/// What a request asks for, within what it may.
fn page<'s, M: Model + orm::FromRow>(number: u64, size: u64) -> impl FnOnce(Find<'s, M>) -> Find<'s, M> {
    let size = size.clamp(1, 100);
    move |records| records.offset(number.saturating_sub(1).saturating_mul(size)).limit(size)
}

async fn a_page_is_a_scope(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create_many((1..=7).map(|age| user("page", age))).await.unwrap();
    let ages = async |number, size| {
        t.find::<User>().order(User::AGE.asc()).scope(page(number, size)).await.unwrap().iter().map(|it| it.age).collect::<Vec<_>>()
    };
    assert_eq!(ages(1, 3).await, [1, 2, 3]);
    assert_eq!(ages(3, 3).await, [7]);
    assert_eq!(ages(0, 2).await, [1, 2]);
    assert_eq!(ages(2, 0).await, [2]);
    assert!(ages(u64::MAX, 100).await.is_empty());
}

async fn changes_and_removals_have_scopes(t: Test) {
    fn minors<'s>(users: UpdateAll<'s, User>) -> UpdateAll<'s, User> {
        users.where_(User::AGE.lt(18)).set(User::ACTIVE, true)
    }
    fn active<'s>(users: DeleteAll<'s, User>) -> DeleteAll<'s, User> {
        users.where_(User::ACTIVE.eq(true))
    }
    t.create_tables::<User>().await.unwrap();
    t.create_many([user("a", 10), user("a", 20), user("b", 10)]).await.unwrap();
    assert_eq!(t.update_all(User::NAME.eq("a")).scope(minors).await.unwrap(), 1);
    assert_eq!(t.delete_all(every::<User>()).scope(active).await.unwrap(), 1);
    let left = t.find::<User>().order(User::NAME.asc()).await.unwrap();
    assert_eq!(left.iter().map(|it| (it.name.as_str(), it.age)).collect::<Vec<_>>(), [("a", 20), ("b", 10)]);
}
