//! FT-20: size, credentials and host of a pool are changed while it is used, 100 times.
//!
//! Two roles take turns, as where passwords are rotated: the one that nobody uses
//! gets a new password, then the pool is led to it, over another host. A file has two
//! paths that take turns; its old connections nobody but the pool can count, so of those only
//! that they were closed is asked. Seen
//! failing with a reload that does not renew connections (no `evict`): kept 3 of 6, and
//! renewed 0 on SQLite.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use orm::{Db, Engine, PoolOptions, Reload};

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::servers::Server;
use crate::faults::storm::{Drop, row};
use crate::plain::Plain;
use crate::proxy::Proxy;

/// Where the database is, and who may use it.
struct Home {
    /// PostgreSQL asks for passwords only where it is told to.
    server: Server,
    hosts: [Proxy; 2],
}

const ROLES: [&str; 2] = ["blue", "green"];

impl Home {
    async fn new(engine: Engine) -> Self {
        let server = Server::start(engine).await;
        let mut plain = Plain::open(&server.url()).await;
        for role in ROLES {
            match engine {
                Engine::Postgres => {
                    plain.execute(&format!("CREATE ROLE {role} LOGIN SUPERUSER PASSWORD 'first'")).await;
                    server.ask_for_password(role);
                }
                _ => {
                    plain.execute(&format!("CREATE USER {role}@'127.0.0.1' IDENTIFIED BY 'first'")).await;
                    plain.execute(&format!("GRANT ALL ON *.* TO {role}@'127.0.0.1'")).await;
                    plain.execute(&format!("CREATE USER {role}@localhost IDENTIFIED BY 'first'")).await;
                    plain.execute(&format!("GRANT ALL ON *.* TO {role}@localhost")).await;
                }
            }
        }
        if engine == Engine::Postgres {
            plain.execute("SELECT pg_reload_conf()").await;
        }
        let hosts = [Proxy::to(&server.url(), 0).await, Proxy::to(&server.url(), 0).await];
        Self { server, hosts }
    }

    /// Gives a role another password.
    async fn rotate(&self, plain: &mut Plain, engine: Engine, n: usize) {
        let role = ROLES[n % 2];
        match engine {
            Engine::Postgres => plain.execute(&format!("ALTER ROLE {role} PASSWORD 'secret{n}'")).await,
            _ => {
                plain.execute(&format!("ALTER USER {role}@'127.0.0.1' IDENTIFIED BY 'secret{n}'")).await;
                plain.execute(&format!("ALTER USER {role}@localhost IDENTIFIED BY 'secret{n}'")).await;
            }
        }
    }

    /// The URL with the n-th host, role and password.
    fn url(&self, n: usize) -> String {
        let url = self.hosts[n / 2 % 2].url(&self.server.url());
        let (scheme, rest) = url.split_once("://").unwrap();
        let (_, host) = rest.split_once('@').unwrap();
        format!("{scheme}://{}:secret{n}@{host}", ROLES[n % 2])
    }
}

