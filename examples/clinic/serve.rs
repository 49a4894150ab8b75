//! The life of the service, from its first request to its last.

use std::error::Error;
use std::future::Future;
use std::time::Duration;

use orm::Databases;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::routes;

/// How long requests that have begun may still take: a client may stop in the middle of one.
const TO_ANSWER: Duration = Duration::from_secs(3);

/// How long what goes on beside the requests may still use the databases.
const TO_END: Duration = Duration::from_secs(5);

/// Serves until it is told to stop. What has begun then is answered before the
/// databases are closed, as far as that takes no longer than it may.
pub(crate) async fn until(
    listener: TcpListener,
    databases: Databases,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Box<dyn Error>> {
    let (tell, told) = oneshot::channel();
    let stops = async {
        stop.await;
        let _ = tell.send(());
    };
    let serving = axum::serve(listener, routes::router(&databases)?).with_graceful_shutdown(stops);
    let too_long = async {
        // It is not told where serving ended by itself.
        if told.await.is_err() {
            std::future::pending().await
        }
        tokio::time::sleep(TO_ANSWER).await;
    };
    let served = tokio::select! {
        served = serving => served,
        () = too_long => {
            eprintln!("requests are still under way after {TO_ANSWER:?}, and are not waited for");
            Ok(())
        }
    };
    for it in databases.shutdown(TO_END).await {
        for holder in &it.report.holders {
            eprintln!("a connection of `{}` is still used by {holder}", it.name);
        }
    }
    Ok(served?)
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
