//! The life of the service, from its first request to its last.

use std::future::Future;
use std::time::Duration;

use orm::prelude::*;
use tokio::net::TcpListener;

use crate::routes;

/// How long what goes on beside the requests may still use the database.
const TO_END: Duration = Duration::from_secs(5);

/// Serves until it is told to stop. What has begun then is answered before the
/// database is closed.
pub(crate) async fn until(listener: TcpListener, db: Db, stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    axum::serve(listener, routes::router(&db)).with_graceful_shutdown(stop).await?;
    let report = db.shutdown(TO_END).await;
    for holder in &report.holders {
        eprintln!("a connection is still used by {holder}");
    }
    Ok(())
}

/// Ends when the platform (SIGTERM) or a person (Ctrl-C) wants the service to
/// end. Listens from the call on, not only when it is awaited.
pub(crate) fn told_to_stop() -> impl Future<Output = ()> + Send + 'static {
    let terminated = terminated();
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    };
    async move {
        tokio::select! {
            () = interrupted => {}
            () = terminated => {}
        }
    }
}

#[cfg(unix)]
fn terminated() -> impl Future<Output = ()> + Send + 'static {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = signal(SignalKind::terminate());
    async {
        match signals {
            Ok(mut signals) => drop(signals.recv().await),
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(not(unix))]
fn terminated() -> impl Future<Output = ()> + Send + 'static {
    std::future::pending()
}
