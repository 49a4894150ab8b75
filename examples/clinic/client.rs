//! A client of the service, for its check.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// As much of HTTP as the session needs.
#[derive(Clone, Copy)]
pub(crate) struct Client {
    pub(crate) server: SocketAddr,
    /// A line of the head of each request.
    pub(crate) header: &'static str,
}

impl Client {
    pub(crate) async fn get(self, path: &str, status: u16, at: &str, expected: Value) -> Result<()> {
        self.expect("GET", path, &Value::Null, status, at, &expected).await
    }

    pub(crate) async fn post(self, path: &str, body: Value, status: u16, at: &str, expected: Value) -> Result<()> {
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

    pub(crate) async fn send(self, method: &str, path: &str, body: &Value) -> Result<(u16, Value)> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{}", self.server, self.header);
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
