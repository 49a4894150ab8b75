//! Brings changes of a configuration to a database that is used.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use futures_util::future::{Either, select};
use tokio::task::JoinHandle;

use super::{ConfigChange, ConfigEvent, ConfigSource};
use crate::db::Db;
use crate::driver::Reload;
use crate::error::{Error, Result};
use crate::service::config::{DbConfig, Effect, KEYS, Key};

/// Brings changes of a configuration to a database that is used, until it is
/// dropped, the database is closed, or the source has no more changes.
///
/// Nothing fails for it: statements that run go on. Most holds at once; where the address or the
/// password is another one, connections that are used are replaced when they come home. What cannot
/// be used, as a wrong password, is tried first, and changes nothing; it is tried again, later and
/// later, until it can be used or the source has something else. Which key does what is on the page
/// [`configuration`](crate::configuration).
///
/// ```
/// use std::time::Duration;
/// use orm::prelude::*;
/// use orm::{ConfigEvent, ConfigSource, ConfigWatch, DbConfig};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> orm::Result<()> {
/// let mut config = DbConfig::default();
/// config.url = Some("sqlite::memory:".into());
/// // Whoever has the sender says what holds: a task that asks a service for
/// // settings, for example.
/// let (remote, mut source) = tokio::sync::watch::channel(config);
///
/// let config = source.load().await?;
/// let db = config.builder().open().await?;
/// let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
/// let watch = ConfigWatch::start(&db, config, source, move |event| {
///     if let ConfigEvent::Changed(it) = event {
///         let _ = told.send(it.live.clone());
///     }
/// });
///
/// remote.send_modify(|it| it.timeout = Some(Duration::from_secs(3)));
/// assert_eq!(heard.recv().await, Some(vec!["timeout"]));
/// # Ok(()) }
/// ```
#[must_use = "changes are applied until it is dropped"]
pub struct ConfigWatch(JoinHandle<()>);

impl ConfigWatch {
    /// Begins, in a task of its own. `config` is what the database was opened
    /// with, from this source; `listener` hears what came of each change.
    pub fn start(db: &Db, config: DbConfig, source: impl ConfigSource, listener: impl Fn(&ConfigEvent) + Send + 'static) -> Self {
        let db = db.clone();
        Self(tokio::spawn(async move {
            // Also where the source never has anything new: this holds the handle.
            let closed = pin!(db.core().pool.closed());
            select(pin!(follow(&db, config, source, listener)), closed).await;
        }))
    }
}

impl Drop for ConfigWatch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl fmt::Debug for ConfigWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigWatch").field("has_ended", &self.0.is_finished()).finish()
    }
}

/// The pauses after which a refused configuration is tried again.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

async fn follow(db: &Db, mut config: DbConfig, mut source: impl ConfigSource, listener: impl Fn(&ConfigEvent) + Send) {
    // A password is often new here before it is on the server.
    let mut refused: Option<DbConfig> = None;
    loop {
        let more = {
            let mut changed = pin!(source.changed());
            let mut pauses = ExponentialBuilder::default().with_min_delay(SHORTEST).with_max_delay(LONGEST).without_max_times().build();
            loop {
                let Some(new) = &refused else { break changed.await };
                let pause = tokio::time::sleep(pauses.next().unwrap_or(LONGEST));
                if let Either::Left((more, _)) = select(changed.as_mut(), pin!(pause)).await {
                    break more;
                }
                match apply(db, &mut config, new.clone()).await {
                    Ok(done) => {
                        refused = None;
                        done.into_iter().for_each(|it| tell(&listener, &ConfigEvent::Changed(it)));
                    }
                    Err(Error::Closed) => return,
                    // That it is refused was told already.
                    Err(_) => {}
                }
            }
        };
        if !more {
            return;
        }
        refused = None;
        let done = match source.load().await {
            Ok(new) => {
                let done = apply(db, &mut config, new.clone()).await;
                refused = done.is_err().then_some(new);
                done
            }
            Err(error) => Err(error),
        };
        match done {
            Ok(None) => {}
            Ok(Some(change)) => tell(&listener, &ConfigEvent::Changed(change)),
            Err(Error::Closed) => return,
            Err(error) => tell(&listener, &ConfigEvent::Kept { config: Box::new(config.clone()), error }),
        }
    }
}

/// What a listener breaks is its own.
fn tell(listener: &(impl Fn(&ConfigEvent) + Send), event: &ConfigEvent) {
    if catch_unwind(AssertUnwindSafe(|| listener(event))).is_err() {
        tracing::error!("a listener of `ConfigWatch` panicked; later changes are applied all the same");
    }
}

/// Changes what can be changed; all of it or, after an error, nothing.
async fn apply(db: &Db, config: &mut DbConfig, new: DbConfig) -> Result<Option<ConfigChange>> {
    let changed: Vec<&Key> = KEYS.iter().filter(|it| !(it.same)(config, &new)).collect();
    if changed.is_empty() {
        return Ok(None);
    }
    if db.core().pool.is_closed() {
        return Err(Error::Closed);
    }
    // What would be refused when it is opened is no change, whichever way it is brought about.
    new.pool.options().check()?;
    let names = |effect| changed.iter().filter(|it| it.effect == effect).map(|it| it.name).collect::<Vec<_>>();
    let (live, replaced, restart) = (names(Effect::Live), names(Effect::Replaces), names(Effect::Restart));
    if !replaced.is_empty() {
        let mut reload = Reload::new().options(new.pool.options());
        let address = new.address()?;
        if config.address().ok().as_ref() != Some(&address) {
            reload = reload.address(address.expose());
        }
        db.pool().reload(reload).await?;
    } else if live.contains(&"pool.max_size") {
        db.pool().set_options(new.pool.options())?;
    } else if live.iter().any(|it| it.starts_with("pool.")) {
        db.core().pool.set_all_but_size(new.pool.options())?;
    }
    db.set_limits(new.timeout, new.transaction_timeout, new.batch_size);
    let old = config.clone();
    for key in &changed {
        // What waits for a restart is a change still, the next time.
        if key.effect != Effect::Restart {
            (key.copy)(config, &new);
        }
    }
    Ok(Some(ConfigChange { old: Box::new(old), new: Box::new(new), live, replaced, restart }))
}
