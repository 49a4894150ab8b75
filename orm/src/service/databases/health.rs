//! How several databases are.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::Databases;
use super::entry::{Entry, State};
use crate::error::Error;
use crate::service::health::{Degraded, Health};

/// How one database of several is.
#[derive(Debug)]
#[non_exhaustive]
pub struct DatabaseHealth {
    /// Its name.
    pub name: String,
    /// Whether the program cannot do without it.
    pub mandatory: bool,
    /// What it said.
    pub state: DatabaseState,
    /// What does not stop it from answering, but makes it answer worse.
    pub degraded: Vec<Degraded>,
}

/// What a database said to the question how it is.
#[derive(Debug)]
#[non_exhaustive]
pub enum DatabaseState {
    /// It gave a sign of life.
    Answers {
        /// After this time.
        within: Duration,
    },
    /// It gave none.
    Silent(Arc<Error>),
    /// It was not open yet, or is closed.
    NotOpen {
        /// How often it was tried.
        tried: u32,
        /// What came of it the last time.
        cause: String,
    },
}

impl DatabaseHealth {
    /// Whether it answers.
    #[must_use]
    pub fn is_well(&self) -> bool {
        matches!(self.state, DatabaseState::Answers { .. })
    }
}

impl Databases {
    /// Asks all databases at the same time for a sign of life, as
    /// [`Health::ready`] does; one that gives none within `limit`, or within a
    /// second, is [`Silent`](DatabaseState::Silent).
    ///
    /// ```
    /// # use orm::Databases;
    /// # use std::time::Duration;
    /// /// Whether requests can be answered.
    /// async fn is_ready(databases: &Databases) -> bool {
    ///     let health = databases.health(Duration::from_secs(1)).await;
    ///     health.iter().all(|it| it.is_well() || !it.mandatory)
    /// }
    /// ```
    pub async fn health(&self, limit: Duration) -> Vec<DatabaseHealth> {
        join_all(self.0.entries.iter().map(|it| it.health(limit))).await
    }
}

impl Entry {
    async fn health(&self, limit: Duration) -> DatabaseHealth {
        let not_open = |tried, cause| DatabaseState::NotOpen { tried, cause };
        let state = match self.state() {
            State::Open => self.answers(limit).await,
            State::Tried(tried, cause) => not_open(tried, cause),
            State::Failed(cause) => not_open(0, cause),
            State::Closed => not_open(0, "it is closed".to_owned()),
        };
        let degraded = Health::of(&self.db).degraded();
        DatabaseHealth { name: self.name.to_string(), mandatory: self.mandatory, state, degraded }
    }

    async fn answers(&self, limit: Duration) -> DatabaseState {
        match Health::of(&self.db).probe(limit).await {
            Ok(within) => DatabaseState::Answers { within },
            Err(error) => DatabaseState::Silent(error),
        }
    }
}
