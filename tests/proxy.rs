//! A network between a test and its server, which can break.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Forwards connections to a server, until it is told to cut them.
#[derive(Debug)]
pub(crate) struct Proxy {
    port: u16,
    rules: Arc<Rules>,
}

#[derive(Debug)]
struct Rules {
    /// How many more bytes the server may say before all is cut; `usize::MAX` is no end.
    left: AtomicUsize,
    /// The client is cut off when it has said this, before the reply comes back.
    deaf_after: std::sync::Mutex<Option<&'static [u8]>>,
    /// Whether the server's answers are swallowed.
    deaf: AtomicBool,
    cut: watch::Sender<u64>,
}

impl Proxy {
    /// A proxy to the host and port of a URL, whose default port is given.
    pub(crate) async fn to(url: &str, port: u16) -> Self {
        let (host, _) = authority(url);
        let server = if host.contains(':') { host.to_owned() } else { format!("{host}:{port}") };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let rules = Arc::new(Rules {
            left: AtomicUsize::new(usize::MAX),
            deaf_after: std::sync::Mutex::default(),
            deaf: AtomicBool::new(false),
            cut: watch::Sender::new(0),
        });
        let proxy = Self { port: listener.local_addr().unwrap().port(), rules: Arc::clone(&rules) };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&server).await else { return };
                tokio::spawn(forward(client, server, Arc::clone(&rules)));
            }
        });
        proxy
    }

    /// The URL with this proxy in the place of the server.
    pub(crate) fn url(&self, url: &str) -> String {
        let (host, start) = authority(url);
        format!("{}127.0.0.1:{}{}", &url[..start], self.port, &url[start + host.len()..])
    }

    /// Cuts all connections when the server has said so many more bytes.
    pub(crate) fn cut_after(&self, bytes: usize) {
        self.rules.left.store(bytes, Ordering::SeqCst);
    }

    /// Lets the server hear what contains these bytes, but swallows what it
    /// answers, and cuts the connection.
    pub(crate) fn cut_reply_to(&self, bytes: &'static [u8]) {
        *self.rules.deaf_after.lock().unwrap() = Some(bytes);
    }

    /// Cuts all connections now.
    pub(crate) fn cut(&self) {
        self.rules.cut.send_modify(|it| *it += 1);
    }

    /// New connections are good again.
    pub(crate) fn heal(&self) {
        self.rules.left.store(usize::MAX, Ordering::SeqCst);
        *self.rules.deaf_after.lock().unwrap() = None;
        self.rules.deaf.store(false, Ordering::SeqCst);
    }
}

/// The host and port of a URL, and where they start.
fn authority(url: &str) -> (&str, usize) {
    let start = url.find("://").unwrap() + 3;
    let end = url[start..].find(['/', '?']).map_or(url.len(), |it| start + it);
    let start = url[start..end].rfind('@').map_or(start, |it| start + it + 1);
    (&url[start..end], start)
}

async fn forward(mut client: TcpStream, mut server: TcpStream, rules: Arc<Rules>) {
    let mut cut = rules.cut.subscribe();
    let (mut from_client, mut from_server) = (vec![0; 8192], vec![0; 8192]);
    loop {
        tokio::select! {
            _ = cut.changed() => return,
            Ok(n) = client.read(&mut from_client) => {
                if n == 0 || server.write_all(&from_client[..n]).await.is_err() {
                    return;
                }
                let said = *rules.deaf_after.lock().unwrap();
                if said.is_some_and(|it| from_client[..n].windows(it.len()).any(|part| part == it)) {
                    rules.deaf.store(true, Ordering::SeqCst);
                }
            }
            Ok(n) = server.read(&mut from_server) => {
                if n == 0 || rules.deaf.load(Ordering::SeqCst) {
                    return;
                }
                let left = rules.left.load(Ordering::SeqCst);
                let some = n.min(left);
                if left != usize::MAX {
                    rules.left.store(left - some, Ordering::SeqCst);
                }
                if client.write_all(&from_server[..some]).await.is_err() || some < n {
                    return;
                }
            }
            else => return,
        }
    }
}
