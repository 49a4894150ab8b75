//! The line of the program that a log names.

use std::panic::Location;
use std::sync::{Arc, Mutex};

use orm::prelude::*;
use orm::{Find, UpdateAll};

use super::models::{User, user, users};
use crate::{Test, cases};

cases![the_line_of_a_statement_is_that_of_the_program, a_function_that_makes_statements_names_who_called_it];

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<&'static Location<'static>>>>);

impl Callback for Lines {
    async fn call(&self, cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
        self.0.lock().unwrap().push(cx.made_at());
        next.run(cx).await
    }
}

impl Lines {
    fn on(&self, t: &Test) -> Db {
        let lines = || self.clone();
        t.with_callbacks(|on| {
            on.create().before("*").register("app:lines", lines());
            on.query().before("*").register("app:lines", lines());
            on.row().before("*").register("app:lines", lines());
            on.update().before("*").register("app:lines", lines());
            on.delete().before("*").register("app:lines", lines());
            on.raw().before("*").register("app:lines", lines());
        })
        .unwrap()
    }

    /// The lines of this file; others are none of the program.
    fn take(&self) -> Vec<u32> {
        let lines = std::mem::take(&mut *self.0.lock().unwrap());
        lines.into_iter().map(|it| if it.file().ends_with("call_sites.rs") { it.line() } else { panic!("{it}") }).collect()
    }
}

async fn the_line_of_a_statement_is_that_of_the_program(t: Test) {
    users(&t, ["a"]).await;
    let lines = Lines::default();
    let db = lines.on(&t);
    let from = line!();
    let b = db.create(user("b")).await.unwrap();
    db.find::<User>().where_(User::AGE.eq(1)).await.unwrap();
    db.find::<User>().select(User::NAME).first().await.unwrap();
    db.get::<User>(b.id).await.unwrap();
    db.update_all(User::AGE.eq(1)).set(User::AGE, 2).await.unwrap();
    db.raw("SELECT 1", ()).fetch_one::<i64>().await.unwrap();
    db.find::<User>().stream().next().await.unwrap().unwrap();
    let b = db.save(b).await.unwrap();
    db.delete(b).await.unwrap();
    assert_eq!(lines.take(), (from + 1..=from + 9).collect::<Vec<_>>());

    // Made here, and finished and awaited elsewhere; and inside of a transaction.
    let (query, made) = (db.find::<User>(), line!());
    let grown = query.clone().scope(|it| it.where_(User::AGE.gt(18))).count();
    assert_eq!((grown.await.unwrap(), query.await.unwrap().len()), (1, 2));
    assert_eq!(lines.take(), [made, made]);
    let (begun, stored) = (line!(), db.transaction(async |tx| tx.insert_many([user("c")]).await).await);
    assert_eq!((stored.unwrap(), lines.take()), (1, vec![begun]));
}

/// A wrapper of the program: reads are of the adults only.
#[track_caller]
fn adults(db: &Session) -> Find<'_, User> {
    db.find().where_(User::AGE.ge(18))
}

#[track_caller]
fn rename<'s>(db: &'s Session, from: &str, to: &str) -> UpdateAll<'s, User> {
    wrapped(db, from).set(User::NAME, to)
}

#[track_caller]
fn wrapped<'s>(db: &'s Session, from: &str) -> UpdateAll<'s, User> {
    db.update_all(User::NAME.eq(from))
}

// gorm: utils/utils:TestFileWithLineNumWrappedCallRegression
async fn a_function_that_makes_statements_names_who_called_it(t: Test) {
    users(&t, ["a"]).await;
    let lines = Lines::default();
    let db = lines.on(&t);
    let from = line!();
    assert_eq!(adults(&db).count().await.unwrap(), 2);
    assert_eq!(rename(&db, "a", "b").await.unwrap(), 1);
    assert_eq!(adults(&db).order(User::ID.asc()).select(User::NAME).await.unwrap(), ["bystander", "b"]);
    assert_eq!(lines.take(), [from + 1, from + 2, from + 3]);
}
