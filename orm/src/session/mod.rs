//! WHERE statements run: on the pool, or in one transaction.

mod after;
mod guard;
mod held;
mod home;
mod hooks;
mod level;
mod limits;
mod options;
mod refusals;
mod retry;
mod scope;
mod send;
mod slot;
mod transaction;
mod verbs;

pub use self::guard::Transaction;
#[cfg(feature = "tower")]
pub(crate) use self::held::Begun as BegunAt;
pub(crate) use self::hooks::HookTable;
pub use self::hooks::{Hooks, HooksOf, NoHooks};
pub use self::retry::{Again, Retry};
pub use self::scope::{Planned, Timeouts};

pub(crate) use self::hooks::Hook;
pub(crate) use self::limits::Limits;

use std::any::Any;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::callback::{BoxFuture, Chains, Context, Finished, Request, Runner, Settings, Transaction as Begun};
use crate::dialect::Texts;
use crate::driver::{Deadline, Intent, Pin, Pool};
use crate::error::{Error, Result};
use crate::session::level::Level;
use crate::session::scope::Scope;
use crate::statement::Outcome;

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
    /// Whether a write of several statements is left without a transaction.
    without_implicit: bool,
    /// When the transaction must be over, if its session did not say it.
    ends: Option<Deadline>,
    /// When all that it does must be over.
    deadline: Option<Deadline>,
    scope: Scope,
    /// How many chains this session is inside of.
    depth: u8,
    /// Where the statement was made that its callbacks run for.
    at: &'static Location<'static>,
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
    /// What holds for sessions that do not say otherwise.
    pub(crate) limits: Arc<Limits>,
    /// Whether a write of several statements is left without a transaction.
    pub(crate) without_implicit: bool,
    /// Whether all sessions are strict.
    pub(crate) strict: bool,
    /// What it is called among several databases.
    pub(crate) name: Option<Arc<str>>,
}

/// Tells the time, in microseconds since 1970-01-01 in UTC.
pub(crate) type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

#[derive(Debug)]
enum Place {
    Pool,
    /// One connection, which stays the session's.
    Pinned(Arc<Pin>),
    Transaction(Level),
}

impl Session {
    #[track_caller]
    pub(crate) fn root(core: Arc<Core>) -> Self {
        let without_implicit = core.without_implicit;
        let (place, settings, scope) = (Place::Pool, Settings::default(), Scope::default());
        Self {
            core,
            place,
            settings,
            without_hooks: false,
            without_implicit,
            ends: None,
            deadline: None,
            scope,
            depth: 0,
            at: Location::caller(),
        }
    }

    /// A session on the pool with the settings of this one, but without its time.
    pub(crate) fn outside(&self) -> Self {
        let Self { without_hooks, without_implicit, at, .. } = *self;
        let (settings, scope) = (self.settings.clone(), self.scope.outside());
        Self { settings, without_hooks, without_implicit, scope, at, ..Self::root(Arc::clone(&self.core)) }
    }

    /// Another handle to the same place, which does not end its transaction.
    pub(crate) fn share(&self) -> Self {
        let place = match &self.place {
            Place::Pool => Place::Pool,
            Place::Pinned(pin) => Place::Pinned(Arc::clone(pin)),
            Place::Transaction(level) => Place::Transaction(level.share()),
        };
        let Self { without_hooks, without_implicit, ends, deadline, depth, at, .. } = *self;
        let (core, settings, scope) = (Arc::clone(&self.core), self.settings.clone(), self.scope.clone());
        Self { core, place, settings, without_hooks, without_implicit, ends, deadline, scope, depth, at }
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

    /// Leaves writes of several statements without a transaction of their own:
    /// each statement is committed by itself, and what was written before an
    /// error stays.
    ///
    /// Saves the round trips of `BEGIN` and `COMMIT` where hooks of a model run,
    /// and where many records are sent in parts. A transaction of the program is
    /// one all the same, and so is `insert_many`.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct Reading { #[orm(key, auto)] id: i64, value: f64 }
    /// # async fn f(db: &Session, readings: Vec<Reading>) -> orm::Result<()> {
    /// // What has arrived has arrived.
    /// db.session().without_implicit_transactions().create_many(readings).await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn without_implicit_transactions(mut self) -> Self {
        self.without_implicit = true;
        self
    }

    pub(crate) fn implicit_transactions(&self) -> bool {
        !self.without_implicit
    }

    /// Whether the hooks of models run; see [`without_hooks`](Self::without_hooks).
    #[must_use]
    pub fn hooks_run(&self) -> bool {
        !self.without_hooks
    }

    /// Where the program made what is done now.
    pub(crate) fn at(&self) -> &'static Location<'static> {
        self.at
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
            if let Err(error) = self.check_homes(&request.statement).and_then(|()| self.check_writes(&request.statement)) {
                return Finished { records: request.records, outcome: Outcome::default(), last: Vec::new(), result: Err(error) };
            }
            let chain = self.core.chains.of(request.statement.kind());
            let inner = Self { depth: self.depth + 1, at: request.at, ..self.share() };
            let intent = if request.statement.is_read() { Intent::Read } else { Intent::Write };
            let placed = self.check_place(intent, request.at);
            let mut cx = Context::new(request, Arc::new(inner), chain.transactional);
            let result = match placed {
                Ok(()) if self.depth < DEEPEST => chain.run(&mut cx).await,
                Ok(()) => Err(cx.too_deep()),
                Err(error) => Err(error),
            };
            cx.finish(result)
        })
    }

    fn begin(&self, at: &'static Location<'static>) -> BoxFuture<'_, Result<Box<dyn Begun>>> {
        Box::pin(async move {
            self.check_place(self.intent(false), at)?;
            Ok(Box::new(self.enter(at).await?) as Box<dyn Begun>)
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Begun for Session {
    fn runner(&self) -> &dyn Runner {
        self
    }

    fn within<'a>(&'a self, at: &'static Location<'static>, work: BoxFuture<'a, Result<u64>>) -> BoxFuture<'a, Result<u64>> {
        Box::pin(Self::within(self, at, work))
    }

    fn commit(self: Box<Self>) -> BoxFuture<'static, Result<()>> {
        Box::pin(Self::commit(*self))
    }

    fn undo(self: Box<Self>, error: Error) -> BoxFuture<'static, Error> {
        Box::pin(Self::undo(*self, error))
    }
}

impl Context {
    /// The session that the statement runs in: what a callback runs through it
    /// is in the same transaction, and goes through the chains, too.
    #[must_use]
    pub fn session(&self) -> &Session {
        self.runner.as_any().downcast_ref().expect("sessions are the only runners")
    }

    /// Whether callbacks are to let everything be seen and changed: it was said
    /// of this statement, or of its [session](Session::unscoped).
    #[must_use]
    pub fn is_unscoped(&self) -> bool {
        self.unscoped || self.session().is_unscoped()
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
            .field("database", &self.core.pool.target())
            .field("in_transaction", &self.in_transaction())
            .finish_non_exhaustive()
    }
}
