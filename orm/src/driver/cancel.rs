//! Asking a server to stop a statement, over another connection.

mod terminate;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex as Short, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex;

use crate::driver::errors::connecting;
#[cfg(feature = "mysql")]
use crate::driver::mysql::MySql;
#[cfg(feature = "postgres")]
use crate::driver::postgres::Postgres;
use crate::driver::target::Options;
use crate::driver::{Conn, Link, Target};
use crate::error::{Error, Result};

/// How long a connection that is open may take to answer. One that a network has
/// forgotten would hold up all who ask next.
pub(super) const TO_ANSWER: Duration = Duration::from_secs(1);

/// How long one may take to be opened: some round trips, also over a slow network. One that
/// hangs would keep all others waiting until the system gives it up.
const TO_OPEN: Duration = Duration::from_secs(2);

/// The connection over which statements of others are stopped. One for each
/// database handle, opened when it is needed first; not one of the pool's.
#[derive(Debug, Default)]
pub(super) struct Control {
    conn: Mutex<Option<Conn>>,
    /// The same server under another name or password, for when this one is refused.
    heir: Short<Option<Target>>,
}

impl Control {
    /// Says who may stop statements here when these credentials are no longer taken.
    pub(super) fn leave_to(&self, heir: &Target) {
        *self.heir.lock().unwrap_or_else(PoisonError::into_inner) = Some(heir.clone());
    }

    fn heir(&self) -> Option<Target> {
        self.heir.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Closes the connection, if there is one.
    pub(super) async fn close(&self) {
        *self.conn.lock().await = None;
    }
}

/// The requests to stop one statement. A server takes each of them when it comes, and
/// stops what its connection runs by then.
#[derive(Debug, Default)]
pub(super) struct Requests {
    sent: AtomicU32,
    answered: AtomicU32,
}

impl Requests {
    /// Whether one has left.
    pub(super) fn were_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed) > 0
    }

    /// Whether one may still come to the server.
    pub(super) fn are_open(&self) -> bool {
        self.sent.load(Ordering::Relaxed) != self.answered.load(Ordering::Relaxed)
    }
}

/// How a running statement is stopped.
#[derive(Debug, Clone)]
pub(super) struct Cancel {
    target: Target,
    /// What stops the statement.
    stop: String,
    /// What ends the connection, together with others.
    end: String,
}

impl Cancel {
    /// Stops what a connection runs; `None` where it has no number by which it is known.
    pub(super) fn of(link: &Link, target: &Target) -> Option<Self> {
        let texts: Option<(String, String)> = match link {
            #[cfg(feature = "sqlite")]
            Link::Sqlite(_) => None,
            #[cfg(feature = "postgres")]
            Link::Postgres(it) => it.kill("pg_cancel_backend").zip(it.ending()),
            #[cfg(feature = "mysql")]
            Link::MySql(it) => Some((it.kill("QUERY"), it.kill("CONNECTION"))),
        };
        texts.map(|(stop, end)| Self { target: target.clone(), stop, end })
    }

    /// Opens the connection over which that is said, unless it is open or in use:
    /// opened only at the deadline, it would come late where the network is slow.
    pub(super) async fn prepare(self: Arc<Self>) {
        let Ok(mut control) = self.target.control().conn.try_lock() else { return };
        if control.is_none()
            && let Ok(conn) = open(&self.target).await
        {
            *control = Some(conn);
        }
    }

    /// Stops the statement, and waits until the server has taken it.
    pub(super) async fn send(&self, requests: &Requests) -> Result<()> {
        say(&self.target, &self.stop, requests).await
    }
}

async fn say(target: &Target, text: &str, requests: &Requests) -> Result<()> {
    let mut control = target.control().conn.lock().await;
    if let Some(mut conn) = control.take()
        && ask(&mut conn, text, requests).await.is_ok()
    {
        *control = Some(conn);
        return Ok(());
    }
    // The first time, or the server was restarted since, or the network forgot it.
    let mut conn = match (open(target).await, target.control().heir()) {
        (Ok(conn), _) => conn,
        (Err(_), Some(heir)) => return Box::pin(say(&heir, text, requests)).await,
        (Err(error), None) => return Err(error),
    };
    let sent = ask(&mut conn, text, requests).await;
    if !conn.is_busy() {
        *control = Some(conn);
    }
    sent
}

async fn ask(conn: &mut Conn, text: &str, requests: &Requests) -> Result<()> {
    // Said first: also what is dropped on its way may come to the server.
    requests.sent.fetch_add(1, Ordering::Relaxed);
    let answer = tokio::time::timeout(TO_ANSWER, conn.control(text)).await;
    // An error is an answer, too; a connection that waits for one is busy.
    if !conn.is_busy() {
        requests.answered.fetch_add(1, Ordering::Relaxed);
    }
    answer.unwrap_or(Err(Error::Timeout { phase: "a request to stop a statement", limit: TO_ANSWER }))
}

/// Opens a connection that nothing is set on: all it says are numbers, and over a
/// slow network each round trip is time in which the server works for nobody.
async fn open(target: &Target) -> Result<Conn> {
    let opened = async {
        match target.options() {
            #[cfg(feature = "sqlite")]
            Options::Sqlite(_) => Err(sqlx::Error::Protocol("a statement of SQLite is stopped where it runs".to_owned())),
            #[cfg(feature = "postgres")]
            Options::Postgres(options) => Postgres::bare(options).await.map(Link::Postgres),
            #[cfg(feature = "mysql")]
            Options::MySql(options) => MySql::bare(options).await.map(Link::MySql),
        }
    };
    match tokio::time::timeout(TO_OPEN, opened).await {
        // It holds no target, which would hold it.
        Ok(link) => Ok(Conn::new(link.map_err(|error| connecting(target, error))?)),
        Err(_) => Err(Error::Timeout { phase: "opening a connection to stop a statement", limit: TO_OPEN }),
    }
}

/// How a connection is ended by others than who has it.
#[derive(Debug, Clone)]
pub(super) enum Ending {
    /// The server ends it.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    Server(Arc<Cancel>),
    /// Its statements are interrupted; it is closed by who has it.
    #[cfg(feature = "sqlite")]
    Sqlite(Arc<super::sqlite::Stop>),
}

impl Ending {
    /// Closes the connection over which that was said.
    pub(super) async fn hang_up(&self) {
        match self {
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            Self::Server(it) => {
                it.target.control().close().await;
                if let Some(heir) = it.target.control().heir() {
                    heir.control().close().await;
                }
            }
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => {}
        }
    }
}
