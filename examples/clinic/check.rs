//! A session of a client with this very service, over HTTP.

use std::error::Error;
use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::{serve, settings};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// Serves a file of its own on a free port and talks to it.
pub(crate) async fn run() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("orm-clinic-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("clinic.toml");
    // As in a file that is kept beside it, but for the folder.
    let text = include_str!("clinic.toml").replace("sqlite://clinic.db", &format!("sqlite://{}/clinic.db", folder.display()));
    std::fs::write(&file, text)?;
    let (db, _watch) = settings::open(&file).await?;
    println!("at most {} connections, as clinic.toml says: one that writes, and those that read", db.stats().max_open);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let client = Client { server: listener.local_addr()?, timeout: "" };
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve::until(listener, db.clone(), async { drop(stopped.await) }));
    let result = session(client).await;
    // Its handle is closed for good, so that only a new start helps.
    db.close();
    let last = health(client, 503).await;
    drop(stop);
    server.await??;
    println!("stopped; connections in use: {}", db.stats().in_use);
    std::fs::remove_dir_all(&folder)?;
    result.and(last)
}

async fn health(client: Client, status: u16) -> Result<()> {
    let (live, ready) = match status {
        200 => (("/status", json!("live")), ("/status", json!("ready"))),
        _ => (("/detail", json!("the service is ending")), ("/detail", json!("the database cannot be used now"))),
    };
    client.get("/live", status, live.0, live.1).await?;
    client.get("/ready", status, ready.0, ready.1).await
}

async fn session(client: Client) -> Result<()> {
    health(client, 200).await?;
    client.post("/patients", json!({ "number": "P-00", "name": " Ann " }), 201, "/name", json!("Ann")).await?;
    client.post("/patients", json!({ "number": "P-00", "name": "Eve" }), 409, "/detail", json!("this number exists already")).await?;
    client.post("/patients", json!({ "number": "P-99", "name": " " }), 422, "/detail", json!("a patient needs a name")).await?;
    client.post("/patients", json!({ "name": "Eve" }), 422, "/title", json!("Unprocessable Entity")).await?;
    client.get("/patients/1", 200, "/number", json!("P-00")).await?;
    client.get("/patients/999", 404, "/detail", json!("there is no such Patient")).await?;
    client.get("/patients/ann", 404, "/detail", json!("an id is a number")).await?;
    client.post("/trials", json!({ "title": "Sleep", "capacity": 30 }), 201, "/enrolled", json!(0)).await?;
    client.post("/trials/1/enrolments", json!({ "patient": 1 }), 201, "/patient", json!(1)).await?;
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
    client.get("/trials/1/report", 200, "/questionnaires/0/mean", json!(2.0)).await?;
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
    let hurried = Client { timeout: "x-request-timeout: 0ms\r\n", ..client };
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

/// As much of HTTP as the session needs.
#[derive(Clone, Copy)]
struct Client {
    server: SocketAddr,
    /// A line of the head of each request.
    timeout: &'static str,
}

impl Client {
    async fn get(self, path: &str, status: u16, at: &str, expected: Value) -> Result<()> {
        self.expect("GET", path, &Value::Null, status, at, &expected).await
    }

    async fn post(self, path: &str, body: Value, status: u16, at: &str, expected: Value) -> Result<()> {
        self.expect("POST", path, &body, status, at, &expected).await
    }

    /// Sends a request, and checks the status and one value of the answer.
    async fn expect(self, method: &str, path: &str, body: &Value, status: u16, at: &str, expected: &Value) -> Result<()> {
        let answer = self.send(method, path, body).await?;
        let found = answer.1.pointer(at).unwrap_or(&Value::Null);
        println!("{method:<4} {path:<24} {:>3}  {at} is {found}", answer.0);
        if (answer.0, found) == (status, expected) {
            return Ok(());
        }
        Err(format!("{method} {path}: expected {status} with {expected} at {at}, got {} with {}", answer.0, answer.1).into())
    }

    async fn send(self, method: &str, path: &str, body: &Value) -> Result<(u16, Value)> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{}", self.server, self.timeout);
        let head = format!("{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        let mut stream = TcpStream::connect(self.server).await?;
        stream.write_all((head + &body).as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("an answer without a body")?;
        let status = head.split(' ').nth(1).ok_or("an answer without a status")?.parse()?;
        Ok((status, serde_json::from_str(body)?))
    }
}
