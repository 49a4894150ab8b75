//! Queries, as GORM tests them.

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use orm::prelude::*;
use orm::{Computed, Error, subquery};

use super::models::{User, names, user, users};
use crate::{Test, cases};

cases![
    records_are_read_in_batches,
    batches_keep_to_offset_and_limit,
    batches_end_with_the_first_error,
    smaller_structs_read_fewer_columns,
    conditions_are_negated_as_a_whole,
    conditions_are_alternatives,
    one_column_is_plucked,
    columns_and_expressions_are_selected,
    columns_are_left_out,
    an_expression_is_plucked,
    a_newtype_is_a_key,
    keys_of_text_keep_their_zeros,
    rows_are_sorted,
    rows_are_limited,
    rows_are_left_out,
    conditions_come_from_names_and_values,
    conditions_come_from_what_is_there,
    queries_stand_in_conditions,
    queries_stand_in_conditions_on_groups,
    null_is_no_zero,
    a_nullable_field_forgets_what_it_held,
];

fn of(names: &[(&str, u32)]) -> Vec<User> {
    names.iter().map(|(name, age)| User { age: *age, ..user(name) }).collect()
}

// gorm: query:TestFindInBatches
async fn records_are_read_in_batches(t: Test) {
    users(&t, ["batch"; 6]).await;
    let mut batches = t.find().where_(User::NAME.eq("batch")).stream().try_chunks(2);
    let mut read = Vec::new();
    while let Some(batch) = batches.try_next().await.unwrap() {
        assert_eq!(batch.len(), 2);
        for it in batch {
            read.push(it.id);
            // A stream holds no connection: what is read is changed meanwhile.
            t.update(it).set(User::NAME, "batch_new").await.unwrap();
        }
    }
    assert!(read.len() == 6 && read.is_sorted());
    assert_eq!(names(&t, User::NAME.eq("batch_new")).await.len(), 6);
    assert_eq!(names(&t, User::NAME.ne("batch_new")).await, ["bystander"]);
}

// gorm: query:TestFindInBatchesWithOffsetLimit
async fn batches_keep_to_offset_and_limit(t: Test) {
    let all = users(&t, ["batch"; 10]).await;
    let find = || t.find().where_(User::NAME.eq("batch"));
    let read: Vec<User> = find().offset(3).limit(5).stream().try_collect().await.unwrap();
    assert_eq!(read, all[3..8]);
    let counts = [find().limit(5), find().offset(3), find().limit(4), find().limit(0), find().offset(20)];
    let mut read = Vec::new();
    for it in counts {
        read.push(it.stream().try_collect::<Vec<_>>().await.unwrap().len());
    }
    assert_eq!(read, [5, 7, 4, 0, 0]);
}

#[derive(Debug, Model)]
struct Missing {
    #[orm(key)]
    id: i64,
}

// gorm: query:TestFindInBatchesWithError
async fn batches_end_with_the_first_error(t: Test) {
    users(&t, ["a"]).await;
    let mut batches = t.find::<Missing>().stream();
    assert!(matches!(batches.next().await, Some(Err(Error::MissingTable { .. }))));
    assert!(batches.next().await.is_none());
    // A stream of what has no key does not compile.
}

#[derive(Debug, PartialEq, Model)]
#[orm(table = "users")]
struct SimpleUser {
    #[orm(key)]
    id: i64,
    name: String,
    updated_at: DateTime<Utc>,
}

// gorm: query:TestFillSmallerStruct
// gorm: query:TestFillSmallerStructWithAllFields
async fn smaller_structs_read_fewer_columns(t: Test) {
    let all = users(&t, ["smaller"]).await;
    let simple = t.find().where_(SimpleUser::NAME.eq("smaller")).first().await.unwrap().unwrap();
    assert_eq!((simple.id, &*simple.name, simple.updated_at), (all[0].id, "smaller", all[0].updated_at));
    assert_eq!(t.find().where_(User::ID.eq(all[0].id)).select(User::ID).await.unwrap(), [all[0].id]);
    // Columns are always named.
    for sql in [orm::Engine::Sqlite.to_sql(&t.find::<SimpleUser>().statement()), orm::Engine::Sqlite.to_sql(&t.find::<User>().statement())]
    {
        let sql = sql.unwrap();
        assert!(sql.starts_with("SELECT `id`, ") && !sql.contains('*'), "{sql}");
    }
    let sql = orm::Engine::Sqlite.to_sql(&t.find::<SimpleUser>().statement()).unwrap();
    assert_eq!(sql, "SELECT `id`, `name`, `updated_at` FROM `users`");
}

