//! `sqlx`: its pool with its own defaults, and one connection that is held.

use ::sqlx::{Acquire as _, Executor as _, Row as _};
use tokio::sync::Mutex;

use super::Peer;
use crate::models::{User, age, texts};

type Row = (i64, String, i32, Option<String>);

fn user((id, name, age, email): Row) -> User {
    User { id, name, age, email }
}

/// Both contestants of a database. `$insert` is how the key comes back.
macro_rules! contestants {
    ($held:ident $pool:ident, $conn:ty, $of:ty, $by_key:literal, $update:literal, $insert:ident $insert_text:literal) => {
        pub struct $held(pub Mutex<$conn>);
        pub struct $pool(pub $of);

        contestants!(@peer $held, it => &mut *it.0.lock().await, $by_key, $update, $insert $insert_text);
        contestants!(@peer $pool, it => &it.0, $by_key, $update, $insert $insert_text);
    };
    (@peer $name:ident, $it:ident => $executor:expr, $by_key:literal, $update:literal, $insert:ident $insert_text:literal) => {
        impl Peer for $name {
            async fn read(&self, id: i64) -> i64 {
                let $it = self;
                user(::sqlx::query_as($by_key).bind(id).fetch_one($executor).await.unwrap()).id
            }

            async fn load(&self) -> usize {
                let $it = self;
                let rows: Vec<Row> = ::sqlx::query_as("SELECT id, name, age, email FROM users").fetch_all($executor).await.unwrap();
                rows.len()
            }

            async fn insert(&self, n: i64) -> i64 {
                let $it = self;
                let (name, email) = texts(n);
                let query = ::sqlx::query($insert_text).bind(name).bind(age(n)).bind(email);
                $insert!(query, $executor)
            }

            async fn update(&self, id: i64, age: i32) {
                let $it = self;
                ::sqlx::query($update).bind(age).bind(id).execute($executor).await.unwrap();
            }

            async fn transaction_read(&self, id: i64) -> i64 {
                let $it = self;
                let executor = $executor;
                let mut tx = executor.begin().await.unwrap();
                let found = user(::sqlx::query_as($by_key).bind(id).fetch_one(&mut *tx).await.unwrap()).id;
                tx.commit().await.unwrap();
                found
            }
        }
    };
}

macro_rules! returning {
    ($query:expr, $executor:expr) => {{
        let executor = $executor;
        executor.fetch_one($query).await.unwrap().get::<i64, _>(0)
    }};
}

macro_rules! rowid {
    ($query:expr, $executor:expr) => {
        $query.execute($executor).await.unwrap().last_insert_rowid()
    };
}

macro_rules! last_id {
    ($query:expr, $executor:expr) => {
        i64::try_from($query.execute($executor).await.unwrap().last_insert_id()).unwrap()
    };
}

contestants!(
    SqliteHeld SqlitePool, ::sqlx::SqliteConnection, ::sqlx::SqlitePool,
    "SELECT id, name, age, email FROM users WHERE id = ?",
    "UPDATE users SET age = ? WHERE id = ?",
    rowid "INSERT INTO entries (name, age, email) VALUES (?, ?, ?)"
);
contestants!(
    PgHeld PgPool, ::sqlx::PgConnection, ::sqlx::PgPool,
    "SELECT id, name, age, email FROM users WHERE id = $1",
    "UPDATE users SET age = $1 WHERE id = $2",
    returning "INSERT INTO entries (name, age, email) VALUES ($1, $2, $3) RETURNING id"
);
contestants!(
    MySqlHeld MySqlPool, ::sqlx::MySqlConnection, ::sqlx::MySqlPool,
    "SELECT id, name, age, email FROM users WHERE id = ?",
    "UPDATE users SET age = ? WHERE id = ?",
    last_id "INSERT INTO entries (name, age, email) VALUES (?, ?, ?)"
);
