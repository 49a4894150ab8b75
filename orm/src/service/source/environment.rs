//! The environment of the program.

use std::fmt;

use super::ConfigSource;
use super::layers::{Layers, Variables};
use crate::error::Result;
use crate::service::config::DbConfig;

/// The environment of the program: `CLINIC_DB__POOL__MAX_SIZE` is the key
/// `pool.max_size` under the prefix `CLINIC_DB`.
///
/// ```
/// use orm::{ConfigSource, EnvironmentSource};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> orm::Result<()> {
/// let variables = [("CLINIC_DB__URL", "sqlite::memory:"), ("CLINIC_DB__POOL__MAX_SIZE", "4")];
/// // Without `variables` it is the real environment.
/// let config = EnvironmentSource::new("CLINIC_DB").variables(variables).load().await?;
/// assert_eq!(config.pool.max_size, 4);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct EnvironmentSource(Variables);

impl EnvironmentSource {
    /// Variables that begin with this, and two underscores.
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        Self(Variables::new(prefix))
    }

    /// These variables in the place of the real ones, for tests.
    #[must_use]
    pub fn variables<'v>(mut self, variables: impl IntoIterator<Item = (&'v str, &'v str)>) -> Self {
        self.0.give(variables);
        self
    }
}

impl ConfigSource for EnvironmentSource {
    async fn load(&mut self) -> Result<DbConfig> {
        let mut config = Layers { file: None, section: "", variables: Some(&self.0) }.config()?;
        config.read_password = config.password_in_file()?;
        Ok(config)
    }

    /// Never: nobody can change the environment of a program that runs.
    async fn changed(&mut self) -> bool {
        false
    }
}

impl fmt::Debug for EnvironmentSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the variables.
        f.debug_tuple("EnvironmentSource").field(&self.0.prefix()).finish()
    }
}