// gorm: query:TestNot
// gorm: query:TestNotWithAllFields
async fn conditions_are_negated_as_a_whole(t: Test) {
    let all = users(&t, ["jinzhu", "jinzhu2", "jinzhu3"]).await;
    let others = async |condition: Predicate<User>| names(&t, !condition.or(User::NAME.eq("bystander"))).await;
    assert_eq!(others(User::NAME.eq("jinzhu")).await, ["jinzhu2", "jinzhu3"]);
    assert_eq!(names(&t, User::AGE.eq(18).and(!User::NAME.eq("jinzhu2"))).await, ["jinzhu", "jinzhu3"]);
    assert_eq!(names(&t, User::NAME.is_in(["jinzhu", "jinzhu3"])).await, ["jinzhu", "jinzhu3"]);
    assert_eq!(others(User::NAME.is_in(["jinzhu", "jinzhu3"])).await, ["jinzhu2"]);
    assert_eq!(others(sql("name = ?", "jinzhu")).await, ["jinzhu2", "jinzhu3"]);
    assert_eq!(others(User::ID.is_in([all[0].id, all[1].id])).await, ["jinzhu3"]);
    // Nothing is in an empty list, so its opposite is everything; GORM asks `IS NOT NULL`, or nothing.
    assert_eq!(others(User::NAME.is_in([""; 0])).await.len(), 3);
    assert_eq!(others(User::ID.is_in([0_i64; 0])).await.len(), 3);
    // Not both, where GORM takes neither of them.
    t.update_all(User::NAME.eq("jinzhu2")).set(User::AGE, 20).await.unwrap();
    assert_eq!(others(User::NAME.eq("jinzhu").and(User::AGE.eq(18))).await, ["jinzhu2", "jinzhu3"]);
    assert_eq!(others(User::NAME.eq("jinzhu").or(User::AGE.eq(20))).await, ["jinzhu3"]);
}

// gorm: query:TestOr
// gorm: query:TestOrWithAllFields
async fn conditions_are_alternatives(t: Test) {
    users(&t, ["admin", "super", "other"]).await;
    let named = |name: &str| User::NAME.eq(name);
    assert_eq!(names(&t, any_of([named("admin")])).await, ["admin"]);
    assert_eq!(names(&t, named("admin").and(any_of([named("super")]))).await, [""; 0]);
    assert_eq!(names(&t, named("admin").and(named("super").or(named("admin")))).await, ["admin"]);
    assert_eq!(names(&t, named("admin").or(named("super"))).await, ["admin", "super"]);
    assert_eq!(names(&t, named("admin").or(named("super").and(User::AGE.eq(18)))).await, ["admin", "super"]);
    assert_eq!(names(&t, named("admin").or(named("super").and(User::AGE.eq(19)))).await, ["admin"]);
    assert_eq!(names(&t, all_of([named("other"), User::AGE.eq(18)]).or(named("admin"))).await, ["admin", "other"]);
}

// gorm: query:TestPluck
async fn one_column_is_plucked(t: Test) {
    let all = users(&t, ["pluck-1", "pluck-2", "pluck-3"]).await;
    let find = || t.find().where_(User::NAME.like("pluck-%"));
    assert_eq!(find().select(User::NAME).order(User::NAME.asc()).await.unwrap(), ["pluck-1", "pluck-2", "pluck-3"]);
    assert_eq!(find().select(User::NAME).order(User::NAME.desc()).await.unwrap(), ["pluck-3", "pluck-2", "pluck-1"]);
    let ids: Vec<i64> = find().select(User::ID).order(User::ID.asc()).await.unwrap();
    assert_eq!(ids, all.iter().map(|it| it.id).collect::<Vec<_>>());
    let times: Vec<DateTime<Utc>> = find().select(User::CREATED_AT).order(User::ID.asc()).await.unwrap();
    assert_eq!(times, all.iter().map(|it| it.created_at).collect::<Vec<_>>());
    let births: Vec<Option<DateTime<Utc>>> = find().select(User::BIRTHDAY).await.unwrap();
    assert_eq!(births, [all[0].birthday; 3]);
}

