//! Asking a server to stop a statement, over another connection.

use tokio::sync::Mutex;

use crate::driver::target::Options;
use crate::driver::{Conn, Role, Target, connect};
use crate::error::Result;

/// The connection over which statements of others are stopped. One for each
/// database handle, opened when it is needed first; not one of the pool's.
#[derive(Debug, Default)]
pub(super) struct Control(Mutex<Option<Conn>>);

/// How a running statement is stopped.
#[derive(Debug, Clone)]
pub(super) struct Cancel {
    target: Target,
    text: String,
}

impl Cancel {
    /// Stops whatever the connection of this number runs.
    pub(super) fn new(target: &Target, server_id: u64) -> Self {
        let text = match target.options() {
            #[cfg(feature = "postgres")]
            Options::Postgres(_) => format!("SELECT pg_cancel_backend({server_id})"),
            #[cfg(feature = "mysql")]
            Options::MySql(_) => format!("KILL QUERY {server_id}"),
            #[cfg(feature = "sqlite")]
            Options::Sqlite(_) => String::new(),
        };
        Self { target: target.clone(), text }
    }

    /// Sends it and waits until the server has taken it.
    pub(super) async fn send(&self) -> Result<()> {
        let mut control = self.target.control().0.lock().await;
        if let Some(mut conn) = control.take()
            && conn.control(&self.text).await.is_ok()
        {
            *control = Some(conn);
            return Ok(());
        }
        // The first time, or the server was restarted since.
        let mut conn = connect(&self.target, Role::Writer).await?;
        // It holds the target that would hold it.
        conn.cancel = None;
        let sent = conn.control(&self.text).await;
        if !conn.is_busy() {
            *control = Some(conn);
        }
        sent
    }
}
