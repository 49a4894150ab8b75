//! Ending connections, over another one.

use std::time::Duration;

use futures_util::future::join_all;

use super::{Control, Ending, open};
use crate::driver::{Conn, Link, Target};
use crate::error::Result;

impl Ending {
    /// Ends connections, those of one server in one message: one after the other, a slow
    /// network would leave no time for most. Says how many were, as far as the server has
    /// said so within `limit`; those of SQLite are, when whoever has them lets go.
    pub(in crate::driver) async fn end_all(all: &[&Self], limit: Duration) -> usize {
        let mut ended = 0;
        let mut servers: Vec<(&Target, Vec<&str>)> = Vec::new();
        for it in all {
            match it {
                #[cfg(any(feature = "postgres", feature = "mysql"))]
                Self::Server(it) => match servers.iter_mut().find(|(target, _)| std::ptr::eq(target.control(), it.target.control())) {
                    Some((_, those)) => those.push(&it.end),
                    None => servers.push((&it.target, vec![&it.end])),
                },
                #[cfg(feature = "sqlite")]
                Self::Sqlite(it) => {
                    it.end();
                    ended += 1;
                }
            }
        }
        let servers = servers.iter().map(|(target, those)| async move {
            let mut ended = 0;
            let _ = tokio::time::timeout(limit, terminate(target, those, limit / 2, &mut ended)).await;
            ended.min(those.len())
        });
        ended + join_all(servers).await.into_iter().sum::<usize>()
    }
}

/// Counts them as the server confirms them, so that the count is right also where this is dropped.
async fn terminate(target: &Target, those: &[&str], patience: Duration, ended: &mut usize) -> Result<()> {
    let mut control = target.control().conn.lock().await;
    if let Some(mut conn) = control.take()
        && let Ok(Ok(())) = tokio::time::timeout(patience, conn.end_others(those, ended)).await
    {
        *control = Some(conn);
        return Ok(());
    }
    // The first time, or the network forgot it.
    let mut conn = match (open(target).await, Control::heir(target.control())) {
        (Ok(conn), _) => conn,
        (Err(_), Some(heir)) => return Box::pin(terminate(&heir, those, patience, ended)).await,
        (Err(error), None) => return Err(error),
    };
    conn.end_others(those, ended).await?;
    *control = Some(conn);
    Ok(())
}

impl Conn {
    /// Ends other connections of its server.
    async fn end_others(&mut self, those: &[&str], ended: &mut usize) -> Result<()> {
        self.begin()?;
        let result = match &mut self.link {
            #[cfg(feature = "sqlite")]
            Link::Sqlite(_) => Err(crate::driver::moves()),
            #[cfg(feature = "postgres")]
            Link::Postgres(it) => it.end_others(those, ended).await,
            #[cfg(feature = "mysql")]
            Link::MySql(it) => it.end_others(those, ended).await,
        };
        self.end(result)
    }
}
