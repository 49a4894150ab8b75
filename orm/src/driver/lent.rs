//! Work that a statement has, and that may be asked back from it.

use std::future::{Future, poll_fn};
use std::ops::{Deref, DerefMut};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::dialect::Leaves;
use crate::driver::{Load, Want, Work};
use crate::statement::{NoRecords, Raw, Statement};

const TAKEN: &str = "work is taken where the statement ends";

/// Work while a statement has it.
pub(super) struct Lent {
    /// Taken out only at its end.
    work: Option<Work>,
    back: Option<Arc<Back>>,
}

/// Where work is put for whoever waits for its statement no longer.
#[derive(Default)]
pub(super) struct Back {
    wanted: AtomicBool,
    work: Mutex<Option<Work>>,
}

impl Back {
    /// Asks for the work; the statement gives it when it is polled next.
    pub(super) fn ask(&self) {
        self.wanted.store(true, Ordering::Relaxed);
    }

    /// The work, once it was given.
    pub(super) fn take(&self) -> Option<Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Lent {
    /// Lends work, for good or until it is asked back.
    pub(super) fn new(work: Work, back: Option<Arc<Back>>) -> Self {
        Self { work: Some(work), back }
    }

    /// Waits for the database. If the work is asked back meanwhile, it is given,
    /// and what the database says from then on is read for nobody.
    pub(super) async fn wait<T>(&mut self, reply: impl Future<Output = T>) -> T {
        let mut reply = pin!(reply);
        poll_fn(|cx| {
            let reply = reply.as_mut().poll(cx);
            // Whoever is heard now keeps it, for there may be no need to give it.
            if reply.is_pending() && self.back.as_ref().is_some_and(|it| it.wanted.load(Ordering::Relaxed)) {
                self.give();
            }
            reply
        })
        .await
    }

    /// The work, when the statement has ended.
    pub(super) fn into_work(mut self) -> Work {
        self.back = None;
        self.work.take().unwrap_or_else(nothing)
    }

    fn give(&mut self) {
        if let Some(back) = self.back.take() {
            let work = self.work.replace(nothing());
            *back.work.lock().unwrap_or_else(PoisonError::into_inner) = work;
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.give();
    }
}

impl Deref for Lent {
    type Target = Work;

    fn deref(&self) -> &Work {
        self.work.as_ref().expect(TAKEN)
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Work {
        self.work.as_mut().expect(TAKEN)
    }
}

/// What stands in the place of work that was given back.
fn nothing() -> Work {
    Work::new(Load {
        statement: Box::new(Statement::Raw(Raw::NOTHING)),
        records: Box::new(NoRecords),
        text: Arc::default(),
        want: Want::Nothing,
        read_only: false,
        leaves: Leaves::Nothing,
        undone: false,
        bind: |_, _, _| Ok(()),
    })
}
