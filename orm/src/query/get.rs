//! The record with a key.

use crate::callback::Runner;
use crate::error::{Error, Result};
use crate::expr::{Binary, ColumnRef, Expr, Predicate};
use crate::query::Find;
use crate::schema::{Model, ModelMeta};
use crate::value::{FromRow, Value};

pub(crate) async fn get<M: Model + FromRow>(runner: &dyn Runner, key: Vec<Value>) -> Result<M> {
    let condition = Predicate::new(key_is(M::META, key)?);
    let found = Find::<M>::new(runner).where_(condition).limit(1).await?;
    found.into_iter().next().ok_or(Error::NotFound { model: M::META.name })
}

fn key_is(model: &'static ModelMeta, key: Vec<Value>) -> Result<Expr> {
    let columns = model.require_key("get")?;
    if columns.len() != key.len() {
        let reason = format!("the key of {} has {} columns, but {} values were given", model.name, columns.len(), key.len());
        return Err(Error::Invalid(reason));
    }
    let equal = |(&at, value): (&usize, Value)| {
        let column = ColumnRef { model, at };
        let field = column.meta();
        if !field.ty.takes(&value) {
            return Err(Error::Unstorable {
                column: format!("{}.{}", model.name, field.name),
                reason: format!("it is a key of another kind than {}", value.kind()),
            });
        }
        Ok(Expr::Binary(Box::new(Expr::Column(column)), Binary::Eq, Box::new(Expr::Value(value, Some(column)))))
    };
    let mut all = columns.iter().zip(key).map(equal).collect::<Result<Vec<_>>>()?;
    Ok(if all.len() == 1 { all.remove(0) } else { Expr::And(all) })
}
