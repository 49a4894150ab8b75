//! Reads of more records than fit into memory.

mod page;
mod rows;

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt, TryStreamExt};

use self::page::Page;
use self::rows::{Marked, Weight};
use crate::callback::{Finished, Request};
use crate::error::{Error, Result};
use crate::query::Pending;
use crate::schema::Model;
use crate::statement::{RecordSet, Records, Rows, Select};
use crate::value::{FromRow, Value};

/// Records, or rows, that are read in batches, in a fixed order.
///
/// It is a [`futures` stream](futures_util::Stream), and can be read without
/// that crate by [`next`](Self::next). It is borrowed from its session.
///
/// A batch is a page: a statement of its own, through the chain `row`, that
/// begins behind the last row of the page before, and has up to 2,000 rows. Where rows
/// may be large, it has as many as are about 4 MiB, judged by the page before, and
/// never more than 8 MiB and a row are in memory. So between two batches the
/// stream holds no connection, however long it is left alone, and other
/// statements never wait for it; dropped while it reads one, it stops that
/// statement as every dropped statement is stopped. Each batch sees what is
/// stored when it is read: a record whose place in the order changes meanwhile
/// may come twice, or not at all. In a transaction that reads repeatably, all
/// batches see the same.
///
/// The order is that of columns, and ends with the model's key; an index over
/// both keeps pages as fast at the end as at the beginning.
///
/// # Errors
/// An item is an error where a batch could not be read; the stream ends then.
/// The first one is [`Error::Invalid`] if the order is not one of columns.
#[must_use = "a stream does nothing until it is read"]
pub struct RecordStream<'s, T> {
    model: &'static str,
    records: BoxStream<'s, Result<T>>,
}

/// How the rows of a page are taken.
struct Take<T> {
    /// What they are read into.
    into: fn(&Page) -> Box<dyn RecordSet>,
    /// What came.
    from: fn(&Page, Finished) -> Taken<T>,
}

/// The rows of a page, what the last one is sorted by, and how much it was.
type Taken<T> = (Vec<T>, Vec<Value>, Weight);

/// Gives the set of a page its type back.
fn unmarked<S: 'static>(set: Box<dyn RecordSet>) -> (S, Vec<Value>, Weight) {
    let any: Box<dyn Any> = set;
    any.downcast::<Marked<S>>().expect("callbacks cannot replace the set").into_parts()
}

impl<'s, M: Model> RecordStream<'s, M> {
    pub(super) fn of_records(pending: Pending<'s>, select: Select) -> Self {
        let take = Take {
            into: |page| Box::new(Marked::new(Records::<M>(Vec::new()), page)),
            from: |page, finished| {
                let (Records(records), _, weight) = unmarked::<Records<M>>(finished.records);
                let mut last = finished.last;
                // A callback answered in the place of `orm:row`.
                if let (true, Some(record)) = (last.is_empty(), records.last()) {
                    last = page.columns().map(|at| record.value(at)).collect();
                }
                (records, last, weight)
            },
        };
        Self::new(pending, select, Page::of_records, take)
    }
}

impl<'s, R: FromRow> RecordStream<'s, R> {
    pub(super) fn of_rows(pending: Pending<'s>, select: Select) -> Self {
        let take = Take {
            into: |page| Box::new(Marked::new(Rows::<R>(Vec::new()), page)),
            from: |_, finished| {
                let (Rows(rows), last, weight) = unmarked::<Rows<R>>(finished.records);
                (rows, last, weight)
            },
        };
        Self::new(pending, select, Page::of_rows, take)
    }
}

impl<'s, T: Send + Sync + 'static> RecordStream<'s, T> {
    fn new(pending: Pending<'s>, select: Select, first: fn(Select) -> Result<Page>, Take { into, from }: Take<T>) -> Self {
        let model = select.model.name;
        let Pending { runner, settings, at, unscoped, .. } = pending;
        let pages = stream::try_unfold(Some(first(select)), move |next: Option<Result<Page>>| {
            let settings = settings.clone();
            async move {
                let Some(page) = next else { return Ok::<_, Error>(None) };
                let page = page?;
                let request = Request { statement: Box::new(page.statement()), records: into(&page), settings, at, unscoped };
                let mut finished = runner.run(request).await;
                std::mem::replace(&mut finished.result, Ok(()))?;
                let read = finished.outcome.rows;
                let (rows, last, weight) = from(&page, finished);
                Ok(Some((stream::iter(rows.into_iter().map(Ok)), page.behind(&last, read, weight).map(Ok))))
            }
        });
        Self { model, records: pages.try_flatten().boxed() }
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
    ///
    /// # Errors
    /// An item is an error where a batch could not be read, with those of
    /// [`Find`](crate::Find), or [`Error::Invalid`] where the order is not one of
    /// columns; then the stream ends.
    pub async fn next(&mut self) -> Option<Result<T>> {
        self.records.next().await
    }
}

impl<T> Stream for RecordStream<'_, T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        self.records.poll_next_unpin(cx)
    }
}

impl<T> fmt::Debug for RecordStream<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordStream({})", self.model)
    }
}
