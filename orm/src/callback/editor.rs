//! Chains while they are put together.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::callback::chain::{Chain, Chains, Condition};
use crate::callback::{Context, Guard, IntoCallback, SharedCallback, order};
use crate::error::Result;
use crate::statement::Kind;

/// The six chains while a database is opened: what `.callbacks(|on| …)` and
/// plugins change.
///
/// Nothing is checked here; what cannot be ordered is an error of `open`, and
/// of [`Db::with_callbacks`](crate::Db::with_callbacks), and changes nothing.
///
/// ```
/// use orm::prelude::*;
///
/// async fn audit(cx: &mut Context) -> orm::Result<()> { Ok(()) }
/// async fn timed(cx: &mut Context, next: Next<'_>) -> orm::Result<()> { next.run(cx).await }
///
/// # async fn f() -> orm::Result<()> {
/// let db = Db::builder("sqlite::memory:")
///     .callbacks(|on| {
///         on.create().before("orm:create").register("app:audit", audit);
///         on.query().before("*").register("app:timed", timed);
///     })
///     .open()
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Callbacks {
    chains: [ChainEditor; 6],
    guard: Option<Arc<dyn Guard>>,
}

/// One chain while a database is opened.
#[derive(Clone)]
pub struct ChainEditor {
    kind: Kind,
    pub(crate) entries: Vec<Entry>,
    /// What cannot be done, reported when the chain is compiled.
    pub(crate) mistakes: Vec<String>,
    /// Names that were there once.
    pub(crate) removed: Vec<Cow<'static, str>>,
}

/// A callback and what was said about its place.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) name: Cow<'static, str>,
    pub(crate) callback: SharedCallback,
    pub(crate) when: Option<Condition>,
    pub(crate) before: Vec<Cow<'static, str>>,
    pub(crate) after: Vec<Cow<'static, str>>,
    /// Whether the program put it in the place of another.
    pub(crate) replaced: bool,
}

impl Callbacks {
    pub(crate) fn new() -> Self {
        Self { chains: [Kind::Create, Kind::Query, Kind::Update, Kind::Delete, Kind::Raw, Kind::Row].map(ChainEditor::new), guard: None }
    }

    /// The chain of new records.
    pub fn create(&mut self) -> &mut ChainEditor {
        self.of(Kind::Create)
    }

    /// The chain of reads.
    pub fn query(&mut self) -> &mut ChainEditor {
        self.of(Kind::Query)
    }

    /// The chain of changes.
    pub fn update(&mut self) -> &mut ChainEditor {
        self.of(Kind::Update)
    }

    /// The chain of removals.
    pub fn delete(&mut self) -> &mut ChainEditor {
        self.of(Kind::Delete)
    }

    /// The chain of SQL text.
    pub fn raw(&mut self) -> &mut ChainEditor {
        self.of(Kind::Raw)
    }

    /// The chain of streams.
    pub fn row(&mut self) -> &mut ChainEditor {
        self.of(Kind::Row)
    }

    /// Every chain in turn, for callbacks that are for all of them.
    pub fn each(&mut self) -> impl Iterator<Item = &mut ChainEditor> {
        self.chains.iter_mut()
    }

    /// The chain of a kind of statement.
    pub fn of(&mut self, kind: Kind) -> &mut ChainEditor {
        &mut self.chains[kind as usize]
    }

    /// Lets it say whether transactions may begin.
    #[cfg(feature = "breaker")]
    pub(crate) fn guard(&mut self, guard: Arc<dyn Guard>) {
        self.guard = Some(guard);
    }

    pub(crate) fn compile(&self) -> Result<Chains> {
        let [create, query, update, delete, raw, row] = &self.chains;
        Ok(Chains {
            create: create.compile()?,
            query: query.compile()?,
            update: update.compile()?,
            delete: delete.compile()?,
            raw: raw.compile()?,
            row: row.compile()?,
            guard: self.guard.clone(),
        })
    }
}

impl ChainEditor {
    fn new(kind: Kind) -> Self {
        Self { kind, entries: Vec::new(), mistakes: Vec::new(), removed: Vec::new() }
    }

    /// Which chain it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Adds a callback at the end.
    ///
    /// There it is inside the transaction of a write, so that its error undoes
    /// the write; such a transaction costs two round trips more. Callbacks that
    /// only watch stand `before("*")`: what they return after the rest has run
    /// comes too late to undo it. The chains `query`, `raw` and `row` have no
    /// transaction of their own.
    ///
    /// A name is `owner:what`, and is registered once.
    ///
    /// A closure writes its type, `async |cx: &mut Context| …`, and captures
    /// nothing: state goes into a type that implements
    /// [`Callback`](crate::Callback).
    ///
    /// ```
    /// use orm::prelude::*;
    ///
    /// # fn f(db: Db) -> orm::Result<()> {
    /// let shown = db.with_callbacks(|on| {
    ///     on.query().register("app:show", async |cx: &mut Context| {
    ///         println!("{} rows", cx.outcome().rows);
    ///         Ok(())
    ///     });
    /// })?;
    /// # Ok(()) }
    /// ```
    pub fn register<Shape>(&mut self, name: impl Into<Cow<'static, str>>, callback: impl IntoCallback<Shape>) -> &mut Self {
        self.place().register(name, callback)
    }

