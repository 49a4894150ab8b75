//! One statement on rusqlite's side, from binding to the last row.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::bind::{Parameters, Values};
use super::cells::{Columns, RowCells};
use super::errors::{self, About, Halt};
use super::foreign;
use super::handle::Lite;
use super::rebuild;
use crate::dialect::Engine;
use crate::driver::Deadline;
use crate::driver::rules::About as Of;
use crate::driver::said;
use crate::driver::{Done, Load, Want, Work};
use crate::error::{Error, Result};
use crate::statement::{AlterPart, Ddl, RecordSet, Statement};
use crate::value::{Cells, RowRef, Value};

/// Runs the statement to its end, on this thread.
///
/// A panic in the code of a field becomes an error: the connection is fine.
pub(super) fn execute(lite: &mut Lite, work: &mut Work, deadline: Option<Deadline>) -> Result<Done, Halt> {
    if let Some(why) = lite.stop.asked() {
        return Err(errors::interrupted(why, deadline));
    }
    let ran = catch_unwind(AssertUnwindSafe(|| drive(lite, work, deadline)));
    ran.unwrap_or_else(|_| Err(panicked(&work.text).into()))
}

/// Runs SQL text that has neither arguments nor rows, on this thread.
///
/// Once begun it is not stopped any more: SQLite looks at the progress handler
/// also after a commit took place, and would report it as interrupted.
pub(super) fn execute_plain(lite: &mut Lite, text: &str, deadline: Option<Deadline>) -> Result<(), Halt> {
    if let Some(why) = lite.stop.asked() {
        return Err(errors::interrupted(why, deadline));
    }
    lite.stop.begin(None, None);
    if !lite.in_transaction() {
        lite.note_writes(false);
    }
    // Some pragmas answer with what they were set to.
    let ran = lite.fast.prepare_cached(text).and_then(|mut it| {
        let mut rows = it.raw_query();
        while rows.next()?.is_some() {}
        Ok(())
    });
    ran.map_err(|it| errors::halt(it, About { of: Of::text(text), why: lite.stop.why(), deadline }))
}

fn drive(lite: &Lite, work: &mut Work, deadline: Option<Deadline>) -> Result<Done, Halt> {
    let Load { statement, records, text, want, read_only, bind, .. } = &mut **work;
    let text: &str = text;
    if let Statement::Ddl(Ddl::AlterColumn(alter)) = &**statement
        && let AlterPart::Rebuild { schema, name } = &alter.part
    {
        return rebuild::rebuild(lite, alter, (schema.as_deref(), name), text, deadline);
    }
    let failed = |it| {
        let of = Of { text, model: statement.model() };
        foreign::name_columns(&lite.fast, errors::halt(it, About { of, why: lite.stop.why(), deadline }), statement, of)
    };
    let changed_before = lite.fast.total_changes();
    let mut prepared = lite.fast.prepare_cached(text).map_err(failed)?;
    if *read_only && !prepared.readonly() {
        return Err(Error::ReadOnly { what: format!("`{}`", said::shown(Engine::Sqlite, text)), source: None }.into());
    }
    if !prepared.readonly() {
        lite.note_writes(true);
    }
    let mut parameters = Values::new(Parameters::new(&mut prepared, text));
    bind(statement, &**records, &mut parameters)?;
    parameters.into_inner().finish()?;

    let mut reader = Reader { want: *want, rows: 0, positions: None, columns: Columns::default(), len: prepared.column_count() };
    // What writes is run to its end.
    let only_first = *want == Want::FirstNamedRow && prepared.readonly();
    let mut rows = prepared.raw_query();
    loop {
        match rows.next() {
            Ok(Some(row)) => {
                reader.take(row, &mut **records)?;
                if only_first {
                    break;
                }
            }
            Ok(None) => break,
            // Interrupted after its end, see above: what an interrupt undoes is
            // not counted, so a count means that the write was done.
            Err(it) if is_interrupt(&it) && lite.fast.total_changes() != changed_before => break,
            Err(it) => return Err(failed(it)),
        }
    }
    drop(rows);
    // The number of the last write, and its key, stay until the next one, also over
    // statements that write nothing.
    let wrote = lite.fast.total_changes() != changed_before;
    if let (Want::LastKey { first, at }, true) = (*want, wrote) {
        let key = Value::I64(lite.fast.last_insert_rowid());
        record(&mut **records, first)?.set_value_at(at, key)?;
    }
    Ok(Done { rows: reader.rows, affected: if wrote { lite.fast.changes() } else { 0 } })
}

fn is_interrupt(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted)
}

/// Does with the rows what is wanted.
struct Reader {
    want: Want,
    rows: usize,
    positions: Option<Vec<usize>>,
    columns: Columns,
    len: usize,
}

impl Reader {
    fn take(&mut self, row: &rusqlite::Row<'_>, records: &mut dyn RecordSet) -> Result<()> {
        let at = self.rows;
        self.rows += 1;
        let cells = RowCells::new(row, &self.columns, self.len);
        match self.want {
            Want::Nothing | Want::LastKey { .. } | Want::Copied => Ok(()),
            Want::Rows => records.push(&RowRef::new(&cells)),
            Want::FirstNamedRow if at > 0 => Ok(()),
            Want::NamedRows | Want::FirstNamedRow => {
                let positions = match &mut self.positions {
                    Some(it) => it,
                    none => none.insert(records.positions(&cells)?),
                };
                let row = RowRef::new(&cells);
                records.push(&if positions.is_empty() { row } else { row.mapped(positions) })
            }
            Want::Refill { first } => record(records, first + at)?.refill_from(&RowRef::new(&cells)),
            Want::Keys { first, at: column } => {
                let key = Value::I64(cells.i64(0)?);
                record(records, first + at)?.set_value_at(column, key)
            }
        }
    }
}

fn record(records: &mut dyn RecordSet, at: usize) -> Result<&mut dyn crate::statement::Record> {
    let there = records.len();
    records
        .record_mut(at)
        .ok_or_else(|| Error::Invalid(format!("the database returned a row for record {at}, but there are {there} records")))
}

/// What the panic said may be made of values; the program's panic hook has it.
fn panicked(text: &str) -> Error {
    Error::other(format!("code of a field panicked while it bound or read a value of `{}`", said::shown(Engine::Sqlite, text)))
}
