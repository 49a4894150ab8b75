//! GORM's tests of opening a database and reading back what was stored.

use orm::prelude::*;
use orm::{Db, Error};

use crate::models::{User, user};
use crate::{Test, cases};

cases![
    an_address_that_cannot_be_read_is_an_error,
    what_the_database_leaves_empty_comes_back_as_none,
    a_function_is_part_of_the_transaction_it_is_given,
];

async fn an_address_that_cannot_be_read_is_an_error(t: Test) {
    for url in ["", "clinic", "gorm:gorm@tcp(localhost:9910)/gorm?loc=Asia%2FHongKong", "oracle://db.example/clinic"] {
        assert!(matches!(Db::open(url).await, Err(Error::Configuration { .. })), "{url}");
    }
    t.ping().await.unwrap();
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Nullable {
    #[orm(key, auto)]
    id: i64,
    #[orm(default = "NULL")]
    active: Option<bool>,
    #[orm(default = "NULL")]
    name: Option<String>,
    #[orm(default = "NULL")]
    age: Option<i32>,
    #[orm(default = "7")]
    visits: Option<i32>,
}

/// GORM reads NULL as zero, `""` or `false`, which nobody can tell from such a
/// value; here it is `None`.
// gorm: gorm:TestReturningWithNullToZeroValues
async fn what_the_database_leaves_empty_comes_back_as_none(t: Test) {
    t.create_tables::<Nullable>().await.unwrap();
    let empty = Nullable { visits: Some(7), ..Nullable::default() };
    let one = t.create(Nullable::default()).await.unwrap();
    assert_eq!(one, Nullable { id: 1, ..empty.clone() });
    let many = t.create_many([Nullable::default(), Nullable::default()]).await.unwrap();
    assert_eq!(many, [2, 3].map(|id| Nullable { id, ..empty.clone() }));
    assert_eq!(t.get::<Nullable>(2).await.unwrap(), many[0]);
}

/// GORM has a switch for the savepoints of nested transactions; here the caller
/// says whether the function runs in one.
async fn a_function_is_part_of_the_transaction_it_is_given(t: Test) {
    async fn add(session: &Session, name: &str) -> orm::Result<()> {
        session.create(user(name, 1)).await?;
        Err(Error::other("too late"))
    }
    t.create_tables::<User>().await.unwrap();
    let done = t.transaction(async |tx| {
        add(tx, "in the same").await.unwrap_err();
        tx.transaction(async |tx| add(tx, "nested").await).await.unwrap_err();
        Ok(())
    });
    done.await.unwrap();
    assert_eq!(t.find::<User>().select(User::NAME).await.unwrap(), ["in the same"]);
}
