//! The statements that an insert of many records is sent as.

use crate::callback::Context;
use crate::dialect::Engine;
use crate::error::Result;
use crate::query::Parts;
use crate::schema::{FieldMeta, ModelMeta};
use crate::statement::{Insert, Record, Statement};
use crate::value::Value;
use crate::value::weight::weigh;

/// Larger statements are no faster, and all of it is in memory at once.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// What one statement holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) engine: Engine,
    /// In rows, where the program says it.
    rows: usize,
    /// In bytes.
    bytes: usize,
}

impl Room {
    /// What one statement of the context holds.
    pub(super) async fn of(cx: &Context) -> Result<Self> {
        let session = cx.session();
        let engine = session.engine().await?;
        // What is given to SQLite is sent nowhere.
        let bytes = if engine == Engine::Sqlite { usize::MAX } else { session.max_message().min(MOST_BYTES) };
        let said = cx.settings().get::<Parts>().and_then(|it| it.size);
        let rows = said.or(session.core().limits.batch_size()).unwrap_or(usize::MAX);
        Ok(Self { engine, rows, bytes })
    }
}

/// Whether an insert takes more than one statement.
pub(super) fn is_chunked(cx: &Context, room: Room) -> bool {
    match cx.statement() {
        Statement::Insert(it) => next(cx, it, it.rows.start, room).is_some_and(|chunk| chunk.rows.end < it.rows.end),
        _ => false,
    }
}

/// The statement whose first record is `start`: as many as there is room for,
/// all with or without keys of their own.
pub(super) fn next(cx: &Context, insert: &Insert, start: usize, room: Room) -> Option<Insert> {
    let first = cx.record(start).filter(|_| start < insert.rows.end)?;
    let (auto, left_out) = (is_auto(insert, first), left_out(insert.model, first));
    let mut chunk = Insert { rows: start..start + 1, auto, left_out, ..insert.clone() };
    let most = room.engine.rows_per_insert(&chunk).min(room.rows);
    let weighed = |record: &dyn Record| if room.bytes == usize::MAX { 0 } else { weight(record) };
    let mut bytes = weighed(first);
    while chunk.rows.end < insert.rows.end && chunk.rows.len() < most {
        let Some(record) = cx.record(chunk.rows.end) else { break };
        bytes = bytes.saturating_add(weighed(record));
        let alike = is_auto(insert, record) == chunk.auto && is_left_out(insert.model, record, &chunk.left_out);
        if !alike || bytes > room.bytes {
            break;
        }
        chunk.rows.end += 1;
    }
    Some(chunk)
}

/// What the values of a record take at most.
fn weight(record: &dyn Record) -> usize {
    weigh(|to| (0..record.meta().fields.len()).try_for_each(|at| record.bind_at(at, to)))
}

/// Whether the database numbers the record.
fn is_auto(insert: &Insert, record: &dyn Record) -> bool {
    insert.auto && insert.model.auto.is_some_and(|at| is_unset(&insert.model.fields[at], &record.value_at(at)))
}

/// The columns of a record that are left to the database: those that are not
/// written, and those with a default whose field has no value.
fn left_out(model: &ModelMeta, record: &dyn Record) -> Vec<usize> {
    (0..model.fields.len()).filter(|&at| is_left(model, record, at)).collect()
}

/// The same without a list of them.
fn is_left_out(model: &ModelMeta, record: &dyn Record, columns: &[usize]) -> bool {
    (0..model.fields.len()).all(|at| is_left(model, record, at) == columns.contains(&at))
}

fn is_left(model: &ModelMeta, record: &dyn Record, at: usize) -> bool {
    let field = &model.fields[at];
    !field.access.create || (field.default.is_some() && record.value_at(at).is_null())
}

fn is_unset(field: &FieldMeta, value: &Value) -> bool {
    value.is_null() || field.zero_is_unset && matches!(value, Value::I16(0) | Value::I32(0) | Value::I64(0))
}
