//! `orm`, on the pool or on a connection that is kept.

use orm::Session;

use super::Peer;
use crate::models::{Entry, User, entry};

pub struct Ours(pub Session);

impl Peer for Ours {
    async fn read(&self, id: i64) -> i64 {
        self.0.get::<User>(id).await.unwrap().id
    }

    async fn load(&self) -> usize {
        self.0.find::<User>().await.unwrap().len()
    }

    async fn insert(&self, n: i64) -> i64 {
        let stored: Entry = self.0.create(entry(n)).await.unwrap();
        stored.id
    }

    async fn update(&self, id: i64, age: i32) {
        self.0.update(User { id, ..User::default() }).set(User::AGE, age).await.unwrap();
    }

    async fn transaction_read(&self, id: i64) -> i64 {
        self.0.transaction(async |tx| Ok(tx.get::<User>(id).await?.id)).await.unwrap()
    }
}
