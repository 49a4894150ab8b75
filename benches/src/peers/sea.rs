//! `sea-orm`.

use sea_orm::{ActiveModelTrait as _, DatabaseConnection, EntityTrait as _, Set, TransactionTrait as _, Unchanged};

use super::Peer;
use crate::models::{age, texts};

mod users {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub name: String,
        pub age: i32,
        pub email: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod entries {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "entries")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub name: String,
        pub age: i32,
        pub email: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(Clone)]
pub struct Sea(pub DatabaseConnection);

impl Sea {
    pub async fn open(url: &str) -> Self {
        let mut options = sea_orm::ConnectOptions::new(url);
        options.max_connections(10).sqlx_logging(false);
        Self(sea_orm::Database::connect(options).await.unwrap())
    }

    /// The entries in one statement.
    pub async fn insert_many(&self, entries: i64) {
        let entries = (0..entries).map(|n| {
            let (name, email) = texts(n);
            entries::ActiveModel { name: Set(name), age: Set(age(n)), email: Set(email), ..Default::default() }
        });
        entries::Entity::insert_many(entries).exec(&self.0).await.unwrap();
    }
}

impl Peer for Sea {
    async fn read(&self, id: i64) -> i64 {
        users::Entity::find_by_id(id).one(&self.0).await.unwrap().unwrap().id
    }

    async fn load(&self) -> usize {
        users::Entity::find().all(&self.0).await.unwrap().len()
    }

    async fn insert(&self, n: i64) -> i64 {
        let (name, email) = texts(n);
        let it = entries::ActiveModel { name: Set(name), age: Set(age(n)), email: Set(email), ..Default::default() };
        it.insert(&self.0).await.unwrap().id
    }

    async fn update(&self, id: i64, age: i32) {
        let it = users::ActiveModel { id: Unchanged(id), age: Set(age), ..Default::default() };
        it.update(&self.0).await.unwrap();
    }

    async fn transaction_read(&self, id: i64) -> i64 {
        let tx = self.0.begin().await.unwrap();
        let found = users::Entity::find_by_id(id).one(&tx).await.unwrap().unwrap().id;
        tx.commit().await.unwrap();
        found
    }
}
