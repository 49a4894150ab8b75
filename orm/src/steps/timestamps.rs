//! `orm:timestamps`: the times of changes.

use crate::callback::Context;
use crate::error::Result;
use crate::expr::{Assignment, ColumnRef, Expr};
use crate::schema::{Stamp, StampWhen};
use crate::statement::Statement;

/// Writes the time into the `created_at` and `updated_at` columns that have no value.
pub(super) async fn on_create(cx: &mut Context) -> Result<()> {
    let Some(model) = cx.statement().model() else { return Ok(()) };
    let now = cx.session().now();
    for (at, stamp) in stamps(model.fields) {
        let unset = (stamp.value)(0);
        for record in cx.records_mut() {
            let value = record.value_at(at);
            if value.is_null() || value == unset {
                record.set_value_at(at, (stamp.value)(now))?;
            }
        }
    }
    Ok(())
}

/// Writes the time into `updated_at`, unless the statement sets it.
pub(super) async fn on_update(cx: &mut Context) -> Result<()> {
    let now = cx.session().now();
    let Statement::Update(update) = cx.statement() else { return Ok(()) };
    let (model, whole, idle) = (update.model, update.whole, update.set.is_empty());
    for (at, stamp) in stamps(model.fields).filter(|(_, it)| it.when == StampWhen::Updated) {
        let value = (stamp.value)(now);
        if whole {
            for record in cx.records_mut() {
                record.set_value_at(at, value.clone())?;
            }
        } else if let (false, Statement::Update(update)) = (idle, cx.statement_mut()) {
            let column = ColumnRef { model, at };
            if update.set.iter().all(|it| it.column != column) {
                update.set.push(Assignment { column, value: Expr::Value(value, Some(column)) });
            }
        }
    }
    Ok(())
}

fn stamps(fields: &'static [crate::schema::FieldMeta]) -> impl Iterator<Item = (usize, Stamp)> {
    fields.iter().enumerate().filter_map(|(at, it)| Some((at, it.stamp?)))
}
