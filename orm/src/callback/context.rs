//! One statement on its way through its chain.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::callback::{Finished, Link, Request, Runner, Settings};
use crate::error::{Error, Result};
use crate::expr::Predicate;
use crate::schema::{Model, ModelMeta};
use crate::statement::{Delete, Kind, NoRecords, Outcome, Raw, Record, RecordSet, Records, Rows, Statement, Update};
use crate::value::Value;

/// One statement on its way through its chain: what a callback sees and changes.
pub struct Context {
    /// Nothing while a driver has it.
    statement: Option<Box<Statement>>,
    records: Box<dyn RecordSet>,
    kind: Kind,
    model: Option<&'static ModelMeta>,
    outcome: Outcome,
    /// Whether the statement was sent, or answered by a link.
    answered: bool,
    settings: Settings,
    pub(crate) unscoped: bool,
    at: &'static Location<'static>,
    /// What the last record of a batch was sorted by, as it was read.
    last: Vec<Value>,
    pub(crate) runner: Arc<dyn Runner>,
    /// Whether the chain has links of the program behind `orm:transaction` that
    /// run in any case.
    pub(crate) transactional: bool,
    /// What the conditions of links said before the transaction, for as many
    /// links at the end of the chain.
    answers: Vec<bool>,
    /// Whether the rest of the chain, as it was run last, failed with an error of
    /// the program that no link has made: a link that returns it hands it on.
    pub(crate) hands_on: bool,
}

/// What stands in the place of a statement that a driver has.
static TAKEN: Statement = Statement::Raw(Raw::NOTHING);

impl Context {
    pub(crate) fn new(request: Request, runner: Arc<dyn Runner>, transactional: bool) -> Self {
        let Request { statement, records, settings, at, unscoped } = request;
        let (kind, model) = (statement.kind(), statement.model());
        let (outcome, last, answers) = (Outcome::default(), Vec::new(), Vec::new());
        let (answered, hands_on) = (false, false);
        let statement = Some(statement);
        Self { statement, records, kind, model, outcome, answered, settings, unscoped, at, last, runner, transactional, answers, hands_on }
    }

