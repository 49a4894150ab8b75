//! Passwords that are changed outside of the program, while it runs.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use orm::{ConfigEvent, ConfigSource, ConfigWatch, Databases, Db, Engine, Error, FileSource};
use tokio::sync::mpsc::unbounded_channel;

use super::configuration::Settings;
use crate::faults::servers::Server;
use crate::models::{User, user};
use crate::plain::Plain;
use crate::{Test, cases};

cases![
    a_change_of_a_password_in_a_file_is_seen_and_the_password_not_printed,
    no_request_fails_while_credentials_are_changed_in_files,
    an_optional_database_is_opened_with_the_password_that_is_in_its_file_by_then,
];

async fn a_change_of_a_password_in_a_file_is_seen_and_the_password_not_printed(t: Test) {
    if t.engine() == Engine::Sqlite {
        return;
    }
    let settings = Settings::new("");
    let secret = settings.folder.path().join("password");
    fs::write(&secret, "kanari\n").unwrap();
    // Neither server asks for a password where tests run; another one is another address all the same.
    let user = if t.engine() == Engine::Postgres { "postgres" } else { "root" };
    let text = format!("[db]\nurl = '{}'\nuser = '{user}'\npassword_file = '{}'", t.url(), secret.display());
    settings.write(&text);
    let mut source = settings.source();
    let config = source.load().await.unwrap();
    let built = config.builder();
    assert!(!format!("{config:?} {built:?} {source:?}").contains("kanari"));
    let changed = tokio::spawn(async move {
        assert!(source.changed().await);
        source.load().await.unwrap()
    });
    fs::write(&secret, "vogel").unwrap();
    assert_ne!(changed.await.unwrap(), config);
}

const ROLES: [&str; 2] = ["blue", "green"];

/// A server that asks both roles for a password.
async fn asking(engine: Engine) -> (Server, Plain) {
    let server = Server::start(engine).await;
    let mut plain = Plain::open(&server.url()).await;
    for role in ROLES {
        if engine == Engine::Postgres {
            plain.execute(&format!("CREATE ROLE {role} LOGIN SUPERUSER PASSWORD 'first'")).await;
            server.ask_for_password(role);
        } else {
            for host in ["'127.0.0.1'", "localhost"] {
                plain.execute(&format!("CREATE USER {role}@{host} IDENTIFIED BY 'first'")).await;
                plain.execute(&format!("GRANT ALL ON *.* TO {role}@{host}")).await;
            }
        }
    }
    if engine == Engine::Postgres {
        plain.execute("SELECT pg_reload_conf()").await;
    }
    (server, plain)
}

/// Gives a role another password, first on the server, then in its file.
async fn rotate(plain: &mut Plain, engine: Engine, folder: &Path, role: &str, password: &str) {
    if engine == Engine::Postgres {
        plain.execute(&format!("ALTER ROLE {role} PASSWORD '{password}'")).await;
    } else {
        for host in ["'127.0.0.1'", "localhost"] {
            plain.execute(&format!("ALTER USER {role}@{host} IDENTIFIED BY '{password}'")).await;
        }
    }
    fs::write(folder.join(role), password).unwrap();
}

/// Leads the program to a role; in one step, or it would find the file empty.
fn lead_to(folder: &Path, url: &str, role: &str) {
    let (scheme, rest) = url.split_once("://").unwrap();
    let place = rest.split_once('@').unwrap().1;
    let secret = folder.join(role);
    let text = format!(
        "[db]\nurl = '{scheme}://{place}'\nuser = '{role}'\npassword_file = '{}'\npool.max_size = 3\npool.wait_timeout = '60s'",
        secret.display()
    );
    fs::write(folder.join("new"), text).unwrap();
    fs::rename(folder.join("new"), folder.join("clinic.toml")).unwrap();
}

async fn requests(db: Db, n: u8, stop: Arc<AtomicBool>, done: Arc<AtomicU64>) -> Result<(), Error> {
    while !stop.load(Ordering::Relaxed) {
        db.transaction(async |tx| tx.create(user("ann", n)).await).await?;
        db.find::<User>().count().await?;
        done.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// The roles take turns: the one that nobody uses gets a new password, then the program is led
/// to it.
async fn no_request_fails_while_credentials_are_changed_in_files(t: Test) {
    let engine = t.engine();
    if engine == Engine::Sqlite {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (server, mut plain) = asking(engine).await;
    rotate(&mut plain, engine, folder.path(), ROLES[0], "secret0").await;
    lead_to(folder.path(), &server.url(), ROLES[0]);
    let mut source = FileSource::new(folder.path().join("clinic.toml")).section("db").every(Duration::from_millis(5));
    let config = source.load().await.unwrap();
    let db = config.builder().open().await.unwrap();
    db.create_tables::<User>().await.unwrap();
    let (told, mut heard) = unbounded_channel();
    let _watch = ConfigWatch::start(&db, config, source, move |event| {
        let users = match event {
            ConfigEvent::Changed(it) => {
                let of = |it: &orm::DbConfig| (it.user.clone(), it.password_file.clone());
                Ok((of(&it.old), of(&it.new)))
            }
            other => Err(format!("{other:?}")),
        };
        let _ = told.send(users);
    });
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let work: Vec<_> = (0..4).map(|n| tokio::spawn(requests(db.clone(), n, Arc::clone(&stop), Arc::clone(&done)))).collect();
    let of = |n: usize| (Some(ROLES[n % 2].to_owned()), Some(folder.path().join(ROLES[n % 2])));
    for n in 1..=4 {
        let before = done.load(Ordering::Relaxed);
        while done.load(Ordering::Relaxed) < before + 5 && work.iter().all(|it| !it.is_finished()) {
            tokio::task::yield_now().await;
        }
        rotate(&mut plain, engine, folder.path(), ROLES[n % 2], &format!("secret{n}")).await;
        lead_to(folder.path(), &server.url(), ROLES[n % 2]);
        let told = tokio::time::timeout(Duration::from_secs(30), heard.recv()).await.expect("the listener is told");
        assert_eq!(told.unwrap(), Ok((of(n - 1), of(n))));
        let who = if engine == Engine::Postgres { "SELECT CAST(current_user AS text)" } else { "SELECT current_user()" };
        let now: String = db.raw(who, ()).fetch_one().await.unwrap();
        assert!(now.starts_with(ROLES[n % 2]), "{now}");
    }
    stop.store(true, Ordering::Relaxed);
    for ended in work {
        ended.await.unwrap().unwrap();
    }
    let stored: u64 = plain.one("SELECT count(*) FROM users").await.parse().unwrap();
    assert_eq!(stored, done.load(Ordering::Relaxed));
    drop(db);
}

async fn an_optional_database_is_opened_with_the_password_that_is_in_its_file_by_then(t: Test) {
    let engine = t.engine();
    if engine == Engine::Sqlite {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (server, mut plain) = asking(engine).await;
    fs::write(folder.path().join(ROLES[0]), "long gone").unwrap();
    lead_to(folder.path(), &server.url(), ROLES[0]);
    let mut source = FileSource::new(folder.path().join("clinic.toml")).section("db").every(Duration::from_millis(5));
    let config = source.load().await.unwrap();
    let databases = Databases::builder().optional("reports", config.builder()).open().await.unwrap();
    let _watch = databases.watch("reports", config, source, |_| ()).unwrap();
    while !databases.get("reports").unwrap_err().to_string().contains("password") {
        tokio::task::yield_now().await;
    }
    rotate(&mut plain, engine, folder.path(), ROLES[0], "second").await;
    databases.ready("reports").await.unwrap().ping().await.unwrap();
}
