//! `orm:create`, `orm:query`, `orm:update`, `orm:delete`, `orm:raw`: the
//! statements themselves.

use std::ops::Range;

use crate::callback::Context;
use crate::dialect::Engine;
use crate::driver::{Done, Want};
use crate::error::{Error, Result};
use crate::expr::{Binary, ColumnRef, Expr};
use crate::schema::ModelMeta;
use crate::statement::{Ddl, Insert, Outcome, Record, Select, Statement, Update};
use crate::value::Value;

pub(super) async fn query(cx: &mut Context) -> Result<()> {
    let done = read(cx).await?;
    cx.sent(Outcome { rows: done.rows, ..Outcome::default() });
    Ok(())
}

pub(super) async fn raw(cx: &mut Context) -> Result<()> {
    // MySQL has created its indexes with the table. Only PostgreSQL says apart
    // from the table what a column is for.
    let done = match cx.statement() {
        Statement::Ddl(Ddl::CreateIndex(..)) => cx.session().engine().await? == Engine::MySql,
        Statement::Ddl(Ddl::Comment(..)) => cx.session().engine().await? != Engine::Postgres,
        _ => false,
    };
    if done {
        cx.sent(Outcome::default());
        return Ok(());
    }
    let done = read(cx).await?;
    cx.sent(Outcome { rows: done.rows, affected: done.affected });
    Ok(())
}

pub(super) async fn create(cx: &mut Context) -> Result<()> {
    cx.check_statement()?;
    let Statement::Insert(insert) = cx.statement().clone() else { return Ok(()) };
    let engine = cx.session().engine().await?;
    let model = insert.model;
    let mut affected = 0;
    for chunk in chunks(cx, &insert, engine) {
        affected += send(cx, Statement::Insert(chunk.clone()), None).await?.affected;
        if engine == Engine::MySql && !chunk.left_out.is_empty() {
            reread(cx, model, chunk.rows.start).await?;
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
    if of_record {
        model.require_key(if update.whole { "save" } else { "update" })?;
    }
    if update.set.is_empty() && !update.whole {
        cx.sent(Outcome::default());
        return Ok(());
    }
    let engine = cx.session().engine().await?;
    let reread_needed = rereads(update, engine);
    let affected = send_own(cx).await?.affected;
    if of_record && affected == 0 {
        return Err(Error::NotFound { model: model.name });
    }
    cx.sent(Outcome { affected, ..Outcome::default() });
    if of_record {
        apply_constants(cx, true)?;
    }
    if reread_needed {
        reread(cx, model, 0).await?;
    }
    Ok(())
}

/// Reads what was stored into a record, where the database returns no rows of writes.
async fn reread(cx: &mut Context, model: &'static ModelMeta, row: usize) -> Result<()> {
    let filter = cx.record(row).map(|it| key_of(model, it)).unwrap_or_default();
    let again = Select { filter, ..Select::of(model) };
    send(cx, Statement::Select(again), Some(Want::Refill { first: row })).await.map(drop)
}

pub(super) async fn delete(cx: &mut Context) -> Result<()> {
    cx.check_statement()?;
    let Statement::Delete(delete) = cx.statement() else { return Ok(()) };
    let (model, of_record) = (delete.model, delete.target.record.is_some());
    if of_record {
        model.require_key("delete")?;
    }
    let affected = send_own(cx).await?.affected;
    if of_record && affected == 0 {
        return Err(Error::NotFound { model: model.name });
    }
    cx.sent(Outcome { affected, ..Outcome::default() });
    Ok(())
}

/// Whether an insert takes more than one statement.
pub(super) fn is_chunked(cx: &Context, engine: Engine) -> bool {
    match cx.statement() {
        Statement::Insert(insert) => chunks(cx, insert, engine).len() > 1,
        _ => false,
    }
}

/// Whether an update is followed by a read of what was stored: MariaDB and
/// MySQL do not return rows of an update.
pub(super) fn rereads(update: &Update, engine: Engine) -> bool {
    engine.is_mysql_family() && update.target.record.is_some() && update.set.iter().any(|it| !it.is_constant())
}

/// Puts into the record what the update sets without asking the database; the
/// key only once it is changed there, too.
pub(super) fn apply_constants(cx: &mut Context, keys: bool) -> Result<()> {
    let Statement::Update(update) = cx.statement() else { return Ok(()) };
    let constants: Vec<(usize, Value)> = update
        .set
        .iter()
        .filter(|it| keys || !it.column.meta().key)
        .filter_map(|it| match &it.value {
            Expr::Value(value, _) => Some((it.column.at, value.clone())),
            _ => None,
        })
        .collect();
    if let Some(record) = cx.record_mut(0) {
        for (at, value) in constants {
            record.set_value_at(at, value)?;
        }
    }
    Ok(())
}

/// The statements of an insert: as many rows as one takes, with or without keys
/// of their own.
fn chunks(cx: &Context, insert: &Insert, engine: Engine) -> Vec<Insert> {
    let model = insert.model;
    let auto = |row: usize| insert.auto && model.auto.is_some_and(|at| cx.record(row).is_some_and(|it| is_zero(&it.value_at(at))));
    let mut chunks: Vec<Insert> = Vec::new();
    for row in insert.rows.clone() {
        let auto = auto(row);
        let left_out = left_out(cx, model, row);
        let columns = model.fields.len() - usize::from(auto) - left_out.len();
        let comes_back = auto || !left_out.is_empty();
        let most = if columns == 0 { 1 } else { engine.rows_per_insert(columns, comes_back, model.has_arrays()) };
        match chunks.last_mut() {
            Some(last) if last.auto == auto && last.left_out == left_out && last.rows.len() < most => last.rows.end = row + 1,
            _ => chunks.push(Insert { model, rows: Range { start: row, end: row + 1 }, auto, left_out }),
        }
    }
    chunks
}

/// The columns of a record that are left to the database: those that are not
/// written, and those with a default whose field has no value.
fn left_out(cx: &Context, model: &ModelMeta, row: usize) -> Vec<usize> {
    let is_null = |at: usize| cx.record(row).is_some_and(|it| it.value_at(at).is_null());
    let fields = model.fields.iter().enumerate();
    fields.filter(|(at, it)| !it.access.create || (it.default.is_some() && is_null(*at))).map(|(at, _)| at).collect()
}

fn is_zero(value: &Value) -> bool {
    matches!(value, Value::Null | Value::I16(0) | Value::I32(0) | Value::I64(0))
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

/// Sends the statement of the context, with its records; both come back also
/// after an error.
async fn send_own(cx: &mut Context) -> Result<Done> {
    cx.check_statement()?;
    let (statement, records) = (cx.take_statement(), cx.take_records());
    let sent = cx.session().send(statement, records, None).await;
    *cx.statement_mut() = sent.statement;
    cx.put_records(sent.records);
    sent.done
}

/// Sends another statement with the records of the context.
async fn send(cx: &mut Context, statement: Statement, want: Option<Want>) -> Result<Done> {
    cx.check_statement()?;
    let records = cx.take_records();
    let sent = cx.session().send(statement, records, want).await;
    cx.put_records(sent.records);
    sent.done
}