// gorm: query:TestSelect
// gorm: query:TestSelectWithArrayInput
// gorm: query:TestSelectWithVariables
async fn columns_and_expressions_are_selected(t: Test) {
    users(&t, ["select"]).await;
    let find = || t.find().where_(User::NAME.eq("select"));
    assert_eq!(find().select(User::NAME).await.unwrap(), ["select"]);
    assert_eq!(find().select((User::NAME, User::AGE)).await.unwrap(), [("select".into(), 18)]);
    let text: Computed<User, i64> = sql("coalesce(company_id, ?)", 42);
    assert_eq!(find().select(text).await.unwrap(), [42]);
    let named: Computed<User, i64> = sql("coalesce(company_id, :default)", args! { default: 42 });
    assert_eq!(find().select(named).await.unwrap(), [42]);
    assert_eq!(find().select(User::COMPANY_ID.coalesce(42)).await.unwrap(), [42]);
    let column: Computed<User, String> = sql("?", (User::NAME,));
    assert_eq!(find().select(column).await.unwrap(), ["select"]);
    let whole: User = t.raw("SELECT u.* FROM users AS u WHERE u.name = ?", "select").fetch_one().await.unwrap();
    assert_eq!(Some(whole), find().first().await.unwrap());
}

#[derive(Debug, PartialEq, Row)]
struct WithoutName {
    id: i64,
    age: u32,
    #[orm(default)]
    name: String,
}

// gorm: query:TestOmit
// gorm: query:TestOmitWithAllFields
async fn columns_are_left_out(t: Test) {
    let all = users(&t, ["omit"]).await;
    // What is not read is not in the type, or says that it may be missing.
    let read: Vec<WithoutName> = t.raw("SELECT id, age FROM users WHERE name = ?", "omit").fetch().await.unwrap();
    assert_eq!(read, [WithoutName { id: all[0].id, age: 18, name: String::new() }]);
    let read = t.find().where_(User::NAME.eq("omit")).select((User::ID, User::AGE)).await.unwrap();
    assert_eq!(read, [(all[0].id, 18)]);
}

#[derive(Debug, PartialEq, Row)]
struct Renamed {
    #[orm(column = "full_name")]
    name: String,
}

// gorm: query:TestPluckWithSelect
// gorm: query:TestMapColumns
async fn an_expression_is_plucked(t: Test) {
    users(&t, []).await;
    t.create_many(of(&[("pluck-1", 25), ("pluck-2", 26)])).await.unwrap();
    let ages = t.find().where_(User::NAME.starts_with("pluck")).select(User::AGE.plus(1)).order(User::AGE.asc()).await.unwrap();
    assert_eq!(ages, [26, 27]);
    let read: Vec<Renamed> = t.raw("SELECT name AS full_name FROM users WHERE age = ?", 25).fetch().await.unwrap();
    assert_eq!(read, [Renamed { name: "pluck-1".into() }]);
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, orm::Field)]
struct Id(i64);

#[derive(Debug, Clone, PartialEq, Model)]
struct Custom {
    #[orm(key)]
    id: Id,
    name: String,
}

// gorm: query:TestCustomizedTypePrimaryKey
async fn a_newtype_is_a_key(t: Test) {
    t.create_tables::<Custom>().await.unwrap();
    let all = t.create_many([(1, "p1"), (2, "p2"), (3, "p3")].map(|(id, name)| Custom { id: Id(id), name: name.into() })).await.unwrap();
    assert_eq!(t.get::<Custom>(Id(2)).await.unwrap(), all[1]);
    assert_eq!(t.find().where_(Custom::ID.eq(Id(2))).first().await.unwrap().as_ref(), Some(&all[1]));
}

#[derive(Debug, Clone, PartialEq, Model)]
struct AddressByZipCode {
    #[orm(key)]
    zip_code: String,
    address: String,
}

// gorm: query:TestStringPrimaryKeyForNumericValueStartingWithZero
async fn keys_of_text_keep_their_zeros(t: Test) {
    t.create_tables::<AddressByZipCode>().await.unwrap();
    let address = |zip_code: &str, address: &str| AddressByZipCode { zip_code: zip_code.into(), address: address.into() };
    let all = t.create_many([address("00501", "Holtsville"), address("501", "nowhere")]).await.unwrap();
    assert_eq!(t.get::<AddressByZipCode>("00501").await.unwrap(), all[0]);
}

