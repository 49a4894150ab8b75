//! FT-10: a network with a latency of 200 ms and 64 kbit/s, and requests that have
//! one second; then with every hundredth answer lost and its connection cut.
//!
//! Without a word to the server it goes on for as long as the statement takes
//! (raw sqlx: 3.0 s). Seen failing with the connection over which statements are
//! stopped opened only at the deadline, as it was: the server went on for 560 ms.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use orm::service::{Scoped, SessionLayer};
use orm::{Engine, Error, PoolOptions};
use tower::ServiceExt;

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::plain::Plain;

pub(crate) async fn run(ground: Ground) -> Seen {
    let limit = ground.size(Duration::from_millis(300), Duration::from_secs(1));
    let (Some(proxy), builder) = ground.behind_network().await else { return Seen::new() };
    let options = PoolOptions::new().max_size(4).connect_timeout(Duration::from_secs(30)).wait_timeout(Duration::from_secs(30));
    let db = builder.pool(options).open().await.unwrap();
    db.raw("SELECT 1", ()).fetch_one::<i32>().await.unwrap();
    proxy.delay(ground.size(Duration::from_millis(20), Duration::from_millis(200)));
    proxy.limp(8_000);
    let mut plain = ground.plain().await;
    let engine = ground.engine();

    let mut longest = Duration::ZERO;
    let mut wrong = 0_u64;
    let requests = ground.size(2, 10);
    // It says that it only reads: of text that may write nobody would know what it did.
    let slow = async move |Scoped(db): Scoped| db.session().read_only().raw(super::minute(engine), ()).execute().await.map(|_| ());
    let router = Router::new().route("/", get(slow)).layer(SessionLayer::new(db.clone()).timeout(limit));
    for _ in 0..requests {
        let begun = Instant::now();
        let answer = tokio::spawn(router.clone().oneshot(Request::get("/").body(Body::empty()).unwrap()));
        tokio::time::sleep_until((begun + limit).into()).await;
        longest = longest.max(until_idle(&ground, &mut plain).await);
        wrong += u64::from(answer.await.unwrap().unwrap().status() != StatusCode::GATEWAY_TIMEOUT);
    }

    // With losses: what fails says so, and nothing is left running.
    proxy.reset_every(ground.size(4, 100));
    let (mut unnamed, mut failed) = (0_u64, 0_u64);
    let trials = ground.size(5, 50);
    for _ in 0..trials {
        let short = db.session().timeout(limit);
        let Err(error) = short.raw(super::minute(engine), ()).execute().await else { continue };
        failed += 1;
        let named = matches!(error, Error::Timeout { phase, .. } if !phase.is_empty())
            || matches!(error, Error::PoolExhausted { phase: "a connection", deadline: true, .. })
            || matches!(error, Error::ConnectionLost { .. } | Error::OutcomeUnknown { .. } | Error::Connect { .. });
        if !named {
            println!("{error:?}");
        }
        unnamed += u64::from(!named);
    }
    let left = until_idle(&ground, &mut plain).await;
    println!("with losses the last statement ended {left:?} after its time");
    Seen::new()
        .count("requests", requests + trials)
        .zero("wrong", wrong)
        .within("failed", failed, trials..=trials)
        .zero("unnamed", unnamed)
        .within("resets", proxy.resets(), 1..=u64::MAX)
        .within("late_ms", u64::try_from(longest.as_millis()).unwrap(), ground.size(0..=1_000, 0..=100))
        // What is said to the server over a connection that is cut is said again over another one,
        // which takes some round trips.
        .within("left_ms", u64::try_from(left.as_millis()).unwrap(), ground.size(0..=10_000, 0..=2_000))
}

/// Waits until the server does nothing for the experiment; says how long that took.
async fn until_idle(ground: &Ground, plain: &mut Plain) -> Duration {
    let name = ground.name();
    let sql = match ground.engine() {
        Engine::Postgres => format!(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}' AND state = 'active' AND pid <> pg_backend_pid()"
        ),
        _ => format!(
            "SELECT count(*) FROM information_schema.processlist WHERE db = '{name}' AND command IN ('Query', 'Execute') \
             AND id <> connection_id()"
        ),
    };
    let start = Instant::now();
    while plain.one(&sql).await != "0" {
        assert!(start.elapsed() < Duration::from_secs(30), "the server goes on");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    start.elapsed()
}
