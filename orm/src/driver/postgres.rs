//! PostgreSQL.

mod array;
mod bind;
mod cells;
mod copy;
pub(super) mod errors;
#[cfg(feature = "rust_decimal")]
mod numeric;
mod pooled;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use foldhash::fast::RandomState;
use futures_util::StreamExt as _;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgDatabaseError};
use sqlx::{AssertSqlSafe, Connection as _, Either, Executor as _, Row as _};

use crate::dialect::{Engine, LONGEST_TEXT};
use crate::driver::errors::{lost, message_fits, of};
use crate::driver::lent::Lent;
use crate::driver::rules::About;
use crate::driver::said::source;
use crate::driver::sink::{Sink, guarded};
use crate::driver::{Deadline, Done, Load, TransactionState, Want};
use crate::error::{Error, Result};
use crate::statement::Statement;

/// Undoes all that may be set on a connection, but for prepared statements.
/// `DISCARD ALL` would forget those, and sqlx would go on to use them.
pub(super) const RENEW: &str = "RESET SESSION AUTHORIZATION; RESET ALL; CLOSE ALL; UNLISTEN *; \
    SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES; SET client_min_messages = error";

/// How many texts are remembered with the types they were prepared for. More
/// than sqlx's cache of statements holds, which forgets the oldest.
const REMEMBERED: usize = 1_000;

/// What tells a server from others that may answer under the same name: when it was started.
const SERVER: &str = "extract(epoch from pg_postmaster_start_time())::text";

/// One connection to PostgreSQL.
pub(super) struct Postgres {
    conn: PgConnection,
    /// The number of its process on the server, by which it can be cancelled.
    pid: Option<u32>,
    /// By what its server is known from others.
    server: String,
    /// The types of the arguments that each text was prepared for.
    prepared: HashMap<Arc<str>, u64, RandomState>,
    /// Where each transaction may get another connection of the server.
    pooled: Option<pooled::Pooled>,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").field("pid", &self.pid).finish_non_exhaustive()
    }
}

/// Why a statement did not run.
enum Failed {
    /// Before anything was sent, or while a row was read.
    Ours(Error),
    /// On its way or on the server; how many rows had come.
    Theirs(sqlx::Error, usize),
}

/// A text with its arguments.
type Bound = sqlx::query::Query<'static, sqlx::Postgres, PgArguments>;

impl Postgres {
    /// Opens a connection.
    pub(super) async fn connect(options: &PgConnectOptions, pooled: bool) -> Result<Self, sqlx::Error> {
        let mut conn = PgConnection::connect_with(options).await?;
        if pooled {
            // Nothing is set, which others would find, and no number is asked for, which is somebody else's soon.
            return Ok(Self {
                conn,
                pid: None,
                server: String::new(),
                prepared: HashMap::default(),
                pooled: Some(pooled::Pooled::default()),
            });
        }
        // sqlx would log what a trigger or function notes, which may be values.
        let asked = format!("set client_min_messages = error; select pg_backend_pid(), {SERVER}");
        let row = conn.fetch_one(sqlx::raw_sql(AssertSqlSafe(asked))).await?;
        let (pid, server) = (row.try_get::<i32, _>(0)?, row.try_get(1)?);
        Ok(Self { conn, pid: u32::try_from(pid).ok(), server, prepared: HashMap::default(), pooled: None })
    }

    /// Opens a connection on which only such texts are run that need no setting.
    pub(super) async fn bare(options: &PgConnectOptions) -> Result<Self, sqlx::Error> {
        Ok(Self {
            conn: PgConnection::connect_with(options).await?,
            pid: None,
            server: String::new(),
            prepared: HashMap::default(),
            pooled: None,
        })
    }

    /// The number of its process on the server.
    pub(super) fn pid(&self) -> Option<u32> {
        self.pid
    }

    /// How its statement, or all of it, is stopped from another connection. A balancer may
    /// lead that one to another server, where the number is somebody else's.
    pub(super) fn kill(&self, function: &str) -> Option<String> {
        Some(format!("SELECT {function}({}) WHERE {SERVER} = '{}'", self.pid?, self.server))
    }

