//! MariaDB and MySQL.

mod bind;
mod cells;
pub(super) mod errors;

use std::fmt;

use futures_util::StreamExt as _;
use sqlx::mysql::{MySqlArguments, MySqlConnectOptions, MySqlConnection, MySqlDatabaseError};
use sqlx::{AssertSqlSafe, Connection as _, Either, Executor as _, Row as _};

use crate::dialect::{Engine, LONGEST_TEXT};
use crate::driver::errors::{lost, message_fits, of};
use crate::driver::lent::Lent;
use crate::driver::rules::About;
use crate::driver::sink::{Sink, guarded};
use crate::driver::{Done, Load, TransactionState};
use crate::error::{Error, Result};

/// What stands around the values of a message.
const ENVELOPE: usize = 64;

/// What tells a server from others that may answer under the same name; only letters and digits.
const SERVER: &str = "hex(concat_ws(':', @@hostname, @@port, @@datadir))";

/// One connection to MariaDB or MySQL.
pub(super) struct MySql {
    conn: MySqlConnection,
    engine: Engine,
    connection_id: u64,
    /// By what its server is known from others.
    server: String,
    /// The largest message that the server takes, in bytes.
    max_packet: usize,
    /// The error that may have ended the transaction: MySQL, unlike MariaDB,
    /// cannot be asked whether one is open.
    failed: Option<u16>,
}

impl fmt::Debug for MySql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MySql").field("engine", &self.engine).field("connection_id", &self.connection_id).finish_non_exhaustive()
    }
}

impl MySql {
    /// Opens a connection and makes it mean what the other databases mean.
    pub(super) async fn connect(options: &MySqlConnectOptions) -> Result<Self, sqlx::Error> {
        let mut conn = MySqlConnection::connect_with(options).await?;
        let asked = format!("select version(), concat(connection_id(), ''), concat(@@max_allowed_packet, ''), {SERVER}");
        let row = conn.fetch_one(sqlx::raw_sql(AssertSqlSafe(asked))).await?;
        let version: String = row.try_get(0)?;
        let id: String = row.try_get(1)?;
        let max_packet: String = row.try_get(2)?;
        let server = row.try_get(3)?;
        let max_packet = max_packet.parse().map_err(|_| sqlx::Error::Protocol("no max_allowed_packet".to_owned()))?;
        let connection_id = id.parse().map_err(|_| sqlx::Error::Protocol("no connection id".to_owned()))?;
        let (engine, collation, more) = if version.contains("MariaDB") {
            // What is set is made of what was there before, not from left to right.
            (Engine::MariaDb, "utf8mb4_nopad_bin", ",SIMULTANEOUS_ASSIGNMENT")
        } else {
            (Engine::MySql, "utf8mb4_0900_bin", "")
        };
        // What does not fit is an error, never cut; a key of zero is a key, and
        // less than zero a number also beside unsigned ones; texts are compared
        // by code points, trailing spaces included (arguments by what `names` says,
        // not by `collation_connection`). A statement outside of a transaction is one by
        // itself, whatever the server's configuration says. The time zone is UTC already.
        let setup = format!(
            "set names utf8mb4 collate {collation}, sql_mode = concat(@@sql_mode, ',STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,\
             NO_AUTO_VALUE_ON_ZERO,NO_UNSIGNED_SUBTRACTION{more}'), autocommit = 1, completion_type = 'NO_CHAIN', sql_auto_is_null = 0"
        );
        sqlx::raw_sql(AssertSqlSafe(setup)).execute(&mut conn).await?;
        Ok(Self { conn, engine, connection_id, server, max_packet, failed: None })
    }

    /// Opens a connection on which only such texts are run that need no setting.
    pub(super) async fn bare(options: &MySqlConnectOptions) -> Result<Self, sqlx::Error> {
        let options = options.clone().pipes_as_concat(false).no_engine_substitution(false).timezone(None).set_names(false);
        let conn = MySqlConnection::connect_with(&options).await?;
        Ok(Self { conn, engine: Engine::MySql, connection_id: 0, server: String::new(), max_packet: 0, failed: None })
    }

    /// Which of the two it is.
    pub(super) fn engine(&self) -> Engine {
        self.engine
    }

    /// The largest message that the server takes, in bytes.
    pub(super) fn max_message(&self) -> usize {
        self.max_packet.saturating_sub(ENVELOPE)
    }

    /// What the server calls this connection.
    pub(super) fn connection_id(&self) -> u64 {
        self.connection_id
    }

    /// How its statement, or all of it, is stopped from another connection. A balancer may
    /// lead that one to another server, where the number is somebody else's.
    pub(super) fn kill(&self, what: &str) -> String {
        format!("KILL {what} IF({SERVER} = '{}', {}, 0)", self.server, self.connection_id)
    }

    /// Ends others of this server, with statements that are sent together.
    pub(super) async fn end_others(&mut self, those: &[&str], ended: &mut usize) -> Result<()> {
        let mut left = those;
        while !left.is_empty() {
            let (mut done, mut failed) = (0, None);
            let mut replies = self.conn.fetch_many(sqlx::raw_sql(AssertSqlSafe(left.join("; "))));
            while let Some(reply) = replies.next().await {
                match reply {
                    Ok(Either::Left(_)) => done += 1,
                    Ok(Either::Right(_)) => {}
                    Err(error) => failed = Some(error),
                }
            }
            drop(replies);
            *ended += done;
            match failed {
                // One that has ended by itself; the server read no further.
                Some(sqlx::Error::Database(_)) => left = left.get(done + 1..).unwrap_or_default(),
                Some(error) => return Err(lost("others were ended", error)),
                None => return Ok(()),
            }
        }
        Ok(())
    }

