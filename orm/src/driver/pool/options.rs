//! How large a pool may get, and how long things may take.

use std::time::Duration;

/// How many connections a [`Db`](crate::Db) may have, and for how long.
///
/// ```
/// use std::time::Duration;
/// use orm::PoolOptions;
///
/// let options = PoolOptions::new().max_size(20).wait_timeout(Duration::from_secs(2));
/// ```
#[derive(Debug, Clone)]
pub struct PoolOptions {
    pub(super) max_size: usize,
    pub(super) max_idle: Option<usize>,
    pub(super) wait_timeout: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) validate_timeout: Duration,
    pub(super) validate_after: Duration,
    pub(super) max_lifetime: Option<Duration>,
    pub(super) idle_timeout: Option<Duration>,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl PoolOptions {
    /// Ten connections at most, five seconds to wait for one, five to open one,
    /// closed after half an hour of life or ten minutes without use.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_size: 10,
            max_idle: None,
            wait_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            validate_timeout: Duration::from_secs(1),
            validate_after: Duration::from_secs(1),
            max_lifetime: Some(Duration::from_secs(30 * 60)),
            idle_timeout: Some(Duration::from_secs(10 * 60)),
        }
    }

    /// The most connections; at least one. Default 10.
    ///
    /// SQLite has one connection that writes, and up to this many that read; a
    /// database in memory has one for both.
    #[must_use]
    pub const fn max_size(mut self, connections: usize) -> Self {
        self.max_size = if connections == 0 { 1 } else { connections };
        self
    }

    /// The most connections that are kept while nobody uses them. Default: all.
    #[must_use]
    pub const fn max_idle(mut self, connections: usize) -> Self {
        self.max_idle = Some(connections);
        self
    }

    /// How long to wait for a connection that others use. Default 5 s.
    #[must_use]
    pub const fn wait_timeout(mut self, limit: Duration) -> Self {
        self.wait_timeout = limit;
        self
    }

    /// How long opening a connection may take. Default 5 s.
    #[must_use]
    pub const fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long an unused connection may take to answer before it is replaced. Default 1 s.
    #[must_use]
    pub const fn validate_timeout(mut self, limit: Duration) -> Self {
        self.validate_timeout = limit;
        self
    }

    /// How long a connection may be unused before it is asked whether it lives. Default 1 s.
    #[must_use]
    pub const fn validate_after(mut self, unused: Duration) -> Self {
        self.validate_after = unused;
        self
    }

    /// How old a connection may get, less up to a quarter by chance, so that
    /// not all end at once. Default 30 min; `None` is for ever.
    #[must_use]
    pub const fn max_lifetime(mut self, limit: Option<Duration>) -> Self {
        self.max_lifetime = limit;
        self
    }

    /// How long a connection may be unused before it is closed. Default 10 min;
    /// `None` is for ever.
    #[must_use]
    pub const fn idle_timeout(mut self, limit: Option<Duration>) -> Self {
        self.idle_timeout = limit;
        self
    }
}
