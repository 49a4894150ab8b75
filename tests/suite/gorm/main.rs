//! GORM's tests of what belongs nowhere else.

use orm::prelude::*;
use orm::{Error, column_by_name};

use crate::models::{User, user};
use crate::{Test, cases};

cases![what_is_not_there_is_an_error_and_changes_nothing, a_value_goes_with_a_session_and_its_statements];

// gorm: main:TestExceptionsWithInvalidSql
async fn what_is_not_there_is_an_error_and_changes_nothing(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create_many([user("ann", 1), user("bob", 2)]).await.unwrap();
    let count = async || t.find::<User>().count().await.unwrap();

    assert!(t.find::<User>().where_(orm::sql("sdsd.zaaa = ?", "sd;;;aa")).await.is_err());
    assert!(t.find::<User>().where_(orm::sql("sdsd.zaaa = ?", "sd;;;aa")).count().await.is_err());
    assert!(t.find::<User>().where_(orm::sql("no_such = 1", ())).exists().await.is_err());
    assert!(t.find::<User>().table("sdsd.zaaa").await.is_err());
    assert!(t.raw("SELECT sdsd.zaaa FROM users", ()).fetch::<i64>().await.is_err());
    assert!(matches!(column_by_name::<User>("zaaa"), Err(Error::UnknownColumn { .. })));
    assert!(t.delete_all::<User>(orm::sql("no_such = ?", 1)).await.is_err());
    assert!(t.update_all::<User>(orm::sql("no_such = ?", 1)).set(User::AGE, 9).await.is_err());
    assert_eq!(count().await, 2);
    assert_eq!(t.find().where_(User::AGE.eq(9)).count().await.unwrap(), 0);
}

#[derive(Debug, Clone, PartialEq)]
struct Tenant(&'static str);

struct Unset;

/// GORM finds a value by a text, this crate by its type: a value of another type
/// under the same name cannot be.
// gorm: main:TestSetAndGet
async fn a_value_goes_with_a_session_and_its_statements(t: Test) {
    async fn check(cx: &mut Context) -> orm::Result<()> {
        let found = cx.setting::<Tenant>().map_or("none", |it| it.0).to_owned();
        assert!(cx.setting::<Unset>().is_none());
        Err(Error::other(found))
    }
    let db = t
        .builder()
        .callbacks(|on| {
            on.raw().before("*").register("test:check", check);
        })
        .open()
        .await
        .unwrap();
    let seen = async |session: &Session| session.raw("SELECT 1", ()).execute().await.unwrap_err().to_string();

    let north = db.session().with(Tenant("north"));
    assert_eq!(north.settings().get::<Tenant>(), Some(&Tenant("north")));
    assert!(north.settings().get::<Unset>().is_none());
    assert!(seen(&north).await.contains("north"));
    // A session made of it inherits the value, and may have one of its own.
    assert!(seen(&north.session()).await.contains("north"));
    assert!(seen(&north.session().with(Tenant("south"))).await.contains("south"));
    assert!(seen(&north).await.contains("north"));
    assert!(seen(&db).await.contains("none"));
    // A statement has the last word.
    let own = north.raw("SELECT 1", ()).with(Tenant("west")).execute().await.unwrap_err();
    assert!(own.to_string().contains("west"), "{own}");
    // A transaction has the values of its session.
    let inside = north.transaction(async |tx| Ok(seen(tx).await)).await.unwrap();
    assert!(inside.contains("north"), "{inside}");
}
