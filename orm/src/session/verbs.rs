//! The operations of a session.

use std::future::Future;
use std::panic::Location;

use crate::callback::BoxFuture;
use crate::error::Result;
use crate::expr::{Args, Column, Predicate};
use crate::query::{
    Create, CreateMany, Delete, DeleteAll, Find, Get, InsertMany, Raw, Save, Update, UpdateAll, alter_column, create_table, create_tables,
    execute_script,
};
use crate::schema::{KeyOf, Keyed, Model, TableName};
use crate::session::Session;
use crate::statement::{Models, Table};
use crate::value::SqlText;

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
    ///
    /// # Errors
    /// When awaited, those of [`Find`].
    #[track_caller]
    pub fn find<M: Model>(&self) -> Find<'_, M> {
        Find::new(self)
    }

    /// Reads the record with a key. A key of another type does not compile; a
    /// key of several columns is a tuple, in the order of the fields.
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
    /// [`Error::NotFound`](crate::Error::NotFound) if there is none; otherwise
    /// those of [`find`](Self::find).
    #[track_caller]
    pub fn get<M: Keyed>(&self, key: impl KeyOf<M, M::Key>) -> Get<'_, M> {
        Get::new(self, key.into_values())
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
    ///
    /// # Errors
    /// When awaited, those of [`Create`].
    #[track_caller]
    pub fn create<M: Model>(&self, record: M) -> Create<'_, M> {
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
    ///
    /// # Errors
    /// When awaited, those of [`CreateMany`].
    #[track_caller]
    pub fn create_many<M: Model>(&self, records: impl IntoIterator<Item = M>) -> CreateMany<'_, M> {
        CreateMany::new(self, records.into_iter().collect())
    }

    /// Stores new records, all or none, and returns only how many there were:
    /// the fastest way for many, and the way for more than fit into memory.
    ///
    /// Records are taken from the iterator as they are sent, a few thousand at a
    /// time; each such part runs through the chain `create` by itself, with
    /// timestamps, hooks and callbacks, all in one transaction. The records that
    /// callbacks see afterwards lack what the database chose, unless the model
    /// has hooks.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct Reading { #[orm(key, auto)] id: i64, celsius: f64 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let readings = (0..100_000).map(|n| Reading { id: 0, celsius: f64::from(n) / 1_000.0 });
    /// let stored: u64 = db.insert_many(readings).progress(|it| println!("{}", it.done)).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited, those of [`InsertMany`].
    #[track_caller]
    pub fn insert_many<'s, M, I>(&'s self, records: I) -> InsertMany<'s, M>
    where
        M: Model,
        I: IntoIterator<Item = M, IntoIter: Send + 's>,
    {
        InsertMany::new(self, Box::new(records.into_iter()))
    }

    /// Changes columns of a record, and returns it: as it is stored now where one of
    /// them is calculated by the database, otherwise with the values that were set
    /// beside what the record had. Without a `set`, nothing is sent, and the record
    /// comes back; [`save`](Self::save) writes all columns.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session, user: User) -> orm::Result<()> {
    /// let user = db.update(user).set(User::AGE, User::AGE.plus(1)).set(User::NAME, "Ann").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When awaited, those of [`Update`].
    #[track_caller]
    pub fn update<M: Keyed>(&self, record: M) -> Update<'_, M> {
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
    ///
    /// # Errors
    /// When awaited, those of [`Save`].
    #[track_caller]
    pub fn save<M: Keyed>(&self, record: M) -> Save<'_, M> {
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
    ///
    /// # Errors
    /// When awaited, those of [`UpdateAll`].
    #[track_caller]
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
    ///
    /// # Errors
    /// When awaited, those of [`Delete`].
    #[track_caller]
    pub fn delete<M: Keyed>(&self, record: M) -> Delete<'_, M> {
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
    ///
    /// # Errors
    /// When awaited, those of [`DeleteAll`].
    #[track_caller]
    pub fn delete_all<M: Model>(&self, condition: Predicate<M>) -> DeleteAll<'_, M> {
        DeleteAll::new(self, condition)
    }

    /// Runs SQL text with its arguments; how they are written is said at [`sql`](crate::sql).
    ///
    /// What it changes on its connection (`SET`, `PRAGMA`, `USE`, temporary tables,
    /// locks by name, `LISTEN`, `PREPARE`) holds for the transaction or the
    /// [`pinned`](Self::pinned) session that it is made in, and reaches nobody else:
    /// PostgreSQL is asked to undo it, and runs the statements of
    /// [`on_connect`](crate::DbBuilder::on_connect) again; other connections are
    /// closed. Only the text is read: for what a function, procedure or trigger of
    /// the database does to its connection, pin the session.
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
    ///
    /// # Errors
    /// When awaited, those of [`Fetch`](crate::Fetch) and [`Execute`](crate::Execute).
    #[track_caller]
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
    #[track_caller]
    pub fn execute_script(&self, script: impl SqlText) -> BoxFuture<'_, Result<()>> {
        let (script, at) = (script.into_text(), Location::caller());
        Box::pin(async move { execute_script(self, self.engine().await?, script, at).await })
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
    #[track_caller]
    pub fn create_tables<T: Models>(&self) -> impl Future<Output = Result<()>> {
        let at = Location::caller();
        async move {
            let models = T::metas();
            models.iter().try_for_each(|it| self.check_home(it))?;
            create_tables(self, &models, at).await
        }
    }

    /// Creates a table that has the columns and indexes of a model under another
    /// name, unless there is one. The names of its indexes begin with it.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// # let db = Db::open("sqlite::memory:").await?;
    /// db.create_table_as::<User>("users_2020").await?;
    /// db.create(User { id: 0, name: "ann".into() }).table("users_2020").await?;
    /// # assert_eq!(db.find::<User>().table("users_2020").count().await?, 1);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`create_tables`](Self::create_tables).
    #[track_caller]
    pub fn create_table_as<M: Model>(&self, name: impl Into<TableName>) -> impl Future<Output = Result<()>> {
        let (table, at) = (Table::of(M::META).called(&name.into()), Location::caller());
        async move {
            self.check_home(M::META)?;
            create_table(self, table, at).await
        }
    }

    /// Changes a column of the model's table to what the model says of it now:
    /// its type and size, whether it may be NULL, its default, check and comment.
    /// Its values are converted; its place in the key, indexes and foreign keys stay.
    ///
    /// Each value keeps what it means, or nothing is changed: numbers become
    /// text and back, integers decimals, times the text that `orm` writes for
    /// them. What would be cut or rounded is an error, and of what has no
    /// conversion, such as text to bytes, the database is not asked: add another
    /// column for that, and fill it.
    ///
    /// PostgreSQL does it in one statement in a transaction, MariaDB in one
    /// statement. SQLite cannot change a column; there the whole table is made
    /// anew in one transaction. It takes as long as it takes to write all rows, and
    /// keeps others from the table meanwhile; a future that is dropped leaves the
    /// table as it was, or changed. On MariaDB the values are looked at before
    /// the statement, so others should not write to the column while its type changes.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// # let db = Db::open("sqlite::memory:").await?;
    /// # mod before { use orm::prelude::*; #[derive(Debug, Model)] pub struct User { #[orm(key, auto)] pub id: i64, pub age: u8 } }
    /// # db.create_tables::<before::User>().await?;
    /// # db.create(before::User { id: 0, age: 41 }).await?;
    /// #[derive(Debug, Model)]
    /// struct User {
    ///     #[orm(key, auto)]
    ///     id: i64,
    ///     age: Option<u16>, // was a `u8`
    /// }
    ///
    /// db.alter_column(User::AGE).await?;
    /// assert_eq!(db.get::<User>(1).await?.age, Some(41));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Unstorable`](crate::Error::Unstorable) where values do not convert, and
    /// [`Error::NotNullViolation`](crate::Error::NotNullViolation) where some are missing;
    /// [`Error::Unsupported`](crate::Error::Unsupported) where there is no conversion, in a
    /// transaction except on PostgreSQL, and for the key of SQLite that is the number of the row;
    /// [`Error::MissingTable`](crate::Error::MissingTable) and
    /// [`Error::MissingTableColumn`](crate::Error::MissingTableColumn); what the database says
    /// otherwise. Nothing is changed then.
    #[track_caller]
    pub fn alter_column<M: Model, T>(&self, column: Column<M, T>) -> impl Future<Output = Result<()>> {
        let (position, at) = (column.position(), Location::caller());
        async move {
            self.check_home(M::META)?;
            alter_column(self, M::META, position, at).await
        }
    }
}
