//! Locks of rows, as each database says them.

use orm::Engine;
use orm::prelude::*;
use orm::statement::Statement;
use orm::{TableName, joined};

use crate::db;

#[derive(Debug, Clone, Default, Model)]
#[orm(table = "users")]
struct User {
    #[orm(key, auto)]
    id: i64,
    company: Option<i64>,
}

#[derive(Debug, Clone, Default, Model)]
#[orm(table = "companies")]
struct Company {
    #[orm(key)]
    id: i64,
}

fn on(engine: Engine, statement: &Statement) -> String {
    engine.to_sql(statement).map_or_else(|error| format!("error: {error}"), |it| it.replace(['`', '"'], ""))
}

/// What stands behind the text without a lock.
#[track_caller]
fn end(engine: Engine, find: &orm::Find<'_, Company>, text: &str) -> String {
    let all = on(engine, &find.statement());
    all.strip_prefix(text).map_or_else(|| all.clone(), str::to_owned)
}

// gorm: clause/locking:TestLocking [once]
#[tokio::test]
async fn rows_are_locked_as_each_database_says_it() {
    let db = db().await;
    let end = |engine, find: orm::Find<'_, Company>| end(engine, &find, "SELECT id FROM companies");
    let company = || db.find::<Company>();
    for engine in [Engine::Postgres, Engine::MySql, Engine::MariaDb] {
        assert_eq!(end(engine, company().for_update()), " FOR UPDATE");
        assert_eq!(end(engine, company().for_update().no_wait()), " FOR UPDATE NOWAIT");
        assert_eq!(end(engine, company().skip_locked()), " FOR UPDATE SKIP LOCKED");
        let share = if engine == Engine::MariaDb { " LOCK IN SHARE MODE" } else { " FOR SHARE" };
        assert_eq!(end(engine, company().for_share()), share);
        assert_eq!(end(engine, company().for_share().skip_locked()), format!("{share} SKIP LOCKED"));
        // MariaDB has no name for the only table there is, and needs none.
        let of = if engine == Engine::MariaDb { "" } else { " OF companies" };
        assert_eq!(end(engine, company().for_share().lock_of::<Company>()), format!("{share}{of}"));
        assert_eq!(end(engine, company().lock_of::<Company>().no_wait()), format!(" FOR UPDATE{of} NOWAIT"));
    }
    // The writer of SQLite is the lock.
    assert_eq!(end(Engine::Sqlite, company().for_update().no_wait()), "");
    assert_eq!(end(Engine::Sqlite, company().for_share().lock_of::<Company>()), "");
}

#[tokio::test]
async fn of_joined_tables_those_that_are_named_are_locked() {
    let db = db().await;
    let text = "SELECT companies.id FROM companies JOIN users ON (users.company = companies.id)";
    let end = |engine, find: orm::Find<'_, Company>| end(engine, &find, text);
    let both = || db.find::<Company>().join(User::COMPANY.eq(joined(Company::ID)));
    for engine in [Engine::Postgres, Engine::MySql] {
        assert_eq!(end(engine, both().for_update()), " FOR UPDATE OF companies");
        assert_eq!(end(engine, both().for_share().lock_of::<User>()), " FOR SHARE OF users");
        let all = both().lock_of::<User>().lock_of::<Company>().lock_of::<User>().skip_locked();
        assert_eq!(end(engine, all), " FOR UPDATE OF users, companies SKIP LOCKED");
    }
    assert_eq!(end(Engine::MariaDb, both().for_update()), " FOR UPDATE");
    assert_eq!(end(Engine::MariaDb, both().for_update().lock_of::<User>().lock_of::<Company>()), " FOR UPDATE");
    let refused = end(Engine::MariaDb, both().for_update().lock_of::<User>());
    assert!(refused.starts_with("error: MariaDB cannot do this: lock rows of User") && refused.contains("lock_of"), "{refused}");
    assert_eq!(end(Engine::Sqlite, both().lock_of::<User>()), "");
}

#[tokio::test]
async fn a_locked_table_has_the_name_that_it_has_in_the_query() {
    let db = db().await;
    let both = || db.find::<Company>().join(User::COMPANY.eq(joined(Company::ID))).lock_of::<User>();
    let archived = both().table(TableName::from("old").in_schema("archive")).lock_of::<Company>();
    let same = both().table("users").lock_of::<Company>();
    for engine in [Engine::Postgres, Engine::MySql] {
        let locked = |find: &orm::Find<'_, Company>| on(engine, &find.statement()).split_once(" FOR UPDATE").unwrap().1.to_owned();
        assert_eq!(locked(&archived), " OF users, old");
        assert_eq!(locked(&same), " OF t1, users");
    }
}

#[tokio::test]
async fn what_is_locked_is_read_in_any_case() {
    let db = db().await;
    let user = || User::COMPANY.eq(joined(Company::ID));
    for engine in [Engine::Sqlite, Engine::Postgres, Engine::MariaDb, Engine::MySql] {
        let said = |find: orm::Find<'_, Company>| on(engine, &find.statement());
        let text = said(db.find::<Company>().lock_of::<User>());
        assert!(text.starts_with("error: ") && text.contains("does not join User"), "{text}");
        let text = said(db.find::<Company>().left_join(user()).lock_of::<User>());
        assert!(text.starts_with("error: ") && text.contains("left_join"), "{text}");
    }
}
