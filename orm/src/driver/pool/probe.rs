//! Asking the database for a sign of life, over a connection of its own.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime;
use tokio::time::timeout;

use super::Pool;
use super::manager::{Shared, runtime_now};
use super::open::dial;
use super::tell::is_blocked;
use crate::dialect::Engine;
use crate::driver::{Conn, Detached, Role};
use crate::error::{Error, Result};

/// How long a probe may take, with opening its connection.
const LIMIT: Duration = Duration::from_secs(1);

/// The connection for it, which is no part of the pool: it is to be had when
/// the pool has none left.
#[derive(Debug, Default)]
pub(super) struct Probe {
    /// Held while it is asked, or opened, so that there is one question at a time.
    kept: Arc<tokio::sync::Mutex<Option<Kept>>>,
    last: Mutex<Option<Probed>>,
}

#[derive(Debug)]
struct Kept {
    conn: Conn,
    generation: u64,
    runtime: Option<runtime::Id>,
}

/// What came of a probe.
#[derive(Debug, Clone)]
pub(crate) struct Probed {
    ended: Instant,
    pub(crate) took: Duration,
    pub(crate) error: Option<Arc<Error>>,
}

/// How the pool stands, without asking the database.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) suspended: bool,
    pub(crate) waiting: usize,
    /// Connections that are lent, and the most there may be, where that is all of them; on
    /// SQLite of those that read, and of the one that writes.
    pub(crate) exhausted: Vec<(usize, usize)>,
}

impl Pool {
    /// Asks for a sign of life. Whoever asks meanwhile gets the same answer.
    pub(crate) async fn probe(&self) -> Probed {
        // To its end: what is dropped on its way would keep others waiting for longer.
        Detached::new(probe(Arc::clone(&self.shared), Instant::now())).await
    }

    /// Opens the connection for it in the background, before it is needed: a server whose
    /// connections are all taken has none for a question. Where that fails, the next one tries.
    pub(crate) fn reserve(&self) {
        // What was never reached is not reached for; of SQLite, the file is opened each time.
        let is_server = self.engine().is_some_and(|it| it != Engine::Sqlite) && self.shared.register.was_used();
        let Ok(runtime) = runtime::Handle::try_current() else { return };
        let Ok(mut kept) = Arc::clone(&self.shared.probe.kept).try_lock_owned() else { return };
        if kept.is_some() || !is_server || self.shared.is_closed() {
            return;
        }
        let shared = Arc::clone(&self.shared);
        runtime.spawn(async move {
            let generation = shared.generation();
            let dialed = dial(&shared.live().target, Role::Reader, LIMIT).await;
            *kept = dialed.ok().map(|conn| Kept { conn, generation, runtime: runtime_now().map(|it| it.id()) });
            drop(kept);
            shared.probe.tidy(&shared);
        });
    }

    pub(crate) fn last_probe(&self) -> Option<Probed> {
        self.shared.probe.last()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.shared.is_closed()
    }

    pub(crate) fn condition(&self) -> Condition {
        let exhausted = self.halves().filter_map(|half| {
            let most = half.seats.most();
            // Of those that are lent, not of the seats: who waits for `resume` has one, too.
            let usage = self.shared.register.usage(half.role);
            // SQLite's one connection that writes is often lent, and that is no illness.
            let only_writer = half.role == Role::Writer && self.readers.is_some();
            let is_ill = !only_writer || is_blocked(&usage, &half.seats);
            (is_ill && usage.in_use >= most).then_some((usage.in_use.min(most), most))
        });
        Condition { suspended: self.shared.gate.is_shut(), waiting: self.stats().waiting, exhausted: exhausted.collect() }
    }
}

impl Probe {
    fn last(&self) -> Option<Probed> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Closes the connection where the pool is closed, or was renewed since it was
    /// opened. Whoever asks it now does that after the answer.
    pub(super) fn tidy(&self, shared: &Shared) {
        if let Ok(mut kept) = self.kept.try_lock()
            && (shared.is_closed() || kept.as_ref().is_some_and(|it| it.generation != shared.generation()))
        {
            *kept = None;
        }
    }
}

async fn probe(shared: Arc<Shared>, asked: Instant) -> Probed {
    let probed = ask(&shared, asked).await;
    // Whoever closed or renewed the pool in the meantime could not.
    shared.probe.tidy(&shared);
    probed
}

async fn ask(shared: &Shared, asked: Instant) -> Probed {
    let mut kept = shared.probe.kept.lock().await;
    if let Some(last) = shared.probe.last().filter(|it| it.ended >= asked) {
        return last;
    }
    let begun = Instant::now();
    let answer = timeout(LIMIT, sign_of_life(shared, &mut kept)).await;
    let answer = answer.unwrap_or(Err(Error::Timeout { phase: "the sign of life", limit: LIMIT }));
    let ended = Instant::now();
    let probed = Probed { ended, took: ended - begun, error: answer.err().map(Arc::new) };
    *shared.probe.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(probed.clone());
    probed
}

/// Takes the connection out while it is asked: without an answer it is gone.
async fn sign_of_life(shared: &Shared, kept: &mut Option<Kept>) -> Result<()> {
    if shared.is_closed() {
        return Err(Error::Closed);
    }
    let (generation, live) = (shared.generation(), shared.live());
    if live.target.is_memory() {
        // Another connection would be another database, and this one is there.
        return Ok(());
    }
    let runtime = runtime_now().map(|it| it.id());
    if let Some(mut it) = kept.take().filter(|it| it.generation == generation && it.runtime == runtime) {
        // It may have been lost while nobody looked, which says nothing of the
        // database: half of the time is left for another one.
        if let Ok(Ok(())) = timeout(LIMIT / 2, it.conn.ping()).await {
            *kept = Some(it);
            return Ok(());
        }
    }
    let is_file = live.target.engine() == Some(Engine::Sqlite);
    let missing = live.target.is_missing();
    if missing && shared.register.was_used() {
        return Err(Error::Connect { target: live.target.to_string(), reason: "the file is gone".to_owned(), source: None });
    }
    // A file is made by a connection that writes.
    let role = if missing { Role::Writer } else { Role::Reader };
    let mut conn = dial(&live.target, role, LIMIT).await?;
    conn.ping().await?;
    // Of a file that was moved away, whoever has it open would see nothing.
    if !is_file {
        *kept = Some(Kept { conn, generation, runtime });
    }
    Ok(())
}
