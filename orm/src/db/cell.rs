//! A database that is opened by whoever needs it first.

use std::fmt;

use tokio::sync::OnceCell;

use crate::db::{Db, DbBuilder};
use crate::error::Result;

/// A database that is opened once, by whoever needs it first, for a `static`.
///
/// However many ask at once, it is opened once and the others wait. Where
/// opening fails, all who waited try again one after the other, and so does who
/// comes later: a failure is not kept.
///
/// ```
/// use orm::prelude::*;
/// use orm::DbCell;
///
/// static DB: DbCell = DbCell::new(|| Db::builder("sqlite::memory:"));
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> orm::Result<()> {
/// let answer: i64 = DB.get().await?.raw("SELECT 6 * 7", ()).fetch_one().await?;
/// assert_eq!(answer, 42);
/// # Ok(()) }
/// ```
pub struct DbCell {
    db: OnceCell<Db>,
    builder: fn() -> DbBuilder,
}

impl DbCell {
    /// What is opened when it is needed. The function is called for each attempt,
    /// so it can read the environment.
    #[must_use]
    pub const fn new(builder: fn() -> DbBuilder) -> Self {
        Self { db: OnceCell::const_new(), builder }
    }

    /// The database, which is opened now if it is not yet.
    ///
    /// ```
    /// use orm::prelude::*;
    /// use orm::DbCell;
    ///
    /// static DB: DbCell = DbCell::new(|| Db::builder("sqlite::memory:"));
    ///
    /// # async fn f() -> orm::Result<()> {
    /// let db = DB.get().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`DbBuilder::open`].
    pub async fn get(&self) -> Result<&Db> {
        self.db.get_or_try_init(|| (self.builder)().open()).await
    }

    /// The database, if it is open.
    #[must_use]
    pub fn get_if_open(&self) -> Option<&Db> {
        self.db.get()
    }
}

impl fmt::Debug for DbCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DbCell").field(&self.db.get()).finish()
    }
}
