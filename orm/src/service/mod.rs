//! What a service needs around its databases.
//!
//! Several of them by name: [`Databases`]. How they are: [`Health`]. With the
//! feature `breaker`, `Breaker` asks no more of one that is ill. With the feature `config`, settings
//! from files and the environment: `DbConfig`. With the feature `tower`,
//! `SessionLayer` gives each request a session of its own; with `axum`, handlers
//! take it as an argument. The page `guide::requests` says how.

#[cfg(feature = "breaker")]
mod breaker;
#[cfg(feature = "config")]
mod config;
mod databases;
mod health;
#[cfg(feature = "tower")]
mod request;
#[cfg(feature = "config")]
mod source;

#[cfg(feature = "breaker")]
pub use self::breaker::{Breaker, CircuitState, Fallbacks};
#[cfg(feature = "config")]
pub use self::config::{DbConfig, PoolConfig, Secret, SqliteConfig};

pub use self::databases::{DatabaseHealth, DatabaseShutdown, DatabaseState, Databases, DatabasesBuilder};
pub use self::health::{Degraded, Health, HealthReport};
#[cfg(feature = "tower")]
pub use self::request::{Failed, RequestSession, SessionLayer, SessionService};
#[cfg(feature = "axum")]
pub use self::request::{Scoped, ScopedRejection};
#[cfg(feature = "config")]
pub use self::source::{ConfigChange, ConfigEvent, ConfigSource, ConfigWatch, EnvironmentSource, FileSource};
