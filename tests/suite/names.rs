//! Names of tables and columns that a database must have quoted.

use orm::prelude::*;
use orm::{Engine, Error};

use crate::{Test, cases};

cases![
    fields_may_be_called_like_keywords,
    tables_may_have_any_name,
    columns_may_have_any_name,
    names_that_differ_in_case_are_told_apart,
    a_name_that_the_database_would_cut_is_refused,
];

/// Creates, finds, changes and removes a record beside a bystander.
macro_rules! works {
    ($t:expr, $model:ident { $key:ident, $field:ident }, $key_column:ident, $column:ident) => {{
        let t: &Test = $t;
        t.create_tables::<$model>().await.unwrap();
        let record = |key: i64, text: &str| {
            let mut it = $model::default();
            (it.$key, it.$field) = (key, text.into());
            it
        };
        t.create_many([record(1, "one"), record(2, "two"), record(9, "nine")]).await.unwrap();
        assert_eq!(t.create(record(3, "three")).await.unwrap(), record(3, "three"));
        assert_eq!(t.get::<$model>(2).await.unwrap(), record(2, "two"));
        t.update(record(2, "two")).set($model::$column, "changed").await.unwrap();
        let found = t.find().where_($model::$column.eq("changed")).order($model::$key_column.asc()).first().await.unwrap();
        assert_eq!(found, Some(record(2, "changed")));
        t.save(record(2, "saved")).await.unwrap();
        assert_eq!(
            t.find().where_($model::$column.is_in(["saved", "nine"])).order($model::$column.desc()).await.unwrap(),
            [record(2, "saved"), record(9, "nine")]
        );
        assert_eq!(t.update_all($model::$key_column.lt(3)).set($model::$column, $model::$column).await.unwrap(), 2);
        t.delete(record(1, "one")).await.unwrap();
        assert_eq!(t.delete_all($model::$column.contains("e").and($model::$key_column.lt(9))).await.unwrap(), 2);
        assert_eq!(t.find::<$model>().await.unwrap(), [record(9, "nine")]);
    }};
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "order", index(group, select))]
struct Keywords {
    #[orm(key)]
    r#type: i64,
    #[orm(unique)]
    order: String,
    group: Option<i32>,
    select: bool,
    from: i16,
    r#where: i16,
    user: i16,
    r#as: i16,
    table: i16,
}

async fn fields_may_be_called_like_keywords(t: Test) {
    works!(&t, Keywords { r#type, order }, TYPE, ORDER);
    let row = Keywords { r#type: 4, group: Some(1), select: true, from: 2, r#where: 3, user: 4, r#as: 5, table: 6, ..Keywords::default() };
    t.create(row.clone()).await.unwrap();
    let found = t.find().where_(Keywords::GROUP.is_some()).where_(Keywords::SELECT.eq(true)).order(Keywords::FROM.asc()).await.unwrap();
    assert_eq!(found, [row]);
    let added = t.update_all(Keywords::WHERE.eq(3)).set(Keywords::AS, Keywords::USER.plus(Keywords::TABLE)).await.unwrap();
    assert_eq!((added, t.get::<Keywords>(4).await.unwrap().r#as), (1, 10));
}

macro_rules! tables {
    ($($model:ident $name:literal)*) => {
        $(
            #[derive(Debug, Clone, Default, PartialEq, Model)]
            #[orm(table = $name, index(text, name = "an index"))]
            struct $model {
                #[orm(key)]
                id: i64,
                text: String,
            }
        )*

        async fn tables_may_have_any_name(t: Test) {
            $(
                works!(&t, $model { id, text }, ID, TEXT);
                t.raw(match t.engine() {
                    Engine::Postgres => r#"DROP INDEX "an index""#,
                    Engine::Sqlite => "DROP INDEX `an index`",
                    _ => "SELECT 1",
                }, ()).execute().await.unwrap();
            )*
            let mut plain = t.plain().await;
            let listed = match t.engine() {
                Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
                Engine::Postgres => "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()",
                _ => "SELECT table_name FROM information_schema.tables WHERE table_schema = database()",
            };
            let mut listed: Vec<String> = plain.rows(listed).await.concat();
            let mut expected = vec![$($name),*];
            listed.sort();
            expected.sort_unstable();
            assert_eq!(listed, expected);
        }
    };
}

tables! {
    Quotes "a\"b'c`d"
    Spaces " two  words"
    Unicode "tûbæ_日本"
    Upper "UPPER Case"
    Signs "a?b$1:c%d;--e/*f*/\\g[h](i),j"
    Keyword "select"
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Odd {
    #[orm(key, column = "the \"key\"")]
    id: i64,
    #[orm(column = "a`b'c? $1 ñ\\", unique)]
    text: String,
    #[orm(column = "UPPER")]
    upper: i32,
}

async fn columns_may_have_any_name(t: Test) {
    works!(&t, Odd { id, text }, ID, TEXT);
    let twin = t.create(Odd { id: 1, text: "nine".into(), upper: 1 }).await.unwrap_err();
    assert!(twin.is_unique_violation(), "{twin:?}");
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "Cased")]
struct Cased {
    #[orm(key, column = "Id")]
    id: i64,
    #[orm(column = "camelCase")]
    camel: String,
}

async fn names_that_differ_in_case_are_told_apart(t: Test) {
    works!(&t, Cased { id, camel }, ID, CAMEL);
    // PostgreSQL alone takes unquoted names for others; models are read all the same.
    let text =
        if t.engine() == Engine::Postgres { r#"SELECT "Id" AS id, "camelCase" AS camelcase FROM "Cased""# } else { "SELECT * FROM Cased" };
    assert_eq!(t.raw(text, ()).fetch::<Cased>().await.unwrap().len(), 1);
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "tables_with_a_name_that_is_longer_than_what_databases_have_room_for")]
struct LongTable {
    #[orm(key)]
    id: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(unique(first, name = "an_index_with_a_name_that_is_longer_than_databases_have_room_for_1"))]
#[orm(unique(second, name = "an_index_with_a_name_that_is_longer_than_databases_have_room_for_2"))]
struct LongIndex {
    #[orm(key)]
    id: i64,
    first: i64,
    second: i64,
}

async fn a_name_that_the_database_would_cut_is_refused(t: Test) {
    if t.engine() == Engine::Sqlite {
        t.create_tables::<(LongTable, LongIndex)>().await.unwrap();
        return;
    }
    for error in [t.create_tables::<LongTable>().await.unwrap_err(), t.create_tables::<LongIndex>().await.unwrap_err()] {
        assert!(matches!(&error, Error::Unsupported { what, .. } if what.contains("room_for")), "{error:?}");
    }
    // Nothing is left of the tables either.
    let missing = t.find::<LongIndex>().await.unwrap_err();
    assert!(matches!(missing, Error::MissingTable { .. }), "{missing:?}");
}
