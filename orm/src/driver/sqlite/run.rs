//! Where a statement runs, how it waits for locks, and how it is stopped.

use std::future::Future;
use std::ops::DerefMut;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};

use super::errors::{Halt, interrupted};
use super::handle::Lite;
use super::step::{execute, execute_plain};
use super::stop::{StopOnDrop, Why};
use crate::driver::{Conn, Deadline, Done, Link, Want, Work};
use crate::error::{Error, Result};
use crate::statement::{Project, Statement};

/// How long a statement waits for a lock, unless told otherwise.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// What a statement may cost that runs where it is awaited, in looks of the
/// progress handler: about a millisecond.
const LOOKS: u32 = 128;

/// How long a statement may take.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Limits {
    /// When it must be over; it is interrupted then.
    pub(crate) deadline: Option<Deadline>,
    /// How long it waits while another connection holds the lock; 5 s if not said.
    pub(crate) lock_wait: Option<Duration>,
}

/// Runs a statement and hands the connection and the work back.
///
/// A dropped future stops the statement; the connection then comes back by the
/// drop of its guard, when SQLite has let go of it. An interrupted write ends
/// the whole transaction, so look at [`Lite::in_transaction`] after an error.
#[expect(clippy::manual_async_fn, reason = "its future would have two places for the connection")]
pub(crate) fn run<G>(mut conn: G, mut work: Work, limits: Limits) -> impl Future<Output = (G, Work, Result<Done>)> + Send + 'static
where
    G: DerefMut<Target = Conn> + Send + 'static,
{
    async move {
        let inline = match lite(&mut conn) {
            Ok(it) => is_short(&work.statement) || it.writes_inline() && is_single_write(&work.statement),
            Err(error) => return (conn, work, Err(error)),
        };
        // Boxed: what is done at once would carry it along.
        if !inline {
            return Box::pin(run_in_turns(conn, work, limits, None)).await;
        }
        match run_here(&mut conn, &mut work, limits.deadline).await {
            Ok(done) => (conn, work, Ok(done)),
            Err(halt) => Box::pin(run_in_turns(conn, work, limits, Some(halt))).await,
        }
    }
}

/// Runs a statement on this thread.
async fn run_here<G>(conn: &mut G, work: &mut Work, deadline: Option<Deadline>) -> Result<Done, Halt>
where
    G: DerefMut<Target = Conn> + Send + 'static,
{
    // A loop over short reads would never give the thread to other tasks.
    tokio::task::coop::consume_budget().await;
    lite(conn).map_err(Halt::Failed).and_then(|it| run_inline(it, work, deadline))
}

/// Runs a statement that has no turn yet, or had one here and was halted, until it is done.
async fn run_in_turns<G>(mut conn: G, mut work: Work, limits: Limits, mut halted: Option<Halt>) -> (G, Work, Result<Done>)
where
    G: DerefMut<Target = Conn> + Send + 'static,
{
    let mut turns = Turns::new(limits);
    let mut inline = halted.is_some();
    loop {
        let ran = match halted.take() {
            Some(halt) => Err(halt),
            None if inline => run_here(&mut conn, &mut work, limits.deadline).await,
            None => {
                let ran;
                (conn, work, ran) = run_blocking(conn, work, limits.deadline).await;
                ran
            }
        };
        let halt = match ran {
            Ok(done) => return (conn, work, Ok(done)),
            Err(halt) => halt,
        };
        // A statement that starts anew must not find the rows of the last try.
        if matches!(halt, Halt::TooLong | Halt::Busy(_)) && matches!(work.want, Want::Rows | Want::NamedRows | Want::FirstNamedRow) {
            work.records.clear();
        }
        if matches!(halt, Halt::TooLong) {
            inline = false;
        } else if let Err(error) = turns.after(halt).await {
            return (conn, work, Err(error));
        }
    }
}