pub(crate) async fn run(ground: Ground) -> Seen {
    let engine = ground.engine();
    let home = if engine == Engine::Sqlite { None } else { Some(Home::new(engine).await) };
    let mut plain = match &home {
        Some(it) => Plain::open(&it.server.url()).await,
        None => ground.plain().await,
    };
    let first = match &home {
        Some(it) => {
            it.rotate(&mut plain, engine, 0).await;
            it.url(0)
        }
        None => ground.url().to_owned(),
    };
    let paths = two_paths(&ground);
    let options = |size| PoolOptions::new().max_size(size).wait_timeout(Duration::from_secs(60)).connect_timeout(Duration::from_secs(30));
    let db = Db::builder(&first).pool(options(4)).open().await.unwrap();
    db.create_tables::<Drop>().await.unwrap();

    let over = Arc::new(AtomicBool::new(false));
    let figures = Arc::new(Figures::default());
    let tasks: Vec<_> =
        (0..ground.size(4, 16)).map(|n| tokio::spawn(requests(db.clone(), n, Arc::clone(&over), Arc::clone(&figures)))).collect();
    let reloads: usize = ground.size(6, 100);
    let (mut kept, mut slowest) = (0_u64, Duration::ZERO);
    for n in 1..=reloads {
        let before = figures.done.load(Ordering::SeqCst);
        let mut change = Reload::new().options(options(2 + n % 3));
        if let Some(it) = &home {
            it.rotate(&mut plain, engine, n).await;
            change = change.address(it.url(n).as_str());
        } else {
            change = change.address(paths[n % 2].as_str());
        }
        db.pool().reload(change).await.unwrap();
        let reloaded = Instant::now();
        // Those of the old role go when who has them is done.
        while home.is_some() && old(&mut plain, engine, ROLES[(n + 1) % 2]).await > 0 {
            if reloaded.elapsed() > Duration::from_secs(10) {
                kept += 1;
                break;
            }
        }
        slowest = slowest.max(reloaded.elapsed());
        while figures.done.load(Ordering::SeqCst) < before + 3 && reloaded.elapsed() < Duration::from_secs(30) {
            tokio::task::yield_now().await;
        }
    }
    over.store(true, Ordering::SeqCst);
    for ended in join_all(tasks).await {
        ended.unwrap();
    }
    let longest = Duration::from_micros(figures.longest.load(Ordering::SeqCst));
    println!("the longest request took {longest:?}, the last old connection went {slowest:?} after its reload");
    let stored: u64 = plain.one("SELECT count(*) FROM storm").await.parse().unwrap();
    let done = figures.done.load(Ordering::SeqCst);
    let part = u64::try_from(slowest.as_micros() * 100 / longest.as_micros().max(1)).unwrap();
    let seen = Seen::new()
        .count("reloads", reloads)
        .within("requests", done, 1..=u64::MAX)
        .zero("failed", figures.failed.load(Ordering::SeqCst))
        .zero("lost", done.abs_diff(stored))
        .within("renewed", db.stats().evicted_closed, reloads as u64..=u64::MAX);
    match home {
        Some(_) => seen.zero("kept", kept).within("gone_percent", part, ground.size(0..=1_000, 0..=200)),
        None => seen,
    }
}

/// The URL of a file, and another one: through a link to its folder. A second name of the file itself would
/// have a log of its own.
fn two_paths(ground: &Ground) -> [String; 2] {
    let url = ground.url().to_owned();
    let Some(path) = url.strip_prefix("sqlite://") else { return [url.clone(), url] };
    let folder = Path::new(path).parent().unwrap();
    std::os::unix::fs::symlink(folder, folder.join("other")).unwrap();
    let other = format!("sqlite://{}", folder.join("other/test.db").display());
    [url, other]
}

/// How many connections a role has.
async fn old(plain: &mut Plain, engine: Engine, role: &str) -> u64 {
    let sql = match engine {
        Engine::Postgres => format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{role}'"),
        _ => format!("SELECT count(*) FROM information_schema.processlist WHERE user = '{role}'"),
    };
    plain.one(&sql).await.parse().unwrap()
}

#[derive(Debug, Default)]
struct Figures {
    done: AtomicU64,
    failed: AtomicU64,
    /// How long a request had its connection, in microseconds.
    longest: AtomicU64,
}

async fn requests(db: Db, n: i64, over: Arc<AtomicBool>, figures: Arc<Figures>) {
    while !over.load(Ordering::SeqCst) {
        let mut begun = Instant::now();
        let ended = db
            .transaction(async |tx| {
                tx.find::<Drop>().limit(1).await?;
                begun = Instant::now();
                tx.create(row(n)).await?;
                tokio::time::sleep(Duration::from_millis(10)).await;
                Ok(())
            })
            .await;
        figures.longest.fetch_max(u64::try_from(begun.elapsed().as_micros()).unwrap(), Ordering::SeqCst);
        match ended {
            Ok(()) => _ = figures.done.fetch_add(1, Ordering::SeqCst),
            Err(error) => {
                println!("{error:?}");
                figures.failed.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}
