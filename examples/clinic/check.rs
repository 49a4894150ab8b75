//! A session of a client with this very service, over HTTP.

use std::time::Duration;

use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::client::{Client, Result};
use crate::place::Place;
use crate::{outages, serve, settings};

/// Serves databases of its own on a free port and talks to it.
pub(crate) async fn run(server: Option<&str>) -> Result<()> {
    let place = Place::make(server).await?;
    let result = serve_and_talk(&place).await;
    place.clean().await?;
    result
}

async fn serve_and_talk(place: &Place) -> Result<()> {
    let file = place.folder.join("clinic.toml");
    std::fs::write(&file, place.settings())?;
    let (databases, _watches) = settings::open(&file, Duration::from_millis(20)).await?;
    databases.ready("reports").await?;
    let db = databases.get("main")?.clone();
    println!("at most {} connections, as clinic.toml says", db.stats().max_open);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let client = Client { server: listener.local_addr()?, header: "" };
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn({
        let databases = databases.clone();
        async move { serve::until(listener, databases, async { drop(stopped.await) }).await.map_err(|it| it.to_string()) }
    });
    let mut result = session(client).await;
    if result.is_ok() {
        result = outages::run(client, &databases, place).await;
    }
    // Its handles are closed for good, so that only a new start helps.
    databases.close();
    let last = outages::health(client, 503, 503).await;
    drop(stop);
    server.await??;
    println!("stopped; connections in use: {}", db.stats().in_use);
    result.and(last)
}

async fn session(client: Client) -> Result<()> {
    outages::health(client, 200, 200).await?;
    client.post("/patients", json!({ "number": "P-00", "name": " Ann " }), 201, "/name", json!("Ann")).await?;
    client.post("/patients", json!({ "number": "P-00", "name": "Eve" }), 409, "/detail", json!("this number exists already")).await?;
    client.post("/patients", json!({ "number": "P-99", "name": " " }), 422, "/detail", json!("a patient needs a name")).await?;
    client.post("/patients", json!({ "name": "Eve" }), 422, "/title", json!("Unprocessable Entity")).await?;
    client.get("/patients/1", 200, "/number", json!("P-00")).await?;
    client.get("/patients/999", 404, "/detail", json!("there is no such Patient")).await?;
    client.get("/patients/ann", 404, "/detail", json!("an id is a number")).await?;
    client.post("/trials", json!({ "title": "Sleep", "capacity": 30 }), 201, "/enrolled", json!(0)).await?;
    let traced = Client { header: "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n", ..client };
    traced.post("/trials/1/enrolments", json!({ "patient": 1 }), 201, "/patient", json!(1)).await?;
    client
        .post(
            "/trials/1/enrolments",
            json!({ "patient": 1 }),
            409,
            "/detail",
            json!("this combination of trial and patient exists already"),
        )
        .await?;
    client.post("/trials/9/enrolments", json!({ "patient": 1 }), 404, "/detail", json!("there is no such Trial")).await?;
    let answers = json!({ "questionnaire": "PSQI", "scores": [1, 2, 3] });
    client.post("/patients/1/answers", answers.clone(), 201, "/2/question", json!(3)).await?;
    client
        .post(
            "/patients/1/answers",
            answers,
            409,
            "/detail",
            json!("this combination of patient, questionnaire and question exists already"),
        )
        .await?;
    overview(client).await?;
    // What was refused left nothing behind.
    client.get("/trials/1/report", 200, "/trial/enrolled", json!(1)).await?;
    client.get("/trials/1/report", 200, "/audited", json!(1)).await?;
    client.get("/trials/1/report", 200, "/trace", json!("0af7651916cd43dd8448eb211c80319c")).await?;
    client.get("/trials/1/report", 200, "/questionnaires/0/mean", json!(2.0)).await?;
    // Kept in a database of their own.
    client.post("/trials/1/report", json!({}), 201, "/enrolled", json!(1)).await?;
    client.post("/trials/9/report", json!({}), 404, "/detail", json!("there is no such Trial")).await?;
    rush(client).await?;
    client.get("/trials/2/report", 200, "/trial/enrolled", json!(30)).await?;
    client.get("/trials/2/report", 200, "/audited", json!(30)).await
}

/// Three reads at once; one that fails stops the others.
async fn overview(client: Client) -> Result<()> {
    client.get("/patients/1/overview", 200, "/patient/name", json!("Ann")).await?;
    client.get("/patients/1/overview", 200, "/trials/0/title", json!("Sleep")).await?;
    client.get("/patients/1/overview", 200, "/questionnaires/0/mean", json!(2.0)).await?;
    client.get("/patients/999/overview", 404, "/detail", json!("there is no such Patient")).await?;
    // Who does not wait gets no work done.
    let hurried = Client { header: "x-request-timeout: 0ms\r\n", ..client };
    hurried.get("/patients/1/overview", 504, "/detail", json!("this took too long; try again later")).await?;
    let answers = json!({ "questionnaire": "PSQI", "scores": [4] });
    hurried.post("/patients/1/answers", answers, 504, "/title", json!("Gateway Timeout")).await
}

/// Fifty patients, thirty places, all at once.
async fn rush(client: Client) -> Result<()> {
    client.post("/trials", json!({ "title": "Rush", "capacity": 30 }), 201, "/capacity", json!(30)).await?;
    let mut requests = JoinSet::new();
    for n in 1..=50 {
        requests.spawn(async move {
            let patient = json!({ "number": format!("R-{n:02}"), "name": "Somebody" });
            let (_, patient) = client.send("POST", "/patients", &patient).await.map_err(|it| it.to_string())?;
            let enrolment = json!({ "patient": patient["id"] });
            let (status, _) = client.send("POST", "/trials/2/enrolments", &enrolment).await.map_err(|it| it.to_string())?;
            Ok::<_, String>(status)
        });
    }
    let answers = requests.join_all().await.into_iter().collect::<Result<Vec<u16>, _>>()?;
    let count = |status| answers.iter().filter(|it| **it == status).count();
    println!("50 at once into 30 places:    {} enrolled, {} refused", count(201), count(409));
    if (count(201), count(409)) == (30, 20) { Ok(()) } else { Err(format!("expected 30 and 20 of {answers:?}").into()) }
}