    /// The text of a statement with its arguments.
    fn bound(&self, work: &Load) -> Result<sqlx::query::Query<'static, sqlx::MySql, MySqlArguments>> {
        let mut bind = bind::Bind::default();
        guarded(|| (work.bind)(&work.statement, &*work.records, &mut bind))?;
        // The text is a message of its own.
        message_fits(&work.statement, self.engine, bind.size().max(work.text.len()) + ENVELOPE, self.max_packet)?;
        let arguments = bind.finish()?;
        Ok(sqlx::query_with(AssertSqlSafe(work.text.clone()), arguments).persistent(work.text.len() <= LONGEST_TEXT))
    }

    /// Runs a statement and reads its reply to the end.
    pub(super) async fn run(&mut self, work: &mut Lent) -> Result<Done> {
        let query = self.bound(work)?;
        let mut sink = Sink::new(work.want);
        let (mut affected, mut sets) = (0, 0);
        let mut kinds = None;
        let mut failed = None;
        let mut replies = self.conn.fetch_many(query);
        while let Some(reply) = work.wait(replies.next()).await {
            match reply {
                Ok(Either::Left(done)) => {
                    sets += 1;
                    affected += done.rows_affected();
                    sink.last_key(&mut *work.records, done.last_insert_id());
                }
                // Its columns may be others.
                Ok(Either::Right(_)) if sets > 0 => sink.refuse_second_set(),
                Ok(Either::Right(row)) => {
                    let kinds = kinds.get_or_insert_with(|| cells::kinds(&row));
                    sink.row(&mut *work.records, &cells::MySqlCells { row: &row, kinds });
                    work.wait(sink.breathe()).await;
                }
                Err(error) => {
                    // An error is the end of the reply.
                    failed = Some(error);
                    break;
                }
            }
        }
        drop(replies);
        if let Some(error) = failed {
            self.note(&error);
            work.undone = number(&error) == Some(errors::TOO_LARGE);
            let about = About::of(work);
            return Err(Box::pin(self.name_columns(of(error, about), about)).await);
        }
        let rows = sink.finish()?;
        if work.statement.is_read() {
            return Ok(Done { rows, affected: 0 });
        }
        // `INSERT … RETURNING` says how many rows by returning them.
        let affected = if affected == 0 { u64::try_from(rows).unwrap_or(u64::MAX) } else { affected };
        Ok(Done { rows, affected })
    }

    /// Runs SQL without arguments through the text protocol.
    pub(super) async fn control(&mut self, sql: &str) -> Result<()> {
        let result = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.conn).await;
        match result {
            Ok(_) => {
                self.failed = None;
                Ok(())
            }
            Err(error) => {
                self.note(&error);
                Err(of(error, About::text(sql)))
            }
        }
    }

    /// The server names only the index that was broken. Where it is none of the
    /// model's, the server is asked for its columns.
    async fn name_columns(&mut self, mut error: Error, about: About<'_>) -> Error {
        let Error::UniqueViolation { constraint: Some(index), columns, .. } = &mut error else { return error };
        let Some(table) = about.table().filter(|_| columns.is_empty()) else { return error };
        let sql = "select column_name from information_schema.statistics \
                   where table_schema = coalesce(?, database()) and table_name = ? and index_name = ? order by seq_in_index";
        let schema = about.model.and_then(|it| it.schema);
        let asked = sqlx::query(sql).bind(schema).bind(table).bind(&*index).persistent(false).fetch_all(&mut self.conn).await;
        // What it does not tell is not known; the error stays what it is.
        *columns = asked.into_iter().flatten().filter_map(|row| row.try_get(0).ok()).collect();
        error
    }

    /// Remembers what an error means for an open transaction.
    fn note(&mut self, error: &sqlx::Error) {
        if let Some(number) = number(error).filter(|it| errors::may_end_transaction(*it)) {
            self.failed = Some(number);
        }
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
        if self.engine == Engine::MariaDb {
            let open = self.variable("in_transaction").await?;
            return Ok(if open { TransactionState::Open } else { TransactionState::Ended });
        }
        let ended = match self.failed {
            None => false,
            // A lock that was waited for in vain ends only its statement, unless told otherwise.
            Some(errors::LOCK_WAIT) => self.variable("innodb_rollback_on_timeout").await?,
            Some(_) => true,
        };
        Ok(if ended { TransactionState::Ended } else { TransactionState::Open })
    }

    async fn variable(&mut self, name: &str) -> Result<bool> {
        let sql = format!("select concat(@@{name}, '')");
        let result = self.conn.fetch_one(sqlx::raw_sql(AssertSqlSafe(sql.clone()))).await;
        let value: String = result.and_then(|row| row.try_get(0)).map_err(|error| of(error, About::text(&sql)))?;
        Ok(value == "1")
    }
}

fn number(error: &sqlx::Error) -> Option<u16> {
    Some(error.as_database_error()?.try_downcast_ref::<MySqlDatabaseError>()?.number())
}
