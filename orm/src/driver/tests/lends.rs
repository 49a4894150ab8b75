//! Work that is asked back from a statement in the moment in which that ends.

use std::future::{pending, ready};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;

use super::*;
use crate::driver::lent::{Back, Lent};
use crate::driver::server::stopped;
use crate::error::Error;

fn lent() -> (Lent, Arc<Back>) {
    let back = Arc::new(Back::default());
    let work = plain(Engine::Postgres, "insert into t values (1)", vec![], Box::new(Rows::<i64>(vec![7])));
    (Lent::new(work, Some(Arc::clone(&back))), back)
}

fn late() -> Error {
    Error::Timeout { phase: "the statement", limit: Duration::from_millis(50) }
}

/// Seen failing where the work was given first, and then the reply was heard: what came
/// back was the work of nobody.
#[test]
fn a_statement_that_is_heard_when_its_work_is_asked_back_keeps_it() {
    let (mut lent, back) = lent();
    back.ask();
    lent.wait(ready(())).now_or_never().unwrap();
    let (conn, work, done) = stopped((), lent, Ok(Done { rows: 0, affected: 1 }), &back, late());
    assert_eq!((conn, done.unwrap().affected, rows::<i64>(work)), (Some(()), 1, vec![7]));
}

/// Seen failing as the one above.
#[test]
fn what_a_statement_says_after_it_gave_its_work_back_is_read_for_nobody() {
    let (mut lent, back) = lent();
    back.ask();
    assert!(lent.wait(pending::<()>()).now_or_never().is_none());
    lent.wait(ready(())).now_or_never().unwrap();
    let (conn, work, done) = stopped((), lent, Ok(Done { rows: 1, affected: 1 }), &back, late());
    assert!(conn.is_none() && done.unwrap_err().is_timeout());
    assert_eq!(rows::<i64>(work), [7]);
}
