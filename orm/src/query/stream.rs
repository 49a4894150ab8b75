//! Reads of more records than fit into memory.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt, TryStreamExt};

use crate::callback::{Request, Runner, Settings};
use crate::error::{Error, Result};
use crate::expr::{Binary, ColumnRef, Expr};
use crate::query::take_records;
use crate::schema::Model;
use crate::statement::{Records, Select, Statement};
use crate::value::{FromRow, Value};

/// How many records are in memory at once.
const BATCH: u64 = 500;

/// Records that are read in batches, in the order of their key.
///
/// It is a [`futures` stream](futures_util::Stream), and can be read without
/// that crate by [`next`](Self::next). Between two batches it holds no
/// connection, so other statements never wait for it; each batch is a statement
/// of its own through the chain `row`, and sees what is stored when it is read.
/// In a transaction that reads repeatably, all batches see the same.
///
/// # Errors
/// An item is an error where a batch could not be read; the stream ends then.
#[must_use = "a stream does nothing until it is read"]
pub struct RecordStream<'s, M> {
    records: BoxStream<'s, Result<M>>,
}

impl<'s, M: Model + FromRow> RecordStream<'s, M> {
    pub(crate) fn new(runner: &'s dyn Runner, select: Select, settings: Settings) -> Self {
        let records = stream::try_unfold(Some(Page::first(select)), move |next: Option<Result<Page>>| {
            let settings = settings.clone();
            async move {
                let Some(page) = next else { return Ok::<_, Error>(None) };
                let (records, rest) = batch::<M>(runner, page?, settings).await?;
                Ok(Some((stream::iter(records.into_iter().map(Ok)), rest.map(Ok))))
            }
        });
        Self { records: records.try_flatten().boxed() }
    }

    /// The next record; `None` at the end.
    ///
    /// ```
    /// # use orm::prelude::*;
    /// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String, age: u8 }
    /// # async fn f(db: &Session) -> orm::Result<()> {
    /// let mut adults = db.find().where_(User::AGE.ge(18)).stream();
    /// while let Some(user) = adults.next().await {
    ///     println!("{}", user?.name);
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn next(&mut self) -> Option<Result<M>> {
        self.records.next().await
    }
}

/// What is still to be read.
struct Page {
    select: Select,
    /// The condition for what comes behind the last batch.
    place: Option<Expr>,
}

impl Page {
    /// The first one: pages are cut in the order of the key.
    fn first(mut select: Select) -> Result<Self> {
        let model = select.model;
        let key = model.require_key("stream")?;
        if !select.order.is_empty() {
            return Err(Error::Invalid(format!(
                "a stream of {} is in the order of its key: leave out `order`, or read a list",
                model.name
            )));
        }
        select.order = key.iter().map(|&at| (Expr::Column(ColumnRef { model, at }), Some(false))).collect();
        select.streamed = true;
        Ok(Self { select, place: None })
    }

    fn size(&self) -> u64 {
        self.select.limit.unwrap_or(u64::MAX).min(BATCH)
    }

    fn statement(&self) -> Statement {
        let mut page = Select { limit: Some(self.size()), ..self.select.clone() };
        page.filter.extend(self.place.clone());
        Statement::Select(page)
    }

    /// The next one, if this one was full and more is wanted.
    fn behind<M: Model>(mut self, last: &M, read: usize) -> Option<Self> {
        let size = self.size();
        self.select.limit = self.select.limit.map(|it| it - size);
        if u64::try_from(read) != Ok(size) || self.select.limit == Some(0) {
            return None;
        }
        let key: Vec<(ColumnRef, Value)> = M::META.key.iter().map(|&at| (ColumnRef { model: M::META, at }, last.value(at))).collect();
        self.select.offset = None;
        self.place = Some(behind(&key));
        Some(self)
    }
}

/// One batch, and what comes behind it.
async fn batch<M: Model + FromRow>(runner: &dyn Runner, page: Page, settings: Settings) -> Result<(Vec<M>, Option<Page>)> {
    let records = Box::new(Records::<M>(Vec::new()));
    let finished = runner.run(Request { statement: page.statement(), records, settings }).await;
    finished.result?;
    let read = finished.outcome.rows;
    let records = take_records::<M>(finished.records);
    let rest = records.last().and_then(|last| page.behind(last, read));
    Ok((records, rest))
}

/// The condition for keys behind this one: `a > x OR (a = x AND b > y)`.
fn behind(key: &[(ColumnRef, Value)]) -> Expr {
    let compare = |(column, value): &(ColumnRef, Value), operator| {
        Expr::Binary(Box::new(Expr::Column(*column)), operator, Box::new(Expr::Value(value.clone(), Some(*column))))
    };
    let mut any = (0..key.len()).map(|at| {
        let mut all: Vec<Expr> = key[..at].iter().map(|it| compare(it, Binary::Eq)).collect();
        all.push(compare(&key[at], Binary::Gt));
        if all.len() == 1 { all.remove(0) } else { Expr::And(all) }
    });
    if key.len() == 1 { any.next().unwrap_or(Expr::And(Vec::new())) } else { Expr::Or(any.collect()) }
}

impl<M> Stream for RecordStream<'_, M> {
    type Item = Result<M>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<M>>> {
        self.records.poll_next_unpin(cx)
    }
}

impl<M: Model> fmt::Debug for RecordStream<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordStream({})", M::META.name)
    }
}
