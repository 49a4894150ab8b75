//! Tests against servers, of which the environment names the addresses.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

mod drops;
mod keys;
mod lends;
mod refusals;
mod round_trips;

use std::any::Any;
use std::future::Future;
use std::ops::{Deref, DerefMut};

use super::{Conn, Done, Load, Role, Target, TransactionState, Want, Work, connect, run};
use crate::dialect::{Engine, Leaves};
use crate::error::Result;
use crate::statement::{Raw, Reads, RecordSet, Rows, Statement};
use crate::value::{Binder, Field, FromRow, Value};

/// The servers there are, with a loud word where one is missing.
fn targets() -> Vec<Target> {
    let mut all = Vec::new();
    for (name, on) in [("ORM_TEST_POSTGRES_URL", cfg!(feature = "postgres")), ("ORM_TEST_MYSQL_URL", cfg!(feature = "mysql"))] {
        match std::env::var(name) {
            Ok(url) if on => all.push(Target::parse(&url).unwrap()),
            Ok(_) => {}
            Err(_) => eprintln!("==== SKIPPED: {name} is not set, nothing is tested there ===="),
        }
    }
    all
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Runs a test on a new connection to each server.
#[allow(clippy::needless_pass_by_value, reason = "shorter to call")]
fn each_server(test: impl AsyncFn(&mut Server)) {
    for target in targets() {
        block_on(async {
            let mut server = Server::open(&target).await;
            test(&mut server).await;
            assert!(!server.is_busy());
        });
    }
}

/// `?` → `$1` where that is what the server reads.
fn text(engine: Engine, sql: &str) -> String {
    if engine != Engine::Postgres {
        return sql.to_owned();
    }
    let mut parts = sql.split('?');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.enumerate().fold(first, |all, (at, part)| format!("{all}${}{part}", at + 1))
}

/// A statement with values of no known column.
fn plain(engine: Engine, sql: &str, args: Vec<Value>, records: Box<dyn RecordSet>) -> Work {
    fn bind(statement: &Statement, _: &dyn RecordSet, to: &mut dyn Binder) -> Result<()> {
        let Statement::Raw(raw) = statement else { unreachable!() };
        raw.args.values.iter().try_for_each(|it| match it {
            crate::expr::Argument::One(it) => it.bind(to),
            _ => Ok(()),
        })
    }
    // The text of the operation only says whether it reads.
    let kind = if sql.starts_with("select") { "select" } else { "" };
    let raw = Raw { text: kind.into(), args: args.into(), reads: Reads::All };
    Work::new(Load {
        statement: Box::new(Statement::Raw(raw)),
        records,
        text: text(engine, sql).into(),
        want: Want::NamedRows,
        read_only: false,
        leaves: Leaves::Nothing,
        undone: false,
        bind,
    })
}

/// A statement whose arguments are the values of `records`, for columns of their type.
fn typed<T: Field>(engine: Engine, sql: &str, values: Vec<T>) -> Work {
    fn bind<T: Field>(_: &Statement, records: &dyn RecordSet, to: &mut dyn Binder) -> Result<()> {
        let records: &dyn Any = records;
        for it in &records.downcast_ref::<Rows<T>>().unwrap().0 {
            to.column(T::TYPE);
            it.bind(to)?;
        }
        Ok(())
    }
    let mut work = plain(engine, sql, Vec::new(), Box::new(Rows(values)));
    (work.want, work.bind) = (Want::Rows, bind::<T>);
    work
}

fn rows<T: FromRow>(work: Work) -> Vec<T> {
    let records: Box<dyn Any> = work.into_load().records;
    records.downcast::<Rows<T>>().unwrap().0
}

/// A connection that is handed in and back with each statement.
struct Server(Option<Box<Conn>>);

impl Deref for Server {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        self.0.as_ref().unwrap()
    }
}

impl DerefMut for Server {
    fn deref_mut(&mut self) -> &mut Conn {
        self.0.as_mut().unwrap()
    }
}

impl Server {
    async fn open(target: &Target) -> Self {
        Self(Some(Box::new(connect(target, Role::Writer).await.unwrap())))
    }

    async fn run(&mut self, work: Work) -> (Work, Result<Done>) {
        let (conn, work, result) = run(self.0.take().unwrap(), work, None).await;
        self.0 = conn;
        (work, result)
    }

    /// Runs a statement for its rows.
    async fn fetch<T: FromRow>(&mut self, sql: &str, args: Vec<Value>) -> Result<Vec<T>> {
        let work = plain(self.engine(), sql, args, Box::new(Rows::<T>(Vec::new())));
        let (work, result) = self.run(work).await;
        result.map(|_| rows(work))
    }

    /// Runs a statement for what it changes.
    async fn execute(&mut self, sql: &str, args: Vec<Value>) -> Result<Done> {
        let mut work = plain(self.engine(), sql, args, Box::new(Rows::<i64>(Vec::new())));
        work.want = Want::Nothing;
        self.run(work).await.1
    }
}