    /// By what it is [ended](Self::end_others).
    pub(super) fn ending(&self) -> Option<String> {
        Some(format!("({}, '{}')", self.pid?, self.server))
    }

    /// Ends others of this server, with one statement.
    pub(super) async fn end_others(&mut self, those: &[&str], ended: &mut usize) -> Result<()> {
        // In a case: the server is compared before the number is used.
        let text = format!(
            "SELECT count(*) FROM (VALUES {}) AS others (pid, server) \
             WHERE CASE WHEN server = {SERVER} THEN pg_terminate_backend(pid) END",
            those.join(", ")
        );
        let row = self.conn.fetch_one(sqlx::raw_sql(AssertSqlSafe(text.clone()))).await;
        let count = row.and_then(|it| it.try_get::<i64, _>(0)).map_err(|error| of(error, About::text(&text)))?;
        *ended += usize::try_from(count).unwrap_or_default();
        Ok(())
    }

    /// Runs a statement and reads its reply to the end.
    pub(super) async fn run_until(&mut self, work: &mut Lent, deadline: Option<Deadline>) -> Result<Done> {
        match self.pooled {
            None => self.run(work).await,
            Some(_) => Box::pin(self.run_pooled(work, deadline)).await,
        }
    }

    async fn run(&mut self, work: &mut Lent) -> Result<Done> {
        if work.want == Want::Copied {
            // Boxed, as below.
            return Box::pin(copy::run(&mut self.conn, work)).await;
        }
        match self.attempt(work).await {
            Ok(done) => Ok(done),
            // Boxed, as all that is rare here: every statement would carry it along.
            Err(failed) => Box::pin(self.run_again(work, failed)).await,
        }
    }

    /// Runs a statement once more where its plan was out of date; reads the rest of the reply
    /// in any case.
    async fn run_again(&mut self, work: &mut Lent, failed: Failed) -> Result<Done> {
        let error = match failed {
            Failed::Ours(error) => return Err(error),
            Failed::Theirs(error, rows) => {
                self.finish(&error).await?;
                if rows > 0 || !errors::stale_plan(&error) {
                    return Err(of(error, About::of(work)));
                }
                error
            }
        };
        // The table was changed since the statement was prepared.
        self.prepared.clear();
        self.conn.clear_cached_statements().await.map_err(|it| lost("prepared statements were renewed", it))?;
        match self.attempt(work).await {
            Ok(done) => Ok(done),
            Err(Failed::Ours(error)) => Err(error),
            Err(Failed::Theirs(again, _)) => {
                self.finish(&again).await?;
                Err(match of(again, About::of(work)) {
                    // The transaction was open and is spoilt now, but run anew it will do.
                    Error::TransactionAborted { .. } => Error::SerializationFailure { source: source(error) },
                    other => other,
                })
            }
        }
    }

    async fn attempt(&mut self, work: &mut Lent) -> Result<Done, Failed> {
        let query = self.bound(work).map_err(Failed::Ours)?;
        if !wants_one(work) {
            // Boxed: reads of one row would carry it along.
            return Box::pin(Self::read_all(&mut self.conn, query, work)).await;
        }
        // Read to its end all the same, but not as a stream.
        let row = work.wait(self.conn.fetch_optional(query)).await.map_err(|it| Failed::Theirs(it, 0))?;
        let mut sink = Sink::new(work.want);
        if let Some(row) = &row {
            sink.row(&mut *work.records, &cells::PgCells::new(row, &cells::kinds(row)));
        }
        sink.finish().map(|rows| Done { rows, affected: 0 }).map_err(Failed::Ours)
    }

    /// The text of a statement with its arguments.
    fn bound(&mut self, work: &Load) -> Result<Bound> {
        let mut bind = bind::Bind::default();
        guarded(|| (work.bind)(&work.statement, &*work.records, &mut bind))?;
        message_fits(&work.statement, Engine::Postgres, bind.size(), Engine::Postgres.max_message())?;
        let (arguments, types) = bind.finish()?;
        let persistent = self.pooled.is_none() && work.text.len() <= LONGEST_TEXT;
        let text = if persistent { self.text_for(&work.text, types) } else { work.text.clone() };
        Ok(sqlx::query_with(AssertSqlSafe(text), arguments).persistent(persistent))
    }

