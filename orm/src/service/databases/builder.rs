//! Which databases there are, and how they are opened.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::JoinSet;

use super::Databases;
use super::entry::Entry;
use crate::db::DbBuilder;
use crate::error::{DatabasesError, Error, Result};

/// Databases that are about to be opened.
#[must_use = "databases are not opened until `open` is awaited"]
pub struct DatabasesBuilder {
    wanted: Vec<Wanted>,
    dependencies: Vec<(String, String)>,
    patience: Duration,
}

struct Wanted {
    name: Arc<str>,
    mandatory: bool,
    builder: DbBuilder,
}

/// A database and the ones that it depends on.
type Start = (Arc<Entry>, Vec<Arc<Entry>>);

impl DatabasesBuilder {
    pub(super) const fn new() -> Self {
        Self { wanted: Vec::new(), dependencies: Vec::new(), patience: Duration::ZERO }
    }

    /// A database that the program cannot do without: [`open`](Self::open) waits
    /// for it, and fails with it. The first one is that of models that name none.
    pub fn mandatory(mut self, name: &str, builder: DbBuilder) -> Self {
        self.wanted.push(Wanted { name: name.into(), mandatory: true, builder });
        self
    }

    /// A database that the program can do without for a while: it is tried in the
    /// background until it is open, first at once, then after pauses that grow to
    /// ten seconds. Settings that change meanwhile reach it by
    #[cfg_attr(feature = "config", doc = "[`Databases::watch`].")]
    #[cfg_attr(not(feature = "config"), doc = "`Databases::watch` (feature `config`).")]
    pub fn optional(mut self, name: &str, builder: DbBuilder) -> Self {
        self.wanted.push(Wanted { name: name.into(), mandatory: false, builder });
        self
    }

    /// Opens `name` only when `on` is open. All others are opened at the same time.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use orm::Databases;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// let databases = Databases::builder()
    ///     .mandatory("main", Db::builder("sqlite::memory:"))
    ///     .optional("reports", Db::builder("sqlite::memory:"))
    ///     .depends("reports", "main")
    ///     .open()
    ///     .await?;
    /// databases.ready("reports").await?.ping().await?;
    /// # Ok(()) }
    /// ```
    pub fn depends(mut self, name: &str, on: &str) -> Self {
        self.dependencies.push((name.to_owned(), on.to_owned()));
        self
    }

    /// How long each mandatory database is tried again, for programs that start
    /// at the same time as their servers. Default: it is tried once.
    pub fn patience(mut self, limit: Duration) -> Self {
        self.patience = limit;
        self
    }

    /// Opens the mandatory ones: at the same time, and those that depend on
    /// others after them. Optional ones follow in the background.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # use orm::Databases;
    /// # async fn f() -> orm::Result<()> {
    /// let databases = Databases::builder()
    ///     .mandatory("main", Db::builder("postgres://app@localhost/clinic"))
    ///     .optional("reports", Db::builder("mariadb://app@reports.internal/reports"))
    ///     .open()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`DatabasesError::Start`] with the cause of each one that failed, also of
    /// an optional one whose setting is wrong; all others are closed then.
    /// [`Error::Configuration`] where the names or dependencies make no sense.
    pub async fn open(self) -> Result<Databases> {
        self.check()?;
        let Self { wanted, dependencies, patience } = self;
        let entries = entries(wanted)?;
        let find = |name: &str| entries.iter().find(|it| &*it.name == name).cloned();
        let starts = entries.iter().map(|entry| {
            let on = dependencies.iter().filter(|it| it.0 == *entry.name).filter_map(|it| find(&it.1)).collect();
            (Arc::clone(entry), on)
        });
        let (mandatory, optional): (Vec<Start>, Vec<Start>) = starts.partition(|it| it.0.mandatory);
        let mut attempts = JoinSet::new();
        for (entry, on) in optional {
            attempts.spawn(async move { drop(entry.start(&on, None).await) });
        }
        let started = mandatory.iter().map(|(entry, on)| async move { (&entry.name, entry.start(on, Some(patience)).await) });
        let failed = join_all(started).await.into_iter().filter_map(|(name, it)| Some((name.to_string(), it.err()?)));
        let causes: Vec<_> = failed.collect();
        let databases = Databases::new(entries, attempts);
        if causes.is_empty() {
            return Ok(databases);
        }
        databases.close();
        Err(DatabasesError::Start { causes }.into())
    }

    /// Refuses names and dependencies that make no sense.
    fn check(&self) -> Result<()> {
        let wrong = |name: &str, reason: String| Err(Error::Configuration { setting: format!("the database `{name}`"), reason });
        for (at, it) in self.wanted.iter().enumerate() {
            if self.wanted[..at].iter().any(|other| other.name == it.name) {
                return wrong(&it.name, "it was named twice".to_owned());
            }
        }
        for (name, on) in &self.dependencies {
            let find = |name: &str| self.wanted.iter().find(|it| &*it.name == name);
            let (Some(one), Some(other)) = (find(name), find(on)) else {
                let missing = if find(name).is_none() { name } else { on };
                return wrong(name, format!("it is said to depend on `{on}`, but there is no `{missing}`"));
            };
            if one.mandatory && !other.mandatory {
                return wrong(name, format!("it is mandatory and depends on `{on}`, which is optional: make that one mandatory, too"));
            }
            if self.leads(on, name, self.dependencies.len()) {
                return wrong(name, format!("it depends on `{on}`, which depends on `{name}`"));
            }
        }
        Ok(())
    }

    /// Whether one depends on another, over so many others at the most.
    fn leads(&self, from: &str, to: &str, steps: usize) -> bool {
        from == to || (steps > 0 && self.dependencies.iter().any(|(name, on)| name == from && self.leads(on, to, steps - 1)))
    }
}

/// Handles without connections; all that is set wrongly is said at once.
fn entries(wanted: Vec<Wanted>) -> Result<Vec<Arc<Entry>>> {
    let (mut entries, mut causes) = (Vec::new(), Vec::new());
    for Wanted { name, mandatory, builder } in wanted {
        match builder.name(&name).lazy() {
            Ok(db) => entries.push(Arc::new(Entry::new(name, mandatory, db))),
            Err(error) => causes.push((name.to_string(), error)),
        }
    }
    if causes.is_empty() { Ok(entries) } else { Err(DatabasesError::Start { causes }.into()) }
}

impl fmt::Debug for DatabasesBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.wanted.iter().map(|it| &it.name).collect();
        f.debug_struct("DatabasesBuilder").field("names", &names).field("dependencies", &self.dependencies).finish_non_exhaustive()
    }
}
