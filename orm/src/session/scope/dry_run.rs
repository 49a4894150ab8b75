//! Sessions that send nothing.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::dialect::{self, Begin, Engine, Naming};
use crate::driver::{Done, Work};
use crate::error::Result;
use crate::session::{Place, Session};
use crate::statement::{Project, Rows, Select, Statement};
use crate::value::{Collect, Value};

/// A statement that a [dry run](Session::dry_run) did not send.
#[derive(Clone, PartialEq)]
pub struct Planned {
    sql: Arc<str>,
    values: Vec<Value>,
    shown: String,
}

impl Planned {
    /// The SQL text, with placeholders.
    #[must_use]
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The SQL text with the values in it, for people to read.
    ///
    /// It is as secret as they are: it belongs into no log, and nothing else
    /// here prints it. It is not for sending either, which is what the
    /// placeholders are for. A value of a column that is `sensitive`, or that is
    /// compared with one or calculated of it, is `'***'`; only what SQL text of the
    /// program does with such a column is not known, where it has its name in the text.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// let plan = Db::builder("postgres://nowhere/clinic").lazy()?.session().dry_run();
    /// plan.delete_all(User::NAME.eq("O'Hara")).await?;
    /// assert_eq!(plan.statements()[0].sql_with_values(), r#"DELETE FROM "users" WHERE ("name" = 'O''Hara')"#);
    ///
    /// #[derive(Debug, Model)]
    /// struct Account {
    ///     #[orm(key, auto)]
    ///     id: i64,
    ///     #[orm(sensitive)]
    ///     token: String,
    /// }
    /// plan.delete_all(Account::TOKEN.eq("a8f3")).await?;
    /// assert_eq!(plan.statements()[1].sql_with_values(), r#"DELETE FROM "accounts" WHERE ("token" = '***')"#);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn sql_with_values(&self) -> &str {
        &self.shown
    }

    /// The values of the placeholders, in their order: those that the program
    /// gave, also of columns that are `sensitive`. Printed, they are their kinds
    /// only: `Text(_)`.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }
}

/// Not the values: they may be anybody's.
impl fmt::Debug for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Planned({:?}, {} values)", self.sql, self.values.len())
    }
}

/// What would have been sent so far.
#[derive(Default)]
pub(super) struct Plan(Mutex<Vec<Planned>>);

impl Plan {
    fn statements(&self) -> MutexGuard<'_, Vec<Planned>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, engine: Engine, naming: &Naming, work: &Work) -> Result<()> {
        let mut values = Collect::default();
        dialect::binder(engine)(&work.statement, &*work.records, &mut values)?;
        let shown = dialect::with_values(engine, naming, &work.statement, &*work.records)?;
        self.statements().push(Planned { sql: Arc::clone(&work.text), values: values.into_values(), shown });
        Ok(())
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plan({})", self.statements().len())
    }
}

impl Session {
    /// Sends nothing, and keeps the SQL instead: [`statements`](Self::statements).
    ///
    /// Hooks and callbacks run, so that what they add is seen. Reads find
    /// nothing: empty lists, `None`, a count of zero, [`Error::NotFound`] from
    /// `get`. Writes succeed and return the record as it would be sent, with
    /// the key that it has. Transactions run their closure and begin nothing, and
    /// refuse what real ones do. A server need not be there: where only it could tell, `mysql://` is taken
    /// for MySQL.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> orm::Result<()> {
    /// let db = Db::builder("sqlite://nowhere.db").lazy()?;
    /// let plan = db.session().dry_run();
    /// plan.delete_all(User::NAME.eq("ann")).await?;
    ///
    /// let statements = plan.statements();
    /// assert_eq!(statements[0].sql(), "DELETE FROM `users` WHERE (`name` = ?)");
    /// assert_eq!(statements[0].values(), ["ann".into()]);
    /// # Ok(()) }
    /// ```
    ///
    /// [`Error::NotFound`]: crate::Error::NotFound
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.scope.plan = Some(Arc::default());
        self
    }

    /// Whether [`dry_run`](Self::dry_run) was said: nothing is sent.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        self.scope.plan.is_some()
    }

    /// What this [dry run](Self::dry_run), and the sessions that were made of
    /// it, would have sent so far; nothing where it is none.
    #[must_use]
    pub fn statements(&self) -> Vec<Planned> {
        self.scope.plan.as_ref().map(|it| it.statements().clone()).unwrap_or_default()
    }

    /// Begins nothing, and refuses what could not be begun.
    pub(in crate::session) async fn pretend_to_begin(&self) -> Result<Self> {
        let mut scope = self.scope.clone();
        let begin = Begin { read_only: self.is_read_only(), ..std::mem::take(&mut scope.begin) };
        let outer = match &self.place {
            Place::Transaction(level) => Some(level.begun_with()),
            Place::Pool | Place::Pinned(_) => scope.planned,
        };
        match outer {
            Some(outer) => begin.check_nested(outer)?,
            None => drop(begin.text(self.engine().await?)?),
        }
        scope.planned = outer.or(Some(begin));
        Ok(Self { place: Place::Pool, ends: self.transaction_end(), scope, ..self.share() })
    }

    /// Keeps a statement instead of sending it, and answers in the place of the
    /// database; `None` if this is no dry run.
    pub(in crate::session) fn pretend(&self, engine: Engine, work: &mut Work) -> Option<Result<Done>> {
        let plan = self.scope.plan.as_ref()?;
        Some(plan.note(engine, self.core.texts.naming(), work).map(|()| answer(work)))
    }
}

/// The answer of a database in which nothing is, and which takes every record.
fn answer(work: &mut Work) -> Done {
    match &*work.statement {
        Statement::Select(Select { project: Project::Count | Project::CountOf(_), .. }) => {
            let records: &mut dyn Any = &mut *work.records;
            if let Some(rows) = records.downcast_mut::<Rows<i64>>() {
                rows.0.push(0);
            }
            Done { rows: 1, affected: 0 }
        }
        Statement::Insert(it) => Done { rows: 0, affected: it.rows.len() as u64 },
        Statement::Update(it) => Done { rows: 0, affected: u64::from(it.target.record.is_some()) },
        Statement::Delete(it) => Done { rows: 0, affected: u64::from(it.target.record.is_some()) },
        _ => Done::default(),
    }
}
