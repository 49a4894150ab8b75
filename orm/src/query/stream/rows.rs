//! Rows of a stream, which know their place in it.

use std::any::Any;

use crate::error::Result;
use crate::query::stream::page::Page;
use crate::statement::{Record, RecordSet};
use crate::value::{Cells, RowRef, SqlType, Value};

/// Records or rows, and what the last one is sorted by, as the database has it:
/// a field may be rounded, or be changed by callbacks.
pub(super) struct Marked<S> {
    set: S,
    places: Vec<(usize, SqlType)>,
    last: Vec<Value>,
    of_records: bool,
}

impl<S> Marked<S> {
    pub(super) fn new(set: S, page: &Page) -> Self {
        Self { set, places: page.places(), last: Vec::new(), of_records: page.reads_records() }
    }

    pub(super) fn into_parts(self) -> (S, Vec<Value>) {
        (self.set, self.last)
    }
}

impl<S: RecordSet> RecordSet for Marked<S> {
    fn len(&self) -> usize {
        self.set.len()
    }

    fn record(&self, at: usize) -> Option<&dyn Record> {
        self.set.record(at)
    }

    fn record_mut(&mut self, at: usize) -> Option<&mut dyn Record> {
        self.set.record_mut(at)
    }

    fn records_mut(&mut self) -> Box<dyn Iterator<Item = &mut dyn Record> + Send + '_> {
        self.set.records_mut()
    }

    fn place(&self, _: &[usize]) -> Vec<Value> {
        self.last.clone()
    }

    fn answerable(&mut self) -> &mut dyn Any {
        // Other rows do not have in them what they are sorted by.
        if self.of_records { self.set.answerable() } else { self }
    }

    fn positions(&self, cells: &dyn Cells) -> Result<Vec<usize>> {
        self.set.positions(cells)
    }

    fn push(&mut self, row: &RowRef<'_>) -> Result<()> {
        self.set.push(row)?;
        self.last.clear();
        for (at, ty) in &self.places {
            self.last.push(ty.read(row.cells(), *at)?);
        }
        Ok(())
    }

    fn clear(&mut self) {
        self.set.clear();
        self.last.clear();
    }
}
