//! What the platform asks: whether to start the service anew, and whether to
//! send it requests.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use orm::{Databases, Health};
use serde_json::{Value, json};

use crate::error::Problem;

pub(crate) fn router(databases: &Databases) -> orm::Result<Router> {
    let live = get(live).with_state(Health::of(databases.get("main")?));
    Ok(Router::new().route("/live", live).route("/ready", get(ready).with_state(databases.clone())))
}

/// Does not ask the database: it is no use to start a service anew because of that.
async fn live(State(health): State<Health>) -> Result<Json<Value>, Problem> {
    if !health.live() {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the service is ending"));
    }
    Ok(Json(json!({ "status": "live" })))
}

/// A pool without a free connection, and a database that the clinic can do without,
/// are said, and no reason to send no more requests.
async fn ready(State(databases): State<Databases>) -> Result<Json<Value>, Problem> {
    let health = databases.health(Duration::from_secs(1)).await;
    if health.iter().any(|it| it.mandatory && !it.is_well()) {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the database cannot be used now"));
    }
    let missing: Vec<_> = health.iter().filter(|it| !it.is_well()).map(|it| &it.name).collect();
    let degraded: Vec<_> = health.iter().flat_map(|it| it.degraded.iter().map(|what| format!("{}: {what}", it.name))).collect();
    Ok(Json(json!({ "status": "ready", "degraded": degraded, "missing": missing })))
}
