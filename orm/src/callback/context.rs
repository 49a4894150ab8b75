//! One statement on its way through its chain.

use std::fmt;
use std::sync::Arc;

use crate::callback::{Finished, Request, Runner, Settings};
use crate::error::{Error, Result};
use crate::statement::{Kind, Outcome, Raw, Record, RecordSet, Rows, Statement};

/// One statement on its way through its chain: what a callback sees and changes.
pub struct Context {
    statement: Statement,
    records: Box<dyn RecordSet>,
    kind: Kind,
    outcome: Outcome,
    settings: Settings,
    pub(crate) runner: Arc<dyn Runner>,
    /// Whether the chain has links of the program behind `orm:transaction`.
    pub(crate) transactional: bool,
}

impl Context {
    pub(crate) fn new(request: Request, runner: Arc<dyn Runner>, transactional: bool) -> Self {
        let Request { statement, records, settings } = request;
        let kind = statement.kind();
        Self { statement, records, kind, outcome: Outcome::default(), settings, runner, transactional }
    }

    /// The chain that runs.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The operation.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The operation, to rewrite before it is run. It keeps its kind.
    ///
    /// ```
    /// use orm::prelude::*;
    /// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64, active: bool }
    /// /// Makes inactive users invisible.
    /// async fn only_active(cx: &mut Context) -> orm::Result<()> {
    ///     cx.add_condition(User::ACTIVE.eq(true));
    ///     Ok(())
    /// }
    /// ```
    pub fn statement_mut(&mut self) -> &mut Statement {
        &mut self.statement
    }

    /// Adds a condition if the statement is about this model; says whether it is.
    pub fn add_condition<M: crate::schema::Model>(&mut self, condition: crate::expr::Predicate<M>) -> bool {
        if self.statement.model() != Some(M::META) {
            return false;
        }
        let Some(filter) = self.statement.filter_mut() else { return false };
        filter.push(condition.into_expr());
        true
    }

    /// What was done so far: rows read, rows matched by a write.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// How many records the statement has, or has read.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// One of the records; `None` where there are fewer, or rows that are no records.
    #[must_use]
    pub fn record(&self, at: usize) -> Option<&dyn Record> {
        self.records.record(at)
    }

    /// One of the records, to change.
    pub fn record_mut(&mut self, at: usize) -> Option<&mut dyn Record> {
        self.records.record_mut(at)
    }

    /// The records, to look at. `update_all` and `delete_all` have none.
    pub fn records(&self) -> impl Iterator<Item = &dyn Record> {
        (0..self.records.len()).map_while(|at| self.records.record(at))
    }

    /// The records, to change. `update_all` and `delete_all` have none.
    pub fn records_mut(&mut self) -> impl Iterator<Item = &mut dyn Record> {
        self.records.records_mut()
    }

    /// Values that travel with this statement; later links see what is set here.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Values that travel with this statement, to add to.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    pub(crate) fn record_set(&self) -> &dyn RecordSet {
        &*self.records
    }

    pub(crate) fn outcome_mut(&mut self) -> &mut Outcome {
        &mut self.outcome
    }

    /// Takes the statement's parts out while a driver has them.
    pub(crate) fn take_records(&mut self) -> Box<dyn RecordSet> {
        std::mem::replace(&mut self.records, Box::new(Rows::<i64>(Vec::new())))
    }

    pub(crate) fn put_records(&mut self, records: Box<dyn RecordSet>) {
        self.records = records;
    }

    /// Takes the statement out, to be put back with [`statement_mut`](Self::statement_mut).
    pub(crate) fn take_statement(&mut self) -> Statement {
        std::mem::replace(&mut self.statement, Statement::Raw(Raw { text: "", args: Vec::new(), returns_rows: false }))
    }

    pub(crate) fn finish(self, result: Result<()>) -> Finished {
        let result = result.and_then(|()| self.check_kind());
        Finished { records: self.records, outcome: self.outcome, result }
    }

    /// A link may rewrite a statement, but not into one of another chain.
    pub(crate) fn check_kind(&self) -> Result<()> {
        if self.statement.kind() == self.kind {
            return Ok(());
        }
        Err(Error::CallbackMisuse { chain: self.kind.name(), what: format!("a statement of the chain `{}`", self.statement.kind().name()) })
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("kind", &self.kind)
            .field("model", &self.statement.model())
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}
