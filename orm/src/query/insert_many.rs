//! Many new records that nobody asks back.

use std::fmt;
use std::future::IntoFuture;
use std::iter::Peekable;

use crate::callback::{BoxFuture, Request, Runner, Settings};
use crate::dialect::ROWS_PER_COPY;
use crate::error::Result;
use crate::query::parts::{Parts, parts};
use crate::query::{Pending, clauses, settings, take_records};
use crate::schema::{Model, TableName};
use crate::statement::{Insert, InsertMode, Records, Statement};
use crate::value::weight::weigh;

/// The records that are taken from the iterator at a time: so many, or so many bytes.
const RECORDS: usize = 10_000;
const BYTES: usize = 16 * 1024 * 1024;

/// Records that are about to be stored, all or none; awaited, it is how many
/// there were. See [`Session::insert_many`](crate::Session::insert_many).
///
/// # Errors
/// When awaited: as [`Create`](crate::Create).
#[must_use = "nothing is created until this is awaited"]
pub struct InsertMany<'s, M> {
    pending: Pending<'s>,
    records: Peekable<Box<dyn Iterator<Item = M> + Send + 's>>,
    auto: bool,
    mode: InsertMode,
    parts: Parts,
}

impl<'s, M: Model> InsertMany<'s, M> {
    #[track_caller]
    pub(crate) fn new(runner: &'s dyn Runner, records: Box<dyn Iterator<Item = M> + Send + 's>) -> Self {
        let records = records.peekable();
        Self { pending: Pending::new(runner), records, auto: true, mode: InsertMode::Counting, parts: Parts::default() }
    }

    settings!(pending);
    clauses!(pending);
    parts!(parts);

    /// Stores in another table that has the columns of the model; see
    /// [`TableName`].
    pub fn table(mut self, name: impl Into<TableName>) -> Self {
        self.pending.table = Some(name.into());
        self
    }

    /// Sends the keys also where they are zero, instead of letting the database number them.
    pub fn with_keys(mut self) -> Self {
        self.auto = false;
        self
    }

    /// Sends the records by PostgreSQL's `COPY`, which is the fastest way into
    /// it. The other databases have none that is faster than the way they are
    /// sent anyway, and go it; what is stored is the same everywhere.
    ///
    /// Checks, triggers and errors are those of an `INSERT`; rules of the table
    /// (`CREATE RULE`) do not apply, and row-level security refuses it. A model
    /// with hooks is not copied.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct Reading { #[orm(key, auto)] id: i64, celsius: f64 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let readings = (0..1_000_000).map(|n| Reading { id: 0, celsius: f64::from(n % 40) });
    /// let stored: u64 = db.insert_many(readings).copy().await?;
    /// # Ok(()) }
    /// ```
    pub fn copy(mut self) -> Self {
        self.mode = InsertMode::Copying;
        self
    }

    async fn run(mut self) -> Result<u64> {
        self.parts.check()?;
        self.parts.total = match self.records.size_hint() {
            (least, Some(most)) if least == most => Some(most),
            _ => None,
        };
        let runner = self.pending.runner;
        let mut taken = Vec::new();
        self.take(&mut taken);
        if self.records.peek().is_none() {
            return Ok(self.send(runner, taken).await?.1);
        }
        let tx = runner.begin(self.pending.at).await?;
        match tx.within(self.pending.at, Box::pin(self.send_all(tx.runner(), taken))).await {
            Ok(count) => tx.commit().await.map(|()| count),
            Err(error) => Err(tx.undo(error).await),
        }
    }

    async fn send_all(&mut self, runner: &dyn Runner, mut taken: Vec<M>) -> Result<u64> {
        let mut count = 0;
        while !taken.is_empty() {
            let sent;
            let len = taken.len();
            (taken, sent) = self.send(runner, taken).await?;
            self.parts.before += len;
            count += sent;
            taken.clear();
            self.take(&mut taken);
        }
        Ok(count)
    }

    /// Takes some of the records, so that never all of them are in memory.
    fn take(&mut self, to: &mut Vec<M>) {
        let mut bytes = 0;
        // Whoever wants larger statements gets them.
        let least = if self.mode == InsertMode::Copying { ROWS_PER_COPY } else { RECORDS };
        let most = self.parts.size.unwrap_or(0).max(least);
        while to.len() < most && bytes < BYTES {
            let Some(record) = self.records.next() else { return };
            bytes += weigh(|it| (0..M::META.fields.len()).try_for_each(|at| record.bind(at, it)));
            to.push(record);
        }
    }

    /// Sends some of the records through the chain, and returns their list, to be
    /// used again. By `&mut`: an iterator is `Send`, but seldom `Sync`.
    async fn send(&mut self, runner: &dyn Runner, taken: Vec<M>) -> Result<(Vec<M>, u64)> {
        let (rows, table) = (0..taken.len(), self.pending.table.clone());
        let (model, left_out) = (M::META, Vec::new());
        let statement = Statement::Insert(Insert {
            model,
            rows,
            auto: self.auto,
            left_out,
            mode: self.mode,
            table,
            clauses: self.pending.clauses.clone(),
        });
        let settings: Settings = self.pending.settings.clone().with(self.parts.clone());
        let Pending { at, unscoped, .. } = self.pending;
        let finished =
            runner.run(Request { statement: Box::new(statement), records: Box::new(Records(taken)), settings, at, unscoped }).await;
        finished.result?;
        Ok((take_records(finished.records), finished.outcome.affected))
    }
}

impl<'s, M: Model> IntoFuture for InsertMany<'s, M> {
    type Output = Result<u64>;
    type IntoFuture = BoxFuture<'s, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<M: Model> fmt::Debug for InsertMany<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InsertMany({})", M::META.name)
    }
}
