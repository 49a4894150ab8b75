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
    /// The columns whose cells may be large.
    large: Vec<usize>,
    last: Vec<Value>,
    weight: Weight,
    of_records: bool,
}

/// How much of a page was kept.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weight {
    pub(super) rows: usize,
    /// Of cells that may be large.
    pub(super) bytes: usize,
    /// Whether rows were left for the next page, because there were too many bytes.
    pub(super) cut: bool,
}

/// So many bytes of a page are kept, and one more row. What was sent beyond it is sent again
/// with the next page, which is smaller.
const FULL: usize = 8 * 1024 * 1024;

impl<S> Marked<S> {
    pub(super) fn new(set: S, page: &Page) -> Self {
        let (large, weight) = (page.large().to_vec(), Weight::default());
        Self { set, places: page.places(), large, last: Vec::new(), weight, of_records: page.reads_records() }
    }

    pub(super) fn into_parts(self) -> (S, Vec<Value>, Weight) {
        (self.set, self.last, self.weight)
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
        if self.weight.cut || self.weight.bytes >= FULL {
            self.weight.cut = true;
            return Ok(());
        }
        self.set.push(row)?;
        self.weight.rows += 1;
        self.weight.bytes += self.large.iter().map(|at| row.cells().bytes_in(*at)).sum::<usize>();
        self.last.clear();
        for (at, ty) in &self.places {
            self.last.push(ty.read(row.cells(), *at)?);
        }
        Ok(())
    }

    fn clear(&mut self) {
        self.set.clear();
        self.last.clear();
        self.weight = Weight::default();
    }
}
