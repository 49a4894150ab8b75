//! From a statement to the database and back.

use std::sync::Arc;

use crate::callback::Context;
use crate::dialect::{self, Engine, Leaves, Returning, SqliteMode};
use crate::driver::{self, Ask, Done, Intent, Load, Want, Work, pooled};
use crate::error::{Error, Result};
use crate::session::{Place, Session, refusals};
use crate::statement::{Delete, Insert, Raw, Reads, RecordSet, Statement, Update};

/// What came of a statement, which comes back with its records also after an error.
pub(crate) struct Sent {
    pub(crate) statement: Box<Statement>,
    pub(crate) records: Box<dyn RecordSet>,
    pub(crate) done: Result<Done>,
}

/// What its connection would be left with, for somebody else.
const LEFT: &str = "SQL text that changes its connection, or may, because it begins in a way that is not known or as `SET`, `LISTEN`, `DO`, `CALL`, temporary tables, \
    session locks and named statements do; in a transaction there are `SET LOCAL`, `set_config(…, …, true)` and `pg_advisory_xact_lock`";

impl Session {
    /// The kind of database; asks it where the URL does not say.
    pub(crate) async fn engine(&self) -> Result<Engine> {
        match self.core.pool.engine() {
            Some(engine) => Ok(engine),
            None if self.is_dry_run() => Ok(Engine::MySql),
            // `mysql://` leads to MariaDB as well; the first connection tells.
            None => {
                let ask = Ask { intent: Intent::Write, lane: None, ..self.ask(false, self.at) };
                Ok(Box::pin(self.core.pool.acquire(ask)).await?.engine())
            }
        }
    }

    /// The most bytes in one message to the server; known once the engine is.
    pub(crate) fn max_message(&self) -> usize {
        self.core.pool.max_message()
    }

    /// Sends one statement; the rows that come back are put where `want` says,
    /// or where such a statement's rows go.
    pub(crate) async fn send(&self, statement: Box<Statement>, records: Box<dyn RecordSet>, want: Option<Want>) -> Sent {
        // What is rare here is boxed: every statement would carry it along.
        let engine = match self.core.pool.engine() {
            Some(it) => it,
            None => match Box::pin(self.engine()).await {
                Ok(it) => it,
                Err(error) => return Sent { statement, records, done: Err(error) },
            },
        };
        if let Err(error) =
            refusals::check(&statement, engine, self.in_transaction() || self.scope.planned.is_some(), self.keeps_locks(engine))
        {
            return Sent { statement, records, done: Err(error) };
        }
        let rendered = match dialect::render(engine, &self.core.texts, &statement, &*records) {
            Ok(rendered) => rendered,
            Err(error) => return Sent { statement, records, done: Err(error) },
        };
        let is_pooled = self.core.pool.is_pooled();
        if rendered.leaves > Leaves::Perhaps && is_pooled {
            return Sent { statement, records, done: Err(pooled(LEFT)) };
        }
        let want = want.unwrap_or_else(|| rows_of(engine, &statement, rendered.returning));
        let read_only = self.is_read_only();
        // Behind a pooler there is no connection to clean.
        let (text, leaves) = (rendered.text, if is_pooled { Leaves::Nothing } else { rendered.leaves });
        let bind = dialect::binder(engine);
        let mut work = Work::new(Load { statement, records, text, want, read_only, leaves, undone: false, bind });
        let (work, done) = match self.pretend(engine, &mut work) {
            Some(done) => (work, done),
            None => self.run_work(engine, work).await,
        };
        let Load { statement, records, .. } = work.into_load();
        Sent { statement, records, done }
    }

    /// Whether what is locked here stays so: in a transaction, and on SQLite in one that writes.
    fn keeps_locks(&self, engine: Engine) -> bool {
        let begun = match &self.place {
            Place::Transaction(level) => Some(level.begun_with()),
            _ => self.scope.planned,
        };
        begun.is_some_and(|it| engine != Engine::Sqlite || it.sqlite != Some(SqliteMode::Deferred))
    }

