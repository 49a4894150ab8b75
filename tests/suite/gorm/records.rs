//! Records on their way to the database, as GORM tests them.

use std::collections::BTreeMap;

use orm::prelude::*;
use orm::{Error, Value};

use super::models::{User, user, users};
use crate::watch::Log;
use crate::{Test, cases};

cases![
    records_with_and_without_defaults_are_created_together,
    a_record_is_made_of_names_and_values,
    records_are_made_of_lists_of_names_and_values,
    only_hooks_that_are_there_run,
    names_of_any_characters_are_quoted,
    names_of_columns_are_known_with_their_table_and_in_quotes,
    values_travel_with_sessions_and_statements,
];

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Item {
    #[orm(key, auto)]
    id: i64,
    name: String,
    #[orm(default = "7")]
    size: Option<i32>,
    #[orm(default = "'new'")]
    state: Option<String>,
}

// gorm: callbacks/create:TestConvertToCreateValues_DestType_Slice
async fn records_with_and_without_defaults_are_created_together(t: Test) {
    t.create_tables::<Item>().await.unwrap();
    let item = |name: &str, size, state: Option<&str>| Item { id: 0, name: name.into(), size, state: state.map(str::to_owned) };
    let all = [
        item("a", None, None),
        item("b", Some(1), None),
        item("c", None, Some("old")),
        item("d", Some(0), Some("")),
        item("e", None, None),
    ];
    let created = t.create_many(all).await.unwrap();
    let stored = t.find::<Item>().order(Item::ID.asc()).await.unwrap();
    assert_eq!(created, stored);
    let values = stored.iter().map(|it| (&*it.name, it.size, it.state.as_deref().unwrap())).collect::<Vec<_>>();
    let expected = [("a", Some(7), "new"), ("b", Some(1), "new"), ("c", Some(7), "old"), ("d", Some(0), ""), ("e", Some(7), "new")];
    assert_eq!(values, expected);
}

/// A user with these values by name; what is not named is as in a new one.
fn from_map(map: &BTreeMap<&str, Value>) -> orm::Result<User> {
    let mut user = user("");
    for (name, value) in map {
        let record: &mut dyn orm::Record = &mut user;
        record.set_by_name(name, value.clone())?;
    }
    Ok(user)
}

// gorm: callbacks/helper:TestConvertMapToValuesForCreate
async fn a_record_is_made_of_names_and_values(t: Test) {
    users(&t, []).await;
    let cases = [("name", Value::from("my name")), ("age", Value::I64(18)), ("active", Value::Bool(true)), ("company_id", Value::Null)];
    for (name, value) in cases {
        let made = from_map(&BTreeMap::from([(name, value.clone())])).unwrap();
        let record: &dyn orm::Record = &made;
        assert_eq!(record.get_by_name(name).unwrap(), value);
        let created = t.create(made).await.unwrap();
        assert_eq!(t.get::<User>(created.id).await.unwrap(), created);
    }
    // GORM sends what it does not know, too, and converts what does not fit.
    assert!(matches!(from_map(&BTreeMap::from([("nickname", Value::from("x"))])), Err(Error::UnknownColumn { .. })));
    assert!(matches!(from_map(&BTreeMap::from([("age", Value::from("old"))])), Err(Error::Decode { .. })));
    assert!(matches!(from_map(&BTreeMap::from([("age", Value::Null)])), Err(Error::Decode { .. })));
}

// gorm: callbacks/helper:TestConvertSliceOfMapToValuesForCreate
async fn records_are_made_of_lists_of_names_and_values(t: Test) {
    users(&t, []).await;
    // A name that only some have is NULL, or as in a new record, for the others.
    let maps = [
        BTreeMap::from([("name", Value::from("alice")), ("age", Value::I64(18))]),
        BTreeMap::from([("name", Value::from("bob")), ("manager_id", Value::I64(7)), ("active", Value::Bool(true))]),
        BTreeMap::from([("birthday", Value::Null)]),
    ];
    let made = maps.iter().map(from_map).collect::<Result<Vec<_>, _>>().unwrap();
    let created = t.create_many(made).await.unwrap();
    let read = t.find().where_(User::ID.is_in(created.iter().map(|it| it.id))).order(User::ID.asc());
    let read = read.select((User::NAME, User::AGE, User::MANAGER_ID, User::ACTIVE)).await.unwrap();
    assert_eq!(read, [("alice".into(), 18, None, false), ("bob".into(), 18, Some(7), true), (String::new(), 18, None, false)]);
    assert_eq!(t.find().where_(User::BIRTHDAY.is_none()).select(User::NAME).await.unwrap(), [""]);
}

#[derive(Debug, Clone, Default, Model)]
#[orm(hooks)]
struct Hooked {
    #[orm(key)]
    id: i64,
    said: String,
}

