//! The operations of a session.

use crate::error::Result;
use crate::expr::Predicate;
use crate::query::{Create, CreateMany, Delete, DeleteAll, Find, Raw, Save, Update, UpdateAll, create_tables, execute_script, get};
use crate::schema::Model;
use crate::session::Session;
use crate::statement::Models;
use crate::value::{Args, FromRow, SqlText};

/// Operations. Each returns a builder, and does nothing until it is awaited.
impl Session {
    /// Reads records. A condition says which model is meant; without one it is
    /// `find::<User>()`.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let adults = db.find().where_(User::AGE.ge(18)).order(User::NAME.asc()).limit(10).await?;
    /// let ann: Option<User> = db.find().where_(User::NAME.eq("ann")).first().await?;
    /// let all: u64 = db.find::<User>().count().await?;
    /// # Ok(()) }
    /// ```
    pub fn find<M: Model + FromRow>(&self) -> Find<'_, M> {
        Find::new(self)
    }

    /// Reads the record with a key; a key of several columns is a tuple, in the
    /// order of the fields.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let user = db.get::<User>(7).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is none;
    /// [`Error::NoKey`](crate::Error::NoKey) if the model has no key;
    /// [`Error::Invalid`](crate::Error::Invalid) if the key has another number of columns.
    pub async fn get<M: Model + FromRow>(&self, key: impl Args) -> Result<M> {
        get(self, key.into_arguments().into_values()).await
    }

    /// Stores a new record and returns it with the key that the database chose.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let ann = db.create(User { id: 0, name: "ann".into() }).await?;
    /// assert!(ann.id > 0);
    /// # Ok(()) }
    /// ```
    pub fn create<M: Model + FromRow>(&self, record: M) -> Create<'_, M> {
        Create::new(self, record)
    }

    /// Stores new records, all or none, and returns them with their keys, in
    /// the same order.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let users = ["ann", "bob"].map(|name| User { id: 0, name: name.into() });
    /// let users = db.create_many(users).await?;
    /// # Ok(()) }
    /// ```
    pub fn create_many<M: Model + FromRow>(&self, records: impl IntoIterator<Item = M>) -> CreateMany<'_, M> {
        CreateMany::new(self, records.into_iter().collect())
    }

    /// Changes columns of a record, and returns it as it is stored now. Without
    /// a `set`, nothing is sent.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session, user: User) -> orm::Result<()> {
    /// let user = db.update(user).set(User::AGE, User::AGE.plus(1)).set(User::NAME, "Ann").await?;
    /// # Ok(()) }
    /// ```
    pub fn update<M: Model + FromRow>(&self, record: M) -> Update<'_, M> {
        Update::new(self, record)
    }

    /// Writes every column of a record that is stored already.
    ///
    /// It never inserts: a record that is gone is
    /// [`Error::NotFound`](crate::Error::NotFound).
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # async fn f(db: &Session, mut user: User) -> orm::Result<()> {
    /// user.name = "Ann".into();
    /// let user = db.save(user).await?;
    /// # Ok(()) }
    /// ```
    pub fn save<M: Model + FromRow>(&self, record: M) -> Save<'_, M> {
        Save::new(self, record)
    }

    /// Changes columns of all records for which a condition holds, and returns
    /// how many there were.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let changed: u64 = db.update_all(User::AGE.lt(18)).set(User::NAME, "a minor").await?;
    /// # Ok(()) }
    /// ```
    pub fn update_all<M: Model>(&self, condition: Predicate<M>) -> UpdateAll<'_, M> {
        UpdateAll::new(self, condition)
    }

    /// Removes a record.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # async fn f(db: &Session, user: User) -> orm::Result<()> {
    /// db.delete(user).await?;
    /// # Ok(()) }
    /// ```
    pub fn delete<M: Model + FromRow>(&self, record: M) -> Delete<'_, M> {
        Delete::new(self, record)
    }

    /// Removes all records for which a condition holds, and returns how many
    /// there were. For all of them: `delete_all(every::<User>())`.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let gone: u64 = db.delete_all(User::AGE.lt(18)).await?;
    /// # Ok(()) }
    /// ```
    pub fn delete_all<M: Model>(&self, condition: Predicate<M>) -> DeleteAll<'_, M> {
        DeleteAll::new(self, condition)
    }

    /// Runs SQL text with its arguments; how they are written is said at [`sql`](crate::sql).
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let users: Vec<User> = db.raw("SELECT * FROM users WHERE age > ?", 18).fetch().await?;
    /// let ages: Vec<(u8, i64)> = db.raw("SELECT age, count(*) FROM users GROUP BY age", ()).fetch().await?;
    /// let changed: u64 = db.raw("UPDATE users SET age = age + 1", ()).execute().await?;
    /// # Ok(()) }
    /// ```
    pub fn raw(&self, text: impl SqlText, args: impl Args) -> Raw<'_> {
        Raw::new(self, text.into_text(), args.into_arguments())
    }

    /// Runs SQL text of several statements, separated by semicolons.
    ///
    /// The only function that takes more than one: everywhere else a second
    /// statement is an error. Each runs through the chain `raw`, one after the
    /// other, and the first error ends the script. Bodies of triggers and
    /// procedures, quotes and comments may contain semicolons. There are no
    /// arguments; a literal `?` is written `??`.
    ///
    /// On the pool, each statement may get another connection, and what ran
    /// before an error stays. In a transaction, the script is all or nothing; on
    /// MariaDB and MySQL it cannot change tables there. The script itself cannot
    /// begin or end transactions.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// db.execute_script(
    ///     "CREATE TABLE colors (name VARCHAR(20) PRIMARY KEY);
    ///      INSERT INTO colors VALUES ('red'), ('blue; or so'); -- two of them",
    /// )
    /// .await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) if the script begins or ends a
    /// transaction, before anything is sent; otherwise what the database says.
    pub async fn execute_script(&self, script: impl SqlText) -> Result<()> {
        execute_script(self, self.engine().await?, script.into_text()).await
    }

    /// Creates the tables of models, and their indexes, unless there are tables
    /// of these names. What is there is left as it is.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # #[derive(Debug, Model)] struct Post { #[orm(key, auto)] id: i64, title: String }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// db.create_tables::<(User, Post)>().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Unsupported`](crate::Error::Unsupported) for a table that this
    /// database cannot have; what the database says otherwise.
    pub async fn create_tables<T: Models>(&self) -> Result<()> {
        create_tables(self, &T::metas()).await
    }
}
