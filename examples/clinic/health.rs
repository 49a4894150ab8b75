//! What the platform asks: whether to start the service anew, and whether to
//! send it requests.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use orm::Health;
use orm::prelude::*;
use serde_json::{Value, json};

use crate::error::Problem;

pub(crate) fn router(db: &Db) -> Router {
    Router::new().route("/live", get(live)).route("/ready", get(ready)).with_state(Health::of(db))
}

/// Does not ask the database: it is no use to start a service anew because of that.
async fn live(State(health): State<Health>) -> Result<Json<Value>, Problem> {
    if !health.live() {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the service is ending"));
    }
    Ok(Json(json!({ "status": "live" })))
}

/// A pool without a free connection is said, and no reason to send no more requests.
async fn ready(State(health): State<Health>) -> Result<Json<Value>, Problem> {
    if !health.ready().await {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the database cannot be used now"));
    }
    let degraded: Vec<String> = health.degraded().iter().map(ToString::to_string).collect();
    Ok(Json(json!({ "status": "ready", "degraded": degraded })))
}
