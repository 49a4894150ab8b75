//! Chains as they run: compiled, fixed, shared.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::callback::{Context, Guard, Next, SharedCallback};
use crate::error::Result;
use crate::statement::Kind;

/// The six chains of a database.
#[derive(Debug, Clone)]
pub struct Chains {
    pub(crate) create: Chain,
    pub(crate) query: Chain,
    pub(crate) update: Chain,
    pub(crate) delete: Chain,
    pub(crate) raw: Chain,
    pub(crate) row: Chain,
    /// Says whether transactions may begin.
    pub(crate) guard: Option<Arc<dyn Guard>>,
}

/// Named callbacks, in the order in which they run.
///
/// `{:#}` prints one per line.
///
/// ```
/// # use orm::prelude::*;
/// # async fn f() -> orm::Result<()> {
/// let db = Db::builder("sqlite::memory:").open().await?;
/// assert_eq!(db.callbacks().query().names().collect::<Vec<_>>(), ["orm:query", "orm:after_find"]);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Chain {
    pub(crate) kind: Kind,
    pub(crate) links: Arc<[Link]>,
    /// Whether links of the program stand behind `orm:transaction` without a condition.
    pub(crate) transactional: bool,
}

pub(crate) type Condition = Arc<dyn Fn(&Context) -> bool + Send + Sync>;

/// One callback of a chain.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) name: Cow<'static, str>,
    pub(crate) callback: SharedCallback,
    pub(crate) when: Option<Condition>,
    /// Whether the program put it in the place of another.
    pub(crate) replaced: bool,
    /// Why it stands where it stands.
    pub(crate) reason: String,
}

impl Link {
    pub(crate) fn applies(&self, cx: &Context) -> bool {
        self.when.as_ref().is_none_or(|when| when(cx))
    }

    /// Whether it has the place of one of ours.
    pub(crate) fn is_ours(&self) -> bool {
        self.name.starts_with("orm:")
    }

    /// Whether it does what the program says.
    pub(crate) fn is_of_program(&self) -> bool {
        !self.is_ours() || self.replaced
    }
}

impl Chains {
    /// The chain of new records.
    #[must_use]
    pub fn create(&self) -> &Chain {
        &self.create
    }

    /// The chain of reads.
    #[must_use]
    pub fn query(&self) -> &Chain {
        &self.query
    }

    /// The chain of changes.
    #[must_use]
    pub fn update(&self) -> &Chain {
        &self.update
    }

    /// The chain of removals.
    #[must_use]
    pub fn delete(&self) -> &Chain {
        &self.delete
    }

    /// The chain of SQL text.
    #[must_use]
    pub fn raw(&self) -> &Chain {
        &self.raw
    }

    /// The chain of streams.
    #[must_use]
    pub fn row(&self) -> &Chain {
        &self.row
    }

    pub(crate) fn of(&self, kind: Kind) -> &Chain {
        match kind {
            Kind::Create => &self.create,
            Kind::Query => &self.query,
            Kind::Update => &self.update,
            Kind::Delete => &self.delete,
            Kind::Raw => &self.raw,
            Kind::Row => &self.row,
        }
    }
}

impl Chain {
    /// The names of the callbacks, in the order in which they run.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.links.iter().map(|it| &*it.name)
    }

    /// Whether there is a callback of this name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.links.iter().any(|it| it.name == name)
    }

    /// One line per callback that says why it stands where it stands.
    #[must_use]
    pub fn explain_order(&self) -> String {
        let width = self.names().map(str::len).max().unwrap_or_default();
        self.links.iter().enumerate().map(|(n, it)| format!("{:>2}. {:<width$}  {}\n", n + 1, it.name, it.reason)).collect()
    }

    pub(crate) async fn run(&self, cx: &mut Context) -> Result<()> {
        Next::new(self.kind, &self.links).run(cx).await
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between = if f.alternate() { "\n" } else { " → " };
        for (n, name) in self.names().enumerate() {
            if n > 0 {
                f.write_str(between)?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.kind.name())
    }
}

impl fmt::Display for Chains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chain in [&self.create, &self.query, &self.update, &self.delete, &self.raw, &self.row] {
            writeln!(f, "{chain:?}")?;
        }
        Ok(())
    }
}
