//! Settings of a database that change, also before it is open.

use std::sync::Arc;

use super::Databases;
use crate::error::Result;
use crate::service::config::DbConfig;
use crate::service::source::{ConfigEvent, ConfigSource, ConfigWatch};

impl Databases {
    /// Brings changes of a configuration to a database, as [`ConfigWatch::start`] does, also while
    /// it is tried still: where its address was wrong, or its password was changed meanwhile, it is
    /// tried at once with what the source says now.
    ///
    /// `config` is what its builder was made of, from this source. It is for a database that may
    /// come [later](crate::DatabasesBuilder::optional); one that is mandatory is open by now, or
    /// `open` has failed.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// use orm::{ConfigSource, Databases, FileSource};
    ///
    /// # async fn f() -> orm::Result<()> {
    /// let mut source = FileSource::new("clinic.toml").section("reports");
    /// let config = source.load().await?;
    /// let databases = Databases::builder()
    ///     .mandatory("main", Db::builder("postgres://app@localhost/clinic"))
    ///     .optional("reports", config.builder())
    ///     .open()
    ///     .await?;
    /// // What is written there from now on holds, whether it could be opened yet or not.
    /// let _watch = databases.watch("reports", config, source, |event| println!("reports: {event:?}"))?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`DatabasesError::Unknown`](crate::DatabasesError::Unknown) with the names there are.
    pub fn watch(
        &self,
        name: &str,
        config: DbConfig,
        source: impl ConfigSource,
        listener: impl Fn(&ConfigEvent) + Send + 'static,
    ) -> Result<ConfigWatch> {
        let entry = Arc::clone(self.entry(name)?);
        let db = entry.db.clone();
        Ok(ConfigWatch::start(&db, config, source, move |event| {
            if matches!(event, ConfigEvent::Changed(_)) {
                entry.again.notify_one();
            }
            listener(event);
        }))
    }
}
