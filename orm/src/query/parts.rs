//! How many records are sent in parts.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use crate::callback::panic_message;
use crate::error::{Error, Result};

/// How far many records have got.
///
/// ```
/// # use orm::prelude::*;
/// # #[derive(Debug, Model)] struct User { #[orm(key, auto)] id: i64, name: String }
/// # async fn f(db: &Session, users: Vec<User>) -> orm::Result<()> {
/// let users = db
///     .create_many(users)
///     .progress(|it| match it.total {
///         Some(total) => println!("{} of {total}", it.done),
///         None => println!("{}", it.done),
///     })
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Records that were sent so far. They are stored when all are.
    pub done: u64,
    /// Records in all, where that is known: an iterator may not know it.
    pub total: Option<u64>,
}

type Report = Arc<Mutex<dyn FnMut(Progress) + Send>>;

/// How many records are sent in parts; travels with the statement to the step
/// that sends it.
#[derive(Clone, Default)]
pub(crate) struct Parts {
    /// The most records in a statement, where the program says it.
    pub(crate) size: Option<usize>,
    /// Records that were sent by earlier statements of the same operation.
    pub(super) before: usize,
    pub(super) total: Option<usize>,
    report: Option<Report>,
}

impl Parts {
    pub(super) fn report_to(&mut self, report: impl FnMut(Progress) + Send + 'static) {
        self.report = Some(Arc::new(Mutex::new(report)));
    }

    /// Whether the step has anything to learn from it.
    pub(super) fn is_said(&self) -> bool {
        self.size.is_some() || self.report.is_some()
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.size == Some(0) {
            return Err(Error::Invalid("a `batch_size` of 0 would send nothing: it is the most records of a statement".to_owned()));
        }
        Ok(())
    }

    /// Whether somebody wants to know how far it got.
    pub(crate) fn is_watched(&self) -> bool {
        self.report.is_some()
    }

    /// Says that so many records of this statement are sent.
    pub(crate) fn report(&self, sent: usize) -> Result<()> {
        let Some(report) = &self.report else { return Ok(()) };
        let number = |it: usize| u64::try_from(it).unwrap_or(u64::MAX);
        let progress = Progress { done: number(self.before + sent), total: self.total.map(number) };
        let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
        catch_unwind(AssertUnwindSafe(|| report(progress))).map_err(|panic| Error::CallbackPanicked {
            chain: "create",
            link: "progress".to_owned(),
            message: panic_message(&*panic),
        })
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("size", &self.size).field("watched", &self.is_watched()).finish_non_exhaustive()
    }
}

/// `.batch_size(n)` and `.progress(…)` on a builder.
macro_rules! parts {
    ($($parts:tt).+) => {
        /// Sends at most so many records in one statement. Without it, it is as
        /// many as the database takes at once and is fast with: 500, on
        /// PostgreSQL 10,000, or 100,000 where they are copied; and 16 MiB.
        ///
        /// All is stored or nothing, however many statements there are. A size
        /// of zero is [`Error::Invalid`](crate::Error::Invalid).
        pub fn batch_size(mut self, records: usize) -> Self {
            self.$($parts).+.size = Some(records);
            self
        }

        /// Calls `report` after each statement with how far it got, for a bar on
        /// a screen. At the last call all are sent, and not yet committed.
        ///
        /// A panic of `report` undoes everything:
        /// [`Error::CallbackPanicked`](crate::Error::CallbackPanicked). It runs
        /// where the builder is awaited, so it should not take long.
        pub fn progress(mut self, report: impl FnMut($crate::query::Progress) + Send + 'static) -> Self {
            self.$($parts).+.report_to(report);
            self
        }
    };
}
pub(super) use parts;
