//! The end of a pool.

use std::time::Duration;

use futures_util::future::join_all;

use super::Pool;
use crate::error::Holder;

/// What became of the connections that were used when
/// [`Db::shutdown`](crate::Db::shutdown) was called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shutdown {
    /// How many came home in time.
    pub released: usize,
    /// How many were ended at the deadline, with the statements on them.
    pub ended: usize,
    /// Who did not even then give theirs back. Their next statement fails; the
    /// connection is closed when they let go of it.
    pub holders: Vec<Holder>,
}

impl Shutdown {
    /// Whether all work was done in time.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.ended == 0
    }
}

/// How long the server may take to end the connections.
const TO_END: Duration = Duration::from_millis(400);
/// How long who had them may take to notice.
const TO_NOTICE: Duration = Duration::from_millis(300);
/// How long a statement that is being stopped is waited for.
const TO_HANG_UP: Duration = Duration::from_millis(100);

impl Pool {
    pub(crate) async fn shutdown(&self, deadline: Duration) -> Shutdown {
        self.close();
        let register = &self.shared.register;
        let used = register.all().len();
        let in_time = tokio::time::timeout(deadline, register.emptied()).await.is_ok();
        let late = if in_time { Vec::new() } else { register.all() };
        let mut report = Shutdown { released: used.saturating_sub(late.len()), ended: late.len(), holders: Vec::new() };
        if !in_time {
            let ends = late.iter().filter_map(|it| it.ending.as_ref()).map(|it| it.end());
            let _ = tokio::time::timeout(TO_END, join_all(ends)).await;
            let _ = tokio::time::timeout(TO_NOTICE, register.emptied()).await;
            report.holders = register.all().iter().filter_map(|it| it.holder()).collect();
        }
        // The connections over which others are stopped are no one's.
        let live = self.shared.live();
        let hang_up = async {
            for it in late.iter().filter_map(|it| it.ending.as_ref()) {
                it.hang_up().await;
            }
            live.target.control().close().await;
        };
        let _ = tokio::time::timeout(TO_HANG_UP, hang_up).await;
        report
    }
}
