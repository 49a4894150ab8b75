//! What everything above relies on. First the handle that two libraries share,
//! under every treatment that could break it; then what is read and written.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod cancel;
mod connecting;
mod failures;
mod handles;
mod locks;
mod model;
mod runtimes;
mod storm;
mod values;

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use deadpool::managed;

use super::{Limits, Lite, Place, control, open, run};
use crate::dialect::Leaves;
use crate::driver::Role;
use crate::driver::{Conn, Done, Link, Load, Want, Work};
use crate::error::{Error, Result};
use crate::expr::Arguments;
use crate::statement::{Raw, Reads, RecordSet, Rows, Statement};
use crate::value::{Binder, FromRow, Value};

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("orm-sqlite-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.0.join("test.db").display())
    }
}

impl Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Opens connections for a pool, and takes them back as a session does.
#[derive(Debug)]
struct Manager(Place);

impl managed::Manager for Manager {
    type Type = Conn;
    type Error = Error;

    async fn create(&self) -> Result<Conn> {
        Ok(Conn::new(Link::Sqlite(open(&self.0, Role::Writer).await?)))
    }

    async fn recycle(&self, conn: &mut Conn, _: &managed::Metrics) -> managed::RecycleResult<Error> {
        Ok(conn.lite().rollback_now()?)
    }
}

type Pool = managed::Pool<Manager>;
type Pooled = managed::Object<Manager>;

fn pool(url: &str, size: usize) -> Pool {
    Pool::builder(Manager(Place::parse(url).unwrap())).max_size(size).build().unwrap()
}

impl Conn {
    fn lite(&mut self) -> &mut Lite {
        super::run::lite(self).unwrap()
    }

    #[allow(unreachable_patterns, reason = "reachable where other databases are compiled in")]
    fn into_lite(self) -> Lite {
        match self.link {
            Link::Sqlite(it) => it,
            _ => panic!("another database"),
        }
    }
}

/// A connection of its own.
async fn connection(url: &str) -> Box<Conn> {
    let lite = open(&Place::parse(url).unwrap(), Role::Writer).await.unwrap();
    Box::new(Conn::new(Link::Sqlite(lite)))
}

async fn memory() -> Box<Conn> {
    connection("sqlite::memory:").await
}

/// Text with arguments, on its way.
fn work(text: &'static str, args: impl Into<Vec<Value>>, want: Want, records: impl RecordSet) -> Work {
    fn bind(statement: &Statement, _: &dyn RecordSet, to: &mut dyn Binder) -> Result<()> {
        let Statement::Raw(it) = statement else { return Ok(()) };
        it.args.values.iter().try_for_each(|it| match it {
            crate::expr::Argument::One(it) => it.bind(to),
            _ => Ok(()),
        })
    }
    let statement = Statement::Raw(Raw {
        text: text.into(),
        args: Arguments::from(args.into()),
        reads: if want == Want::Nothing { Reads::Nothing } else { Reads::All },
    });
    Work::new(Load {
        statement: Box::new(statement),
        records: Box::new(records),
        text: Arc::from(text),
        want,
        read_only: false,
        leaves: Leaves::Nothing,
        undone: false,
        bind,
    })
}

/// Runs text, for what it does.
async fn exec<G>(conn: G, text: &'static str, args: impl Into<Vec<Value>>) -> (G, Result<Done>)
where
    G: DerefMut<Target = Conn> + Send + 'static,
{
    let (conn, _, done) = run(conn, work(text, args, Want::Nothing, Rows::<i64>(Vec::new())), Limits::default()).await;
    (conn, done)
}

/// Runs text, for its rows.
async fn rows<T: FromRow, G>(conn: G, text: &'static str, args: impl Into<Vec<Value>>, limits: Limits) -> (G, Result<Vec<T>>)
where
    G: DerefMut<Target = Conn> + Send + 'static,
{
    let (conn, work, done) = run(conn, work(text, args, Want::NamedRows, Rows::<T>(Vec::new())), limits).await;
    (conn, done.map(|_| took(work.into_load().records)))
}

/// Runs text on a borrowed connection, for one value that must be there.
async fn one<T: FromRow>(conn: Box<Conn>, text: &'static str) -> (Box<Conn>, Result<T>) {
    let (conn, rows) = rows(conn, text, [], Limits::default()).await;
    (conn, rows.map(|mut it| it.remove(0)))
}

fn took<T: FromRow>(records: Box<dyn RecordSet>) -> Vec<T> {
    let any: Box<dyn std::any::Any> = records;
    any.downcast::<Rows<T>>().unwrap().0
}

/// Several statements, where only the state after them matters.
fn batch(conn: &mut Conn, text: &str) {
    conn.lite().fast.execute_batch(text).unwrap();
}

/// Numbers without a pattern that a test could hide behind.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }
}
