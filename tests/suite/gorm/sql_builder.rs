//! SQL text, as GORM tests it.

use orm::prelude::*;
use orm::{Computed, Error, subquery, table};

use super::models::{User, names, users};
use crate::{Test, cases};

cases![
    one_row_is_read,
    rows_are_read,
    sql_text_reads_and_changes,
    rows_of_groups_are_read,
    sql_text_reads_a_record,
    conditions_in_groups_find_what_they_say,
    text_with_and_and_or_stays_in_parentheses,
    arguments_have_names,
    raw_queries_take_queries,
    wrong_names_are_errors_and_change_nothing,
    statements_do_not_share_their_conditions,
    no_condition_adds_nothing,
];

// gorm: sql_builder:TestRow
async fn one_row_is_read(t: Test) {
    users(&t, ["row-1", "row-2", "row-3"]).await;
    t.update_all(User::NAME.eq("row-2")).set(User::AGE, 10).await.unwrap();
    let age = || t.find().where_(User::NAME.eq("row-2")).select(User::AGE).first();
    assert_eq!(age().await.unwrap(), Some(10));
    t.update_all(User::NAME.eq("row-2")).set(User::AGE, 20).await.unwrap();
    assert_eq!(age().await.unwrap(), Some(20));
    let other_name = t.raw("SELECT age FROM users AS u WHERE u.name = ?", "row-2").fetch_one::<u32>().await.unwrap();
    assert_eq!(other_name, 20);
}

// gorm: sql_builder:TestRows
async fn rows_are_read(t: Test) {
    users(&t, ["rows-1", "rows-2", "rows-3"]).await;
    let rows = t.find::<User>().where_(sql("name = ? or name = ?", ("rows-2", "rows-3"))).select((User::NAME, User::AGE));
    assert_eq!(rows.order(User::ID.asc()).await.unwrap(), [("rows-2".into(), 18), ("rows-3".into(), 18)]);
}

// gorm: sql_builder:TestRaw
async fn sql_text_reads_and_changes(t: Test) {
    users(&t, ["raw-1", "raw-2", "raw-3"]).await;
    for (name, age) in [("raw-1", 1), ("raw-2", 10), ("raw-3", 20)] {
        t.update_all(User::NAME.eq(name)).set(User::AGE, age).await.unwrap();
    }
    let text = "SELECT name, age FROM users WHERE name = ? or name = ? ORDER BY id";
    let read: Vec<(String, u32)> = t.raw(text, ("raw-2", "raw-3")).fetch().await.unwrap();
    assert_eq!(read, [("raw-2".into(), 10), ("raw-3".into(), 20)]);
    assert_eq!(t.raw("select name from users where name = ?", "raw-3").fetch::<String>().await.unwrap().len(), 1);
    let renamed = t.raw("update users set name = ? where name in ?", ("raw", ["raw-1", "raw-2", "raw-3"])).execute().await.unwrap();
    assert_eq!(renamed, 3);
    assert_eq!(names(&t, User::NAME.is_in(["raw-1", "raw-2", "raw-3"])).await, [""; 0]);
    let more: Computed<User, u32> = sql("age * ? + ?", (2, 10));
    t.raw("update users set age = ? where name = ?", (more, "raw")).execute().await.unwrap();
    let sum: i64 = t.find().where_(User::NAME.eq("raw")).select(User::AGE.sum()).first().await.unwrap().flatten().unwrap();
    assert_eq!(sum, (1 + 10 + 20) * 2 + 30);
    assert_eq!(t.find().where_(User::NAME.eq("bystander")).select(User::AGE).await.unwrap(), [99]);
}

// gorm: sql_builder:TestRowsWithGroup
async fn rows_of_groups_are_read(t: Test) {
    users(&t, ["having-1", "having-2", "having-1", "having-1"]).await;
    let totals = t.find::<User>().select((User::NAME, orm::count())).group_by(User::NAME);
    let totals = totals.having(sql("name IN ?", ["having-1", "having-2"])).order(User::NAME.asc());
    assert_eq!(totals.await.unwrap(), [("having-1".into(), 3), ("having-2".into(), 1)]);
}

// gorm: sql_builder:TestQueryRaw
async fn sql_text_reads_a_record(t: Test) {
    let all = users(&t, ["query-raw"; 3]).await;
    let found: User = t.raw("select * from users WHERE id = ?", all[1].id).fetch_one().await.unwrap();
    assert_eq!(found, all[1]);
    assert_eq!(t.raw("select * from users WHERE id = ?", 0).fetch_optional::<User>().await.unwrap(), None);
}

#[derive(Debug, Model)]
struct Pizza {
    #[orm(key)]
    id: i64,
    pizza: String,
    size: String,
}