// gorm: query:TestOrder
// gorm: query:TestOrderWithAllFields
async fn rows_are_sorted(t: Test) {
    users(&t, []).await;
    t.create_many(of(&[("b", 1), ("a", 1), ("c", 2)])).await.unwrap();
    let find = || t.find().where_(User::AGE.lt(90)).select(User::NAME);
    assert_eq!(find().order(User::AGE.desc()).order(User::NAME.asc()).await.unwrap(), ["c", "a", "b"]);
    assert_eq!(find().order(sql("age desc, name desc", ())).await.unwrap(), ["c", "b", "a"]);
    let listed = sql("CASE name WHEN ? THEN 1 WHEN ? THEN 2 ELSE 3 END", ("b", "c"));
    assert_eq!(find().order(listed).await.unwrap(), ["b", "c", "a"]);
    assert_eq!(find().order(User::AGE.desc()).reorder(User::NAME.asc()).await.unwrap(), ["a", "b", "c"]);
    let unsorted = t.find::<User>().scope(|it| it);
    assert_eq!(unsorted.statement(), t.find::<User>().statement());
}

// gorm: query:TestLimit
async fn rows_are_limited(t: Test) {
    users(&t, ["limit"; 6]).await;
    let find = t.find::<User>().order(User::AGE.desc());
    let three = find.clone().limit(3);
    assert_eq!(three.clone().await.unwrap().len(), 3);
    assert_eq!(three.limit(5).await.unwrap().len(), 5);
    // What GORM takes back by -1 was never said of the query that others were cloned from.
    assert_eq!(find.await.unwrap().len(), 7);
}

// gorm: query:TestOffset
async fn rows_are_left_out(t: Test) {
    users(&t, ["offset"; 20]).await;
    let find = t.find().where_(User::NAME.eq("offset")).order(User::ID.asc());
    for find in [find.clone().limit(100), find] {
        let all = find.clone().await.unwrap();
        assert_eq!(all.len(), 20);
        assert_eq!(find.clone().offset(3).await.unwrap(), all[3..]);
        assert_eq!(find.offset(3).offset(5).await.unwrap(), all[5..]);
    }
}

// gorm: query:TestSearchWithMap
async fn conditions_come_from_names_and_values(t: Test) {
    let all = users(&t, ["map-1", "map-2", "map-3"]).await;
    t.update_all(User::NAME.eq("map-3")).set(User::COMPANY_ID, 7).await.unwrap();
    let search = async |map: &[(&str, orm::Value)]| {
        let each = map.iter().map(|(name, value)| column_by_name(name)?.eq(value.clone())).collect::<orm::Result<Vec<_>>>();
        names(&t, all_of(each.unwrap())).await
    };
    assert_eq!(search(&[("name", "map-1".into())]).await, ["map-1"]);
    assert_eq!(search(&[("users.name", "map-2".into())]).await, ["map-2"]);
    assert_eq!(search(&[("name", "map-3".into()), ("company_id", orm::Value::Null)]).await, [""; 0]);
    assert_eq!(search(&[("name", "map-1".into()), ("company_id", orm::Value::Null)]).await, ["map-1"]);
    assert_eq!(search(&[("name", "map-3".into()), ("company_id", 7.into())]).await, ["map-3"]);
    assert_eq!(search(&[("id", all[1].id.into())]).await, ["map-2"]);
}

/// What a form was filled in with.
#[derive(Default)]
struct Search<'a> {
    name: Option<&'a str>,
    age: Option<u32>,
}

