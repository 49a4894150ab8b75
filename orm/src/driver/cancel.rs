//! Asking a server to stop a statement, over another connection.

use std::sync::{Arc, Mutex as Short, PoisonError};

use tokio::sync::Mutex;

use crate::driver::target::Options;
use crate::driver::{Conn, Role, Target, connect};
use crate::error::Result;

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

/// How a running statement is stopped.
#[derive(Debug, Clone)]
pub(super) struct Cancel {
    target: Target,
    server_id: u64,
}

impl Cancel {
    /// Stops whatever the connection of this number runs.
    pub(super) fn new(target: &Target, server_id: u64) -> Self {
        Self { target: target.clone(), server_id }
    }

    /// Opens the connection over which that is said, unless it is open or in use:
    /// opened only at the deadline, it would come late where the network is slow.
    pub(super) async fn prepare(self: Arc<Self>) {
        let Ok(mut control) = self.target.control().conn.try_lock() else { return };
        if control.is_none()
            && let Ok(mut conn) = connect(&self.target, Role::Writer).await
        {
            // It holds the target that would hold it.
            conn.cancel = None;
            *control = Some(conn);
        }
    }

    /// Stops the statement, and waits until the server has taken it.
    pub(super) async fn send(&self) -> Result<()> {
        let id = self.server_id;
        let text = match self.target.options() {
            #[cfg(feature = "postgres")]
            Options::Postgres(_) => format!("SELECT pg_cancel_backend({id})"),
            #[cfg(feature = "mysql")]
            Options::MySql(_) => format!("KILL QUERY {id}"),
            #[cfg(feature = "sqlite")]
            Options::Sqlite(_) => String::new(),
        };
        say(&self.target, &text).await
    }

    /// Ends the connection, and waits until the server has taken it.
    async fn terminate(&self) -> Result<()> {
        let id = self.server_id;
        let text = match self.target.options() {
            #[cfg(feature = "postgres")]
            Options::Postgres(_) => format!("SELECT pg_terminate_backend({id})"),
            #[cfg(feature = "mysql")]
            Options::MySql(_) => format!("KILL CONNECTION {id}"),
            #[cfg(feature = "sqlite")]
            Options::Sqlite(_) => String::new(),
        };
        say(&self.target, &text).await
    }
}

async fn say(target: &Target, text: &str) -> Result<()> {
    let mut control = target.control().conn.lock().await;
    if let Some(mut conn) = control.take()
        && conn.control(text).await.is_ok()
    {
        *control = Some(conn);
        return Ok(());
    }
    // The first time, or the server was restarted since.
    let mut conn = match (connect(target, Role::Writer).await, target.control().heir()) {
        (Ok(conn), _) => conn,
        (Err(_), Some(heir)) => return Box::pin(say(&heir, text)).await,
        (Err(error), None) => return Err(error),
    };
    // It holds the target that would hold it.
    conn.cancel = None;
    let sent = conn.control(text).await;
    if !conn.is_busy() {
        *control = Some(conn);
    }
    sent
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
    /// Ends it, as far as it can be.
    pub(super) async fn end(&self) {
        match self {
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            Self::Server(it) => {
                // One that has ended meanwhile is an error, and as good.
                let _ = it.terminate().await;
            }
            #[cfg(feature = "sqlite")]
            Self::Sqlite(it) => it.end(),
        }
    }

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
