//! `orm:create`, `orm:query`, `orm:update`, `orm:delete`, `orm:raw`: the
//! statements themselves.

use crate::callback::Context;
use crate::dialect::Engine;
use crate::driver::{Done, Want};
use crate::error::{Error, Result};
use crate::expr::{Assignment, Binary, ColumnRef, Expr, OrderBy};
use crate::query::Parts;
use crate::schema::ModelMeta;
use crate::statement::{Ddl, Insert, InsertMode, Outcome, Record, Select, Statement, Update};
use crate::steps::chunks::{self, Room};
use crate::steps::{alter, hooks};
use crate::value::Value;

pub(super) async fn query(cx: &mut Context) -> Result<()> {
    let done = read(cx).await?;
    cx.sent(Outcome { rows: done.rows, ..Outcome::default() });
    Ok(())
}

/// One batch of a stream; the next one goes on behind what was read last.
pub(super) async fn row(cx: &mut Context) -> Result<()> {
    query(cx).await?;
    let Statement::Select(select) = cx.statement() else { return Ok(()) };
    let column = |it: &OrderBy| match it.expr {
        Expr::Column(it) => Some(it.at),
        _ => None,
    };
    let columns: Vec<usize> = select.order.iter().filter_map(column).collect();
    cx.keep_last(&columns);
    Ok(())
}

pub(super) async fn raw(cx: &mut Context) -> Result<()> {
    // MySQL has created its indexes with the table. Only PostgreSQL says apart
    // from the table what a column is for.
    let done = match cx.statement() {
        Statement::Ddl(Ddl::AlterColumn(it)) => {
            let it = it.clone();
            return alter::column(cx, &it).await;
        }
        Statement::Ddl(Ddl::CreateIndex(..)) => cx.session().engine().await? == Engine::MySql,
        Statement::Ddl(Ddl::Comment(..)) => cx.session().engine().await? != Engine::Postgres,
        _ => false,
    };
    if done {
        cx.sent(Outcome::default());
        return Ok(());
    }
    let done = read(cx).await?;
    cx.sent(Outcome { rows: done.rows, affected: done.affected, ..Outcome::default() });
    Ok(())
}

pub(super) async fn create(cx: &mut Context) -> Result<()> {
    cx.check_statement()?;
    let Statement::Insert(insert) = cx.statement() else { return Ok(()) };
    let mut insert = insert.clone();
    if hooks::run_for(cx) {
        // Hooks see what is stored, also where nobody else asked for it.
        insert.mode = InsertMode::Returning;
    }
    let room = Room::of(cx).await?;
    let (mut affected, mut at) = (0, insert.rows.start);
    while let Some(chunk) = chunks::next(cx, &insert, at, room) {
        check_key(&chunk, room.engine)?;
        at = chunk.rows.end;
        let done = send(cx, Statement::Insert(chunk.clone()), None).await.map_err(after_write)?;
        check_all_stored(&chunk, done)?;
        affected += done.affected;
        if room.engine == Engine::MySql && chunk.returns() && !chunk.left_out.is_empty() {
            reread(cx, insert.model, chunk.rows.start).await?;
        }
        if let Some(parts) = cx.settings().get::<Parts>() {
            parts.report(at - insert.rows.start)?;
        }
    }
    cx.sent(Outcome { affected, ..Outcome::default() });
    Ok(())
}

pub(super) async fn update(cx: &mut Context) -> Result<()> {
    cx.check_statement()?;
    let Statement::Update(update) = cx.statement() else { return Ok(()) };
    let model = update.model;
    let of_record = update.target.record.is_some();
    let operation = if update.whole { "save" } else { "update" };
    if of_record {
        model.require_key(operation)?;
    }
    if update.set.is_empty() && !update.whole {
        cx.sent(Outcome::default());
        return Ok(());
    }
    let engine = cx.session().engine().await?;
    let reread_needed = rereads(update, engine);
    if reread_needed && update.set.iter().any(|it| it.column.meta().key && !it.is_constant()) {
        let what = format!("a key of {} that is calculated, by which its record could not be found again: use `update_all`", model.name);
        return Err(Error::Unsupported { database: engine.name(), what });
    }
    let constants = if of_record { constants(update, true) } else { Vec::new() };
    if let Some(record) = cx.record(0).filter(|_| of_record) {
        record.check_values_at(&constants)?;
    }
    let done = write(cx).await?;
    if of_record && done.affected == 0 {
        return Err(Error::NotFound { model: model.name, operation });
    }
    cx.sent(Outcome { rows: done.rows, affected: done.affected, ..Outcome::default() });
    if let Some(record) = cx.record_mut(0).filter(|_| of_record) {
        record.set_values_at(constants)?;
    }
    if reread_needed && reread(cx, model, 0).await?.rows == 0 {
        return Err(Error::NotFound { model: model.name, operation });
    }
    Ok(())
}

/// Reads what was stored into a record, where the database returns no rows of writes.
async fn reread(cx: &mut Context, model: &'static ModelMeta, row: usize) -> Result<Done> {
    let filter = cx.record(row).map(|it| key_of(model, it)).unwrap_or_default();
    let table = cx.statement().table().map(|it| it.1.clone());
    let again = Select { filter, table, ..Select::of(model) };
    send(cx, Statement::Select(again), Some(Want::Refill { first: row })).await
}

