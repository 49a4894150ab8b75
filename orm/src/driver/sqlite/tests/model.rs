//! Records, and where their statements run.

use std::any::Any;

use super::super::errors::Halt;
use super::super::run::{is_short, run_inline};
use super::super::step::execute;
use super::*;
use crate::expr::{Binary, ColumnRef, Expr};
use crate::schema::{FieldMeta, Model, ModelMeta};
use crate::statement::{Project, Records, Select};
use crate::value::{Cells, Field, RowRef, SqlType};

/// As the derive would write it, for a key of two columns.
#[derive(Debug, Default, Clone, PartialEq)]
struct Seat {
    row: i64,
    number: i64,
    guest: String,
}

static META: ModelMeta = ModelMeta::new(
    "Seat",
    None,
    "seats",
    &[
        FieldMeta::new("row", "row", SqlType::BigInt, false).key(),
        FieldMeta::new("number", "number", SqlType::BigInt, false).key(),
        FieldMeta::new("guest", "guest", SqlType::Text, false),
    ],
    &[0, 1],
    None,
    &[],
);

impl Model for Seat {
    const META: &'static ModelMeta = &META;

    fn bind(&self, at: usize, to: &mut dyn Binder) -> Result<()> {
        match at {
            0 => self.row.bind(to),
            1 => self.number.bind(to),
            _ => self.guest.bind(to),
        }
    }

    fn value(&self, at: usize) -> Value {
        match at {
            0 => self.row.to_value(),
            1 => self.number.to_value(),
            _ => self.guest.to_value(),
        }
    }

    fn set_value(&mut self, at: usize, value: Value) -> Result<()> {
        match at {
            0 => self.row = Field::from_value(value)?,
            1 => self.number = Field::from_value(value)?,
            _ => self.guest = Field::from_value(value)?,
        }
        Ok(())
    }

    fn field(&self, at: usize) -> &dyn Any {
        match at {
            0 => &self.row,
            1 => &self.number,
            _ => &self.guest,
        }
    }

    fn field_mut(&mut self, at: usize) -> &mut dyn Any {
        match at {
            0 => &mut self.row,
            1 => &mut self.number,
            _ => &mut self.guest,
        }
    }
}

impl FromRow for Seat {
    fn positions(cells: &dyn Cells) -> Result<Vec<usize>> {
        META.fields.iter().map(|it| (0..cells.len()).find(|at| cells.name(*at) == it.column).ok_or_else(|| Error::Closed)).collect()
    }

    fn from_row(row: &RowRef<'_>) -> Result<Self> {
        Ok(Self { row: row.field(0, "Seat", "row")?, number: row.field(1, "Seat", "number")?, guest: row.field(2, "Seat", "guest")? })
    }
}

fn seats(names: &[&str]) -> Records<Seat> {
    Records(names.iter().map(|it| Seat { guest: (*it).to_owned(), ..Seat::default() }).collect())
}

async fn table() -> Box<Conn> {
    let mut conn = memory().await;
    batch(&mut conn, "CREATE TABLE seats (row INTEGER NOT NULL DEFAULT 4, number INTEGER PRIMARY KEY, guest TEXT)");
    conn
}

async fn done(conn: Box<Conn>, work: Work) -> (Box<Conn>, Vec<Seat>, Done) {
    let (conn, work, done) = run(conn, work, Limits::default()).await;
    let any: Box<dyn Any> = work.into_load().records;
    (conn, any.downcast::<Records<Seat>>().unwrap().0, done.unwrap())
}

#[tokio::test]
async fn records_get_what_the_database_made() {
    let two = || seats(&["ann", "bob"]);
    let insert = "INSERT INTO seats (guest) VALUES ('Ann'), ('Bob') RETURNING number, row";
    let (conn, records, it) = done(table().await, work(insert, [], Want::Keys { first: 0, at: 1 }, two())).await;
    assert_eq!((it, records[0].number, records[1].number, records[1].guest.as_str()), (Done { rows: 2, affected: 2 }, 1, 2, "bob"));

    let insert = "INSERT INTO seats (guest) VALUES ('Cid') RETURNING row, number, guest";
    let (conn, records, _) = done(conn, work(insert, [], Want::Refill { first: 1 }, two())).await;
    assert_eq!(records[0], Seat { guest: "ann".to_owned(), ..Seat::default() });
    assert_eq!(records[1], Seat { row: 4, number: 3, guest: "Cid".to_owned() });

    let insert = "INSERT INTO seats (guest) VALUES ('Dan')";
    let (conn, records, it) = done(conn, work(insert, [], Want::LastKey { first: 0, at: 1 }, two())).await;
    assert_eq!((it, records[0].number), (Done { rows: 0, affected: 1 }, 4));

    // Columns of raw text stand in any order.
    let (conn, records, it) =
        done(conn, work("SELECT guest, 0 AS x, number, row FROM seats ORDER BY number", [], Want::NamedRows, seats(&[]))).await;
    assert_eq!((records.len(), it), (4, Done { rows: 4, affected: 0 }));
    assert_eq!(records[0], Seat { row: 4, number: 1, guest: "Ann".to_owned() });
    let (conn, records, _) = done(conn, work("SELECT row, number, guest FROM seats WHERE number = 2", [], Want::Rows, seats(&[]))).await;
    assert_eq!(records, [Seat { row: 4, number: 2, guest: "Bob".to_owned() }]);

    let (_, _, more) = run(conn, work(insert_more(), [], Want::Refill { first: 0 }, seats(&[])), Limits::default()).await;
    assert!(matches!(more, Err(Error::Invalid(_))), "{more:?}");
}

