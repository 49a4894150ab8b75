//! `rusqlite`, on one connection, without threads.

use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use rusqlite::{Connection, Row, TransactionBehavior, params};

use super::Peer;
use crate::models::{User, age, texts};

pub struct Rusqlite(Mutex<Connection>);

impl Rusqlite {
    pub fn open(file: &Path) -> Self {
        let conn = Connection::open(file).unwrap();
        conn.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
        conn.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON").unwrap();
        conn.set_prepared_statement_cache_capacity(64);
        Self(Mutex::new(conn))
    }

    fn conn(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap()
    }
}

const BY_KEY: &str = "SELECT id, name, age, email FROM users WHERE id = ?";

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User { id: row.get(0)?, name: row.get(1)?, age: row.get(2)?, email: row.get(3)? })
}

impl Peer for Rusqlite {
    async fn read(&self, id: i64) -> i64 {
        self.conn().prepare_cached(BY_KEY).unwrap().query_row([id], user).unwrap().id
    }

    async fn load(&self) -> usize {
        let conn = self.conn();
        let mut statement = conn.prepare_cached("SELECT id, name, age, email FROM users").unwrap();
        let users: Vec<User> = statement.query_map([], user).unwrap().collect::<Result<_, _>>().unwrap();
        users.len()
    }

    async fn insert(&self, n: i64) -> i64 {
        let (name, email) = texts(n);
        let conn = self.conn();
        conn.prepare_cached("INSERT INTO entries (name, age, email) VALUES (?, ?, ?)")
            .unwrap()
            .execute(params![name, age(n), email])
            .unwrap();
        conn.last_insert_rowid()
    }

    async fn update(&self, id: i64, age: i32) {
        let changed = self.conn().prepare_cached("UPDATE users SET age = ? WHERE id = ?").unwrap().execute(params![age, id]).unwrap();
        assert_eq!(changed, 1);
    }

    async fn transaction_read(&self, id: i64) -> i64 {
        let mut conn = self.conn();
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        let found = tx.prepare_cached(BY_KEY).unwrap().query_row([id], user).unwrap();
        tx.commit().unwrap();
        found.id
    }
}