    /// The chain that runs.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The operation.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        self.statement.as_deref().unwrap_or(&TAKEN)
    }

    /// The line of the program that made the statement, for logs.
    ///
    /// A function of the program that makes statements for others says
    /// `#[track_caller]`, and it is the line that called it. An `async fn` cannot
    /// say so: let it take the statement, or return it.
    ///
    /// ```
    /// use orm::prelude::*;
    /// async fn log(cx: &mut Context) -> orm::Result<()> {
    ///     println!("{} at {}", cx.sql().await?, cx.made_at());
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn made_at(&self) -> &'static Location<'static> {
        self.at
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
        self.statement.get_or_insert_with(|| Box::new(TAKEN.clone()))
    }

    /// Adds a condition wherever the statement is about this model, also in
    /// its joins and the queries inside of it; says whether it is anywhere.
    ///
    /// It holds beside the conditions that are there, and beside the key where
    /// one record is changed or removed. New records and SQL text have none.
    ///
    /// ```
    /// use orm::prelude::*;
    /// # #[derive(Model)] struct Note { #[orm(key, auto)] id: i64, tenant: i64 }
    /// struct Tenant(i64);
    ///
    /// /// Shows each tenant its own notes.
    /// async fn own(cx: &mut Context) -> orm::Result<()> {
    ///     if let Some(tenant) = cx.setting::<Tenant>().map(|it| it.0) {
    ///         cx.add_condition(Note::TENANT.eq(tenant));
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn add_condition<M: Model>(&mut self, condition: Predicate<M>) -> bool {
        let condition = condition.into_expr();
        let mut found = false;
        let statement = self.statement_mut();
        statement.each_query_mut(&mut |query| found |= query.add_condition(M::META, &condition));
        if let Statement::Select(it) = statement {
            return it.add_condition(M::META, &condition) || found;
        }
        if statement.model() != Some(M::META) {
            return found;
        }
        let Some(filter) = statement.filter_mut() else { return found };
        filter.push(condition);
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

    /// Answers a write in the place of the statement: so many rows were matched.
    ///
    /// A link that does not run what comes after it, or that stands where
    /// `orm:create` and the like were, must say that it did their work, or
    /// return an error. Otherwise the operation fails with
    /// [`Error::CallbackMisuse`], so that nothing counts as done that is not.
    ///
    /// ```
    /// use orm::prelude::*;
    /// # #[derive(Model)] struct Note { #[orm(key, auto)] id: i64, gone: bool }
    /// /// Hides notes instead of removing them.
    /// async fn hide(cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
    ///     let Some(id) = cx.record(0).and_then(|it| it.get(Note::ID)).copied() else {
    ///         return next.run(cx).await;
    ///     };
    ///     let hidden = cx.session().update_all(Note::ID.eq(id)).set(Note::GONE, true).await?;
    ///     cx.answer(hidden);
    ///     Ok(())
    /// }
    /// ```
    pub fn answer(&mut self, affected: u64) {
        self.outcome.affected = affected;
        self.answered = true;
    }

    /// Answers a read in the place of the database, as [`answer`](Self::answer)
    /// does for a write: with records of the model, with rows of the type that
    /// SQL text is read as, or with one `i64` for a `count`, and for an
    /// `exists` that is true.
    ///
    /// ```
    /// use orm::prelude::*;
    /// # #[derive(Clone, Model)] struct Setting { #[orm(key)] name: String }
    /// struct Cache(Vec<Setting>);
    ///
    /// impl Callback for Cache {
    ///     async fn call(&self, cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
    ///         if self.0.is_empty() || cx.answer_with(self.0.clone()).is_err() {
    ///             return next.run(cx).await;
    ///         }
    ///         Ok(())
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::CallbackMisuse`] where the statement reads something else;
    /// nothing is answered then.
    pub fn answer_with<T: Send + Sync + 'static>(&mut self, rows: Vec<T>) -> Result<()> {
        let count = rows.len();
        let reads = matches!(self.kind, Kind::Query | Kind::Row | Kind::Raw);
        let set = self.records.answerable();
        if let (true, Some(records)) = (reads, set.downcast_mut::<Records<T>>()) {
            records.0 = rows;
        } else if let (true, Some(records)) = (reads, set.downcast_mut::<Rows<T>>()) {
            records.0 = rows;
        } else {
            return Err(self.misuse(format!("an answer of another type: {}", std::any::type_name::<T>())));
        }
        self.outcome.rows = count;
        self.answered = true;
        Ok(())
    }

    /// Whether the statement was sent, or answered by a link.
    #[cfg(feature = "breaker")]
    pub(crate) fn is_answered(&self) -> bool {
        self.answered
    }

    /// Says that a fallback answered.
    #[cfg(feature = "breaker")]
    pub(crate) fn fell_back(&mut self) {
        self.outcome.fallback = true;
    }

    /// Whether a link runs that has so many behind it: as its condition said
    /// before the transaction, or says now.
    pub(crate) fn applies(&self, link: &Link, behind: usize) -> bool {
        let asked = self.answers.len().checked_sub(behind + 1).map(|at| self.answers[at]);
        asked.unwrap_or_else(|| link.applies(self))
    }

    /// Keeps what the conditions of the last links of the chain say.
    pub(crate) fn keep_answers(&mut self, answers: Vec<bool>) {
        self.answers = answers;
    }

    /// Keeps what the last record was sorted by, before callbacks change it.
    pub(crate) fn keep_last(&mut self, columns: &[usize]) {
        self.last = self.records.place(columns);
    }

    pub(crate) fn record_set(&self) -> &dyn RecordSet {
        &*self.records
    }

    /// Says that the statement was sent, with what came of it.
    pub(crate) fn sent(&mut self, outcome: Outcome) {
        self.outcome = outcome;
        self.answered = true;
    }

    /// Forgets the rows that were read.
    pub(crate) fn clear_records(&mut self) {
        self.records.clear();
    }

    /// Takes the statement's parts out while a driver has them.
    pub(crate) fn take_records(&mut self) -> Box<dyn RecordSet> {
        std::mem::replace(&mut self.records, Box::new(NoRecords))
    }

    pub(crate) fn put_records(&mut self, records: Box<dyn RecordSet>) {
        self.records = records;
    }

    /// Takes the statement out, to be put back with [`put_statement`](Self::put_statement).
    pub(crate) fn take_statement(&mut self) -> Box<Statement> {
        self.statement.take().unwrap_or_else(|| Box::new(TAKEN.clone()))
    }

    pub(crate) fn put_statement(&mut self, statement: Box<Statement>) {
        self.statement = Some(statement);
    }

    pub(crate) fn finish(self, result: Result<()>) -> Finished {
        let result = result.and_then(|()| self.check_end());
        Finished { records: self.records, outcome: self.outcome, last: self.last, result }
    }

    /// A link may rewrite a statement, but not into one of another chain, nor
    /// for other records than there are.
    pub(crate) fn check_statement(&self) -> Result<()> {
        let statement = self.statement();
        if statement.kind() != self.kind {
            return Err(self.misuse(format!("a statement of the chain `{}`", statement.kind().name())));
        }
        let (wanted, model) = match statement {
            Statement::Select(it) => return self.check_model(it.model),
            Statement::Raw(_) | Statement::Ddl(_) => return Ok(()),
            Statement::Insert(it) => (it.rows.end, it.model),
            Statement::Update(Update { target, model, .. }) | Statement::Delete(Delete { target, model, .. }) => {
                (target.record.map_or(0, |it| it + 1), *model)
            }
        };
        if wanted > self.len() {
            return Err(self.misuse(format!("a statement for {wanted} records where there are {}", self.len())));
        }
        self.check_model(model)
    }

    /// The columns of another model are not those that are read and written here.
    fn check_model(&self, model: &'static ModelMeta) -> Result<()> {
        match self.model {
            Some(ours) if ours != model => Err(self.misuse(format!("a statement for {} instead of {}", model.name, ours.name))),
            _ => Ok(()),
        }
    }

    /// What must hold when a chain ends well.
    pub(crate) fn check_end(&self) -> Result<()> {
        self.check_statement()?;
        if self.answered {
            return Ok(());
        }
        Err(self.misuse(
            "the statement unsent: one did not run what comes after it, or the one that sends is gone; \
             a callback that does this work itself calls `Context::answer`"
                .to_owned(),
        ))
    }

    pub(crate) fn too_deep(&self) -> Error {
        self.misuse(
            "statements inside one another without end: \
             one that makes a statement of its own chain must pass over that one, for example by its model"
                .to_owned(),
        )
    }

    pub(crate) fn misuse(&self, what: String) -> Error {
        Error::CallbackMisuse { chain: self.kind.name(), what }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("kind", &self.kind)
            .field("model", &self.statement().model())
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}