    /// A place before the callback of this name; `"*"` is before all.
    pub fn before(&mut self, name: impl Into<Cow<'static, str>>) -> Place<'_> {
        self.place().before(name)
    }

    /// A place right behind the callback of this name; `"*"` is behind all.
    pub fn after(&mut self, name: impl Into<Cow<'static, str>>) -> Place<'_> {
        self.place().after(name)
    }

    /// A place for a callback that runs only for the statements for which
    /// `condition` is true.
    ///
    /// It is asked once for each statement: behind `orm:transaction` before the
    /// transaction, which is begun only if a callback runs in it. What is known
    /// later, such as [`Context::outcome`], is asked in the callback itself.
    ///
    /// ```
    /// use orm::prelude::*;
    /// # #[derive(Model)] struct Note { #[orm(key, auto)] id: i64 }
    ///
    /// async fn check(cx: &mut Context) -> orm::Result<()> { Ok(()) }
    ///
    /// # fn f(db: Db) -> orm::Result<()> {
    /// let checked = db.with_callbacks(|on| {
    ///     on.create().when(|cx| cx.statement().model() == Some(Note::META)).register("app:check", check);
    /// })?;
    /// # Ok(()) }
    /// ```
    pub fn when(&mut self, condition: impl Fn(&Context) -> bool + Send + Sync + 'static) -> Place<'_> {
        self.place().when(condition)
    }

    /// Puts another callback in the place of one that is there. One in the place
    /// of `orm:create` and the like says what it did with
    /// [`Context::answer`].
    pub fn replace<Shape>(&mut self, name: impl Into<Cow<'static, str>>, callback: impl IntoCallback<Shape>) -> &mut Self {
        let name = name.into();
        match self.entries.iter_mut().find(|it| it.name == name) {
            Some(it) => {
                // Ours is for hooks only, which says nothing of what comes in its place.
                it.when = it.when.take().filter(|_| it.replaced || !it.name.starts_with("orm:"));
                (it.callback, it.replaced) = (callback.into_callback(), true);
            }
            None => self.mistakes.push(format!("`{name}` cannot be replaced: there is no callback of this name")),
        }
        self
    }

    /// Takes a callback out.
    pub fn remove(&mut self, name: impl Into<Cow<'static, str>>) -> &mut Self {
        let name = name.into();
        let before = self.entries.len();
        self.entries.retain(|it| it.name != name);
        if self.entries.len() == before {
            self.mistakes.push(format!("`{name}` cannot be removed: there is no callback of this name"));
        }
        self.removed.push(name);
        self
    }

    /// Whether there is a callback of this name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.entries.iter().any(|it| it.name == name)
    }

    fn place(&mut self) -> Place<'_> {
        Place { chain: self, before: Vec::new(), after: Vec::new(), when: None }
    }

    fn compile(&self) -> Result<Chain> {
        let links = order::sort(self)?;
        let transaction = links.iter().position(|it| it.name == "orm:transaction");
        let transactional = transaction.is_some_and(|at| links[at..].iter().any(|it| !it.is_ours() && it.when.is_none()));
        Ok(Chain { kind: self.kind, links: links.into(), transactional })
    }
}

impl fmt::Debug for ChainEditor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.entries.iter().map(|it| &it.name)).finish()
    }
}

/// A place in a chain, for one callback.
///
/// Names weigh more than `"*"`; where nothing was said, callbacks stand in the
/// order in which they were registered. The chain says with
/// [`explain_order`](crate::Chain::explain_order) what came of it.
///
/// ```
/// use orm::prelude::*;
///
/// async fn stamp(cx: &mut Context) -> orm::Result<()> { Ok(()) }
///
/// # fn f(db: Db) -> orm::Result<()> {
/// let stamped = db.with_callbacks(|on| {
///     on.create().after("orm:timestamps").before("orm:create").register("app:stamp", stamp);
/// })?;
/// println!("{}", stamped.callbacks().create().explain_order());
/// # Ok(()) }
/// ```
#[must_use = "a place does nothing until a callback is registered there"]
pub struct Place<'c> {
    chain: &'c mut ChainEditor,
    before: Vec<Cow<'static, str>>,
    after: Vec<Cow<'static, str>>,
    when: Option<Condition>,
}

impl<'c> Place<'c> {
    /// Also before the callback of this name.
    pub fn before(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.before.push(name.into());
        self
    }

    /// Also behind the callback of this name.
    pub fn after(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.after.push(name.into());
        self
    }

    /// Only for statements for which `condition` is true; asked once for each, as
    /// [`ChainEditor::when`] says.
    pub fn when(mut self, condition: impl Fn(&Context) -> bool + Send + Sync + 'static) -> Self {
        self.when = Some(Arc::new(condition));
        self
    }

    /// Puts a callback there.
    pub fn register<Shape>(self, name: impl Into<Cow<'static, str>>, callback: impl IntoCallback<Shape>) -> &'c mut ChainEditor {
        let Self { chain, before, after, when } = self;
        let name = name.into();
        if chain.contains(&name) {
            chain.mistakes.push(format!("`{name}` is registered twice: replace it, or choose another name"));
        }
        chain.entries.push(Entry { name, callback: callback.into_callback(), when, before, after, replaced: false });
        chain
    }
}

impl fmt::Debug for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place(before {:?}, after {:?})", self.before, self.after)
    }
}
