//! The end of a pool.

use std::time::Duration;

use super::Pool;
use crate::driver::cancel::Ending;
use crate::error::Holder;

/// What became of the connections that were used when
/// [`Db::shutdown`](crate::Db::shutdown) was called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shutdown {
    /// How many came home in time.
    pub released: usize,
    /// How many did not.
    pub late: usize,
    /// How many of those were ended then, with the statements on them: the server has said
    /// so. Behind a [pooler of transactions](crate::Pooler::Transaction) it is none.
    pub ended: usize,
    /// Who did not even then give theirs back. Where it was ended, their next statement
    /// fails; the connection is closed when they let go of it.
    pub holders: Vec<Holder>,
}

impl Shutdown {
    /// Whether all work was done in time.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.late == 0
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
        let mut report = Shutdown { released: used.saturating_sub(late.len()), late: late.len(), ended: 0, holders: Vec::new() };
        if !in_time {
            let ends: Vec<_> = late.iter().filter_map(|it| it.ending.as_ref()).collect();
            report.ended = Ending::end_all(&ends, TO_END).await;
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
