//! A connection that is lent.

use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use deadpool::managed::Object;

use super::manager::{Manager, Pooled};
use super::stats::Why;
use crate::dialect::Engine;
use crate::driver::Conn;

/// A connection that is lent. It goes home when this is dropped, in a state in
/// which the next one can use it, or not at all.
#[derive(Debug)]
pub(crate) struct Lease {
    object: Option<Object<Manager>>,
}

/// How long a connection may take to come back clean.
const CLEANING_LIMIT: Duration = Duration::from_secs(5);

impl Lease {
    pub(super) fn new(object: Object<Manager>) -> Self {
        Self { object: Some(object) }
    }

    /// Says that a transaction may be open on it from now on: call it before
    /// `BEGIN` is sent. It is rolled back when the connection goes home.
    pub(crate) fn begins(&mut self) {
        self.pooled_mut().in_transaction = true;
    }

    /// Says that the transaction is over, and the database has said so.
    pub(crate) fn settle(&mut self) {
        self.pooled_mut().in_transaction = false;
    }

    fn pooled(&self) -> &Pooled {
        self.object.as_ref().expect("a lease has its connection until it is dropped")
    }

    fn pooled_mut(&mut self) -> &mut Pooled {
        self.object.as_mut().expect("a lease has its connection until it is dropped")
    }
}

impl Deref for Lease {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.pooled().conn
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.pooled_mut().conn
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut object) = self.object.take() else { return };
        if object.conn.is_busy() {
            close(object, Why::Broken);
        } else if object.conn.rollback_now() || (!object.in_transaction && object.conn.engine() != Engine::Sqlite) {
            go_home(object);
        } else if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // Where this task is dropped before its end, the connection goes home
            // marked as it is, and is not lent again.
            runtime.spawn(async move {
                let rollback = tokio::time::timeout(CLEANING_LIMIT, object.conn.control("ROLLBACK")).await;
                if matches!(rollback, Ok(Ok(()))) { go_home(object) } else { close(object, Why::Broken) }
            });
        } else {
            close(object, Why::Broken);
        }
    }
}

/// Gives back a connection that is as good as new.
fn go_home(mut object: Object<Manager>) {
    object.used = Instant::now();
    object.in_transaction = false;
    let Some(pool) = Object::pool(&object) else { return };
    let Some(most) = pool.manager().max_idle() else { return drop(object) };
    // One after the other, or two would each see room for one.
    let _turn = pool.manager().turn();
    if pool.status().available >= most {
        close(object, Why::MaxIdle);
    } else {
        drop(object);
    }
}

fn close(object: Object<Manager>, why: Why) {
    let mut pooled = Object::take(object);
    pooled.why = why;
}
