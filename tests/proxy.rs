//! A network between a test and its server, which can break.

use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

/// Forwards connections to a server, until it is told to cut them.
#[derive(Debug)]
pub(crate) struct Proxy {
    port: u16,
    rules: Arc<Rules>,
}

#[derive(Debug)]
struct Rules {
    /// Where new connections go.
    server: std::sync::Mutex<String>,
    /// How many more bytes the server may say before all is cut; `usize::MAX` is no end.
    left: AtomicUsize,
    /// The client is cut off when it has said this, before the reply comes back.
    deaf_after: std::sync::Mutex<Option<&'static [u8]>>,
    /// Whether the server's answers are swallowed.
    deaf: AtomicBool,
    /// How long an answer of the server is under way, in microseconds.
    delay: AtomicU64,
    /// How many bytes a second the server may say; 0 is no bound.
    rate: AtomicU64,
    /// After so many answers one is swallowed and its connection cut; 0 is never.
    reset_every: AtomicUsize,
    answers: AtomicUsize,
    /// How each client whose connection was cut by that had introduced itself.
    resets: std::sync::Mutex<Vec<Vec<u8>>>,
    /// Whether whoever connects is hung up on.
    full: AtomicBool,
    /// Whether nothing comes through any more, and nobody is told.
    silent: AtomicBool,
    /// Connections of an earlier one stay silent for ever.
    forgotten: AtomicUsize,
    cut: watch::Sender<u64>,
    held: Held,
    /// How often a client spoke and then heard the server.
    round_trips: AtomicUsize,
    /// At this round trip it falls silent.
    last_trip: AtomicUsize,
    /// How many connections were opened.
    opened: AtomicUsize,
    /// How many there may be at once; how often, when one was opened, there were more, and how
    /// many there ever were then.
    ceiling: AtomicUsize,
    clients: std::sync::Mutex<Vec<Weak<std::net::TcpStream>>>,
    above: AtomicUsize,
    most: AtomicUsize,
}

/// Words of a client that are kept on their way.
#[derive(Debug)]
struct Held {
    /// What they contain, and how many more of them are kept.
    words: std::sync::Mutex<(&'static [u8], usize)>,
    came: Semaphore,
    go: Semaphore,
    answered: Semaphore,
}

impl Proxy {
    /// A proxy to the host and port of a URL, whose default port is given.
    pub(crate) async fn to(url: &str, port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let rules = Arc::new(Rules {
            server: std::sync::Mutex::new(address(url, port)),
            left: AtomicUsize::new(usize::MAX),
            deaf_after: std::sync::Mutex::default(),
            deaf: AtomicBool::new(false),
            delay: AtomicU64::new(0),
            rate: AtomicU64::new(0),
            reset_every: AtomicUsize::new(0),
            answers: AtomicUsize::new(0),
            resets: std::sync::Mutex::default(),
            full: AtomicBool::new(false),
            silent: AtomicBool::new(false),
            forgotten: AtomicUsize::new(0),
            cut: watch::Sender::new(0),
            held: Held {
                words: std::sync::Mutex::new((b"", 0)),
                came: Semaphore::new(0),
                go: Semaphore::new(0),
                answered: Semaphore::new(0),
            },
            round_trips: AtomicUsize::new(0),
            last_trip: AtomicUsize::new(usize::MAX),
            opened: AtomicUsize::new(0),
            ceiling: AtomicUsize::new(usize::MAX),
            clients: std::sync::Mutex::default(),
            above: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let proxy = Self { port: listener.local_addr().unwrap().port(), rules: Arc::clone(&rules) };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let is_full = rules.full.load(Ordering::SeqCst);
                rules.opened.fetch_add(1, Ordering::SeqCst);
                if is_full {
                    continue;
                }
                let counted = rules.count(&client);
                let server = rules.server.lock().unwrap().clone();
                // A server may be away for a while; whoever asks for it is hung up on.
                let Ok(server) = TcpStream::connect(&server).await else { continue };
                let rules = Arc::clone(&rules);
                tokio::spawn(async move {
                    forward(client, server, rules).await;
                    drop(counted);
                });
            }
        });
        proxy
    }

