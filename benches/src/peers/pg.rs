//! `tokio-postgres` on one connection, and through `deadpool-postgres`.

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use tokio_postgres::{Client, NoTls, Row, Statement};

use super::Peer;
use crate::models::{User, age, texts};

const BY_KEY: &str = "SELECT id, name, age, email FROM users WHERE id = $1";
const ALL: &str = "SELECT id, name, age, email FROM users";
const INSERT: &str = "INSERT INTO entries (name, age, email) VALUES ($1, $2, $3) RETURNING id";
const UPDATE: &str = "UPDATE users SET age = $1 WHERE id = $2";

fn user(row: &Row) -> User {
    User { id: row.get(0), name: row.get(1), age: row.get(2), email: row.get(3) }
}

/// One connection, with every statement prepared.
pub struct TokioPostgres {
    client: tokio::sync::Mutex<Client>,
    by_key: Statement,
    all: Statement,
    insert: Statement,
    update: Statement,
}

impl TokioPostgres {
    pub async fn open(url: &str) -> Self {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        let by_key = client.prepare(BY_KEY).await.unwrap();
        let all = client.prepare(ALL).await.unwrap();
        let insert = client.prepare(INSERT).await.unwrap();
        let update = client.prepare(UPDATE).await.unwrap();
        Self { client: tokio::sync::Mutex::new(client), by_key, all, insert, update }
    }
}

impl Peer for TokioPostgres {
    async fn read(&self, id: i64) -> i64 {
        user(&self.client.lock().await.query_one(&self.by_key, &[&id]).await.unwrap()).id
    }

    async fn load(&self) -> usize {
        let rows = self.client.lock().await.query(&self.all, &[]).await.unwrap();
        rows.iter().map(user).collect::<Vec<_>>().len()
    }

    async fn insert(&self, n: i64) -> i64 {
        let (name, email) = texts(n);
        self.client.lock().await.query_one(&self.insert, &[&name, &age(n), &email]).await.unwrap().get(0)
    }

    async fn update(&self, id: i64, age: i32) {
        assert_eq!(self.client.lock().await.execute(&self.update, &[&age, &id]).await.unwrap(), 1);
    }

    async fn transaction_read(&self, id: i64) -> i64 {
        let mut client = self.client.lock().await;
        let tx = client.transaction().await.unwrap();
        let found = user(&tx.query_one(&self.by_key, &[&id]).await.unwrap());
        tx.commit().await.unwrap();
        found.id
    }
}

pub struct Deadpool(Pool);

impl Deadpool {
    pub fn open(url: &str, size: usize) -> Self {
        let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(url.parse().unwrap(), NoTls, config);
        Self(Pool::builder(manager).max_size(size).build().unwrap())
    }
}

impl Peer for Deadpool {
    async fn read(&self, id: i64) -> i64 {
        let client = self.0.get().await.unwrap();
        let statement = client.prepare_cached(BY_KEY).await.unwrap();
        user(&client.query_one(&statement, &[&id]).await.unwrap()).id
    }

    async fn load(&self) -> usize {
        let client = self.0.get().await.unwrap();
        let statement = client.prepare_cached(ALL).await.unwrap();
        client.query(&statement, &[]).await.unwrap().iter().map(user).collect::<Vec<_>>().len()
    }

    async fn insert(&self, n: i64) -> i64 {
        let (name, email) = texts(n);
        let client = self.0.get().await.unwrap();
        let statement = client.prepare_cached(INSERT).await.unwrap();
        client.query_one(&statement, &[&name, &age(n), &email]).await.unwrap().get(0)
    }

    async fn update(&self, id: i64, age: i32) {
        let client = self.0.get().await.unwrap();
        let statement = client.prepare_cached(UPDATE).await.unwrap();
        assert_eq!(client.execute(&statement, &[&age, &id]).await.unwrap(), 1);
    }

    async fn transaction_read(&self, id: i64) -> i64 {
        let mut client = self.0.get().await.unwrap();
        let tx = client.transaction().await.unwrap();
        let statement = tx.prepare_cached(BY_KEY).await.unwrap();
        let found = user(&tx.query_one(&statement, &[&id]).await.unwrap());
        tx.commit().await.unwrap();
        found.id
    }
}
