//! `PgBouncer` in front of PostgreSQL, on a port of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use sqlx::Connection as _;

use crate::faults::servers::postgres;

/// How many connections of the server all clients share.
pub(crate) const SERVERS: usize = 4;

/// A pooler of transactions, which ends with this value.
#[derive(Debug)]
pub(crate) struct PgBouncer {
    folder: tempfile::TempDir,
    process: Child,
    port: u16,
    database: String,
    /// What its clients call themselves.
    name: String,
}

impl PgBouncer {
    /// Starts one in front of a server; tables are looked for in the schema of this name.
    pub(crate) async fn start(server: &str, name: &str) -> Self {
        let address = Address::read(server);
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let Address { user, password, host, port: behind, database } = &address;
        let settings = format!(
            "[databases]\n\
             {database} = host={host} port={behind} dbname={database} user={user} {password} connect_query='SET search_path = {name}'\n\
             [pgbouncer]\n\
             listen_addr = 127.0.0.1\n\
             listen_port = {port}\n\
             unix_socket_dir =\n\
             auth_type = any\n\
             pool_mode = transaction\n\
             default_pool_size = {SERVERS}\n"
        );
        let file = folder.path().join("pgbouncer.ini");
        fs::write(&file, settings).unwrap();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let mut command = postgres("pgbouncer");
        let process = command.arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("PgBouncer starts");
        let it = Self { folder, process, port, database: database.clone(), name: name.to_owned() };
        let start = Instant::now();
        while sqlx::PgConnection::connect_with(&it.options()).await.is_err() {
            assert!(start.elapsed() < Duration::from_secs(30), "PgBouncer does not start: {}", it.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        it
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://anybody@127.0.0.1:{}/{}?application_name={}", self.port, self.database, self.name)
    }

    /// The same for sqlx, which sends a setting by itself that `PgBouncer` refuses.
    pub(crate) fn options(&self) -> sqlx::postgres::PgConnectOptions {
        self.url().parse::<sqlx::postgres::PgConnectOptions>().unwrap().extra_float_digits(None)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The parts of a server's URL.
struct Address {
    user: String,
    /// As a setting, if there is one.
    password: String,
    host: String,
    port: u16,
    database: String,
}

impl Address {
    fn read(url: &str) -> Self {
        let rest = url.split_once("://").map_or(url, |it| it.1);
        let rest = rest.split('?').next().unwrap_or_default();
        let (who, place) = rest.rsplit_once('@').unwrap_or(("postgres", rest));
        let (user, password) = who.split_once(':').map_or((who, String::new()), |(user, it)| (user, format!("password='{it}'")));
        let (server, database) = place.split_once('/').unwrap_or((place, "postgres"));
        let (host, port) = server.split_once(':').unwrap_or((server, "5432"));
        let port = port.parse().expect("a port");
        Self { user: user.to_owned(), password, host: host.to_owned(), port, database: database.to_owned() }
    }
}