    /// Leads new connections to the server of another URL, which says its port.
    pub(crate) fn lead_to(&self, url: &str) {
        *self.rules.server.lock().unwrap() = address(url, 0);
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

    /// Keeps the next words of a client that contain these bytes, until [`release`](Self::release).
    pub(crate) fn hold(&self, bytes: &'static [u8]) {
        *self.rules.held.words.lock().unwrap() = (bytes, 1);
    }

    /// Waits until words are kept.
    pub(crate) async fn held(&self) {
        self.rules.held.came.acquire().await.unwrap().forget();
    }

    /// Lets go what was kept, also if the client has hung up, and waits until the server has
    /// answered it.
    pub(crate) async fn release(&self) {
        self.rules.held.go.add_permits(1);
        self.rules.held.answered.acquire().await.unwrap().forget();
    }

    /// How often somebody spoke and then heard the server, since the last time.
    pub(crate) fn take_round_trips(&self) -> usize {
        self.rules.round_trips.swap(0, Ordering::SeqCst)
    }

    /// How many connections were opened to it, ever.
    pub(crate) fn opened(&self) -> usize {
        self.rules.opened.load(Ordering::SeqCst)
    }

    /// From now on there may be so many connections to it at once; those are counted that are
    /// opened behind the first word of it.
    pub(crate) fn ceiling(&self, most: usize) {
        self.rules.ceiling.store(most, Ordering::SeqCst);
    }

    /// How often, when one was opened, there were more than there might be, and the most there were.
    pub(crate) fn above(&self) -> (usize, usize) {
        (self.rules.above.load(Ordering::SeqCst), self.rules.most.load(Ordering::SeqCst))
    }

    /// Falls [silent](Self::silence) when somebody was answered so often, counted as
    /// [`take_round_trips`](Self::take_round_trips) does.
    pub(crate) fn silence_after(&self, round_trips: usize) {
        self.rules.last_trip.store(round_trips, Ordering::SeqCst);
    }

    /// Makes every answer of the server take so long.
    pub(crate) fn delay(&self, time: Duration) {
        self.rules.delay.store(u64::try_from(time.as_micros()).unwrap(), Ordering::SeqCst);
    }

    /// Lets the server say so many bytes a second on each connection.
    pub(crate) fn limp(&self, rate: u64) {
        self.rules.rate.store(rate, Ordering::SeqCst);
    }

    /// Cuts a connection at every so many answers.
    pub(crate) fn reset_every(&self, answers: usize) {
        self.rules.reset_every.store(answers, Ordering::SeqCst);
    }

    /// Has no room for new connections; those of now stay.
    pub(crate) fn fill(&self) {
        self.rules.full.store(true, Ordering::SeqCst);
    }

    /// Takes everything and passes nothing on, also on new connections, until it
    /// is healed; those of now stay silent even then.
    pub(crate) fn silence(&self) {
        self.rules.silent.store(true, Ordering::SeqCst);
        self.forget();
    }

    /// The connections of now are silent for ever, as when a firewall forgot them.
    pub(crate) fn forget(&self) {
        self.rules.forgotten.fetch_add(1, Ordering::SeqCst);
    }

    /// What the clients had said first whose connections were cut at an answer, so far.
    pub(crate) fn resets(&self) -> Vec<Vec<u8>> {
        self.rules.resets.lock().unwrap().clone()
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
        self.rules.full.store(false, Ordering::SeqCst);
        self.rules.silent.store(false, Ordering::SeqCst);
        self.rules.reset_every.store(0, Ordering::SeqCst);
    }
}

impl Rules {
    /// Whether nothing comes through a connection that began at this count.
    fn swallows(&self, born: usize) -> bool {
        self.silent.load(Ordering::SeqCst) || self.forgotten.load(Ordering::SeqCst) != born
    }

    /// Whether these words are kept.
    fn holds(&self, words: &[u8]) -> bool {
        let mut held = self.held.words.lock().unwrap();
        let held = &mut *held;
        let holds = held.1 > 0 && words.windows(held.0.len()).any(|part| part == held.0);
        held.1 -= usize::from(holds);
        holds
    }

    /// Counts the connections of this moment, with a new one, where their ceiling is looked at.
    /// It is one of them until what is returned is dropped.
    ///
    /// None comes while they are counted; so all that are found open were open when it began.
    fn count(&self, client: &TcpStream) -> Option<Arc<std::net::TcpStream>> {
        let ceiling = self.ceiling.load(Ordering::SeqCst);
        if ceiling == usize::MAX {
            return None;
        }
        let client = Arc::new(std::net::TcpStream::from(client.as_fd().try_clone_to_owned().unwrap()));
        let mut clients = self.clients.lock().unwrap();
        clients.push(Arc::downgrade(&client));
        clients.retain(|it| it.upgrade().is_some_and(|it| is_open(&it)));
        self.above.fetch_add(usize::from(clients.len() > ceiling), Ordering::SeqCst);
        self.most.fetch_max(clients.len(), Ordering::SeqCst);
        Some(client)
    }

