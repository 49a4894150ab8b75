//! Where a configuration comes from, and how its changes reach a database.

mod channel;
mod change;
mod environment;
mod file;
mod layers;
mod watch;

pub use self::change::{ConfigChange, ConfigEvent};
pub use self::environment::EnvironmentSource;
pub use self::file::FileSource;
pub use self::watch::ConfigWatch;

use crate::error::Result;
use crate::service::config::DbConfig;

/// Where a [`DbConfig`] comes from: [`FileSource`], [`EnvironmentSource`], a
/// `tokio::sync::watch::Receiver<DbConfig>`, or a type of the program.
///
/// ```
/// use orm::{ConfigSource, DbConfig, Secret};
///
/// /// Asks a vault for the password, and again when its lease ends.
/// struct Vault { config: DbConfig }
/// # async fn ask() -> orm::Result<String> { Ok("open sesame".to_owned()) }
/// # async fn lease_ends() {}
///
/// impl ConfigSource for Vault {
///     async fn load(&mut self) -> orm::Result<DbConfig> {
///         self.config.password = Some(Secret::from(ask().await?));
///         Ok(self.config.clone())
///     }
///
///     async fn changed(&mut self) -> bool {
///         lease_ends().await;
///         true
///     }
/// }
/// ```
pub trait ConfigSource: Send + 'static {
    /// Reads what holds now.
    ///
    /// # Errors
    /// [`Error::Configuration`](crate::Error::Configuration), which names the key and
    /// the place, and never a value; what else the source fails for.
    fn load(&mut self) -> impl Future<Output = Result<DbConfig>> + Send;

    /// Waits until there may be something else to [`load`](Self::load); `false`
    /// is never again. It may be dropped while it waits.
    fn changed(&mut self) -> impl Future<Output = bool> + Send;
}
