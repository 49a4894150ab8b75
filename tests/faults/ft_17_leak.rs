//! FT-17: sessions that are kept for longer than they should be.
//!
//! Seen failing where `Slot::leaked` does not ask what was reported before: a
//! report each time somebody looks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use orm::{Leak, PoolOptions};

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;

pub(crate) async fn run(ground: Ground) -> Seen {
    let (after, kept) = ground.size((Duration::from_millis(100), 4), (Duration::from_secs(2), 10));
    let latest = Arc::new(Mutex::new(Duration::ZERO));
    let hook = {
        let latest = Arc::clone(&latest);
        move |it: &Leak| {
            if !it.returned {
                let mut latest = latest.lock().unwrap();
                *latest = it.holder.held.max(*latest);
            }
        }
    };
    let options = PoolOptions::new().max_size(4).leak_after(after);
    let db = ground.builder().pool(options).on_leak("faults:leaks", hook).open().await.unwrap();
    let session = db.session().read_only().tag("job", "leaks");
    let line = line!() + 1;
    let kept_open = [session.begin().await.unwrap(), session.begin().await.unwrap(), session.begin().await.unwrap()];
    let place = format!("at={}:{line}:", file!());
    // Work goes on beside them.
    ground.events().until(3, &["pool.leak ", &place, "job=leaks"]).await;
    for _ in 0..kept {
        tokio::time::sleep(after / 4).await;
        db.ping().await.unwrap();
    }
    let early = ground.events().with(&["pool.leak.returned"]).len();
    drop(kept_open);
    ground.rest(&db).await;
    ground.events().until(3, &["pool.leak.returned", &place, "job=leaks"]).await;
    let late = latest.lock().unwrap().saturating_sub(after);
    Seen::new()
        .within("reports", ground.events().with(&["pool.leak ", &place]).len(), 3..=3)
        .within("returned", ground.events().with(&["pool.leak.returned", &place]).len(), 3..=3)
        .zero("too_early", early)
        .zero("of_others", ground.events().with(&["pool.leak"]).len() - 6)
        .within("late_ms", u64::try_from(late.as_millis()).unwrap(), 0..=1_000)
}
