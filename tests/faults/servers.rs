//! Servers of an experiment's own, on ports of their own, which it may kill.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use orm::Engine;
use sqlx::Connection as _;

/// A server, which ends with this value.
#[derive(Debug)]
pub(crate) struct Server {
    engine: Engine,
    folder: tempfile::TempDir,
    port: u16,
    options: &'static [&'static str],
    process: Mutex<Option<Child>>,
}

impl Server {
    /// Makes a new database cluster and starts a server on it.
    pub(crate) async fn start(engine: Engine) -> Self {
        Self::with(engine, &[]).await
    }

    /// The same, with options for the server.
    pub(crate) async fn with(engine: Engine, options: &'static [&'static str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { engine, folder, port, options, process: Mutex::default() };
        let data = server.data();
        match engine {
            Engine::Postgres => {
                run(postgres("initdb").args(["-A", "trust", "-U", "postgres", "--no-sync", "-D"]).arg(&data));
            }
            _ => {
                fs::create_dir(&data).unwrap();
                run(Command::new("chown").arg("-R").arg("mysql").arg(server.folder.path()));
                let install = ["--no-defaults", "--auth-root-authentication-method=normal", "--user=mysql"];
                run(server.mariadb("mariadb-install-db").args(install).arg(format!("--datadir={}", data.display())));
            }
        }
        server.launch();
        server.ready().await;
        server
    }

    pub(crate) fn url(&self) -> String {
        match self.engine {
            Engine::Postgres => format!("postgres://postgres@127.0.0.1:{}/postgres", self.port),
            _ => format!("mysql://root@127.0.0.1:{}/test", self.port),
        }
    }

    /// Starts the server; returns at once.
    pub(crate) fn launch(&self) {
        let mut command = match self.engine {
            Engine::Postgres => {
                let mut command = postgres("postgres");
                command.arg("-D").arg(self.data()).args([
                    "-p",
                    &self.port.to_string(),
                    "-c",
                    "fsync=off",
                    "-c",
                    "listen_addresses=127.0.0.1",
                ]);
                command.arg("-c").arg(format!("unix_socket_directories={}", self.folder.path().display()));
                command
            }
            _ => {
                let mut command = self.mariadb("mariadbd");
                let at = |name: &str| self.folder.path().join(name).display().to_string();
                command.args(["--no-defaults", "--user=mysql", "--bind-address=127.0.0.1", &format!("--port={}", self.port)]);
                command
                    .arg(format!("--datadir={}", at("data")))
                    .arg(format!("--socket={}", at("socket")))
                    .arg(format!("--pid-file={}", at("pid")));
                command
            }
        };
        let log = fs::File::create(self.folder.path().join("log")).unwrap();
        let process = command.args(self.options).stdout(Stdio::null()).stderr(log).stdin(Stdio::null()).spawn().expect("the server starts");
        *self.process.lock().unwrap() = Some(process);
    }

    /// A program of MariaDB. One that starts removes the temporary tables that it finds, also
    /// those of other servers: so it has a folder of its own for them.
    fn mariadb(&self, name: &str) -> Command {
        let mut command = Command::new(program(name));
        command.env("TMPDIR", self.folder.path());
        command
    }

    /// Waits until it answers.
    pub(crate) async fn ready(&self) {
        let start = Instant::now();
        while !self.answers().await {
            assert!(start.elapsed() < Duration::from_secs(60), "the server does not start: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn answers(&self) -> bool {
        match self.engine {
            Engine::Postgres => sqlx::PgConnection::connect(&self.url()).await.is_ok(),
            _ => {
                let Ok(mut connection) = sqlx::MySqlConnection::connect(&self.url().replace("/test", "/mysql")).await else { return false };
                sqlx::raw_sql("CREATE DATABASE IF NOT EXISTS test").execute(&mut connection).await.is_ok()
            }
        }
    }

    /// Waits until it lets somebody in; says since when it does, or may do.
    pub(crate) async fn accepts(&self) -> Instant {
        let start = Instant::now();
        loop {
            let asked = Instant::now();
            let is_open = match self.engine {
                Engine::Postgres => sqlx::PgConnection::connect(&self.url()).await.is_ok(),
                _ => sqlx::MySqlConnection::connect(&self.url()).await.is_ok(),
            };
            if is_open {
                return asked;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "the server does not start: {}", self.log());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Asks it to end, at once.
    pub(crate) fn stop(&self) {
        self.signal(if self.engine == Engine::Postgres { "QUIT" } else { "TERM" });
    }

    /// Asks it to end, once it has ended what runs.
    pub(crate) fn stop_fast(&self) {
        self.signal(if self.engine == Engine::Postgres { "INT" } else { "TERM" });
    }

    /// Kills it.
    pub(crate) fn kill(&self) {
        self.signal(if self.engine == Engine::Postgres { "QUIT" } else { "KILL" });
    }

    /// Asks a role of PostgreSQL for its password, which the others have none of.
    pub(crate) fn ask_for_password(&self, role: &str) {
        let file = self.data().join("pg_hba.conf");
        let others = fs::read_to_string(&file).unwrap();
        fs::write(&file, format!("host all {role} 127.0.0.1/32 scram-sha-256\n{others}")).unwrap();
    }

    /// Sends a signal to its first process, and waits until that has ended.
    fn signal(&self, signal: &str) {
        let Some(mut process) = self.process.lock().unwrap().take() else { return };
        let _ = Command::new("kill").arg(format!("-{signal}")).arg(process.id().to_string()).status();
        let _ = process.wait();
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl std::ops::Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A program of PostgreSQL, which refuses to run as root.
pub(crate) fn postgres(name: &str) -> Command {
    let program = program(name);
    if fs::metadata("/proc/self").is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0) {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

/// Where a server's program is: on the path, or where Debian puts it.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|it| it.path().join("bin"));
    let folders = std::env::split_paths(&path).chain(debian).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|it| it.join(name)).find(|it| it.exists()).unwrap_or_else(|| panic!("the program {name} is not installed"))
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