impl Hooks for Hooked {
    async fn before_save(&mut self, db: &Session) -> orm::Result<()> {
        db.settings().get::<Log>().unwrap().write("before_save");
        Ok(())
    }

    async fn after_create(&mut self, db: &Session) -> orm::Result<()> {
        db.settings().get::<Log>().unwrap().write("after_create");
        Ok(())
    }
}

// gorm: schema/callbacks:TestCallback
async fn only_hooks_that_are_there_run(t: Test) {
    t.create_tables::<Hooked>().await.unwrap();
    assert!(Hooked::hooks().is_some() && Item::hooks().is_none());
    let log = Log::new();
    let db = t.session().with(log.clone());
    let it = db.create(Hooked { id: 1, said: String::new() }).await.unwrap();
    assert_eq!(log.take(), ["before_save", "after_create"]);
    let it = db.update(it).set(Hooked::SAID, "x").await.unwrap();
    assert_eq!(log.take(), ["before_save"]);
    db.find::<Hooked>().await.unwrap();
    db.delete(it).await.unwrap();
    assert_eq!(log.take(), [""; 0]);
}

#[derive(Debug, Clone, PartialEq, Model)]
#[orm(table = "odd table$1-ä.x")]
struct Odd {
    #[orm(key, column = "1st;id")]
    id: i64,
    #[orm(column = "a `b` \"c\" [d] 'e'")]
    quoted: String,
    #[orm(column = "select")]
    keyword: i64,
}

// gorm: utils/utils:TestIsInvalidDBNameChar
async fn names_of_any_characters_are_quoted(t: Test) {
    t.create_tables::<Odd>().await.unwrap();
    let all = [1, 2].map(|id| Odd { id, quoted: format!("text {id}"), keyword: 10 * id });
    t.create_many(all.clone()).await.unwrap();
    assert_eq!(t.find().where_(Odd::QUOTED.eq("text 2").or(Odd::KEYWORD.gt(99))).await.unwrap(), all[1..]);
    t.update_all(Odd::ID.eq(1)).set(Odd::KEYWORD, Odd::KEYWORD.plus(1)).await.unwrap();
    assert_eq!(t.find::<Odd>().order(Odd::KEYWORD.desc()).select((Odd::ID, Odd::KEYWORD)).await.unwrap(), [(2, 20), (1, 11)]);
    assert_eq!(t.delete_all(Odd::QUOTED.contains("2")).await.unwrap(), 1);
}

// gorm: statement:TestNameMatcher
async fn names_of_columns_are_known_with_their_table_and_in_quotes(t: Test) {
    users(&t, ["a", "b"]).await;
    for name in [
        "name",
        "users.name",
        "`users`.`name`",
        "'users'.'name'",
        "'users'.name",
        "\"users\".\"name\"",
        "[users].[name]",
        "`name`",
        "'name'",
    ] {
        let column = column_by_name::<User>(name).unwrap();
        assert_eq!(column.meta().column, "name", "{name}");
        assert_eq!(t.find().where_(column.eq("b").unwrap()).count().await.unwrap(), 1);
    }
    for name in ["companies.name", "users.nothing", "users.", ".name", "`name", "users.name.name", "users.name DESC", "name; --", "", "'"] {
        assert!(matches!(column_by_name::<User>(name), Err(Error::UnknownColumn { .. })), "{name}");
    }
}

#[derive(Debug, PartialEq)]
struct Tenant(i64);

#[derive(Debug, PartialEq)]
struct Silent;

/// Writes what it finds.
struct Seen(Log);

impl Callback for Seen {
    async fn call(&self, cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
        self.0.write(format!("{:?} {:?}", cx.setting::<Tenant>(), cx.setting::<Silent>()));
        next.run(cx).await
    }
}

// gorm: main:TestSetAndGet
async fn values_travel_with_sessions_and_statements(t: Test) {
    users(&t, ["a"]).await;
    let session = t.session().with(Tenant(7));
    assert_eq!(session.settings().get::<Tenant>(), Some(&Tenant(7)));
    assert_eq!(session.settings().get::<Silent>(), None);
    assert_eq!(t.settings().get::<Tenant>(), None);
    let log = Log::new();
    let db = t
        .with_callbacks(|on| {
            on.query().before("*").register("test:seen", Seen(log.clone()));
        })
        .unwrap();
    let session = db.session().with(Tenant(7));
    session.find::<User>().await.unwrap();
    session.find::<User>().with(Silent).with(Tenant(8)).await.unwrap();
    session.transaction(async |tx| tx.find::<User>().count().await).await.unwrap();
    db.find::<User>().await.unwrap();
    assert_eq!(log.take(), ["Some(Tenant(7)) None", "Some(Tenant(8)) Some(Silent)", "Some(Tenant(7)) None", "None None"]);
}
