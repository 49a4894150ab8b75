//! Columns of tables that are there, as GORM alters them.

use orm::prelude::*;
use orm::{Engine, Error};

use crate::{Test, cases};

cases![a_column_is_altered_to_another_type_and_back];

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "companies")]
struct Company {
    #[orm(key, auto)]
    id: i64,
    name: String,
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "companies")]
struct CompanyNew {
    #[orm(key, auto)]
    id: i64,
    name: i64,
}

/// The type of the column, as the database calls it.
async fn type_of_name(t: &Test) -> String {
    let sql = match t.engine() {
        Engine::Sqlite => "SELECT type FROM pragma_table_info('companies') WHERE name = 'name'",
        Engine::Postgres => {
            "SELECT data_type::text FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = 'companies' AND column_name = 'name'"
        }
        _ => {
            "SELECT data_type FROM information_schema.columns \
             WHERE table_schema = database() AND table_name = 'companies' AND column_name = 'name'"
        }
    };
    t.plain().await.one(sql).await.to_lowercase()
}

/// GORM's table is empty. Here rows are in it, so that it is seen what becomes of them.
// gorm: postgres:TestAlterColumnDataType
async fn a_column_is_altered_to_another_type_and_back(t: Test) {
    t.create_tables::<Company>().await.unwrap();
    let (text, number) = match t.engine() {
        Engine::Sqlite => ("text", "integer"),
        Engine::Postgres => ("text", "bigint"),
        _ => ("longtext", "bigint"),
    };
    assert_eq!(type_of_name(&t).await, text);
    t.alter_column(CompanyNew::NAME).await.unwrap();
    assert_eq!(type_of_name(&t).await, number);
    let new = t.create(CompanyNew { id: 0, name: 42 }).await.unwrap();
    t.alter_column(Company::NAME).await.unwrap();
    assert_eq!(type_of_name(&t).await, text);
    assert_eq!(t.get::<Company>(new.id).await.unwrap().name, "42");
    let named = t.create(Company { id: 0, name: "Acme".into() }).await.unwrap();
    assert!(matches!(t.alter_column(CompanyNew::NAME).await.unwrap_err(), Error::Unstorable { .. }));
    assert_eq!(type_of_name(&t).await, text);
    t.delete(named).await.unwrap();
    t.alter_column(CompanyNew::NAME).await.unwrap();
    assert_eq!(t.find::<CompanyNew>().await.unwrap(), [new]);
    assert_eq!(type_of_name(&t).await, number);
}
