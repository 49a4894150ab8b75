//! The end of several databases.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::Databases;
use super::entry::Entry;
use crate::driver::Shutdown;

/// What became of one database of several when they were
/// [shut down](Databases::shutdown).
#[derive(Debug)]
#[non_exhaustive]
pub struct DatabaseShutdown {
    /// Its name.
    pub name: String,
    /// What became of its connections; nothing of one that was never open.
    pub report: Shutdown,
}

impl Databases {
    /// Ends all databases at the same time, as [`Db::shutdown`](crate::Db::shutdown)
    /// does with one, and tries no more to open others. Returns at most a second
    /// after the deadline, with a report for each, in the order in which they were named.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use orm::Databases;
    /// # use std::time::Duration;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// # let databases = Databases::builder().mandatory("main", Db::builder("sqlite::memory:")).open().await?;
    /// for it in databases.shutdown(Duration::from_secs(10)).await {
    ///     for holder in &it.report.holders {
    ///         eprintln!("a connection of `{}` is still used by {holder}", it.name);
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn shutdown(&self, deadline: Duration) -> Vec<DatabaseShutdown> {
        // All first: who works with several is told at once, and not one after the other.
        self.close();
        let ended = async |it: &Arc<Entry>| DatabaseShutdown { name: it.name.to_string(), report: it.db.shutdown(deadline).await };
        join_all(self.0.entries.iter().map(ended)).await
    }
}