fn insert_more() -> &'static str {
    "INSERT INTO seats (guest) VALUES ('Eve') RETURNING row, number, guest"
}

pub(super) fn select(filter: Vec<Expr>, limit: Option<u64>, project: Project) -> Statement {
    Statement::Select(Select { project, filter, limit, ..Select::of(&META) })
}

#[test]
fn short_is_what_a_key_or_a_limit_bounds() {
    let column = |at| Expr::Column(ColumnRef { model: &META, at });
    let is = |at, operator| Expr::Binary(Box::new(column(at)), operator, Box::new(Expr::Value(1.into(), None)));
    let both = vec![is(0, Binary::Eq), is(1, Binary::Eq)];
    assert!(is_short(&select(both.clone(), None, Project::Columns)));
    assert!(is_short(&select(vec![Expr::And(both.clone())], None, Project::Columns)));
    assert!(is_short(&select(Vec::new(), Some(100), Project::Columns)));
    assert!(is_short(&select(Vec::new(), None, Project::Exists)));
    assert!(!is_short(&select(Vec::new(), Some(101), Project::Columns)));
    assert!(!is_short(&select(vec![is(0, Binary::Eq)], None, Project::Columns)));
    assert!(!is_short(&select(vec![is(0, Binary::Eq), is(1, Binary::Ge)], None, Project::Columns)));
    assert!(!is_short(&select(vec![Expr::Or(both)], None, Project::Columns)));
    assert!(!is_short(&select(Vec::new(), None, Project::Count)));
}

/// A read that looked short and is not gives the thread back, and is done
/// elsewhere from its start.
#[tokio::test]
async fn a_long_read_moves_to_another_thread() {
    const LONG: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT i FROM n";
    let mut conn = memory().await;
    let mut given_up = work(LONG, [], Want::Rows, Rows::<i64>(Vec::new()));
    *given_up.statement = select(Vec::new(), Some(1), Project::Columns);
    let ended = run_inline(conn.lite(), &mut given_up, None);
    assert!(matches!(ended, Err(Halt::TooLong)), "{ended:?}");
    let begun = given_up.records.len();
    assert!(begun > 0 && begun < 50_000, "{begun}");
    given_up.records.clear();
    let (_, work, done) = run(conn, given_up, Limits::default()).await;
    assert_eq!(done.unwrap().rows, 50_000);
    assert_eq!(took::<i64>(work.into_load().records).len(), 50_000);
}

/// A stale request to stop, and one that comes before the start.
#[tokio::test]
async fn a_stopped_run_does_not_start_and_the_next_one_does() {
    let mut conn = memory().await;
    let mut statement = work("SELECT 1", [], Want::Rows, Rows::<i64>(Vec::new()));
    let lite = conn.lite();
    let ticket = lite.stop.begin(None, None);
    lite.stop.raise(ticket);
    assert!(matches!(execute(lite, &mut statement, None), Err(Halt::Failed(Error::Cancelled))));
    lite.stop.begin(None, None);
    lite.stop.raise(ticket);
    assert_eq!(execute(lite, &mut statement, None).unwrap().rows, 1);
    lite.stop.raise(ticket);
    lite.ping().unwrap();
}

#[tokio::test]
async fn single_writes_run_inline_when_asked_to() {
    let mut conn = table().await;
    conn.lite().inline_writes(true);
    let mut insert =
        work("INSERT INTO seats (guest) VALUES ('Ann') RETURNING row, number, guest", [], Want::Refill { first: 0 }, seats(&[""]));
    *insert.statement = Statement::Insert(crate::statement::Insert {
        model: &META,
        rows: 0..1,
        auto: true,
        left_out: Vec::new(),
        mode: Default::default(),
        table: None,
        clauses: Vec::new(),
    });
    // Done at the first poll: no thread was asked.
    let mut running = Box::pin(run(conn, insert, Limits::default()));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready((_, work, done)) = running.as_mut().poll(&mut cx) else { panic!("it went to another thread") };
    assert_eq!(done.unwrap().affected, 1);
    assert_eq!(work.records.record(0).unwrap().value_at(2), Value::from("Ann"));
}
