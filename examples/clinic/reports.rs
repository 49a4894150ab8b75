//! Reports of trials: they read much, so they have a lane, which leaves connections
//! for the rest. Those that are kept are kept elsewhere.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use orm::prelude::*;
use orm::service::Scoped;
use orm::{Databases, Timeouts};
use serde::Serialize;

use crate::error::Problem;
use crate::input::Id;
use crate::models::{Audit, Kept, Trial};
use crate::store::REPORTS;

#[derive(Serialize)]
pub(crate) struct Report {
    trial: Trial,
    audited: u64,
    /// That of the last enrolment.
    trace: Option<String>,
    questionnaires: Vec<Summary>,
}

#[derive(Serialize, Row)]
struct Summary {
    questionnaire: String,
    patients: i64,
    answers: i64,
    mean: f64,
}

pub(crate) async fn report(Scoped(db): Scoped, Id(id): Id) -> Result<Json<Report>, Problem> {
    let db = db.lane(REPORTS.0);
    let trial = db.get::<Trial>(id).await?;
    let audited = db.find().where_(Audit::TRIAL.eq(id)).count().await?;
    let last = db.find().where_(Audit::TRIAL.eq(id)).order(Audit::ID.desc()).first().await?;
    let questionnaires = db
        .raw(
            "SELECT a.questionnaire, count(DISTINCT a.patient) AS patients, count(*) AS answers, avg(CAST(a.score AS FLOAT)) AS mean
             FROM answers a JOIN enrolments e ON e.patient = a.patient
             WHERE e.trial = ? GROUP BY a.questionnaire ORDER BY a.questionnaire",
            id,
        )
        .fetch()
        .await?;
    Ok(Json(Report { trial, audited, trace: last.and_then(|it| it.trace), questionnaires }))
}

/// Writes down how a trial stands. Where the database of the reports is not there,
/// the client is told to come later, and all else goes on.
pub(crate) async fn keep(Scoped(db): Scoped, State(databases): State<Databases>, Id(id): Id) -> Result<(StatusCode, Json<Kept>), Problem> {
    let trial = db.lane(REPORTS.0).get::<Trial>(id).await?;
    let reports = databases.of::<Kept>()?.session().timeout(Timeouts::EXTERNAL);
    // It may have come only now.
    reports.create_tables::<Kept>().await?;
    let kept = reports.create(Kept { trial: id, enrolled: trial.enrolled, ..Kept::default() }).await?;
    Ok((StatusCode::CREATED, Json(kept)))
}