/// Runs `BEGIN IMMEDIATE`, `COMMIT`, `SAVEPOINT a` and the like.
///
/// Nothing stops it once SQLite has begun with it, so an error is the truth.
/// After an error, or a dropped future, [`Lite::in_transaction`] says how things
/// stand.
pub(crate) async fn control<G>(mut conn: G, text: &str, limits: Limits) -> (G, Result<()>)
where
    G: DerefMut<Target = Conn> + Send + 'static,
{
    // Only the end of a transaction touches the file, if that was written to; and
    // a lock that is taken is not waited for inside of SQLite, see `Turns`.
    let inline = match lite(&mut conn) {
        Ok(it) => match text {
            "COMMIT" | "ROLLBACK" => it.ends_inline(),
            _ => ["BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK TO"].iter().any(|it| text.starts_with(it)),
        },
        Err(error) => return (conn, Err(error)),
    };
    // Whoever is late may still clean up.
    let deadline = limits.deadline.filter(|_| !text.starts_with("ROLLBACK"));
    let mut turns = Turns::new(Limits { deadline, ..limits });
    let mut text = text.to_owned();
    loop {
        let ran = if inline {
            // As with short reads, see above.
            tokio::task::coop::consume_budget().await;
            lite(&mut conn).map_err(Halt::Failed).and_then(|it| {
                it.stop.begin(deadline, None);
                execute_plain(it, &text, deadline)
            })
        } else {
            let ran;
            (conn, text, ran) = on_thread(conn, text, deadline, |lite, text, deadline| execute_plain(lite, text, deadline)).await;
            ran
        };
        match ran {
            Ok(()) => return (conn, Ok(())),
            Err(halt) => {
                if let Err(error) = turns.after(halt).await {
                    return (conn, Err(error));
                }
            }
        }
    }
}

/// Runs a statement on this thread. A read that takes too long is given up.
pub(super) fn run_inline(lite: &mut Lite, work: &mut Work, deadline: Option<Deadline>) -> Result<Done, Halt> {
    // An interrupted write would end the transaction it is in.
    let looks = work.statement.is_read().then_some(LOOKS);
    lite.stop.begin(deadline, looks);
    execute(lite, work, deadline)
}

/// Runs a statement on a thread that may wait.
pub(super) async fn run_blocking<G>(conn: G, work: Work, deadline: Option<Deadline>) -> (G, Work, Result<Done, Halt>)
where
    G: DerefMut<Target = Conn> + Send + 'static,
{
    on_thread(conn, work, deadline, execute).await
}

/// Lends a connection to a thread that may wait, and takes it back.
///
/// The connection lies in a cell that both sides own: it comes back also when
/// the runtime shuts down and never starts the job, and when the future is
/// dropped it falls with the last owner, which is the thread while it runs. A job
/// that has not begun, because no thread was free, is not waited for at the deadline.
async fn on_thread<G, T, R>(
    mut conn: G,
    load: T,
    deadline: Option<Deadline>,
    job: fn(&mut Lite, &mut T, Option<Deadline>) -> Result<R, Halt>,
) -> (G, T, Result<R, Halt>)
where
    G: DerefMut<Target = Conn> + Send + 'static,
    T: Send + 'static,
    R: Send + 'static,
{
    let (stop, ticket) = match lite(&mut conn) {
        Ok(it) => (Arc::clone(&it.stop), it.stop.begin(deadline, None)),
        Err(error) => return (conn, load, Err(error.into())),
    };
    let cell = Arc::new(Mutex::new(Loan { both: Some((conn, load)), begun: false }));
    let lent = Arc::clone(&cell);
    let mut task = tokio::task::spawn_blocking(move || {
        let mut lent = lent.lock().unwrap_or_else(PoisonError::into_inner);
        lent.begun = true;
        let Some((conn, load)) = &mut lent.both else { return Err(Error::Cancelled.into()) };
        lite(conn).map_err(Halt::Failed).and_then(|it| job(it, load, deadline))
    });
    let unbegun = TakeBack(&cell);
    // Declared after that, so that it falls first: when the connection goes on
    // to the next one, nothing is raised any more.
    let guard = StopOnDrop::new(stop, ticket);
    let ran = match deadline {
        None => task.await,
        Some(it) => match tokio::time::timeout_at(it.at.into(), &mut task).await {
            Ok(ran) => ran,
            Err(_) => {
                if let Some((conn, load)) = unbegun.take() {
                    guard.disarm();
                    task.abort();
                    return (conn, load, Err(interrupted(Why::Deadline, deadline)));
                }
                task.await
            }
        },
    };
    guard.disarm();
    // The job has ended, or was dropped unstarted.
    let both = cell.lock().unwrap_or_else(PoisonError::into_inner).both.take();
    let (conn, load) = both.expect("it is taken back only where this returns");
    (conn, load, ran.unwrap_or_else(|_| Err(Error::Cancelled.into())))
}