    /// Reads a reply that may have any number of rows.
    async fn read_all(conn: &mut PgConnection, query: Bound, work: &mut Lent) -> Result<Done, Failed> {
        let mut sink = Sink::new(work.want);
        let mut affected = 0;
        let mut kinds = None;
        let mut replies = conn.fetch_many(query);
        while let Some(reply) = work.wait(replies.next()).await {
            match reply {
                Ok(Either::Left(done)) => affected += done.rows_affected(),
                Ok(Either::Right(row)) => {
                    let kinds = kinds.get_or_insert_with(|| cells::kinds(&row));
                    sink.row(&mut *work.records, &cells::PgCells::new(&row, kinds));
                    work.wait(sink.breathe()).await;
                }
                Err(error) => return Err(Failed::Theirs(error, sink.rows())),
            }
        }
        // PostgreSQL counts the rows of a `SELECT`, too; a write matched none.
        let affected = if work.statement.is_read() { 0 } else { affected };
        sink.finish().map(|rows| Done { rows, affected }).map_err(Failed::Ours)
    }

    /// The text to prepare. sqlx remembers prepared statements by their text
    /// alone, without the types of their arguments: with other types than the
    /// first time, the server would misread the bytes. So the text differs, too.
    fn text_for(&mut self, text: &Arc<str>, types: u64) -> Arc<str> {
        match self.prepared.get(text) {
            Some(first) if *first == types => text.clone(),
            Some(_) => format!("{text}\n/* {types:x} */").into(),
            None if self.prepared.len() < REMEMBERED => {
                self.prepared.insert(text.clone(), types);
                text.clone()
            }
            None => format!("{text}\n/* {types:x} */").into(),
        }
    }

    /// Runs SQL without arguments through the simple protocol.
    pub(super) async fn control(&mut self, sql: &str) -> Result<()> {
        let text = self.pooled.as_mut().map_or(Cow::Borrowed(sql), |it| it.control(sql));
        match self.simple(&text).await? {
            Ok(()) => {
                self.pooled.iter_mut().for_each(|it| it.ran(sql));
                Ok(())
            }
            Err(error) => Err(of(error, About::text(sql))),
        }
    }

    /// The outer result fails where the connection is lost.
    async fn simple(&mut self, sql: &str) -> Result<Result<(), sqlx::Error>> {
        let result = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.conn).await;
        if let Err(error) = &result {
            self.finish(error).await?;
        }
        Ok(result.map(drop))
    }

    /// Reads what follows an error, up to the point where the server listens
    /// again. Where it does not, the error was its last word.
    async fn finish(&mut self, error: &sqlx::Error) -> Result<()> {
        if error.as_database_error().is_none() {
            return Ok(());
        }
        self.conn.flush().await.map_err(|it| lost("a statement ran", it))
    }

    /// Asks for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<()> {
        self.conn.ping().await.map_err(|it| lost("it was checked", it))
    }

    /// Runs something that a cancel may hit that came too late.
    pub(super) async fn absorb_cancel(&mut self) -> Result<()> {
        self.control("SELECT 1").await
    }

    /// How the transaction stands.
    pub(super) async fn transaction_state(&mut self) -> Result<TransactionState> {
        // sqlx keeps to itself what the server says with every reply. This
        // changes nothing, and fails in another way in each state.
        let error = match self.simple("SAVEPOINT orm_probe; RELEASE SAVEPOINT orm_probe").await? {
            Ok(()) => return Ok(TransactionState::Open),
            Err(error) => error,
        };
        let code = error.as_database_error().and_then(|it| it.try_downcast_ref::<PgDatabaseError>());
        match code.map(PgDatabaseError::code) {
            Some("25P02") => Ok(TransactionState::Aborted),
            Some("25P01") => Ok(TransactionState::Ended),
            _ => Err(of(error, About::text("SAVEPOINT"))),
        }
    }
}

/// Whether it reads one row at most.
fn wants_one(work: &Lent) -> bool {
    matches!(&*work.statement, Statement::Select(it) if it.limit == Some(1))
}
