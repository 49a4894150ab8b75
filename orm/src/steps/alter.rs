//! `orm:raw`, where a column is altered: in the parts that the database needs.

use std::any::Any;

use crate::callback::Context;
use crate::dialect::{self, Engine};
use crate::driver::Want;
use crate::error::{Error, Result};
use crate::session::Session;
use crate::statement::{AlterColumn, AlterPart, Ddl, FoundColumn, Outcome, Rows, Statement};
use crate::value::FromRow;

/// Type, nullable, collation, anything special, the name of a check, the kind of the table.
type Looked = (Option<String>, Option<String>, Option<String>, Option<String>, Option<String>, String);

pub(super) async fn column(cx: &mut Context, alter: &AlterColumn) -> Result<()> {
    cx.check_statement()?;
    let session = cx.session();
    let engine = session.engine().await?;
    match engine {
        // Nothing is asked either.
        _ if session.is_dry_run() => {
            send::<i64>(session, alter, AlterPart::Whole).await?;
            comment(session, engine, alter).await?;
        }
        Engine::Sqlite => {
            let (schema, name) = session.core().texts.naming().place(&alter.table);
            send::<i64>(session, alter, AlterPart::Rebuild { schema, name }).await?;
        }
        Engine::Postgres => in_transaction(session, alter).await?,
        Engine::MariaDb | Engine::MySql => change(session, engine, alter).await?,
    }
    cx.sent(Outcome::default());
    Ok(())
}

/// Nobody writes to the table between the look and the change.
async fn in_transaction(session: &Session, alter: &AlterColumn) -> Result<()> {
    let tx = session.enter(session.at()).await?;
    let done = async {
        send::<i64>(&tx, alter, AlterPart::Lock).await?;
        change(&tx, Engine::Postgres, alter).await?;
        comment(&tx, Engine::Postgres, alter).await
    };
    match Box::pin(done).await {
        Ok(()) => tx.commit().await,
        Err(error) => {
            tx.rollback().await;
            Err(error)
        }
    }
}

async fn change(session: &Session, engine: Engine, alter: &AlterColumn) -> Result<()> {
    let looked = send::<Looked>(session, alter, AlterPart::Look).await?;
    let found = found(session, engine, alter, looked)?;
    let why = dialect::checked(engine, alter, &found.ty)?.why;
    if found.is_counted(engine, alter)? {
        match send::<(i64, i64)>(session, alter, AlterPart::Count(found.clone())).await?.first() {
            None | Some((0, 0)) => {}
            Some((0, rows)) => return Err(alter.unstorable(*rows, why)),
            Some((rows, _)) => return Err(alter.nulls(*rows)),
        }
    }
    send::<i64>(session, alter, AlterPart::Change(found))
        .await
        .map(drop)
        .map_err(|error| if dialect::is_about_a_value(engine, &error) { alter.unstorable(0, UNKNOWN) } else { error })
}

/// What only the database found out, which does not say where.
const UNKNOWN: &str = "values that do not become the new type";

/// Only PostgreSQL wants a statement for it.
async fn comment(session: &Session, engine: Engine, alter: &AlterColumn) -> Result<()> {
    if engine != Engine::Postgres {
        return Ok(());
    }
    let comment = Ddl::Comment(alter.table.clone(), alter.column.clone());
    session.send(Box::new(Statement::Ddl(comment)), Box::new(Rows::<i64>(Vec::new())), None).await.done.map(drop)
}

fn found(session: &Session, engine: Engine, alter: &AlterColumn, rows: Vec<Looked>) -> Result<FoundColumn> {
    let no_table = || alter.no_table(&session.core().texts.naming().place(&alter.table).1);
    let Some((ty, nullable, collation, special, _, kind)) = rows.first().cloned() else { return Err(no_table()) };
    let refused = |why: &str| Err(alter.unsupported(engine.name(), why));
    if kind != "table" {
        return refused("what it is a column of is no table of rows, but a view or the like");
    }
    let (Some(ty), Some(nullable)) = (ty, nullable) else { return Err(alter.no_column()) };
    let special = special.unwrap_or_default().to_lowercase();
    let numbered = match special.as_str() {
        // What MySQL says of a default that is an expression.
        "" | "default_generated" => false,
        "auto_increment" => true,
        it if it.contains("generated") => return refused("the database calculates it; remove the column and add it anew"),
        it => return refused(&format!("it is `{it}` in the database, which would be lost; use `raw`")),
    };
    let checks = rows.into_iter().filter_map(|it| it.4).filter(|it| dialect::is_check_of(it, &alter.column.name)).collect();
    Ok(FoundColumn { ty, nullable: nullable == "YES", collation, numbered, checks })
}

/// Sends one part of the work, and returns what was read.
async fn send<T: FromRow>(session: &Session, alter: &AlterColumn, part: AlterPart) -> Result<Vec<T>> {
    let reads = matches!(part, AlterPart::Look | AlterPart::Count(_));
    let statement = Statement::Ddl(Ddl::AlterColumn(Box::new(alter.part(part))));
    let want = if reads { Want::Rows } else { Want::Nothing };
    let sent = session.send(Box::new(statement), Box::new(Rows::<T>(Vec::new())), Some(want)).await;
    sent.done.map_err(|error| match error {
        Error::MissingTable { table, .. } => alter.no_table(&table),
        other => other,
    })?;
    let rows: Box<dyn Any> = sent.records;
    Ok(rows.downcast::<Rows<T>>().map(|it| it.0).unwrap_or_default())
}
