//! What the program has to say about each connection.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::berth::Pooled;
use super::slot::Tags;
use crate::dialect::Engine;
use crate::driver::Target;
use crate::driver::said::passing;
use crate::error::{Error, Holder, Result};

/// A connection of the pool, for hooks: see
/// [`DbBuilder::after_connect`](crate::DbBuilder::after_connect) and
/// [`DbBuilder::before_acquire`](crate::DbBuilder::before_acquire).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// How long it has been open.
    pub age: Duration,
    /// How long nobody has used it.
    pub idle_for: Duration,
    /// How often it was lent before.
    pub uses: u64,
    /// The kind of database.
    pub engine: Engine,
    /// What the server calls it: the process of PostgreSQL, the connection id of
    /// MariaDB. SQLite has none.
    pub server_id: Option<u64>,
}

/// A connection that is, or was, held for long: see
/// [`PoolOptions::leak_after`](crate::PoolOptions::leak_after).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Leak {
    /// Who has it, or had it, and for how long.
    pub holder: Holder,
    /// Whether it came back after all.
    pub returned: bool,
    pub(super) tags: Tags,
}

impl Leak {
    /// What the session that has it is [for](crate::Session::tag).
    pub fn tags(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.tags.iter().flat_map(|it| it.iter()).map(|it| (it.0, &*it.1))
    }
}

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is used, or goes home.
    Keep,
    /// It is closed; who wanted it gets another one. The only connection of a database in
    /// memory is never closed by this: the database would be gone.
    Close,
}

type Ask = Arc<dyn Fn(&ConnectionInfo) -> Verdict + Send + Sync>;

/// What is asked when a connection is opened, before it is lent, and when it comes home.
#[derive(Clone, Default)]
pub(crate) struct PoolHooks {
    pub(crate) after_connect: Vec<PoolHook>,
    pub(crate) before_acquire: Vec<PoolHook>,
    pub(crate) after_release: Vec<PoolHook>,
    pub(crate) on_leak: Vec<LeakHook>,
}

/// What is told of a connection that is held for long.
pub(crate) type LeakHook = (&'static str, Arc<dyn Fn(&Leak) + Send + Sync>);

#[derive(Clone)]
pub(crate) struct PoolHook {
    name: &'static str,
    ask: Ask,
}

impl PoolHook {
    pub(crate) fn new(name: &'static str, ask: impl Fn(&ConnectionInfo) -> Verdict + Send + Sync + 'static) -> Self {
        Self { name, ask: Arc::new(ask) }
    }
}

impl fmt::Debug for PoolHooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |it: &[PoolHook]| it.iter().map(|it| it.name).collect::<Vec<_>>();
        f.debug_struct("PoolHooks")
            .field("after_connect", &names(&self.after_connect))
            .field("before_acquire", &names(&self.before_acquire))
            .field("after_release", &names(&self.after_release))
            .field("on_leak", &self.on_leak.iter().map(|it| it.0).collect::<Vec<_>>())
            .finish()
    }
}

impl PoolHooks {
    /// Tells of a connection that is held for long.
    pub(super) fn leaked(&self, leak: &Leak) {
        for (name, tell) in &self.on_leak {
            // Nobody waits for it who could be told.
            if catch_unwind(AssertUnwindSafe(|| tell(leak))).is_err() {
                tracing::warn!("the hook `{name}` of the pool panicked");
            }
        }
    }
}

/// Asks one hook after the other, until one says that the connection is closed.
///
/// # Errors
/// [`Error::CallbackPanicked`]; the connection is to be closed then, too.
pub(super) fn verdict(hooks: &[PoolHook], when: &'static str, pooled: &Pooled) -> Result<Verdict> {
    let closes = who_closes(hooks, when, pooled)?;
    Ok(closes.map_or(Verdict::Keep, |_| Verdict::Close))
}

/// Asks about a connection that was opened just now.
///
/// # Errors
/// Where it is to be closed: [`Error::Connect`], which names the hook, and counts as a reason that
/// passes, since another connection may be good; [`Error::CallbackPanicked`].
pub(super) fn admitted(hooks: &[PoolHook], target: &Target, pooled: &Pooled) -> Result<()> {
    let Some(name) = who_closes(hooks, "after_connect", pooled)? else { return Ok(()) };
    let reason = format!("the hook `{name}` closed the new connection");
    Err(Error::Connect { target: target.to_string(), reason, source: Some(passing("a hook of the program said so")) })
}

/// The first hook that says that the connection is closed.
fn who_closes(hooks: &[PoolHook], when: &'static str, pooled: &Pooled) -> Result<Option<&'static str>> {
    if hooks.is_empty() {
        return Ok(None);
    }
    let info = &pooled.info();
    for hook in hooks {
        // A hook that panics leaves nothing of ours half done.
        match catch_unwind(AssertUnwindSafe(|| (hook.ask)(info))) {
            Ok(Verdict::Keep) => {}
            Ok(Verdict::Close) => return Ok(Some(hook.name)),
            Err(panic) => {
                let message = panic.downcast_ref::<&str>().map(|it| (*it).to_owned());
                let message = message.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
                return Err(Error::CallbackPanicked { chain: when, link: hook.name.to_owned(), message });
            }
        }
    }
    Ok(None)
}
