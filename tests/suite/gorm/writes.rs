//! Creations, changes and removals, as GORM tests them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};
use orm::prelude::*;
use orm::{Error, joined, joined_opt, outer, subquery};

use super::models::{Company, User, names, user, users};
use crate::{Test, cases};

cases![
    created_records_have_keys_and_times,
    a_record_may_have_nothing_but_its_key,
    no_records_are_no_error,
    times_that_are_given_are_kept,
    the_clock_is_the_programs,
    a_model_needs_no_key_to_be_created,
    one_column_of_a_key_may_be_numbered,
    one_record_is_changed_and_no_other,
    several_columns_are_changed,
    changes_of_all_records_are_said_aloud,
    blank_values_are_values,
    columns_that_are_not_fields_stay,
    a_column_is_set_to_what_a_query_finds,
    a_column_is_set_to_that_of_another_table,
    saving_twice_stores_once,
    changed_records_come_back,
    a_smaller_struct_changes_its_columns,
    one_record_is_deleted_and_no_other,
    records_are_deleted_by_condition,
    all_records_are_deleted_only_aloud,
    deleted_records_come_back,
    joined_columns_are_read_into_a_struct,
    joins_are_counted,
    columns_of_one_name_are_those_of_the_record,
];

/// Times that grow by a second with each question.
async fn ticking(t: &Test) -> Db {
    let now = Arc::new(AtomicI64::new(1_704_164_645_000_000));
    t.builder().clock(move || now.fetch_add(1_000_000, Ordering::SeqCst)).open().await.unwrap()
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Account {
    #[orm(key, auto)]
    id: i64,
    number: String,
    #[orm(write_only)]
    secret: String,
}

// gorm: create:TestCreate
async fn created_records_have_keys_and_times(t: Test) {
    let all = users(&t, ["create"]).await;
    assert!(all[0].id > 0 && all[0].created_at > DateTime::UNIX_EPOCH && all[0].updated_at == all[0].created_at);
    assert_eq!(t.get::<User>(all[0].id).await.unwrap(), all[0]);
    // What is never read is stored, and not filled in.
    t.create_tables::<Account>().await.unwrap();
    let account = t.create(Account { id: 0, number: "7".into(), secret: "s".into() }).await.unwrap();
    assert_eq!(t.get::<Account>(account.id).await.unwrap(), Account { secret: String::new(), ..account });
    assert_eq!(t.raw("SELECT secret FROM accounts", ()).fetch_one::<String>().await.unwrap(), "s");
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Empty {
    #[orm(key, auto)]
    id: i64,
}

// gorm: create:TestCreateEmptyStruct
async fn a_record_may_have_nothing_but_its_key(t: Test) {
    t.create_tables::<Empty>().await.unwrap();
    let ids = [t.create(Empty::default()).await.unwrap().id, t.create(Empty::default()).await.unwrap().id];
    assert!(ids[0] > 0 && ids[1] > ids[0]);
    assert_eq!(t.find::<Empty>().order(Empty::ID.asc()).select(Empty::ID).await.unwrap(), ids);
}

// gorm: create:TestCreateEmptySlice
async fn no_records_are_no_error(t: Test) {
    users(&t, []).await;
    // GORM takes it for a mistake; a list that a program made has no elements now and then.
    assert_eq!(t.create_many(Vec::<User>::new()).await.unwrap(), []);
    assert_eq!(names(&t, every()).await, ["bystander"]);
}

// gorm: create:TestCreateWithExistingTimestamp
async fn times_that_are_given_are_kept(t: Test) {
    users(&t, []).await;
    let at = DateTime::<Utc>::from_timestamp(1_000_000_000, 0).unwrap();
    let it = t.create(User { created_at: at, updated_at: at, ..user("old") }).await.unwrap();
    assert_eq!((it.created_at, it.updated_at), (at, at));
    assert_eq!(t.get::<User>(it.id).await.unwrap(), it);
    let half = t.create(User { created_at: at, ..user("half") }).await.unwrap();
    assert!(half.created_at == at && half.updated_at > at);
}

// gorm: create:TestCreateWithNowFuncOverride
async fn the_clock_is_the_programs(t: Test) {
    users(&t, []).await;
    let db = t.builder().clock(|| 1_704_164_645_123_456).open().await.unwrap();
    let it = db.create(user("now")).await.unwrap();
    let now = DateTime::from_timestamp_micros(1_704_164_645_123_456).unwrap();
    assert_eq!((it.created_at, it.updated_at), (now, now));
    assert_eq!(t.get::<User>(it.id).await.unwrap(), it);
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Keyless {
    name: String,
    code: i64,
}

// gorm: create:TestCreateWithNoGORMPrimaryKey
async fn a_model_needs_no_key_to_be_created(t: Test) {
    t.create_tables::<Keyless>().await.unwrap();
    let it = Keyless { name: "a".into(), code: 1 };
    assert_eq!(t.create(it.clone()).await.unwrap(), it);
    t.create_many([it.clone(), it.clone()]).await.unwrap();
    assert_eq!(t.find().where_(Keyless::CODE.eq(1)).await.unwrap(), [it.clone(), it.clone(), it]);
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Numbered {
    #[orm(key)]
    language: String,
    #[orm(key, auto)]
    id: i64,
    name: String,
}

// gorm: create:TestCreateWithAutoIncrementCompositeKey
async fn one_column_of_a_key_may_be_numbered(t: Test) {
    let numbered = |name: &str| Numbered { language: "en".into(), id: 0, name: name.into() };
    if t.engine() == orm::Engine::Sqlite {
        // It numbers a key of one column only: said before a table is made that would not.
        assert!(matches!(t.create_tables::<Numbered>().await, Err(Error::Unsupported { .. })));
        return;
    }
    t.create_tables::<Numbered>().await.unwrap();
    let one = t.create(numbered("a")).await.unwrap();
    let two = t.create(numbered("b")).await.unwrap();
    assert!(one.id > 0 && two.id > one.id);
    assert_eq!(t.find().where_(Numbered::ID.eq(two.id)).await.unwrap(), [two]);
}

// gorm: update:TestUpdate
async fn one_record_is_changed_and_no_other(t: Test) {
    let all = users(&t, ["update-1", "update-2", "update-3"]).await;
    let db = ticking(&t).await;
    let others = || t.find().where_(User::ID.ne(all[1].id)).order(User::ID.asc());
    let before = others().await.unwrap();
    let mut last = all[1].updated_at;
    let mut it = all[1].clone();
    for step in 0..4 {
        it = match step {
            0 => db.update(it).set(User::AGE, 10).await.unwrap(),
            1 => db.update(it).set(User::ACTIVE, true).set(User::AGE, 5).await.unwrap(),
            2 => db.update(it).set(User::AGE, 2).await.unwrap(),
            _ => db.save(User { active: false, age: 1, ..it }).await.unwrap(),
        };
        assert_eq!((it.age, it.active), [(10, false), (5, true), (2, true), (1, false)][step]);
        assert_ne!(it.updated_at, last);
        last = it.updated_at;
        assert_eq!(t.get::<User>(it.id).await.unwrap(), it);
    }
    assert_eq!(others().await.unwrap(), before);
}

// gorm: update:TestUpdates
async fn several_columns_are_changed(t: Test) {
    let all = users(&t, ["updates-1", "updates-2"]).await;
    let db = ticking(&t).await;
    let one = db.update(all[0].clone()).set(User::NAME, "new-1").set(User::AGE, 100).await.unwrap();
    assert_eq!((&*one.name, one.age), ("new-1", 100));
    assert_ne!(one.updated_at, all[0].updated_at);
    assert_eq!(t.get::<User>(one.id).await.unwrap(), one);
    assert_eq!(t.get::<User>(all[1].id).await.unwrap(), all[1]);
    assert_eq!(db.update_all(User::NAME.is_in(["updates-2"])).set(User::NAME, "new-2").await.unwrap(), 1);
    let two = t.get::<User>(all[1].id).await.unwrap();
    assert!(two.name == "new-2" && two.updated_at != all[1].updated_at);
    let two = db.update(two).set(User::AGE, User::AGE.plus(100)).await.unwrap();
    assert_eq!(two.age, 118);
    assert_eq!(t.get::<User>(two.id).await.unwrap(), two);
}

// gorm: update:TestBlockGlobalUpdate
async fn changes_of_all_records_are_said_aloud(t: Test) {
    users(&t, ["a", "b"]).await;
    // Without a condition it does not compile; `every` is one.
    assert_eq!(t.update_all(every::<User>()).set(User::NAME, "c").await.unwrap(), 3);
    assert_eq!(t.update_all(User::NAME.eq("c").and(User::AGE.eq(99))).set(User::NAME, "d").await.unwrap(), 1);
    assert_eq!(names(&t, every()).await, ["d", "c", "c"]);
}

// gorm: update:TestUpdatesWithBlankValues
async fn blank_values_are_values(t: Test) {
    let all = users(&t, ["blank"]).await;
    // GORM leaves out the zeros of a struct; what is `set` is written here, and nothing else.
    let it = t.update(all[0].clone()).set(User::AGE, 0).await.unwrap();
    assert_eq!((it.age, &*it.name), (0, "blank"));
    let it = t.update(it).set(User::NAME, "").set(User::BIRTHDAY, None).await.unwrap();
    assert_eq!((it.age, &*it.name, it.birthday), (0, "", None));
    assert_eq!(t.get::<User>(it.id).await.unwrap(), it);
    assert_eq!(names(&t, User::AGE.gt(0)).await, ["bystander"]);
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "elements")]
struct Element {
    #[orm(key, auto)]
    id: i64,
    name: String,
    #[orm(skip)]
    ignored: i64,
}

// gorm: update:TestUpdatesTableWithIgnoredValues
async fn columns_that_are_not_fields_stay(t: Test) {
    t.create_tables::<Element>().await.unwrap();
    let element = |name: &str| Element { id: 0, name: name.into(), ignored: 10 };
    let it = t.create(element("element1")).await.unwrap();
    t.create(element("other")).await.unwrap();
    let it = t.save(Element { name: "changed".into(), ignored: 20, ..it }).await.unwrap();
    assert_eq!(it.ignored, 20);
    assert_eq!(t.get::<Element>(it.id).await.unwrap(), Element { ignored: 0, ..it });
    assert_eq!(t.find::<Element>().order(Element::ID.asc()).select(Element::NAME).await.unwrap(), ["changed", "other"]);
}

async fn employed(t: &Test) -> (Vec<User>, Company) {
    let all = users(t, ["a", "b"]).await;
    let company = t.create(Company { id: 0, name: "acme".into() }).await.unwrap();
    let a = t.update(all[0].clone()).set(User::COMPANY_ID, company.id).await.unwrap();
    (vec![a, all[1].clone()], company)
}

// gorm: update:TestUpdateFromSubQuery
async fn a_column_is_set_to_what_a_query_finds(t: Test) {
    let (all, _) = employed(&t).await;
    let company = || t.find().where_(Company::ID.eq(outer(User::COMPANY_ID).coalesce(0))).select(Company::NAME);
    let it = t.update(all[0].clone()).set(User::NAME, subquery(company())).await.unwrap();
    assert_eq!(it.name, "acme");
    let found = subquery(t.find().where_(Company::NAME.eq("acme")).select(Company::ID));
    assert_eq!(t.update_all(User::NAME.eq("b")).set(User::COMPANY_ID, found).await.unwrap(), 1);
    assert_eq!(names(&t, User::COMPANY_ID.eq(it.company_id)).await, ["acme", "b"]);
}

// gorm: update:TestUpdateFrom
async fn a_column_is_set_to_that_of_another_table(t: Test) {
    employed(&t).await;
    // `UPDATE … FROM` is the other table in a query; so it works on every database.
    let of = || t.find().where_(Company::ID.eq(outer(User::COMPANY_ID).coalesce(0)));
    let changed = t.update_all(orm::exists(of())).set(User::NAME, subquery(of().select(Company::NAME.upper())));
    assert_eq!(changed.await.unwrap(), 1);
    assert_eq!(names(&t, every()).await, ["bystander", "ACME", "b"]);
}

// gorm: update:TestIdempotentSave
async fn saving_twice_stores_once(t: Test) {
    t.create_tables::<Company>().await.unwrap();
    let it = t.create(Company { id: 0, name: "a".into() }).await.unwrap();
    let it = t.save(it).await.unwrap();
    let it = t.save(it).await.unwrap();
    assert_eq!(t.find::<Company>().await.unwrap(), [it]);
}

// gorm: update:TestUpdateReturning [sqlite, postgres]
async fn changed_records_come_back(t: Test) {
    let all = users(&t, ["return-1", "return-2", "other"]).await;
    if t.engine().is_mysql_family() {
        return;
    }
    let change = || t.update_all(User::NAME.starts_with("return")).set(User::AGE, 88);
    let mut back = change().returning().await.unwrap();
    back.sort_by_key(|it| it.id);
    assert_eq!(back, t.find().where_(User::AGE.eq(88)).order(User::ID.asc()).await.unwrap());
    assert_eq!(back.iter().map(|it| it.id).collect::<Vec<_>>(), [all[0].id, all[1].id]);
    let mut names = change().returning_only((User::NAME, User::AGE)).await.unwrap();
    names.sort();
    assert_eq!(names, [("return-1".into(), 88), ("return-2".into(), 88)]);
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "users")]
struct SmallUser {
    #[orm(key)]
    id: i64,
    name: String,
    age: u32,
}

// gorm: update:TestUpdateWithDiffSchema
async fn a_smaller_struct_changes_its_columns(t: Test) {
    let all = users(&t, ["diff", "other"]).await;
    let small = t.get::<SmallUser>(all[0].id).await.unwrap();
    t.save(SmallUser { name: "changed".into(), age: 1, ..small }).await.unwrap();
    let stored = t.get::<User>(all[0].id).await.unwrap();
    assert_eq!(stored, User { name: "changed".into(), age: 1, ..all[0].clone() });
    assert_eq!(t.get::<User>(all[1].id).await.unwrap(), all[1]);
}

// gorm: delete:TestDelete
async fn one_record_is_deleted_and_no_other(t: Test) {
    let all = users(&t, ["a", "b", "c"]).await;
    t.delete(all[1].clone()).await.unwrap();
    assert!(t.get::<User>(all[1].id).await.unwrap_err().is_not_found());
    assert_eq!(names(&t, every()).await, ["bystander", "a", "c"]);
    // A record without a key is none that is stored.
    assert!(t.delete(user("a")).await.unwrap_err().is_not_found());
    assert!(t.delete(all[1].clone()).await.unwrap_err().is_not_found());
    assert_eq!(names(&t, every()).await, ["bystander", "a", "c"]);
}

// gorm: delete:TestInlineCondDelete
async fn records_are_deleted_by_condition(t: Test) {
    let all = users(&t, ["a", "b", "c"]).await;
    assert_eq!(t.delete_all(User::ID.eq(all[0].id)).await.unwrap(), 1);
    assert_eq!(t.delete_all(sql::<Predicate<User>>("name = ?", "b")).await.unwrap(), 1);
    assert_eq!(t.delete_all(User::NAME.eq("nobody")).await.unwrap(), 0);
    assert_eq!(names(&t, every()).await, ["bystander", "c"]);
}

// gorm: delete:TestBlockGlobalDelete
async fn all_records_are_deleted_only_aloud(t: Test) {
    users(&t, ["a"]).await;
    assert_eq!(t.delete_all(every::<User>()).await.unwrap(), 2);
    assert_eq!(t.find::<User>().count().await.unwrap(), 0);
}

// gorm: delete:TestDeleteReturning
async fn deleted_records_come_back(t: Test) {
    t.create_tables::<Company>().await.unwrap();
    let all = t.create_many(["a", "b", "c"].map(|name| Company { id: 0, name: name.into() })).await.unwrap();
    let mut gone = t.delete_all(Company::NAME.is_in(["a", "b"])).returning().await.unwrap();
    gone.sort_by_key(|it| it.id);
    assert_eq!(gone, all[..2]);
    assert_eq!(t.delete_all(Company::NAME.eq("a")).returning_only(Company::NAME).await.unwrap(), [""; 0]);
    assert_eq!(t.find::<Company>().await.unwrap(), all[2..]);
}

#[derive(Debug, PartialEq, Row)]
struct Employment {
    id: i64,
    name: String,
    company: Option<String>,
}

// gorm: joins:TestJoinsWithSelect
async fn joined_columns_are_read_into_a_struct(t: Test) {
    let (all, _) = employed(&t).await;
    let text = "SELECT users.id, users.name, companies.name AS company FROM users \
                LEFT JOIN companies ON companies.id = users.company_id WHERE users.age = ? ORDER BY users.id";
    let read: Vec<Employment> = t.raw(text, 18).fetch().await.unwrap();
    let employment =
        |user: &User, company: Option<&str>| Employment { id: user.id, name: user.name.clone(), company: company.map(Into::into) };
    assert_eq!(read, [employment(&all[0], Some("acme")), employment(&all[1], None)]);
    let typed = t.find().left_join(Company::ID.eq(joined(User::COMPANY_ID).coalesce(0))).where_(User::AGE.eq(18));
    let typed = typed.select((User::ID, User::NAME, joined_opt(Company::NAME))).order(User::ID.asc()).await.unwrap();
    assert_eq!(typed.into_iter().map(|(id, name, company)| Employment { id, name, company }).collect::<Vec<_>>(), read);
}

// gorm: joins:TestJoinCount
async fn joins_are_counted(t: Test) {
    employed(&t).await;
    let beside = || t.find::<User>().left_join(Company::ID.eq(joined(User::COMPANY_ID).coalesce(0)));
    assert_eq!(beside().count().await.unwrap(), 3);
    assert_eq!(beside().where_(joined(Company::NAME).eq("acme")).count().await.unwrap(), 1);
    assert_eq!(beside().where_(User::AGE.eq(18)).count().await.unwrap(), 2);
    assert_eq!(t.find::<User>().join(Company::ID.eq(joined(User::COMPANY_ID).coalesce(0))).count().await.unwrap(), 1);
}

// gorm: joins:TestJoinWithSameColumnName
async fn columns_of_one_name_are_those_of_the_record(t: Test) {
    let (all, company) = employed(&t).await;
    assert_ne!(all[0].id, company.id);
    let found = t.find::<User>().join(Company::ID.eq(joined(User::COMPANY_ID).coalesce(0))).where_(joined(Company::NAME).eq("acme"));
    assert_eq!(found.await.unwrap(), all[..1]);
}