    /// Whether this answer is the one at which the connection is cut.
    fn is_reset(&self, said: &[u8]) -> bool {
        let every = self.reset_every.load(Ordering::SeqCst);
        let is = every > 0 && (self.answers.fetch_add(1, Ordering::SeqCst) + 1).is_multiple_of(every);
        if is {
            self.resets.lock().unwrap().push(said.to_vec());
        }
        is
    }
}

/// Whether a client has not closed its connection, also where the server has not heard of that.
fn is_open(client: &std::net::TcpStream) -> bool {
    match client.peek(&mut [0]) {
        Ok(n) => n > 0,
        Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
    }
}

/// The host and port of a URL, and where they start.
fn authority(url: &str) -> (&str, usize) {
    let start = url.find("://").unwrap() + 3;
    let end = url[start..].find(['/', '?']).map_or(url.len(), |it| start + it);
    let start = url[start..end].rfind('@').map_or(start, |it| start + it + 1);
    (&url[start..end], start)
}

fn address(url: &str, port: u16) -> String {
    let (host, _) = authority(url);
    if host.contains(':') { host.to_owned() } else { format!("{host}:{port}") }
}

/// By how many bytes a client is known: its name, and what it asks when it has been let in.
const FIRST_WORDS: usize = 2_048;

async fn forward(mut client: TcpStream, mut server: TcpStream, rules: Arc<Rules>) {
    let mut cut = rules.cut.subscribe();
    let (mut from_client, mut from_server) = (vec![0; 8192], vec![0; 8192]);
    let mut asked = false;
    let mut said_first = Vec::new();
    let born = rules.forgotten.load(Ordering::SeqCst);
    // What was swallowed once is missing for ever.
    let mut dead = rules.swallows(born);
    loop {
        tokio::select! {
            _ = cut.changed() => return,
            n = client.read(&mut from_client) => {
                // Who leaves what was said unread closes with an error.
                let n = n.unwrap_or(0);
                asked = true;
                let more = FIRST_WORDS.saturating_sub(said_first.len()).min(n);
                said_first.extend_from_slice(&from_client[..more]);
                dead |= rules.swallows(born);
                if dead && n > 0 {
                    continue;
                }
                if n > 0 && rules.holds(&from_client[..n]) {
                    rules.held.came.add_permits(1);
                    rules.held.go.acquire().await.unwrap().forget();
                    if server.write_all(&from_client[..n]).await.is_err() {
                        return;
                    }
                    let n = server.read(&mut from_server).await.unwrap_or_default();
                    rules.held.answered.add_permits(1);
                    if client.write_all(&from_server[..n]).await.is_err() {
                        return;
                    }
                    continue;
                }
                if n == 0 || server.write_all(&from_client[..n]).await.is_err() {
                    return;
                }
                let said = *rules.deaf_after.lock().unwrap();
                if said.is_some_and(|it| from_client[..n].windows(it.len()).any(|part| part == it)) {
                    rules.deaf.store(true, Ordering::SeqCst);
                }
            }
            n = server.read(&mut from_server) => {
                let n = n.unwrap_or(0);
                dead |= rules.swallows(born);
                if dead && n > 0 {
                    continue;
                }
                if n > 0 && rules.is_reset(&said_first) {
                    return;
                }
                if std::mem::take(&mut asked) {
                    let before = rules.round_trips.fetch_add(1, Ordering::SeqCst);
                    // This answer is the first that is not heard.
                    if before >= rules.last_trip.load(Ordering::SeqCst) {
                        rules.silent.store(true, Ordering::SeqCst);
                        dead = true;
                        continue;
                    }
                }
                if n == 0 || rules.deaf.load(Ordering::SeqCst) {
                    return;
                }
                let delay = rules.delay.load(Ordering::SeqCst);
                if delay > 0 {
                    tokio::time::sleep(Duration::from_micros(delay)).await;
                }
                let rate = rules.rate.load(Ordering::SeqCst);
                if let Some(micros) = (n as u64 * 1_000_000).checked_div(rate) {
                    tokio::time::sleep(Duration::from_micros(micros)).await;
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
        }
    }
}
