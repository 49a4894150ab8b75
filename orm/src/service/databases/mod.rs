//! Several databases, by name.

mod builder;
mod entry;
mod health;
mod shutdown;
#[cfg(feature = "config")]
mod watched;

pub use self::builder::DatabasesBuilder;
pub use self::health::{DatabaseHealth, DatabaseState};
pub use self::shutdown::DatabaseShutdown;

use std::fmt;
use std::sync::Arc;

use tokio::task::JoinSet;

use self::entry::{Entry, State};
use crate::db::Db;
use crate::error::{DatabasesError, Result};
use crate::schema::Model;

/// The databases of a program, by name. Cheap to clone.
///
/// Those that it cannot do without are open when this is there; others are
/// tried in the background until they are. See [`databases`](crate::databases).
///
/// ```
/// use orm::prelude::*;
/// use orm::Databases;
///
/// /// Who did what.
/// #[derive(Debug, Model)]
/// #[orm(database = "audit")]
/// struct Event { #[orm(key, auto)] id: i64, text: String }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> orm::Result<()> {
/// let databases = Databases::builder()
///     .mandatory("main", Db::builder("sqlite::memory:"))
///     .mandatory("audit", Db::builder("sqlite::memory:"))
///     .open()
///     .await?;
///
/// let audit = databases.of::<Event>()?;
/// audit.create_tables::<Event>().await?;
/// audit.create(Event { id: 0, text: "started".into() }).await?;
/// let events: i64 = databases.get("audit")?.raw("SELECT count(*) FROM events", ()).fetch_one().await?;
/// assert_eq!(events, 1);
/// // It says so itself, so it is not looked for elsewhere.
/// assert!(databases.get("main")?.find::<Event>().await.is_err());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Databases(Arc<Inner>);

struct Inner {
    /// In the order in which they were named.
    entries: Vec<Arc<Entry>>,
    /// Those that are tried; they end with the last handle.
    _attempts: JoinSet<()>,
}

impl Databases {
    /// Names databases before they are opened.
    pub fn builder() -> DatabasesBuilder {
        DatabasesBuilder::new()
    }

    fn new(entries: Vec<Arc<Entry>>, attempts: JoinSet<()>) -> Self {
        Self(Arc::new(Inner { entries, _attempts: attempts }))
    }

    /// The database of this name.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use orm::{Databases, DatabasesError, Error};
    /// # async fn f(databases: Databases) -> orm::Result<()> {
    /// match databases.get("reports") {
    ///     Ok(reports) => reports.ping().await?,
    ///     // The answer is good without it.
    ///     Err(Error::Databases(DatabasesError::NotOpen { .. })) => {}
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`DatabasesError::Unknown`] with the names there are;
    /// [`DatabasesError::NotOpen`] with what the last attempt came to;
    /// [`Error::Closed`](crate::Error::Closed) after [`close`](Self::close).
    pub fn get(&self, name: &str) -> Result<&Db> {
        self.entry(name)?.open()
    }

    /// The database that a model lives in: the one of `#[orm(database = "…")]`,
    /// or else the one that was named first.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use orm::Databases;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # async fn f(databases: Databases) -> orm::Result<()> {
    /// let users = databases.of::<User>()?.find::<User>().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn of<M: Model>(&self) -> Result<&Db> {
        match (M::META.database, self.0.entries.first()) {
            (Some(name), _) => self.get(name),
            (None, Some(first)) => first.open(),
            (None, None) => self.get("main"),
        }
    }

    /// Waits until a database is open, as long as it is tried.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use orm::Databases;
    /// # async fn f(databases: Databases) -> orm::Result<()> {
    /// let reports = databases.ready("reports").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`DatabasesError::Unknown`]; [`DatabasesError::NotOpen`] where it is not
    /// tried any more; [`Error::Closed`](crate::Error::Closed) after [`close`](Self::close).
    pub async fn ready(&self, name: &str) -> Result<&Db> {
        let entry = self.entry(name)?;
        match entry.settled().await {
            State::Open => Ok(&entry.db),
            _ => entry.open(),
        }
    }

    /// The names, in the order in which they were given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.entries.iter().map(|it| &*it.name)
    }

    /// Closes all of them, as [`Db::close`] does, and tries no more to open others.
    /// [`shutdown`](Self::shutdown) waits for what is under way.
    pub fn close(&self) {
        for entry in &self.0.entries {
            entry.become_(State::Closed);
            entry.db.close();
        }
    }

    fn entry(&self, name: &str) -> Result<&Arc<Entry>> {
        self.0.entries.iter().find(|it| &*it.name == name).ok_or_else(|| {
            let known: Vec<_> = self.names().map(|it| format!("`{it}`")).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            DatabasesError::Unknown { database: name.to_owned(), known }.into()
        })
    }
}

impl fmt::Debug for Databases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.entries.iter().map(|it| (&it.name, &it.db))).finish()
    }
}
