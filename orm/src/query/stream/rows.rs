//! Rows of a stream that are no records.

use crate::error::Result;
use crate::query::stream::page::Page;
use crate::statement::{Record, RecordSet};
use crate::value::{Cells, FromRow, RowRef, SqlType, Value};

/// Rows, and what the last one is sorted by, which stands behind its columns.
pub(super) struct Marked<R> {
    rows: Vec<R>,
    /// Where those columns begin, and their types.
    from: usize,
    types: Vec<SqlType>,
    last: Vec<Value>,
}

impl<R> Marked<R> {
    pub(super) fn new(page: &Page) -> Self {
        Self { rows: Vec::new(), from: page.selected(), types: page.types().collect(), last: Vec::new() }
    }

    pub(super) fn into_parts(self) -> (Vec<R>, Vec<Value>) {
        (self.rows, self.last)
    }
}

impl<R: FromRow> RecordSet for Marked<R> {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn record(&self, _: usize) -> Option<&dyn Record> {
        None
    }

    fn record_mut(&mut self, _: usize) -> Option<&mut dyn Record> {
        None
    }

    fn records_mut(&mut self) -> Box<dyn Iterator<Item = &mut dyn Record> + Send + '_> {
        Box::new(std::iter::empty())
    }

    fn positions(&self, cells: &dyn Cells) -> Result<Vec<usize>> {
        R::positions(cells)
    }

    fn push(&mut self, row: &RowRef<'_>) -> Result<()> {
        self.rows.push(R::from_row(row)?);
        let places = (self.from..).zip(&self.types);
        self.last.clear();
        for (at, ty) in places {
            self.last.push(ty.read(row.cells(), at)?);
        }
        Ok(())
    }

    fn clear(&mut self) {
        self.rows.clear();
        self.last.clear();
    }
}
