//! FT-32: a query of SQLite that never ends, in a session with a deadline.
//!
//! With raw sqlx and a time-out of 0.1 s the connection was free after 19.2 s. Seen
//! failing with the progress handler taken out: it does not end.

use std::time::{Duration, Instant};

use orm::Error;

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;

pub(crate) async fn run(ground: Ground) -> Seen {
    let db = ground.pool(1).await;
    let (mut queries, mut unnamed, mut slowest) = (0_u64, 0_u64, Duration::ZERO);
    for _ in 0..ground.size(2, 50) {
        queries += 1;
        let start = Instant::now();
        let session = db.session().timeout(Duration::from_millis(100));
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
        let ended = session.raw(endless, ()).fetch_one::<i64>().await;
        unnamed += u64::from(!matches!(ended, Err(Error::Timeout { .. })));
        ground.rest(&db).await;
        slowest = slowest.max(start.elapsed());
        // The connection is used again, and was not replaced.
        assert_eq!(db.raw("SELECT 1", ()).fetch_one::<i64>().await.unwrap(), 1);
    }
    Seen::new()
        .count("queries", queries)
        .zero("unnamed", unnamed)
        .within("free_after_ms", u64::try_from(slowest.as_millis()).unwrap(), ground.size(0..=20_000, 0..=200))
        .zero("reopened", db.stats().broken_closed)
}
