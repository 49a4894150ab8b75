//! Sessions that only read.

use std::panic::Location;

use crate::dialect::Engine;
use crate::driver::{Ask, Intent, Lease};
use crate::error::{Error, Result};
use crate::session::{Place, Session, refusals};
use crate::statement::{Kind, Statement};

impl Session {
    /// Lets this session read and nothing else, and has the database see to it.
    ///
    /// Writes are refused before anything is sent, hooks included:
    /// [`Error::ReadOnly`]. So is SQL text that does not begin as a read does
    /// (`SELECT`, `WITH`, `VALUES`, `SHOW`, `EXPLAIN` …). What would write all
    /// the same, a function for example, is refused by the database: a
    /// transaction of such a session is begun as one that only reads.
    ///
    /// Outside of a transaction, each statement gets one of its own on
    /// PostgreSQL, MariaDB and MySQL, which is two more messages to the server:
    /// make several reads in one [`transaction`](Self::transaction). On SQLite it
    /// costs nothing, the statements run on the connections that only read.
    /// Servers cannot take the right to write from a transaction that is under
    /// way, so there a session of such a transaction that was made read-only is
    /// refused all of its statements ([`Error::Unsupported`]).
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let report = db.session().read_only();
    /// let (users, count) = report.transaction(async |tx| {
    ///     Ok((tx.find::<User>().limit(10).await?, tx.find::<User>().count().await?))
    /// }).await?;
    /// assert!(report.create(User { id: 0, name: "ann".into() }).await.is_err());
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.scope.read_only = true;
        self
    }

    /// Whether [`read_only`](Self::read_only) was said.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.scope.read_only
    }

    /// Refuses what writes, in a session that only reads.
    pub(in crate::session) fn check_writes(&self, statement: &Statement) -> Result<()> {
        if !self.scope.read_only {
            return Ok(());
        }
        let what = match (statement.kind(), statement.model()) {
            (Kind::Query | Kind::Row, _) => return Ok(()),
            (Kind::Raw, Some(model)) => format!("the change of a column of {}", model.name),
            (kind, Some(model)) => format!("the {} of {}", kind.name(), model.name),
            (_, None) => match statement {
                Statement::Raw(it) if refusals::begins_as_a_read(self.core.pool.engine(), &it.text) => return Ok(()),
                Statement::Raw(it) => {
                    format!("SQL text that begins with `{}`", refusals::first_word(self.core.pool.engine(), &it.text))
                }
                _ => "the change of a table".to_owned(),
            },
        };
        Err(Error::ReadOnly { what, source: None })
    }

    /// Whether the database must be told, by a transaction around the
    /// statement, that it may only read.
    pub(in crate::session) fn wants_to_be_guarded(&self, engine: Engine) -> Result<bool> {
        if !self.scope.read_only || self.scope.begun_read_only || engine == Engine::Sqlite {
            return Ok(false);
        }
        if self.in_transaction() {
            return Err(Error::Unsupported {
                database: engine.name(),
                what: "a session that only reads, in a transaction that may write; say `read_only()` before `transaction`".to_owned(),
            });
        }
        Ok(true)
    }

    /// What a connection is wanted for, by something that only reads or not.
    pub(in crate::session) fn intent(&self, reads: bool) -> Intent {
        if self.scope.read_only || reads { Intent::Read } else { Intent::Write }
    }

    /// Who wants a connection, by something that only reads or not.
    pub(in crate::session) fn ask(&self, reads: bool, at: &'static Location<'static>) -> Ask {
        Ask {
            lane: self.scope.lane,
            tags: self.scope.tags.0.clone(),
            until: self.statement_deadline(),
            // A circuit breaker is to hear of it at once, and others are answered by it.
            persists: self.core.chains.guard.is_none(),
            strict: self.scope.strict || self.core.strict,
            ..Ask::new(self.intent(reads), at)
        }
    }

    /// A connection from the pool, or the one that the session is pinned to, to
    /// begin a transaction on; one that is begun by hand is kept in a variable.
    pub(in crate::session) async fn lease_for_transaction(&self, at: &'static Location<'static>, kept: bool) -> Result<Lease> {
        let ask = Ask { kept, ..self.ask(false, at) };
        match &self.place {
            Place::Pinned(pin) => pin.for_transaction(&self.core.pool, ask).await,
            _ => self.core.pool.acquire(ask).await,
        }
    }
}
