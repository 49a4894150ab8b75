//! A configuration that somebody else sends.

use tokio::sync::watch::Receiver;

use super::ConfigSource;
use crate::error::Result;
use crate::service::config::DbConfig;

/// Whoever has the sender says what holds, for example a task that asks a
/// service for settings. It ends with the sender.
impl ConfigSource for Receiver<DbConfig> {
    async fn load(&mut self) -> Result<DbConfig> {
        let mut config = self.borrow_and_update().clone();
        config.read_password = config.password_in_file()?;
        config.check()?;
        Ok(config)
    }

    async fn changed(&mut self) -> bool {
        Self::changed(self).await.is_ok()
    }
}
