//! All that is known of a patient.

use axum::Json;
use orm::service::Scoped;
use serde::Serialize;

use crate::error::Problem;
use crate::input::Id;
use crate::models::{Answer, Enrolment, Patient, Trial};

#[derive(Serialize)]
pub(crate) struct Overview {
    patient: Patient,
    trials: Vec<Trial>,
    questionnaires: Vec<Summary>,
}

#[derive(Serialize)]
struct Summary {
    questionnaire: String,
    answers: i64,
    mean: Option<f64>,
}

/// Reads it all at once, each part on a connection of its own. The first error
/// is the answer, and stops the other reads on the server.
pub(crate) async fn overview(Scoped(db): Scoped, Id(id): Id) -> Result<Json<Overview>, Problem> {
    let enrolled = db.find().where_(Enrolment::PATIENT.eq(id)).select(Enrolment::TRIAL);
    let summaries = (Answer::QUESTIONNAIRE, orm::count(), Answer::SCORE.avg());
    let (patient, trials, questionnaires) = tokio::try_join!(
        db.get::<Patient>(id),
        db.find().where_(Trial::ID.is_in_query(enrolled)).order(Trial::TITLE.asc()),
        db.find().where_(Answer::PATIENT.eq(id)).select(summaries).group_by(Answer::QUESTIONNAIRE).order(Answer::QUESTIONNAIRE.asc()),
    )?;
    let summary = |(questionnaire, answers, mean)| Summary { questionnaire, answers, mean };
    Ok(Json(Overview { patient, trials, questionnaires: questionnaires.into_iter().map(summary).collect() }))
}