pub(super) async fn delete(cx: &mut Context) -> Result<()> {
    cx.check_statement()?;
    let Statement::Delete(delete) = cx.statement() else { return Ok(()) };
    let (model, of_record) = (delete.model, delete.target.record.is_some());
    if of_record {
        model.require_key("delete")?;
    }
    let done = write(cx).await?;
    if of_record && done.affected == 0 {
        return Err(Error::NotFound { model: model.name, operation: "delete" });
    }
    cx.sent(Outcome { rows: done.rows, affected: done.affected, ..Outcome::default() });
    Ok(())
}

/// Whether an update is followed by a read of what was stored: MariaDB and
/// MySQL do not return rows of an update.
pub(super) fn rereads(update: &Update, engine: Engine) -> bool {
    engine.is_mysql_family() && update.target.record.is_some() && update.set.iter().any(|it| !it.is_constant())
}

/// Puts into the record what the update sets without asking the database,
/// except for the key: that is changed in the database first.
pub(super) fn apply_constants(cx: &mut Context) -> Result<()> {
    let Statement::Update(update) = cx.statement() else { return Ok(()) };
    let constants = constants(update, false);
    cx.record_mut(0).map_or(Ok(()), |record| record.set_values_at(constants))
}

/// What an update sets without asking the database.
fn constants(update: &Update, keys: bool) -> Vec<(usize, Value)> {
    let constant = |it: &Assignment| match &it.value {
        Expr::Value(value, _) => Some((it.column.at, value.clone())),
        _ => None,
    };
    update.set.iter().filter(|it| keys || !it.column.meta().key).filter_map(constant).collect()
}

/// Records that a clause such as `OR IGNORE` or a trigger left out are not those that would be returned.
fn check_all_stored(insert: &Insert, done: Done) -> Result<()> {
    let stored = usize::try_from(done.affected).unwrap_or(usize::MAX).max(done.rows);
    if insert.mode != InsertMode::Returning || stored >= insert.rows.len() {
        return Ok(());
    }
    Err(Error::Invalid(format!(
        "{} of {} records of {} were left out by a clause of the statement or by a trigger: `insert_many` says how many were stored",
        insert.rows.len() - stored,
        insert.rows.len(),
        insert.model.name
    )))
}

/// What a write returned cannot be read; that does not undo it, and who tries again writes it twice.
fn after_write(error: Error) -> Error {
    match error {
        Error::Decode { column, expected, found } => Error::Decode {
            column,
            expected,
            found: format!("{found} (it was written all the same, unless its transaction is rolled back)"),
        },
        error => error,
    }
}

/// MySQL says of the keys that it makes only the numbers.
fn check_key(insert: &Insert, engine: Engine) -> Result<()> {
    let Some(&at) = insert.left_out.iter().find(|at| engine == Engine::MySql && insert.model.key.contains(at)) else {
        return Ok(());
    };
    let what = format!("a key that is left to it and comes back; give `{}.{}` a value", insert.model.name, insert.model.fields[at].name);
    Err(Error::Unsupported { database: engine.name(), what })
}

/// The condition that only this record fulfils.
fn key_of(model: &'static ModelMeta, record: &dyn Record) -> Vec<Expr> {
    let equal = |&at: &usize| {
        let column = ColumnRef { model, at };
        Expr::Binary(Box::new(Expr::Column(column)), Binary::Eq, Box::new(Expr::Value(record.value_at(at), Some(column))))
    };
    model.key.iter().map(equal).collect()
}

/// Sends a statement that reads. What an earlier attempt read is forgotten: a
/// link may run the rest of the chain again.
async fn read(cx: &mut Context) -> Result<Done> {
    cx.clear_records();
    send_own(cx).await
}

/// Sends a change or a removal. The rows that the program asked for are those
/// that were written; MariaDB does not count them.
async fn write(cx: &mut Context) -> Result<Done> {
    let returning = match cx.statement() {
        Statement::Update(it) => it.returning.is_some(),
        Statement::Delete(it) => it.returning.is_some(),
        _ => false,
    };
    if !returning {
        return Ok(Done { rows: 0, ..send_own(cx).await.map_err(after_write)? });
    }
    let done = read(cx).await.map_err(after_write)?;
    Ok(Done { affected: u64::try_from(done.rows).unwrap_or(u64::MAX), ..done })
}

/// Sends the statement of the context, with its records; both come back also
/// after an error.
async fn send_own(cx: &mut Context) -> Result<Done> {
    cx.check_statement()?;
    let (statement, records) = (cx.take_statement(), cx.take_records());
    let sent = cx.session().send(statement, records, None).await;
    cx.put_statement(sent.statement);
    cx.put_records(sent.records);
    sent.done
}

/// Sends another statement with the records of the context.
async fn send(cx: &mut Context, statement: Statement, want: Option<Want>) -> Result<Done> {
    cx.check_statement()?;
    let records = cx.take_records();
    let sent = cx.session().send(Box::new(statement), records, want).await;
    cx.put_records(sent.records);
    sent.done
}