/// What a thread is lent; locked while the job runs.
struct Loan<B> {
    both: Option<B>,
    begun: bool,
}

/// Takes back what was lent to a job that has not begun.
struct TakeBack<'l, B>(&'l Mutex<Loan<B>>);

impl<B> TakeBack<'_, B> {
    fn take(&self) -> Option<B> {
        let mut loan = match self.0.try_lock() {
            Ok(it) => it,
            Err(TryLockError::Poisoned(it)) => it.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        if loan.begun { None } else { loan.both.take() }
    }
}

impl<B> Drop for TakeBack<'_, B> {
    fn drop(&mut self) {
        // Dropped when it is not locked any more: it may be lent anew at once.
        let both = self.take();
        drop(both);
    }
}

pub(super) fn lite(conn: &mut Conn) -> Result<&mut Lite> {
    match &mut conn.link {
        Link::Sqlite(it) => Ok(it),
        #[allow(unreachable_patterns, reason = "reachable where other databases are compiled in")]
        _ => Err(Error::Invalid("a statement for SQLite was given to another database".to_owned())),
    }
}

/// Waits for a lock, in turns that grow.
pub(super) struct Turns {
    until: Instant,
    deadline: Option<Deadline>,
    pauses: ExponentialBackoff,
}

impl Turns {
    pub(super) fn new(limits: Limits) -> Self {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(1))
            .with_max_delay(Duration::from_millis(25))
            .with_jitter()
            .without_max_times();
        Self { until: Instant::now() + limits.lock_wait.unwrap_or(LOCK_WAIT), deadline: limits.deadline, pauses: pauses.build() }
    }

    /// `Ok` when it is worth to try again.
    ///
    /// SQLite's own waiting is off: it would keep a thread, and ask nobody
    /// whether the statement is still wanted.
    pub(super) async fn after(&mut self, halt: Halt) -> Result<()> {
        let Halt::Busy(error) = halt else { return Err(halt.into_error()) };
        let pause = self.pauses.next().unwrap_or(Duration::from_millis(25));
        let now = Instant::now();
        if let Some(it) = self.deadline.filter(|it| it.at <= now + pause && it.at <= self.until) {
            tokio::time::sleep_until(it.at.into()).await;
            return Err(interrupted(Why::Deadline, Some(it)).into_error());
        }
        if self.until <= now + pause {
            return Err(error);
        }
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

/// Whether a statement will be done before a thread could be found for it.
pub(super) fn is_short(statement: &Statement) -> bool {
    let Statement::Select(it) = statement else { return false };
    it.project == Project::Exists || it.limit.is_some_and(|it| it <= 100) || it.is_by_key()
}

/// Whether it writes one record.
fn is_single_write(statement: &Statement) -> bool {
    match statement {
        Statement::Insert(it) => it.rows.len() == 1,
        Statement::Update(it) => it.target.record.is_some(),
        Statement::Delete(it) => it.target.record.is_some(),
        Statement::Select(_) | Statement::Raw(_) | Statement::Ddl(_) => false,
    }
}