// gorm: sql_builder:TestGroupConditions
async fn conditions_in_groups_find_what_they_say(t: Test) {
    t.create_tables::<Pizza>().await.unwrap();
    let pizzas = [
        ("pepperoni", "small"),
        ("pepperoni", "medium"),
        ("pepperoni", "xlarge"),
        ("hawaiian", "small"),
        ("hawaiian", "xlarge"),
        ("margherita", "small"),
    ];
    t.create_many((1..).zip(pizzas).map(|(id, (pizza, size))| Pizza { id, pizza: pizza.into(), size: size.into() })).await.unwrap();
    let ids = async |condition| t.find().where_(condition).order(Pizza::ID.asc()).select(Pizza::ID).await.unwrap();
    let pepperoni = || Pizza::PIZZA.eq("pepperoni").and(Pizza::SIZE.eq("small").or(Pizza::SIZE.eq("medium")));
    let hawaiian = || Pizza::PIZZA.eq("hawaiian").and(Pizza::SIZE.eq("xlarge"));
    assert_eq!(ids(pepperoni().or(hawaiian())).await, [1, 2, 5]);
    let as_text =
        sql("(pizza = ? AND (size = ? OR size = ?)) OR (pizza = ? AND size = ?)", ("pepperoni", "small", "medium", "hawaiian", "xlarge"));
    assert_eq!(ids(as_text).await, [1, 2, 5]);
    // A condition that is written once.
    let two = || Pizza::PIZZA.is_in(["margherita", "calzone"]);
    assert_eq!(ids(two().or(hawaiian())).await, [5, 6]);
    assert_eq!(ids(!(two().or(hawaiian()))).await, [1, 2, 3, 4]);
}

// gorm: sql_builder:TestCombineStringConditions
async fn text_with_and_and_or_stays_in_parentheses(t: Test) {
    users(&t, ["a", "b", "c", "d"]).await;
    let text = |text: &'static str| sql::<Predicate<User>>(text, ());
    let either = || text("name = 'a' or name = 'b'");
    let aged = || text("age = 18 and name <> 'd'");
    let cases: [(Predicate<User>, &[&str]); 11] = [
        (either(), &["a", "b"]),
        (either().and(text("age = 18 and name = 'b'")), &["b"]),
        (either().or(text("name = 'c' and age = 18")), &["a", "b", "c"]),
        (either().or(text("name = 'c'")), &["a", "b", "c"]),
        (either().or(text("name = 'c' and age = 0")).or(text("name = 'd' and age = 18")), &["a", "b", "d"]),
        (either().and(aged()).and(!text("name = 'a' and age = 18")), &["b"]),
        (either().and(text("age = 18")).and(!text("name = 'b' and age = 18")), &["a"]),
        (either().and(aged()).and(!text("name = 'a'")), &["b"]),
        (!either(), &["bystander", "c", "d"]),
        (!(either().or(text("age = 99"))), &["c", "d"]),
        (text("name = 'a' or name = 'b'").and(text("name = 'b' or name = 'c'")), &["b"]),
    ];
    for (condition, expected) in cases {
        assert_eq!(names(&t, condition.clone()).await, expected, "{condition:?}");
    }
}

// gorm: named_argument:TestNamedArg
async fn arguments_have_names(t: Test) {
    users(&t, ["named", "named", "other"]).await;
    let twice = || named([("name", "named")]);
    assert_eq!(names(&t, sql("name = :name OR name = :name", twice())).await, ["named", "named"]);
    assert_eq!(names(&t, sql("name = :name AND age IN :ages", args! { name: "named", ages: [18, 19] })).await, ["named", "named"]);
    let read: Vec<User> = t
        .raw("SELECT * FROM users WHERE name = :name OR name = :other", named([("name", "none"), ("other", "other")]))
        .fetch()
        .await
        .unwrap();
    assert_eq!(read.len(), 1);
    let changed = t.raw("UPDATE users SET name = :to, age = :age WHERE name = :from", args! { from: "other", to: "renamed", age: 7 });
    assert_eq!(changed.execute().await.unwrap(), 1);
    assert_eq!(names(&t, User::AGE.eq(7)).await, ["renamed"]);
    // A map: names that the text does not have are an error, which GORM passes over.
    let map = std::collections::BTreeMap::from([("name", "named"), ("unused", "x")]);
    let error = t.find::<User>().where_(sql("name = :name", named(map))).await.unwrap_err();
    assert!(matches!(&error, Error::Invalid(_)) && error.to_string().contains(":unused"), "{error}");
    let error = t.find::<User>().where_(sql("name = :name AND age = :age", twice())).await.unwrap_err();
    assert!(error.to_string().contains(":age"), "{error}");
}

