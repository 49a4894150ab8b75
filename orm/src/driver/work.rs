//! What travels to a connection and comes back: a statement with its records,
//! and what is to be done with its rows.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::dialect::Leaves;
use crate::error::Result;
use crate::statement::{RecordSet, Statement};
use crate::value::Binder;

/// What travels to a database and back. On its way it is moved from future to
/// future, each of which has a place for it: so it is small.
pub(crate) struct Work(Box<Load>);

/// What a [`Work`] carries.
pub(crate) struct Load {
    /// The operation; placeholders are bound from it and from `records`.
    pub(crate) statement: Box<Statement>,
    /// What is written from, or read into.
    pub(crate) records: Box<dyn RecordSet>,
    /// The SQL, rendered from `statement` for this engine.
    pub(crate) text: Arc<str>,
    /// What is done with the rows that come back.
    pub(crate) want: Want,
    /// Whether it must not write. Servers are told by the transaction around it.
    pub(crate) read_only: bool,
    /// What it leaves behind on its connection.
    pub(crate) leaves: Leaves,
    /// Whether nothing of it stays if its connection is lost now: it was not sent, or only
    /// without the commit behind it.
    pub(crate) undone: bool,
    /// Binds the placeholders of `text`, in their order.
    pub(crate) bind: fn(&Statement, &dyn RecordSet, &mut dyn Binder) -> Result<()>,
}

impl Work {
    pub(crate) fn new(load: Load) -> Self {
        Self(Box::new(load))
    }

    pub(crate) fn into_load(self) -> Load {
        *self.0
    }
}

impl Deref for Work {
    type Target = Load;

    fn deref(&self) -> &Load {
        &self.0
    }
}

impl DerefMut for Work {
    fn deref_mut(&mut self) -> &mut Load {
        &mut self.0
    }
}

/// What is done with the rows that come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    /// None are expected.
    Nothing,
    /// Each is pushed to the records; columns stand in our order.
    Rows,
    /// Each is pushed to the records; columns are looked up by name first.
    NamedRows,
    /// The same with the first of them; the others are not kept.
    FirstNamedRow,
    /// The n-th holds all columns of record `first + n` anew.
    Refill {
        /// The record the first row is for.
        first: usize,
    },
    /// The n-th holds, in its first column, the `auto` key of record `first + n`.
    Keys {
        /// The record the first row is for.
        first: usize,
        /// The position of the column in the model.
        at: usize,
    },
    /// No rows: the key that the database chose last goes to record `first`.
    LastKey {
        /// The record.
        first: usize,
        /// The position of the column in the model.
        at: usize,
    },
    /// None are expected, and the values are lines behind the text of a `COPY`.
    Copied,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Done {
    /// Rows that came back.
    pub(crate) rows: usize,
    /// Rows that were matched by a write.
    pub(crate) affected: u64,
}

/// When a statement must be over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    /// The moment.
    pub(crate) at: Instant,
    /// How long there was until then, for the message.
    pub(crate) limit: Duration,
}

/// What is further away than that is without end: clocks can count no further than some
/// hundred years, and what is added to their last moment would panic.
pub(crate) const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);

impl Deadline {
    /// So much time from now on; nothing where that is without end.
    pub(crate) fn after(limit: Duration) -> Option<Self> {
        let at = Instant::now().checked_add(limit.min(CENTURY))?;
        (limit < CENTURY).then_some(Self { at, limit })
    }

    /// That moment; nothing where it never comes.
    pub(crate) fn by(at: Instant) -> Option<Self> {
        let limit = at.saturating_duration_since(Instant::now());
        (limit < CENTURY).then_some(Self { at, limit })
    }

    /// When whoever waits is answered at the latest, also where the database is not heard:
    /// it is stopped at its deadline, and has a little longer to say so.
    pub(crate) fn answered_by(self) -> Instant {
        self.at + Duration::from_millis(40)
    }
}
