//! What can be asked for.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use orm::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::Problem;
use crate::input::{Body, Id};
use crate::models::{Answer, Enrolment, Patient, Trial};

type Created<T> = Result<(StatusCode, Json<T>), Problem>;

pub(crate) fn router(db: Db) -> Router {
    Router::new()
        .route("/patients", post(create_patient))
        .route("/patients/{id}", get(patient))
        .route("/patients/{id}/answers", post(answer))
        .route("/trials", post(create_trial))
        .route("/trials/{id}/enrolments", post(enrol))
        .route("/trials/{id}/report", get(report))
        .with_state(db)
}

#[derive(Deserialize)]
struct NewPatient {
    number: String,
    name: String,
}

async fn create_patient(State(db): State<Db>, Body(new): Body<NewPatient>) -> Created<Patient> {
    let patient = db.create(Patient { number: new.number, name: new.name, ..Patient::default() }).await?;
    Ok((StatusCode::CREATED, Json(patient)))
}

async fn patient(State(db): State<Db>, Id(id): Id) -> Result<Json<Patient>, Problem> {
    Ok(Json(db.get(id).await?))
}

#[derive(Deserialize)]
struct NewAnswers {
    questionnaire: String,
    scores: Vec<u8>,
}

async fn answer(State(db): State<Db>, Id(patient): Id, Body(new): Body<NewAnswers>) -> Created<Vec<Answer>> {
    let answers = db.transaction(async |tx| {
        let patient = tx.get::<Patient>(patient).await?.id;
        let answers = (1..).zip(new.scores).map(|(question, score)| {
            let questionnaire = new.questionnaire.clone();
            Answer { patient, questionnaire, question, score, ..Answer::default() }
        });
        tx.create_many(answers).await
    });
    Ok((StatusCode::CREATED, Json(answers.await?)))
}

#[derive(Deserialize)]
struct NewTrial {
    title: String,
    capacity: u32,
}

async fn create_trial(State(db): State<Db>, Body(new): Body<NewTrial>) -> Created<Trial> {
    let trial = db.create(Trial { title: new.title, capacity: new.capacity, ..Trial::default() }).await?;
    Ok((StatusCode::CREATED, Json(trial)))
}

#[derive(Deserialize)]
struct NewEnrolment {
    patient: i64,
}

/// Counts, enrols, and (by a callback of the store) writes the audit; all or nothing.
async fn enrol(State(db): State<Db>, Id(trial): Id, Body(new): Body<NewEnrolment>) -> Created<Enrolment> {
    let enrolled = db.try_transaction(async |tx| {
        let patient = tx.get::<Patient>(new.patient).await?.id;
        // One statement asks for a free place and takes it: whoever enrols at
        // the same time finds one place less.
        let free = Trial::ID.eq(trial).and(Trial::ENROLLED.lt(Trial::CAPACITY));
        if tx.update_all(free).set(Trial::ENROLLED, Trial::ENROLLED.plus(1)).await? == 0 {
            // No free place, or no such trial.
            tx.get::<Trial>(trial).await?;
            return Err(Problem::new(StatusCode::CONFLICT, "the trial is full"));
        }
        Ok(tx.create(Enrolment { trial, patient, ..Enrolment::default() }).await?)
    });
    Ok((StatusCode::CREATED, Json(enrolled.await?)))
}

#[derive(Serialize)]
struct Report {
    trial: Trial,
    audited: i64,
    questionnaires: Vec<Summary>,
}

#[derive(Serialize)]
struct Summary {
    questionnaire: String,
    patients: i64,
    answers: i64,
    mean: f64,
}

async fn report(State(db): State<Db>, Id(id): Id) -> Result<Json<Report>, Problem> {
    let trial = db.get::<Trial>(id).await?;
    let audited = db.raw("SELECT count(*) FROM audit WHERE trial = ?", id).fetch_one().await?;
    let rows: Vec<(String, i64, i64, f64)> = db
        .raw(
            "SELECT a.questionnaire, count(DISTINCT a.patient), count(*), avg(a.score)
             FROM answers a JOIN enrolments e ON e.patient = a.patient
             WHERE e.trial = ? GROUP BY a.questionnaire ORDER BY a.questionnaire",
            id,
        )
        .fetch()
        .await?;
    let summary = |(questionnaire, patients, answers, mean)| Summary { questionnaire, patients, answers, mean };
    Ok(Json(Report { trial, audited, questionnaires: rows.into_iter().map(summary).collect() }))
}