// gorm: query:TestSubQueryWithRaw
async fn raw_queries_take_queries(t: Test) {
    users(&t, ["subquery-1", "subquery-2", "subquery-3"]).await;
    for (name, age) in [("subquery-1", 10), ("subquery-2", 20), ("subquery-3", 30)] {
        t.update_all(User::NAME.eq(name)).set(User::AGE, age).await.unwrap();
    }
    let named = || t.find().where_(User::NAME.starts_with("subquery"));
    let mean = || named().where_(User::AGE.gt(0)).select(User::AGE.avg());
    let text = "SELECT ? FROM ? WHERE age > ? AND name IN ? AND age <> ? ORDER BY id";
    let read: Vec<String> = t.raw(text, (User::NAME, table::<User>(), mean(), named().select(User::NAME), 99)).fetch().await.unwrap();
    assert_eq!(read, ["subquery-3"]);
    let in_text = sql("age >= :mean AND name <> :name", args! { mean: mean(), name: "bystander" });
    assert_eq!(names(&t, in_text).await, ["subquery-2", "subquery-3"]);
    // Where placeholders stand among the queries, each gets its own argument.
    let low = named().where_(User::AGE.lt(15)).select(User::ID);
    let mixed = sql("age > ? AND id IN ? OR name = ?", (1, low, "subquery-3"));
    assert_eq!(names(&t, mixed).await, ["subquery-1", "subquery-3"]);
    assert_eq!(names(&t, User::AGE.eq(subquery(named().select(User::AGE.max())).coalesce(0))).await, ["subquery-3"]);
}

// gorm: main:TestExceptionsWithInvalidSql
async fn wrong_names_are_errors_and_change_nothing(t: Test) {
    users(&t, ["a"]).await;
    let before = t.find::<User>().order(User::ID.asc()).await.unwrap();
    t.find::<User>().where_(sql("sdsd.zaaa = ?", "sd;;;aa")).await.unwrap_err();
    t.find::<User>().where_(sql("nothing = ?", 1)).first().await.unwrap_err();
    t.find::<User>().where_(sql("wrong", ())).count().await.unwrap_err();
    t.find::<User>().select(sql::<Computed<User, i64>>("non_existing", ())).await.unwrap_err();
    t.update_all(sql::<Predicate<User>>("nothing = ?", 1)).set(User::AGE, 1).await.unwrap_err();
    t.delete_all(sql::<Predicate<User>>("nothing = 1", ())).await.unwrap_err();
    t.raw("SELECT * FROM some_table_that_is_not_there", ()).fetch::<i64>().await.unwrap_err();
    // A second statement behind a condition is never run.
    t.find::<User>().where_(sql("age > 0; DELETE FROM users", ())).await.unwrap_err();
    let column = column_by_name::<User>("name; DROP TABLE users");
    assert!(matches!(column, Err(Error::UnknownColumn { .. })));
    assert_eq!(t.find::<User>().order(User::ID.asc()).await.unwrap(), before);
}

// gorm: statement:TestWhereCloneCorruption
async fn statements_do_not_share_their_conditions(t: Test) {
    users(&t, ["a"]).await;
    for n in 1..=8 {
        let start = (0..n).fold(t.find::<User>(), |find, n| find.where_(User::AGE.ne(n)));
        let (one, other) = (start.clone().where_(User::AGE.eq(1_001)), start.clone().where_(User::AGE.eq(1_002)));
        let conditions = |find: orm::Find<'_, User>| match find.statement() {
            orm::Statement::Select(it) => it.filter,
            other => panic!("{other:?}"),
        };
        let [start, one, other] = [start, one, other].map(conditions);
        assert_eq!((start.len(), one.len(), other.len()), (n as usize, n as usize + 1, n as usize + 1));
        assert!(one != other && one[..start.len()] == start && other[..start.len()] == start);
    }
}

// gorm: statement:TestNilCondition
// gorm: query:TestSearchWithEmptyChain
async fn no_condition_adds_nothing(t: Test) {
    users(&t, ["a", "b"]).await;
    let none: Option<Predicate<User>> = None;
    let empty = t.find().where_opt(none);
    assert_eq!(empty.statement(), t.find::<User>().statement());
    assert_eq!(empty.await.unwrap().len(), 3);
    assert_eq!(t.find().where_(every::<User>()).where_(all_of([])).count().await.unwrap(), 3);
    assert_eq!(t.find::<User>().where_opt(Some(User::NAME.eq("a"))).where_opt(None).count().await.unwrap(), 1);
}
