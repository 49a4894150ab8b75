//! One database of several, and whether it is open.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::db::Db;
use crate::error::{DatabasesError, Error, Result};

/// One database of several.
pub(super) struct Entry {
    pub(super) name: Arc<str>,
    pub(super) mandatory: bool,
    /// It has no connections before it is open.
    pub(super) db: Db,
    state: watch::Sender<State>,
    /// Told that there is something new to try with.
    pub(super) again: Notify,
}

/// Whether a database can be used.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum State {
    /// Not yet: how often it was tried, and what came of it the last time.
    Tried(u32, String),
    Open,
    /// It will not be tried again, because of this.
    Failed(String),
    Closed,
}

/// The pauses between attempts.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);

impl Entry {
    pub(super) fn new(name: Arc<str>, mandatory: bool, db: Db) -> Self {
        Self { name, mandatory, db, state: watch::Sender::new(State::Tried(0, "it was not tried".to_owned())), again: Notify::new() }
    }

    pub(super) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// What is closed stays so.
    pub(super) fn become_(&self, state: State) {
        self.state.send_if_modified(|it| {
            let changes = *it != State::Closed && *it != state;
            if changes {
                *it = state;
            }
            changes
        });
    }

    /// The handle, if it can be used.
    pub(super) fn open(&self) -> Result<&Db> {
        match &*self.state.borrow() {
            State::Open => Ok(&self.db),
            State::Closed => Err(Error::Closed),
            State::Tried(_, cause) | State::Failed(cause) => {
                Err(DatabasesError::NotOpen { database: self.name.to_string(), cause: cause.clone() }.into())
            }
        }
    }

    /// Waits until it is open, or will not be.
    pub(super) async fn settled(&self) -> State {
        let mut state = self.state.subscribe();
        match state.wait_for(|it| !matches!(it, State::Tried(..))).await {
            Ok(it) => it.clone(),
            // The sender is a field of this.
            Err(_) => State::Closed,
        }
    }

    /// Opens it when those that it depends on are; tries again until `patience` is over.
    pub(super) async fn start(&self, dependencies: &[Arc<Self>], patience: Option<Duration>) -> Result<()> {
        let opened = match self.after(dependencies).await {
            Ok(()) => self.attempts(patience).await,
            Err(error) => Err(error),
        };
        self.become_(opened.as_ref().map_or_else(|error| State::Failed(error.to_string()), |()| State::Open));
        opened
    }

    async fn after(&self, dependencies: &[Arc<Self>]) -> Result<()> {
        for it in dependencies {
            self.become_(State::Tried(0, format!("it depends on `{}`, which is not open", it.name)));
            if it.settled().await != State::Open {
                return Err(DatabasesError::Dependency { on: it.name.to_string() }.into());
            }
        }
        Ok(())
    }

    async fn attempts(&self, patience: Option<Duration>) -> Result<()> {
        let begun = Instant::now();
        let mut pauses =
            ExponentialBuilder::default().with_min_delay(SHORTEST).with_max_delay(LONGEST).with_jitter().without_max_times().build();
        let mut tried = 0_u32;
        loop {
            let Err(error) = self.db.reach().await else { return Ok(()) };
            tried = tried.saturating_add(1);
            let pause = pauses.next().unwrap_or(LONGEST);
            // A mistake of the program does not go away.
            let hopeless = matches!(error, Error::Closed | Error::Configuration { .. });
            if hopeless || patience.is_some_and(|it| begun.elapsed().saturating_add(pause) > it) {
                return Err(error);
            }
            tracing::warn!(database = &*self.name, tried, "the database could not be opened and is tried again: {error}");
            self.become_(State::Tried(tried, error.to_string()));
            _ = tokio::time::timeout(pause, self.again.notified()).await;
        }
    }
}
