//! WHERE statements run: on the pool, or in one transaction.

mod hooks;
mod refusals;
mod scope;
mod send;
mod slot;
mod transaction;
mod verbs;

pub use self::hooks::{HookTable, Hooks, HooksOf, NoHooks};

pub(crate) use self::hooks::Hook;

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::callback::{BoxFuture, Chains, Context, Finished, Request, Runner, Settings};
use crate::dialect::Texts;
use crate::driver::{Deadline, Pool};
use crate::session::slot::Level;

/// A place to run statements from: the pool, or one transaction.
///
/// A [`Db`](crate::Db) is one, and so is what a transaction hands to its
/// closure; functions that take `&Session` work with both. A session lives as
/// long as what it was made for: it cannot be cloned, and builders borrow it.
pub struct Session {
    core: Arc<Core>,
    place: Place,
    settings: Settings,
    without_hooks: bool,
    /// When all that it does must be over.
    deadline: Option<Deadline>,
    /// How many chains this session is inside of.
    depth: u8,
}

/// So many statements may be made inside one another by callbacks and hooks.
/// One that makes a statement of the kind it watches would not end otherwise
/// until the stack is full, which ends the program.
const DEEPEST: u8 = 16;

/// What all sessions of a database share.
pub(crate) struct Core {
    pub(crate) pool: Pool,
    pub(crate) texts: Arc<Texts>,
    pub(crate) chains: Chains,
    pub(crate) clock: Clock,
    /// How long a statement may take whose session does not say.
    pub(crate) timeout: Option<Duration>,
}

/// Tells the time, in microseconds since 1970-01-01 in UTC.
pub(crate) type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

#[derive(Debug)]
enum Place {
    Pool,
    Transaction(Level),
}

impl Session {
    pub(crate) fn root(core: Arc<Core>) -> Self {
        Self { core, place: Place::Pool, settings: Settings::default(), without_hooks: false, deadline: None, depth: 0 }
    }

    /// Another handle to the same place, which does not end its transaction.
    pub(crate) fn share(&self) -> Self {
        let place = match &self.place {
            Place::Pool => Place::Pool,
            Place::Transaction(level) => Place::Transaction(level.share()),
        };
        let Self { ref core, ref settings, without_hooks, deadline, depth, .. } = *self;
        Self { core: Arc::clone(core), place, settings: settings.clone(), without_hooks, deadline, depth }
    }

    /// A session in the same place with settings of its own.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let quiet = db.session().without_hooks();
    /// let users = quiet.find::<User>().await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn session(&self) -> Self {
        self.share()
    }

    /// Leaves out the hooks of models; callbacks run.
    #[must_use]
    pub fn without_hooks(mut self) -> Self {
        self.without_hooks = true;
        self
    }

    /// Gives a value to the callbacks of every statement of this session; they
    /// find it by its type in [`Context::session`]`().settings()`.
    #[must_use]
    pub fn with<T: Any + Send + Sync>(mut self, value: T) -> Self {
        self.settings.set(value);
        self
    }

    /// The values that callbacks find.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether statements run in a transaction.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        matches!(self.place, Place::Transaction(_))
    }

    /// The callbacks that statements run through.
    #[must_use]
    pub fn callbacks(&self) -> &Chains {
        &self.core.chains
    }

    pub(crate) fn hooks_run(&self) -> bool {
        !self.without_hooks
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Now, in microseconds since 1970-01-01 in UTC.
    pub(crate) fn now(&self) -> i64 {
        (self.core.clock)()
    }
}

impl Runner for Session {
    fn run(&self, request: Request) -> BoxFuture<'_, Finished> {
        Box::pin(async move {
            let chain = self.core.chains.of(request.statement.kind());
            let inner = Self { depth: self.depth + 1, ..self.share() };
            let mut cx = Context::new(request, Arc::new(inner), chain.transactional);
            let result = if self.depth < DEEPEST { chain.run(&mut cx).await } else { Err(cx.too_deep()) };
            cx.finish(result)
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Context {
    /// The session that the statement runs in: what a callback runs through it
    /// is in the same transaction, and goes through the chains, too.
    #[must_use]
    pub fn session(&self) -> &Session {
        self.runner.as_any().downcast_ref().expect("sessions are the only runners")
    }

    /// A value that the program gave to this statement, or else to its session.
    ///
    /// ```
    /// use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// struct Silent;
    ///
    /// async fn log(cx: &mut Context) -> orm::Result<()> {
    ///     if cx.setting::<Silent>().is_none() {
    ///         println!("{:?}", cx.statement());
    ///     }
    ///     Ok(())
    /// }
    ///
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let one = db.find::<User>().with(Silent).await?;
    /// let silent = db.session().with(Silent);
    /// let all = silent.find::<User>().await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn setting<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.settings().get().or_else(|| self.session().settings().get())
    }

    /// Puts another session in the place of this one, and returns the old one.
    pub(crate) fn replace_runner(&mut self, runner: Arc<dyn Runner>) -> Arc<dyn Runner> {
        std::mem::replace(&mut self.runner, runner)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("database", self.core.pool.target())
            .field("in_transaction", &self.in_transaction())
            .finish_non_exhaustive()
    }
}
