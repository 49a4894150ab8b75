//! `orm:before_…`, `orm:after_…`: the hooks of models.

use crate::callback::Context;
use crate::error::{Error, Result};
use crate::expr::{Assignment, ColumnRef, Expr};
use crate::session::{Hook, HookTable};
use crate::statement::Statement;
use crate::steps::execute;
use crate::value::Value;

pub(super) async fn before_create(cx: &mut Context) -> Result<()> {
    each(cx, |it| [("before_save", it.before_save), ("before_create", it.before_create)]).await
}

pub(super) async fn after_create(cx: &mut Context) -> Result<()> {
    each(cx, |it| [("after_create", it.after_create), ("after_save", it.after_save)]).await
}

/// What a hook changes in the record is written, too.
pub(super) async fn before_update(cx: &mut Context) -> Result<()> {
    if table(cx).is_none() {
        return Ok(());
    }
    execute::apply_constants(cx)?;
    let before = values(cx);
    each(cx, |it| [("before_save", it.before_save), ("before_update", it.before_update)]).await?;
    let after = values(cx);
    let Statement::Update(update) = cx.statement_mut() else { return Ok(()) };
    let model = update.model;
    if model.key.iter().any(|&at| before.get(at) != after.get(at)) {
        // Another record would be changed.
        return Err(cx.misuse(format!("another key in the record of {}: a hook changed it", model.name)));
    }
    let Statement::Update(update) = cx.statement_mut() else { return Ok(()) };
    if update.whole {
        return Ok(());
    }
    for (at, (before, after)) in before.into_iter().zip(after).enumerate() {
        if !is_same(&before, &after) {
            let column = ColumnRef { model, at };
            update.set.retain(|it| it.column != column);
            update.set.push(Assignment { column, value: Expr::Value(after, Some(column)) });
        }
    }
    Ok(())
}

pub(super) async fn after_update(cx: &mut Context) -> Result<()> {
    each(cx, |it| [("after_update", it.after_update), ("after_save", it.after_save)]).await
}

pub(super) async fn before_delete(cx: &mut Context) -> Result<()> {
    each(cx, |it| [("before_delete", it.before_delete)]).await
}

pub(super) async fn after_delete(cx: &mut Context) -> Result<()> {
    each(cx, |it| [("after_delete", it.after_delete)]).await
}

pub(super) async fn after_find(cx: &mut Context) -> Result<()> {
    each(cx, |it| [("after_find", it.after_find)]).await
}

/// The values of the first record.
fn values(cx: &Context) -> Vec<Value> {
    cx.record(0).map(|it| (0..it.meta().fields.len()).map(|at| it.value_at(at)).collect()).unwrap_or_default()
}

/// Whether a hook left a value alone; what is no number is not equal to itself.
fn is_same(before: &Value, after: &Value) -> bool {
    matches!((before, after), (Value::F64(before), Value::F64(after)) if before.is_nan() && after.is_nan()) || before == after
}

/// Whether the model of the records has hooks that run.
pub(super) fn run_for(cx: &Context) -> bool {
    table(cx).is_some()
}

fn table(cx: &Context) -> Option<&'static HookTable> {
    if !cx.session().hooks_run() {
        return None;
    }
    HookTable::of_record(cx.record(0)?)
}

/// Runs hooks for each record in turn. An error of the program names the one that made it.
async fn each<const N: usize>(cx: &mut Context, hooks: impl Fn(&HookTable) -> [(&'static str, Hook); N]) -> Result<()> {
    let Some(table) = table(cx) else { return Ok(()) };
    let (session, chain) = (cx.session().share(), cx.kind().name());
    for record in cx.records_mut() {
        for (name, hook) in hooks(table) {
            let ran = hook(&mut *record, &session).await;
            ran.map_err(|error| match error {
                Error::Other(source) => Error::CallbackFailed { chain, link: format!("{}::{name}", record.meta().name), source },
                error => error,
            })?;
        }
    }
    Ok(())
}