    async fn run_work(&self, engine: Engine, work: Work) -> (Work, Result<Done>) {
        let deadline = self.statement_deadline();
        if let Some(Err(error)) = deadline.map(|it| it.check("what came before the statement")) {
            return (work, Err(error));
        }
        match self.wants_to_be_guarded(engine) {
            Ok(false) => {}
            Ok(true) => return Box::pin(self.run_guarded(work)).await,
            Err(error) => return (work, Err(error)),
        }
        let lease = match &self.place {
            Place::Transaction(level) => {
                let (work, done) = Box::pin(level.run(work, deadline)).await;
                // What is lost with its transaction is undone with it.
                let alone = refusals::may_commit(&work, engine).is_some();
                let done = if alone { perhaps(&work, done) } else { done };
                return (work, done);
            }
            Place::Pool => match self.core.pool.acquire_now(self.ask(work.statement.is_read(), self.at)) {
                Ok(lease) => Ok(lease),
                Err(ask) => Box::pin(self.core.pool.acquire(ask)).await,
            },
            Place::Pinned(pin) => match pin.acquire_now() {
                Some(lease) => Ok(lease),
                None => Box::pin(pin.acquire(&self.core.pool, self.ask(false, self.at))).await,
            },
        };
        match lease {
            Ok(lease) => {
                let (lease, work, done) = driver::run(lease, work, deadline).await;
                let unknown = match &done {
                    // Text that begins like a read may call what writes.
                    Err(_) if lease.is_none() && !matches!(*work.statement, Statement::Select(_)) => Some(UNHEARD),
                    Err(Error::Timeout { .. }) if may_be_done_in_part(&work, engine) => Some(HALFWAY),
                    _ => None,
                };
                drop(lease);
                let done = unknown.map_or(done, |it| Err(Error::OutcomeUnknown { source: it.into() }));
                let done = perhaps(&work, done);
                (work, done)
            }
            Err(error) => (work, Err(error)),
        }
    }

    /// Runs a statement in a transaction of its own, in which nothing can be written.
    async fn run_guarded(&self, work: Work) -> (Work, Result<Done>) {
        let tx = match self.enter(self.at).await {
            Ok(tx) => tx,
            Err(error) => return (work, Err(error)),
        };
        let Place::Transaction(level) = &tx.place else { return (work, Err(Error::TransactionClosed)) };
        let (work, done) = level.run(work, self.statement_deadline()).await;
        // Nothing was written, so either end is as good; what was read is read.
        tx.rollback().await;
        (work, done)
    }
}

/// Why nobody knows what a write did.
const UNHEARD: &str = "the time of the session was over, and the database did not say in time that it had stopped the statement";

const HALFWAY: &str = "the time of the session was over, and the text that was stopped may have committed before, as procedures do";

/// Whether a statement may have committed something before it was stopped: of text whose
/// effects are not known, on servers; SQLite has no procedures.
fn may_be_done_in_part(work: &Work, engine: Engine) -> bool {
    work.leaves > Leaves::Perhaps && engine != Engine::Sqlite
}

/// Of a write outside of a transaction, whose connection was lost, nobody knows whether it was done.
fn perhaps(work: &Work, done: Result<Done>) -> Result<Done> {
    match done {
        // SQL text that reads may call a function that writes.
        Err(Error::ConnectionLost { source, .. })
            if !work.undone && !work.read_only && !matches!(*work.statement, Statement::Select(_)) =>
        {
            Err(Error::OutcomeUnknown { source })
        }
        done => done,
    }
}

impl Context {
    /// The SQL text of the statement as it is now: what `orm:query` and its
    /// like would send, without the values. An insert of many records may be
    /// sent in several parts; this is the text for all of them at once.
    ///
    /// ```
    /// use orm::prelude::*;
    ///
    /// async fn show(cx: &mut Context) -> orm::Result<()> {
    ///     println!("{}", cx.sql().await?);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// What cannot be said to this database, as when the statement is sent.
    pub async fn sql(&self) -> Result<Arc<str>> {
        let session = self.session();
        let engine = session.engine().await?;
        Ok(dialect::render(engine, &session.core.texts, self.statement(), self.record_set())?.text)
    }
}

/// Where the rows of a statement go.
fn rows_of(engine: Engine, statement: &Statement, returning: Returning) -> Want {
    match (statement, returning) {
        (Statement::Select(_), _) => Want::Rows,
        (Statement::Raw(Raw { reads: Reads::All, .. }), _) => Want::NamedRows,
        (Statement::Raw(Raw { reads: Reads::First, .. }), _) => Want::FirstNamedRow,
        (Statement::Insert(Insert { rows, model, .. }), Returning::Key) => {
            Want::Keys { first: rows.start, at: model.auto.unwrap_or_default() }
        }
        (Statement::Insert(Insert { rows, .. }), Returning::Columns) => Want::Refill { first: rows.start },
        (Statement::Insert(_), Returning::Copied) => Want::Copied,
        (Statement::Insert(it), Returning::Nothing) if !it.returns() => Want::Nothing,
        (Statement::Insert(Insert { rows, model, auto: true, .. }), Returning::Nothing) if engine != Engine::Postgres => match model.auto {
            Some(at) => Want::LastKey { first: rows.start, at },
            None => Want::Nothing,
        },
        (Statement::Update(Update { returning: Some(_), .. }) | Statement::Delete(Delete { returning: Some(_), .. }), _) => Want::Rows,
        (Statement::Update(it), Returning::Columns) => Want::Refill { first: it.target.record.unwrap_or_default() },
        _ => Want::Nothing,
    }
}
