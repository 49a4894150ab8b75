//! Tables for models.

use std::panic::Location;

use crate::callback::Runner;
use crate::error::{Error, Result};
use crate::query::Pending;
use crate::schema::ModelMeta;
use crate::statement::{AlterColumn, Ddl, Rows, Statement, Table};

pub(crate) async fn create_tables(runner: &dyn Runner, models: &[&'static ModelMeta], at: &'static Location<'static>) -> Result<()> {
    for model in models {
        create_table(runner, Table::of(model), at).await?;
    }
    Ok(())
}

pub(crate) async fn create_table(runner: &dyn Runner, table: Table, at: &'static Location<'static>) -> Result<()> {
    let indexes = table.indexes.clone();
    let commented = table.columns.iter().filter(|it| it.comment.is_some()).cloned().collect::<Vec<_>>();
    run(runner, at, Ddl::CreateTable(table.clone())).await?;
    for index in indexes {
        run(runner, at, Ddl::CreateIndex(table.clone(), index)).await?;
    }
    for column in commented {
        run(runner, at, Ddl::Comment(table.clone(), column)).await?;
    }
    Ok(())
}

pub(crate) async fn alter_column(
    runner: &dyn Runner,
    model: &'static ModelMeta,
    column: usize,
    at: &'static Location<'static>,
) -> Result<()> {
    let alter = Ddl::AlterColumn(Box::new(AlterColumn::of(model, column)));
    Pending { at, ..Pending::new(runner) }.run(Statement::Ddl(alter), Box::new(Rows::<i64>(Vec::new()))).await.result
}

/// PostgreSQL lets two that create a table at the same time both find it
/// missing, and tells the later one of a broken rule of its own catalogue. Run
/// again, it finds the table.
async fn run(runner: &dyn Runner, at: &'static Location<'static>, ddl: Ddl) -> Result<()> {
    let mut tries = 3;
    loop {
        let result =
            Pending { at, ..Pending::new(runner) }.run(Statement::Ddl(ddl.clone()), Box::new(Rows::<i64>(Vec::new()))).await.result;
        tries -= 1;
        match result {
            Err(error) if tries > 0 && is_race(&error) => {}
            result => return result,
        }
    }
}

/// A row of the catalogue, a relation or a type was there already.
fn is_race(error: &Error) -> bool {
    let code = match error {
        Error::Database { code, .. } => code.as_deref(),
        _ => None,
    };
    error.is_unique_violation() || matches!(code, Some("42P07" | "42710"))
}
