//! What can be asked for.

use std::time::Duration;

use axum::extract::{FromRef, MatchedPath, State};
use axum::http::{HeaderName, StatusCode};
use axum::middleware::map_response;
use axum::routing::{get, post};
use axum::{Json, Router};
use orm::service::{Fallbacks, RequestSession, Scoped, SessionLayer};
use orm::{Databases, Timeouts};
use serde::{Deserialize, Serialize};

use crate::error::{Problem, not_committed};
use crate::health;
use crate::input::{Body, Id};
use crate::known::Known;
use crate::models::{Answer, Enrolment, Patient, Trial};
use crate::overview::overview;
use crate::reports::{keep, report};

type Created<T> = Result<(StatusCode, Json<T>), Problem>;

/// What handlers have besides their session.
#[derive(Clone)]
struct Clinic {
    databases: Databases,
    known: Known,
}

impl FromRef<Clinic> for Databases {
    fn from_ref(clinic: &Clinic) -> Self {
        clinic.databases.clone()
    }
}

impl FromRef<Clinic> for Known {
    fn from_ref(clinic: &Clinic) -> Self {
        clinic.known.clone()
    }
}

pub(crate) fn router(databases: &Databases) -> orm::Result<Router> {
    let sessions = SessionLayer::new(databases.get("main")?.clone())
        .timeout(Timeouts::EXTERNAL)
        .timeout_header(HeaderName::from_static("x-request-timeout"), Duration::from_secs(10))
        .scope(|session, request| {
            // The route, not the path: tags are for logs, and a number may be a patient's.
            let route = request.extensions.get::<MatchedPath>().map_or("none", MatchedPath::as_str);
            session.tag("method", &request.method).tag("route", route)
        });
    // Each request is one transaction; others make theirs where they need them.
    let transactions = Router::new()
        .route("/patients/{id}/answers", post(answer))
        .layer(sessions.clone().transaction())
        .layer(map_response(not_committed));
    let rest = Router::new()
        .route("/patients", post(create_patient))
        .route("/patients/{id}", get(patient))
        .route("/patients/{id}/overview", get(overview))
        .route("/trials", get(trials).post(create_trial))
        .route("/trials/{id}/enrolments", post(enrol))
        .route("/trials/{id}/report", get(report).post(keep))
        .layer(sessions)
        .with_state(Clinic { databases: databases.clone(), known: Known::default() });
    Ok(transactions.merge(rest).merge(health::router(databases)?))
}

#[derive(Deserialize)]
struct NewPatient {
    number: String,
    name: String,
}

async fn create_patient(Scoped(db): Scoped, Body(new): Body<NewPatient>) -> Created<Patient> {
    let patient = db.create(Patient { number: new.number, name: new.name, ..Patient::default() }).await?;
    Ok((StatusCode::CREATED, Json(patient)))
}

async fn patient(Scoped(db): Scoped, Id(id): Id) -> Result<Json<Patient>, Problem> {
    Ok(Json(db.get(id).await?))
}

#[derive(Deserialize)]
struct NewAnswers {
    questionnaire: String,
    scores: Vec<u8>,
}

/// In the transaction of the request, which begins when the body is there.
async fn answer(request: RequestSession, Id(patient): Id, Body(new): Body<NewAnswers>) -> Created<Vec<Answer>> {
    let tx = request.session().await?;
    let patient = tx.get::<Patient>(patient).await?.id;
    let answers = (1..).zip(new.scores).map(|(question, score)| {
        let questionnaire = new.questionnaire.clone();
        Answer { patient, questionnaire, question, score, ..Answer::default() }
    });
    Ok((StatusCode::CREATED, Json(tx.create_many(answers).await?)))
}

#[derive(Serialize)]
struct Trials {
    trials: Vec<Trial>,
    /// Whether they are what was known when the database could be asked last.
    old: bool,
}

async fn trials(Scoped(db): Scoped, State(known): State<Known>) -> Result<Json<Trials>, Problem> {
    let fallbacks = Fallbacks::new();
    let trials: Vec<Trial> = db.find().order(Trial::TITLE.asc()).with(known.clone()).with(fallbacks.clone()).await?;
    known.remember(&trials);
    Ok(Json(Trials { trials, old: fallbacks.any() }))
}

#[derive(Deserialize)]
struct NewTrial {
    title: String,
    capacity: u32,
}

async fn create_trial(Scoped(db): Scoped, Body(new): Body<NewTrial>) -> Created<Trial> {
    let trial = db.create(Trial { title: new.title, capacity: new.capacity, ..Trial::default() }).await?;
    Ok((StatusCode::CREATED, Json(trial)))
}

#[derive(Deserialize)]
struct NewEnrolment {
    patient: i64,
}

/// Counts, enrols, and (by a callback of the store) writes the audit; all or nothing.
async fn enrol(Scoped(db): Scoped, Id(trial): Id, Body(new): Body<NewEnrolment>) -> Created<Enrolment> {
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
