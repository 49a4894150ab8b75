//! From a statement to the database and back.

use std::sync::Arc;

use crate::callback::Context;
use crate::dialect::{self, Engine, Returning};
use crate::driver::{self, Done, Intent, Want, Work};
use crate::error::Result;
use crate::session::scope::bounded;
use crate::session::{Place, Session, refusals};
use crate::statement::{Insert, RecordSet, Statement};

/// What came of a statement, which comes back with its records also after an error.
pub(crate) struct Sent {
    pub(crate) statement: Statement,
    pub(crate) records: Box<dyn RecordSet>,
    pub(crate) done: Result<Done>,
}

impl Session {
    /// The kind of database; asks it where the URL does not say.
    pub(crate) async fn engine(&self) -> Result<Engine> {
        match self.core.pool.engine() {
            Some(engine) => Ok(engine),
            // `mysql://` leads to MariaDB as well; the first connection tells.
            None => Ok(Box::pin(self.core.pool.acquire(Intent::Write)).await?.engine()),
        }
    }

    /// Sends one statement; the rows that come back are put where `want` says,
    /// or where such a statement's rows go.
    pub(crate) async fn send(&self, statement: Statement, records: Box<dyn RecordSet>, want: Option<Want>) -> Sent {
        let engine = match self.engine().await {
            Ok(engine) => engine,
            Err(error) => return Sent { statement, records, done: Err(error) },
        };
        if let Err(error) = refusals::check(&statement, engine, self.in_transaction()) {
            return Sent { statement, records, done: Err(error) };
        }
        let rendered = match dialect::render(engine, &self.core.texts, &statement, &*records) {
            Ok(rendered) => rendered,
            Err(error) => return Sent { statement, records, done: Err(error) },
        };
        let model = statement.model();
        let intent = if statement.is_read() { Intent::Read } else { Intent::Write };
        let want = want.unwrap_or_else(|| rows_of(engine, &statement, rendered.returning));
        let work = Work { statement, records, text: rendered.text, want, bind: dialect::binder(engine) };
        let (work, done) = self.run_work(intent, work).await;
        let done = done.map_err(|error| match model {
            Some(model) => error.of_model(model.name),
            None => error,
        });
        Sent { statement: work.statement, records: work.records, done }
    }

    async fn run_work(&self, intent: Intent, work: Work) -> (Work, Result<Done>) {
        let deadline = self.statement_deadline();
        if let Some(Err(error)) = deadline.map(|it| it.check("what came before the statement")) {
            return (work, Err(error));
        }
        match &self.place {
            Place::Transaction(level) => level.run(work, deadline).await,
            Place::Pool => match bounded(deadline, "waiting for a connection", self.core.pool.acquire(intent)).await {
                Ok(lease) => {
                    let (lease, work, done) = driver::run(lease, work, deadline).await;
                    drop(lease);
                    (work, done)
                }
                Err(error) => (work, Err(error)),
            },
        }
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
        (Statement::Raw(it), _) if it.returns_rows => Want::NamedRows,
        (Statement::Insert(Insert { rows, model, .. }), Returning::Key) => {
            Want::Keys { first: rows.start, at: model.auto.unwrap_or_default() }
        }
        (Statement::Insert(Insert { rows, .. }), Returning::Columns) => Want::Refill { first: rows.start },
        (Statement::Insert(Insert { rows, model, auto: true, .. }), Returning::Nothing) if engine != Engine::Postgres => match model.auto {
            Some(at) => Want::LastKey { first: rows.start, at },
            None => Want::Nothing,
        },
        (Statement::Update(it), Returning::Columns) => Want::Refill { first: it.target.record.unwrap_or_default() },
        _ => Want::Nothing,
    }
}
