//! What a change of the configuration did.

use crate::error::Error;
use crate::service::config::DbConfig;

/// What came of a change of the configuration; see [`ConfigWatch`](crate::ConfigWatch).
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigEvent {
    /// The new one holds, as far as it can.
    Changed(ConfigChange),
    /// The new one cannot be read, or cannot be used; the old one holds as before.
    Kept {
        /// What holds.
        config: Box<DbConfig>,
        /// Why there is nothing new.
        error: Error,
    },
}

/// What was changed, by the names of the keys.
#[derive(Debug)]
#[non_exhaustive]
pub struct ConfigChange {
    /// What held before.
    pub old: Box<DbConfig>,
    /// What was written.
    pub new: Box<DbConfig>,
    /// What holds at once, for the next statement and for connections that are open.
    pub live: Vec<&'static str>,
    /// What holds for new connections, of which one was opened to see that it works: address,
    /// credentials and `max_lifetime`. The old ones are closed when they come home.
    pub replaced: Vec<&'static str>,
    /// What holds only when the database is opened again; until then it is as before.
    pub restart: Vec<&'static str>,
}
