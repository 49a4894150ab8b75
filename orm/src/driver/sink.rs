//! Where the rows of a result go.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::driver::Want;
use crate::error::{Error, Result};
use crate::statement::RecordSet;
use crate::value::{Cells, RowRef, Value};

/// How many rows are read before others may run.
#[cfg_attr(not(any(feature = "postgres", feature = "mysql")), allow(dead_code))]
const ROWS_IN_A_ROW: usize = 256;

/// Runs the code of fields, which programs write: a panic in it becomes an
/// error, so that the records come back and the connection stays usable.
#[cfg_attr(not(any(feature = "postgres", feature = "mysql")), allow(dead_code))]
pub(super) fn guarded<T>(code: impl FnOnce() -> Result<T>) -> Result<T> {
    let ran = catch_unwind(AssertUnwindSafe(code));
    ran.unwrap_or_else(|_| Err(Error::other("code of a field panicked while it bound or read a value")))
}

/// Takes the rows of one result, one by one.
///
/// After a row that cannot be read, the others are counted only: the reply is
/// read to its end in any case, so that the connection stays usable.
pub(super) struct Sink {
    want: Want,
    /// Where the columns of raw SQL stand; known from the first row on.
    positions: Option<Vec<usize>>,
    rows: usize,
    failed: Option<Error>,
}

impl Sink {
    pub(super) fn new(want: Want) -> Self {
        Self { want, positions: None, rows: 0, failed: None }
    }

    /// How many rows came so far.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Puts a row where it belongs.
    pub(super) fn row(&mut self, records: &mut dyn RecordSet, cells: &dyn Cells) {
        if self.failed.is_none() {
            self.failed = guarded(|| self.take(records, cells)).err();
        }
        self.rows += 1;
    }

    /// Takes no row of a further set, as a procedure may return several.
    #[cfg_attr(not(feature = "mysql"), allow(dead_code))]
    pub(super) fn refuse_second_set(&mut self) {
        if self.failed.is_none() && !matches!(self.want, Want::Nothing) {
            self.failed = Some(Error::Invalid(
                "the statement returned more than one set of rows, and one is read: use `execute`, or a procedure that returns one"
                    .to_owned(),
            ));
        }
    }

    /// Lets others run now and then. sqlx never yields while bytes are there,
    /// and a long result must keep neither other tasks nor its own deadline
    /// waiting. (tokio's budget would not do: what stands beside this in the
    /// same task, in a `select!` for instance, would find it used up.)
    #[cfg_attr(not(any(feature = "postgres", feature = "mysql")), allow(dead_code))]
    pub(super) async fn breathe(&self) {
        if self.rows.is_multiple_of(ROWS_IN_A_ROW) {
            tokio::task::yield_now().await;
        }
    }

    /// Takes the key that the database chose last, where that is what is wanted.
    #[cfg_attr(not(any(feature = "mysql", feature = "sqlite")), allow(dead_code))]
    pub(super) fn last_key(&mut self, records: &mut dyn RecordSet, key: u64) {
        let Want::LastKey { first, at } = self.want else { return };
        if key == 0 || self.failed.is_some() {
            return;
        }
        self.failed = match i64::try_from(key) {
            Ok(key) => set(records, first, at, key).err(),
            Err(_) => Some(decode("an integer", "a key that is out of range")),
        };
    }

    /// What came of the rows.
    pub(super) fn finish(self) -> Result<usize> {
        self.failed.map_or(Ok(self.rows), Err)
    }

    fn take(&mut self, records: &mut dyn RecordSet, cells: &dyn Cells) -> Result<()> {
        match self.want {
            Want::Nothing | Want::LastKey { .. } | Want::Copied => Ok(()),
            Want::Rows => records.push(&RowRef::new(cells)),
            Want::FirstNamedRow if self.rows > 0 => Ok(()),
            Want::NamedRows | Want::FirstNamedRow => {
                let positions = match &mut self.positions {
                    Some(it) => it,
                    none => none.insert(records.positions(cells)?),
                };
                let row = RowRef::new(cells);
                // Types that read by position have no positions by name.
                let row = if positions.is_empty() { row } else { row.mapped(positions) };
                records.push(&row)
            }
            Want::Refill { first } => match records.record_mut(first + self.rows) {
                Some(record) => record.refill_from(&RowRef::new(cells)),
                None => Err(too_many()),
            },
            Want::Keys { first, at } => set(records, first + self.rows, at, cells.i64(0)?),
        }
    }
}

fn set(records: &mut dyn RecordSet, record: usize, at: usize, key: i64) -> Result<()> {
    records.record_mut(record).ok_or_else(too_many)?.set_value_at(at, Value::I64(key))
}

fn too_many() -> Error {
    Error::Invalid("the database returned more rows than there are records to write".to_owned())
}

/// The error for a cell that holds something else; the column is named above.
pub(super) fn decode(expected: &'static str, found: impl Into<String>) -> Error {
    Error::Decode { column: String::new(), expected, found: found.into() }
}