// gorm: query:TestSearchWithStruct
async fn conditions_come_from_what_is_there(t: Test) {
    users(&t, ["jinzhu", "other"]).await;
    t.create(User { age: 0, ..user("jinzhu") }).await.unwrap();
    // A field that is there counts, also if it is zero, which GORM leaves out unless it is named.
    let search = async |it: Search<'_>| {
        let find = t.find().where_opt(it.name.map(|it| User::NAME.eq(it))).where_opt(it.age.map(|it| User::AGE.eq(it)));
        find.order(User::ID.asc()).select((User::NAME, User::AGE)).await.unwrap()
    };
    assert_eq!(search(Search { name: Some("jinzhu"), age: None }).await, [("jinzhu".into(), 18), ("jinzhu".into(), 0)]);
    assert_eq!(search(Search { name: Some("jinzhu"), age: Some(18) }).await, [("jinzhu".into(), 18)]);
    assert_eq!(search(Search { name: Some("jinzhu"), age: Some(0) }).await, [("jinzhu".into(), 0)]);
    assert_eq!(search(Search { age: Some(0), ..Search::default() }).await, [("jinzhu".into(), 0)]);
    assert_eq!(search(Search::default()).await.len(), 4);
}

async fn ages(t: &Test) -> Vec<User> {
    users(t, []).await;
    t.create_many(of(&[("subquery_1", 10), ("subquery_2", 20), ("subquery_3", 30), ("subquery_4", 40)])).await.unwrap()
}

// gorm: query:TestSubQuery
async fn queries_stand_in_conditions(t: Test) {
    ages(&t).await;
    let named = || t.find().where_(User::NAME.starts_with("subquery_"));
    assert_eq!(names(&t, User::NAME.is_in_query(named().select(User::NAME))).await.len(), 4);
    let mean = subquery(named().select(User::AGE.avg())).coalesce(0.0);
    let older = named().where_(User::AGE.cast::<f64>().ge(mean)).order(User::ID.asc()).select(User::NAME);
    assert_eq!(older.await.unwrap(), ["subquery_3", "subquery_4"]);
}

// gorm: query:TestSubQueryWithHaving
async fn queries_stand_in_conditions_on_groups(t: Test) {
    ages(&t).await;
    let named = || t.find().where_(User::NAME.starts_with("subquery_"));
    let mean = subquery(named().select(User::AGE.avg()));
    let groups =
        named().select((User::NAME, User::AGE.avg())).group_by(User::NAME).having(User::AGE.avg().gt(mean)).order(User::NAME.asc());
    assert_eq!(groups.await.unwrap(), [("subquery_3".into(), Some(30.0)), ("subquery_4".into(), Some(40.0))]);
}

#[derive(Debug, PartialEq, Row)]
struct Company {
    company_id: i64,
}

// gorm: query:TestScanNullValue
async fn null_is_no_zero(t: Test) {
    let all = users(&t, ["null-1", "null-2"]).await;
    let it = t.update(all[0].clone()).set(User::BIRTHDAY, None).await.unwrap();
    assert_eq!(t.get::<User>(it.id).await.unwrap().birthday, None);
    assert_eq!(t.find().where_(User::NAME.starts_with("null")).count().await.unwrap(), 2);
    // Where a field has no room for NULL, GORM says zero; that is a value like others, and so this is an error.
    let error = t.raw("SELECT company_id FROM users", ()).fetch::<Company>().await.unwrap_err();
    assert!(matches!(&error, Error::Decode { column, .. } if column == "Company.company_id"), "{error:?}");
    let read = t.raw("SELECT coalesce(company_id, 0) AS company_id FROM users WHERE name = ?", "null-1").fetch::<Company>();
    assert_eq!(read.await.unwrap(), [Company { company_id: 0 }]);
}

// gorm: query:TestQueryResetNullValue
async fn a_nullable_field_forgets_what_it_held(t: Test) {
    let all = users(&t, ["reset-1", "reset-2"]).await;
    t.update_all(User::NAME.eq("reset-1")).set(User::COMPANY_ID, 7).set(User::MANAGER_ID, 8).await.unwrap();
    let read = t.find().where_(User::NAME.starts_with("reset")).order(User::ID.asc()).await.unwrap();
    assert_eq!((read[0].company_id, read[0].manager_id), (Some(7), Some(8)));
    assert_eq!(read[1], all[1]);
    // A record that is read anew holds what is stored, and nothing of before.
    t.update_all(User::NAME.eq("reset-1")).set(User::COMPANY_ID, None).set(User::BIRTHDAY, None).await.unwrap();
    let again = t.update(read[0].clone()).set(User::AGE, User::AGE.plus(1)).await.unwrap();
    assert_eq!((again.company_id, again.birthday, again.manager_id, again.age), (None, None, Some(8), 19));
    assert_eq!(t.get::<User>(again.id).await.unwrap(), again);
}
